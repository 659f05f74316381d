package syaml

import (
	"fmt"
	"math"
	"slices"
	"strconv"
)

// reader takes values out of nodes. It keeps the first thing that is wrong; what follows then reads as empty.
type reader struct {
	file  string
	notes []string
	err   error
}

func (r *reader) fail(n *node, path, what string) {
	if r.err == nil {
		r.err = &Error{r.file, max(n.line, 1), path, fmt.Errorf("%s", what)}
	}
}

// object is a map and where it is.
type object struct {
	*reader
	n    *node
	line int
	path string
}

// object wants a map, and notes its keys that are not known.
func (r *reader) object(n *node, path string, known ...string) object {
	o := object{r, n, n.line, path}
	if n.kind != mapping {
		r.fail(n, path, "expected a map, not "+describe(n))
		o.n = &node{kind: mapping, line: n.line}
		return o
	}
	for _, f := range n.fields {
		if !slices.Contains(known, f.name) {
			r.notes = append(r.notes, place(r.file, f.line, join(path, f.name))+"lull does not know this key and leaves it out")
		}
	}
	return o
}

// node returns a key's value, or nil if it is missing or null.
func (o object) node(name string) *node {
	if n := o.n.get(name); n != nil && (n.kind != scalar || n.value != nil) {
		return n
	}
	return nil
}

// need returns a key's value, and fails if it is missing.
func (o object) need(name string) *node {
	n := o.node(name)
	if n == nil {
		o.fail(o.n, join(o.path, name), "this key is required")
	}
	return n
}

func (o object) needObject(name string, known ...string) object {
	n := o.need(name)
	if n == nil {
		n = &node{kind: mapping, line: o.line}
	}
	return o.object(n, join(o.path, name), known...)
}

// text returns a key's text, or "".
func (o object) text(name string) string {
	if n := o.node(name); n != nil {
		return o.word(n, join(o.path, name))
	}
	return ""
}

func (o object) needText(name string) string {
	n := o.need(name)
	if n == nil {
		return ""
	}
	text := o.word(n, join(o.path, name))
	if text == "" {
		o.fail(n, join(o.path, name), "this must not be empty")
	}
	return text
}

// word reads a scalar as text: 1 and true stand for themselves.
func (r *reader) word(n *node, path string) string {
	switch v := n.value.(type) {
	case string:
		return v
	case escaped:
		return string(v)
	case int64, uint64, bool:
		return fmt.Sprint(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	r.fail(n, path, "expected text, not "+describe(n))
	return ""
}

// number returns a key's whole number, or nil. Text that is one, as environment variables are, is fine.
func (o object) number(name string) *int {
	n := o.node(name)
	if n == nil {
		return nil
	}
	text := ""
	switch v := n.value.(type) {
	case int64, uint64, string, escaped:
		text = fmt.Sprint(v)
	}
	i, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		o.fail(n, join(o.path, name), fmt.Sprintf("expected a whole number of at most %d, not %s", math.MaxInt32, describe(n)))
		return nil
	}
	return new(int(i))
}

// truth returns a key's true or false; a missing one is false.
func (o object) truth(name string) bool {
	n := o.node(name)
	if n == nil {
		return false
	}
	switch text := fmt.Sprint(n.value); {
	case n.kind == scalar && text == "true":
		return true
	case n.kind != scalar || text != "false":
		o.fail(n, join(o.path, name), "expected true or false, not "+describe(n))
	}
	return false
}

// texts returns a key's map of texts. It is nil if the key is missing.
func (o object) texts(name string) map[string]string {
	n := o.node(name)
	if n == nil {
		return nil
	}
	if n.kind != mapping {
		o.fail(n, join(o.path, name), "expected a map, not "+describe(n))
		return nil
	}
	m := map[string]string{}
	for _, f := range n.fields {
		if f.value.kind == scalar && f.value.value == nil {
			m[f.name] = ""
			continue
		}
		m[f.name] = o.word(f.value, join(join(o.path, name), f.name))
	}
	return m
}

func (o object) list(name string) []*node {
	n := o.node(name)
	if n == nil {
		return nil
	}
	if n.kind != sequence {
		o.fail(n, join(o.path, name), "expected a list, not "+describe(n))
	}
	return n.items
}

func describe(n *node) string {
	switch n.kind {
	case mapping:
		return "a map"
	case sequence:
		return "a list"
	}
	if n.value == nil {
		return "nothing"
	}
	return fmt.Sprintf("%.60q", fmt.Sprint(n.value))
}
