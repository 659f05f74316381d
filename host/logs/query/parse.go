package query

import (
	"fmt"
	"strings"
)

// Parse reads a query. A blank one matches every record. The error is a *SyntaxError.
func Parse(s string) (*Query, error) {
	if len(s) > MaxBytes {
		return nil, &SyntaxError{1, fmt.Sprintf("the query has %d bytes; %d are allowed", len(s), MaxBytes)}
	}
	p := &parser{lexer: lexer{rest: s}}
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.kind == end {
		return &Query{text: s}, nil
	}
	root, err := p.either()
	if err == nil && p.kind != end {
		err = p.unexpected()
	}
	if err != nil {
		return nil, err
	}
	return &Query{root, s}, nil
}

// parser goes through a query by recursive descent; the token is the one that comes next.
type parser struct {
	lexer
	token
	words, depth int
}

func (p *parser) advance() (err error) {
	p.token, err = p.lexer.next()
	return err
}

func (p *parser) fail(format string, args ...any) error {
	return &SyntaxError{p.token.at, fmt.Sprintf(format, args...)}
}

// unexpected is the error of a token that cannot stand where it does.
func (p *parser) unexpected() error {
	switch p.kind {
	case shut:
		return p.fail("a ')' without '('")
	case colon:
		return p.fail("a ':' without the name of a field before it; put quotes around text that has colons")
	case opAnd, opOr:
		return p.fail("%s joins two sides, and one is missing; put quotes around it if the word is meant", p.kind)
	}
	return p.fail("expected a word, a phrase or '(', found %s", p.shown())
}

// either = both { "or" both }
func (p *parser) either() (node, error) {
	return p.list(p.both, p.isOr, func(n []node) node { return or(n) })
}

func (p *parser) isOr() (bool, error) {
	if p.kind != opOr {
		return false, nil
	}
	return true, p.advance()
}

// both = one { [ "and" ] one }
func (p *parser) both() (node, error) {
	return p.list(p.one, p.isAnd, func(n []node) node { return and(n) })
}

func (p *parser) isAnd() (bool, error) {
	switch p.kind {
	case opAnd:
		return true, p.advance()
	case word, quoted, open, opNot:
		return true, nil
	}
	return false, nil
}

// list reads parts for as long as more says that another one follows.
func (p *parser) list(part func() (node, error), more func() (bool, error), join func([]node) node) (node, error) {
	var nodes []node
	for {
		n, err := part()
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, n)
		if ok, err := more(); err != nil {
			return nil, err
		} else if !ok {
			break
		}
	}
	if len(nodes) == 1 {
		return nodes[0], nil
	}
	return join(nodes), nil
}

// one = "not" one | "(" either ")" | [ field ":" ] ( word | phrase )
func (p *parser) one() (node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.fail("more than %d parentheses and nots inside each other", maxDepth)
	}
	defer func() { p.depth-- }()
	switch p.kind {
	case opNot:
		if err := p.advance(); err != nil {
			return nil, err
		}
		n, err := p.one()
		return not{n}, err
	case open:
		return p.group()
	case word, quoted:
		return p.term()
	}
	return nil, p.unexpected()
}

func (p *parser) group() (node, error) {
	at := p.token.at
	if err := p.advance(); err != nil {
		return nil, err
	}
	n, err := p.either()
	if err != nil {
		return nil, err
	}
	if p.kind != shut {
		return nil, &SyntaxError{at, "a '(' that is not closed"}
	}
	return n, p.advance()
}

func (p *parser) term() (node, error) {
	first := p.token
	if err := p.advance(); err != nil {
		return nil, err
	}
	if p.kind != colon {
		return p.phrase(anywhere, first)
	}
	field, err := fieldOf(first)
	if err != nil {
		return nil, err
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	value := p.token
	switch p.kind {
	case word, quoted, opAnd, opOr, opNot: // "message: not" looks for the word
	default:
		return nil, p.fail("expected a word or a phrase after '%s:', found %s", names[field], p.shown())
	}
	if value.kind != word && value.kind != quoted {
		value.text = strings.Trim(string(value.kind), "'")
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	return p.phrase(field, value)
}

// phrase makes the term of a token that has been read.
func (p *parser) phrase(field Field, t token) (node, error) {
	if t.kind == word && t.text == "" && t.star {
		return term{field: field}, nil
	}
	ph, ok := newPhrase(t.text, t.star)
	if !ok {
		return nil, &SyntaxError{t.at, fmt.Sprintf("%s has neither letters nor digits to look for", t.shown())}
	}
	if p.words += len(ph.words); p.words > MaxWords {
		return nil, &SyntaxError{t.at, fmt.Sprintf("more than %d words", MaxWords)}
	}
	return term{field, ph}, nil
}

func fieldOf(t token) (Field, error) {
	if t.kind == word && !t.star {
		for i, name := range names {
			if strings.EqualFold(name, t.text) {
				return Field(i), nil
			}
		}
	}
	return 0, &SyntaxError{t.at, fmt.Sprintf("there is no field %s; fields are %s. Put quotes around text that has colons",
		t.shown(), strings.Join(names[:], ", "))}
}
