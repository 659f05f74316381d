package query

// node is a part of a query.
type node interface{ match(Record) bool }

// term looks for a phrase in a field, or anywhere. Without words it asks only that there is text.
type term struct {
	field Field
	phrase
}

func (t term) match(r Record) bool {
	if t.field != anywhere {
		return t.found(r.Field(t.field))
	}
	for _, f := range text {
		if t.found(r.Field(f)) {
			return true
		}
	}
	return len(t.words) == 0
}

func (t term) found(value string) bool {
	if len(t.words) == 0 {
		return value != ""
	}
	return t.in(value)
}

type not struct{ of node }

func (n not) match(r Record) bool { return !n.of.match(r) }

type and []node

func (a and) match(r Record) bool {
	for _, n := range a {
		if !n.match(r) {
			return false
		}
	}
	return true
}

type or []node

func (o or) match(r Record) bool {
	for _, n := range o {
		if n.match(r) {
			return true
		}
	}
	return false
}
