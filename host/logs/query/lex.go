package query

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is a token's. The values are what messages call them.
type kind string

const (
	end    kind = "the end"
	word   kind = "a word"
	quoted kind = "a phrase"
	colon  kind = "':'"
	open   kind = "'('"
	shut   kind = "')'"
	opAnd  kind = "'and'"
	opOr   kind = "'or'"
	opNot  kind = "'not'"
)

// token is a piece of a query.
type token struct {
	kind kind
	text string // of a word or a phrase, without quotes and stars
	star bool   // a word or a phrase that ended in stars
	at   int    // character, from 1
}

// lexer cuts a query into tokens.
type lexer struct {
	rest string
	at   int // characters read
}

// take moves over the first n bytes.
func (l *lexer) take(n int) (taken string) {
	taken = l.rest[:n]
	l.at += utf8.RuneCountInString(taken)
	l.rest = l.rest[n:]
	return taken
}

func (l *lexer) next() (token, error) {
	l.take(len(l.rest) - len(strings.TrimLeftFunc(l.rest, blank)))
	t := token{kind: end, at: l.at + 1}
	if l.rest == "" {
		return t, nil
	}
	switch l.rest[0] {
	case ':':
		t.kind = colon
	case '(':
		t.kind = open
	case ')':
		t.kind = shut
	case '"':
		return l.readPhrase(t)
	default:
		return l.readWord(t)
	}
	l.take(1)
	return t, nil
}

// blank also takes control characters and bytes that are not UTF-8: they mean nothing in a query.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError }

func (l *lexer) readWord(t token) (token, error) {
	n := strings.IndexFunc(l.rest, func(r rune) bool { return blank(r) || strings.ContainsRune(`:()"`, r) })
	if n < 0 {
		n = len(l.rest)
	}
	written := l.take(n)
	t.kind, t.text = word, strings.TrimRight(written, "*")
	t.star = t.text != written
	if i := strings.IndexByte(t.text, '*'); i >= 0 {
		return t, &SyntaxError{t.at + utf8.RuneCountInString(t.text[:i]), "a star stands for the end of a word only; put quotes around the word to look for the text"}
	}
	switch strings.ToLower(written) {
	case "and":
		t.kind = opAnd
	case "or":
		t.kind = opOr
	case "not":
		t.kind = opNot
	}
	return t, nil
}

// readPhrase reads to the closing quote. A backslash takes the next character as it is.
func (l *lexer) readPhrase(t token) (token, error) {
	t.kind = quoted
	var text strings.Builder
	escaped := false
	for i, r := range l.rest {
		switch {
		case i == 0:
		case escaped:
			text.WriteRune(r)
			escaped = false
		case r == '\\':
			escaped = true
		case r == '"':
			l.take(i + 1)
			t.text = text.String()
			t.star = l.take(len(l.rest)-len(strings.TrimLeft(l.rest, "*"))) != ""
			return t, nil
		default:
			text.WriteRune(r)
		}
	}
	return t, &SyntaxError{t.at, "a quote that is not closed"}
}

// shown is how a message names the token.
func (t token) shown() string {
	if t.kind == word || t.kind == quoted {
		return fmt.Sprintf("%q", t.text)
	}
	return string(t.kind)
}
