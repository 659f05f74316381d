package syaml

import (
	"errors"
	"fmt"
	"strings"
)

// resolver puts in what a file refers to: ${env(NAME)}, ${env(NAME, default)} and ${env.NAME} are environment variables, ${vars.a.b} is what is below
// the key vars. A value that is one reference and nothing else becomes what it refers to, a map as well.
type resolver struct {
	env  func(string) (string, bool)
	vars *node
	made int // nodes
	text int // bytes
}

func (r *resolver) resolve(n *node) (*node, error) { return r.node(n, "", 0) }

func (r *resolver) node(n *node, path string, depth int) (*node, error) {
	if r.made++; r.made > maxNodes || depth > maxDepth {
		return nil, &problem{n.line, path, errors.New("the references have no end, or stand for too much")}
	}
	out := &node{kind: n.kind, line: n.line, value: n.value}
	switch n.kind {
	case mapping:
		for _, f := range n.fields {
			v, err := r.node(f.value, join(path, f.name), depth+1)
			if err != nil {
				return nil, err
			}
			out.fields = append(out.fields, field{f.name, f.line, v})
		}
	case sequence:
		for i, item := range n.items {
			v, err := r.node(item, fmt.Sprintf("%s[%d]", path, i), depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, v)
		}
	case scalar:
		if text, ok := n.value.(string); ok && strings.Contains(text, "${") {
			return r.words(n, text, path, depth)
		}
	}
	return out, nil
}

// words resolves the references in a text.
func (r *resolver) words(n *node, text, path string, depth int) (*node, error) {
	fail := func(format string, args ...any) (*node, error) {
		return nil, &problem{n.line, path, fmt.Errorf(format, args...)}
	}
	var out strings.Builder
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if r.text += len(rest) + out.Len(); r.text > 8*MaxBytes {
			return fail("the references stand for too much text")
		}
		if !found {
			return &node{line: n.line, value: out.String()}, nil
		}
		expression, rest2, closed := strings.Cut(after, "}")
		if !closed {
			return fail("${ without }")
		}
		value, err := r.value(strings.TrimSpace(expression))
		if err != nil {
			return fail("%w", err)
		}
		value, err = r.node(value, path, depth+1)
		if err != nil {
			return nil, err
		}
		if before == "" && rest2 == "" && out.Len() == 0 {
			whole := *value
			whole.line = n.line
			return &whole, nil
		}
		if value.kind != scalar {
			return fail("${%s} is not a single value, so it cannot be part of a text", expression)
		}
		if value.value != nil {
			fmt.Fprint(&out, value.value)
		}
		rest = rest2
	}
}

// value finds what a reference means.
func (r *resolver) value(expression string) (*node, error) {
	if name, ok := strings.CutPrefix(expression, "env."); ok {
		return r.variable(name, nil)
	}
	if inner, ok := strings.CutPrefix(expression, "env("); ok && strings.HasSuffix(inner, ")") {
		name, fallback, has := strings.Cut(strings.TrimSuffix(inner, ")"), ",")
		if !has {
			return r.variable(unquote(name), nil)
		}
		text := unquote(fallback)
		return r.variable(unquote(name), &text)
	}
	path, ok := strings.CutPrefix(expression, "vars.")
	if !ok {
		return nil, fmt.Errorf("${%s} cannot be resolved; lull knows ${env(NAME)}, ${env.NAME} and ${vars.NAME}", expression)
	}
	n := r.vars
	for name := range strings.SplitSeq(path, ".") {
		n = n.get(name)
	}
	if n == nil {
		return nil, fmt.Errorf("there is no vars.%s", path)
	}
	return n, nil
}

func (r *resolver) variable(name string, fallback *string) (*node, error) {
	if value, ok := r.env(name); ok {
		return &node{value: escape(value)}, nil
	}
	if fallback == nil {
		return nil, fmt.Errorf("the environment has no variable %s; set it, or write ${env(%s, default)}", name, name)
	}
	return &node{value: escape(*fallback)}, nil
}

// escaped is the value of a variable: what it says is not a reference.
type escaped string

func escape(s string) any { return escaped(s) }

func unquote(s string) string {
	s = strings.TrimSpace(s)
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
