package syaml

import (
	"errors"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// kind is what a node is.
type kind uint8

const (
	scalar kind = iota
	mapping
	sequence
)

// node is a value with its place: text, a number, true, false or nil, or a map in its order, or a list.
type node struct {
	kind   kind
	line   int
	value  any // of a scalar: string, int64, uint64, float64, bool or nil
	fields []field
	items  []*node
}

type field struct {
	name  string
	line  int
	value *node
}

// get returns the value of a map's key, or nil.
func (n *node) get(name string) *node {
	if n == nil {
		return nil
	}
	i := slices.IndexFunc(n.fields, func(f field) bool { return f.name == name })
	if i < 0 {
		return nil
	}
	return n.fields[i].value
}

// plain is the node as encoding/json takes it.
func (n *node) plain() any {
	switch n.kind {
	case mapping:
		m := map[string]any{}
		for _, f := range n.fields {
			m[f.name] = f.value.plain()
		}
		return m
	case sequence:
		list := []any{}
		for _, i := range n.items {
			list = append(list, i.plain())
		}
		return list
	}
	return n.value
}

// problem is an error at a line.
type problem struct {
	line int
	key  string
	err  error
}

func (p *problem) Error() string { return p.err.Error() }

func located(file string, err error) error {
	if p, ok := errors.AsType[*problem](err); ok {
		return &Error{file, max(p.line, 1), p.key, p.err}
	}
	return &Error{File: file, Line: 1, Err: err}
}

// Bounds of what a file may become: aliases let a short one stand for a long one.
const (
	maxNodes = 20_000
	maxDepth = 64
)

// parse reads a document.
func parse(text []byte) (n *node, err error) {
	defer func() { // the parser is not ours: a text that makes it panic is a bad text
		if v := recover(); v != nil {
			err = fmt.Errorf("this is not YAML (%v)", v)
		}
	}()
	f, err := parser.ParseBytes(text, 0)
	if err != nil {
		if e, ok := errors.AsType[yaml.Error](err); ok && e.GetToken() != nil {
			return nil, &problem{e.GetToken().Position.Line, "", fmt.Errorf("this is not YAML: %s", e.GetMessage())}
		}
		return nil, fmt.Errorf("this is not YAML: %w", err)
	}
	if len(f.Docs) == 0 || f.Docs[0].Body == nil {
		return nil, errors.New("the file is empty")
	}
	if len(f.Docs) > 1 && f.Docs[1].Body != nil {
		return nil, &problem{lineOf(f.Docs[1].Body), "", errors.New("the file has more than one document")}
	}
	return (&builder{anchors: map[string]*node{}}).build(f.Docs[0].Body, 0)
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 1
}

// builder makes nodes of a syntax tree.
type builder struct {
	anchors map[string]*node
	made    int
}

func (b *builder) build(n ast.Node, depth int) (*node, error) {
	if n == nil {
		return &node{}, nil
	}
	line := lineOf(n)
	if b.made++; b.made > maxNodes || depth > maxDepth {
		return nil, &problem{line, "", fmt.Errorf("the file is too large or too deep (allowed: %d values, %d levels)", maxNodes, maxDepth)}
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		return b.mapping(line, n.Values, depth)
	case *ast.MappingValueNode:
		return b.mapping(line, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out := &node{kind: sequence, line: line}
		for _, v := range n.Values {
			item, err := b.build(v, depth+1)
			if err != nil {
				return nil, err
			}
			out.items = append(out.items, item)
		}
		return out, nil
	case *ast.AnchorNode:
		out, err := b.build(n.Value, depth+1)
		if err == nil && n.Name != nil {
			b.anchors[n.Name.GetToken().Value] = out
		}
		return out, err
	case *ast.AliasNode:
		name := n.Value.GetToken().Value
		to, ok := b.anchors[name]
		if !ok {
			return nil, &problem{line, "", fmt.Errorf("there is no &%s before *%s", name, name)}
		}
		if b.made += to.size(); b.made > maxNodes {
			return nil, &problem{line, "", fmt.Errorf("the file stands for too much (allowed: %d values)", maxNodes)}
		}
		return to, nil
	case *ast.TagNode:
		return b.build(n.Value, depth+1)
	case *ast.StringNode:
		return &node{line: line, value: n.Value}, nil
	case *ast.LiteralNode:
		return &node{line: line, value: n.Value.Value}, nil
	case *ast.IntegerNode:
		return &node{line: line, value: n.Value}, nil
	case *ast.FloatNode:
		return &node{line: line, value: n.Value}, nil
	case *ast.BoolNode:
		return &node{line: line, value: n.Value}, nil
	case *ast.NullNode:
		return &node{line: line}, nil
	}
	return nil, &problem{line, "", fmt.Errorf("%s cannot be used here", n.Type())}
}

func (b *builder) mapping(line int, values []*ast.MappingValueNode, depth int) (*node, error) {
	out := &node{kind: mapping, line: line}
	for _, v := range values {
		value, err := b.build(v.Value, depth+1)
		if err != nil {
			return nil, err
		}
		if v.Key.IsMergeKey() {
			if value.kind != mapping {
				return nil, &problem{lineOf(v), "", errors.New("<< takes a map")}
			}
			for _, f := range value.fields {
				out.set(f, false)
			}
			continue
		}
		key := v.Key.GetToken()
		if key == nil {
			return nil, &problem{lineOf(v), "", errors.New("a key is text")}
		}
		out.set(field{key.Value, key.Position.Line, value}, true)
	}
	return out, nil
}

// set adds a field. One that is there already is replaced if the new one was written where it stands, and stays if it came by a merge.
func (n *node) set(f field, written bool) {
	i := slices.IndexFunc(n.fields, func(old field) bool { return old.name == f.name })
	switch {
	case i < 0:
		n.fields = append(n.fields, f)
	case written:
		n.fields[i] = f
	}
}

func (n *node) size() int {
	total := 1
	for _, f := range n.fields {
		total += f.value.size()
	}
	for _, i := range n.items {
		total += i.size()
	}
	return total
}
