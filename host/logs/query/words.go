package query

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Words cuts text into words: runs of anything but blanks, control characters and punctuation. Hyphens, dots and underscores belong to a word, hyphens and
// dots not at its ends. A Chinese character or a kana is a word of its own, since such text has no blanks; a run of them is searched for as a phrase.
func Words(text string) (words []string) {
	for {
		word, rest := cut(text)
		if word == "" {
			return words
		}
		words, text = append(words, word), rest
	}
}

// cut returns the first word of text and what follows it; an empty word if there is none.
func cut(text string) (word, rest string) {
	for text != "" {
		end := run(text)
		if end == 0 {
			_, n := utf8.DecodeRuneInString(text)
			text = text[n:]
			continue
		}
		if word = strings.Trim(text[:end], "-."); word != "" {
			return word, text[end:]
		}
		text = text[end:]
	}
	return "", ""
}

// run is the length in bytes of the run of word characters that text begins with.
func run(text string) int {
	for i, r := range text {
		switch classOf(r) {
		case apart:
			return i
		case alone:
			if i == 0 {
				return utf8.RuneLen(r)
			}
			return i
		case inside:
		}
	}
	return len(text)
}

// class is what a character does to words.
type class uint8

const (
	apart  class = iota // ends one
	inside              // is a part of one
	alone               // is one
)

func classOf(r rune) class {
	switch {
	case r < utf8.RuneSelf:
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r == '-' || r == '_' || r == '.' {
			return inside
		}
		return apart
	case r == utf8.RuneError, unicode.IsSpace(r), unicode.IsControl(r), unicode.IsPunct(r):
		return apart
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana):
		return alone
	}
	return inside
}

// phrase is words that follow each other.
type phrase struct {
	words  []string
	prefix bool // the last word is the beginning of one
}

// newPhrase makes the phrase that text means; ok is false if there is no word in it.
func newPhrase(text string, prefix bool) (p phrase, ok bool) {
	p = phrase{words: Words(text), prefix: prefix}
	if !prefix || len(p.words) == 0 {
		return p, len(p.words) > 0
	}
	last := &p.words[len(p.words)-1]
	tail := text[strings.LastIndex(text, *last)+len(*last):]
	if strings.Trim(tail, "-.") != "" {
		p.prefix = false // the star stands apart from the word
	} else {
		*last += tail // in "c-62*" and "c-*" the end is not an end
	}
	return p, true
}

// in reports whether text has the phrase.
func (p phrase) in(text string) bool {
	for {
		word, rest := cut(text)
		if word == "" {
			return false
		}
		if p.begins(word, rest) {
			return true
		}
		text = rest
	}
}

// begins reports whether the phrase is the given word and those that rest begins with.
func (p phrase) begins(word, rest string) bool {
	last := len(p.words) - 1
	for _, want := range p.words[:last] {
		if !strings.EqualFold(word, want) {
			return false
		}
		word, rest = cut(rest)
	}
	if p.prefix {
		word = head(word, utf8.RuneCountInString(p.words[last]))
	}
	return strings.EqualFold(word, p.words[last])
}

// head returns the first n characters of s. Folding keeps their number.
func head(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}
