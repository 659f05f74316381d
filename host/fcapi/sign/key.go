// Package sign makes and checks the signatures of Function Compute's 2016-08-15 interface: HMAC-SHA256 over method, some headers and the
// path, or, for function URLs behind http triggers, over path and query.
//
// What a signature does not cover is the body, and on paths that are not of triggers the query in most clients' form. It proves who sent a
// request within the last minutes; against somebody in the middle it takes a TLS proxy in front.
package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Key is an access key pair. Printing one, in whatever way, gives its id alone.
type Key struct {
	ID     string
	secret *string // a pointer: printed as part of something else, it is an address
}

var errKey = errors.New("an access key is ID:SECRET, both without blanks, at most 256 bytes each")

// ParseKey reads "ID:SECRET". The error does not repeat the text.
func ParseKey(text string) (Key, error) {
	id, secret, _ := strings.Cut(text, ":")
	for _, part := range []string{id, secret} {
		if part == "" || len(part) > 256 || strings.ContainsFunc(part, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
			return Key{}, errKey
		}
	}
	return Key{id, &secret}, nil
}

// Format implements fmt.Formatter.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, k.ID+":***") }

// mac signs text. The result is base64.
func (k Key) mac(text string) string {
	h := hmac.New(sha256.New, []byte(*k.secret))
	_, _ = io.WriteString(h, text)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Keys is a set of key pairs by id. It does not change, and is safe for concurrent use.
type Keys struct{ byID map[string]Key }

// NewKeys makes a set. Of two keys with one id and different secrets the error names the id.
func NewKeys(keys ...Key) (*Keys, error) {
	set := &Keys{byID: map[string]Key{}}
	for _, k := range keys {
		if old, ok := set.byID[k.ID]; ok && *old.secret != *k.secret {
			return nil, fmt.Errorf("access key %s is given twice, with different secrets", k.ID)
		}
		set.byID[k.ID] = k
	}
	return set, nil
}

// Len is the number of keys.
func (k *Keys) Len() int { return len(k.byID) }

// ParseKeys reads key pairs separated by blanks, commas or line breaks; what follows a # at the start of a line is a comment. The error says
// which one, counted from 1, is wrong.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, word := range strings.FieldsFunc(line, func(r rune) bool { return r <= ' ' || r == ',' }) {
			k, err := ParseKey(word)
			if err != nil {
				return nil, fmt.Errorf("key %d: %w", len(keys)+1, err)
			}
			keys = append(keys, k)
		}
	}
	return keys, nil
}

// Has reports whether text is "ID:SECRET" of one of the keys. How long it takes does not depend on how much of a secret is right.
func (k *Keys) Has(text string) bool {
	id, secret, _ := strings.Cut(text, ":")
	key, ok := k.byID[id]
	return ok && subtle.ConstantTimeCompare([]byte(*key.secret), []byte(secret)) == 1
}
