package fcapi

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/lull-dev/lull/host/fn"
)

// Bounds of the parameter limit.
const (
	defaultLimit = 20
	maxLimit     = 100
)

// limit reads how long a page may be.
func (r *request) limit() (int, error) {
	text := r.query("limit")
	if text == "" {
		return defaultLimit, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > maxLimit {
		return 0, fn.Invalid("Limit", "[1, 100]", text)
	}
	return n, nil
}

// page selects one page of items, which are sorted by name: those with the query's prefix, from startKey or nextToken on, at most
// limit. next is the token of the following page, empty if there is none. The token is the name that the page begins with, so that it
// stays good when items come and go.
func page[T any](r *request, items []T, name func(T) string) (out []T, next string, err error) {
	limit, err := r.limit()
	if err != nil {
		return nil, "", err
	}
	start := r.query("startKey")
	if token := r.query("nextToken"); token != "" {
		first, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, "", fn.Invalid("NextToken", "one from an answer", token)
		}
		start = string(first)
	}
	prefix := r.query("prefix")
	out = []T{}
	for _, item := range items {
		n := name(item)
		if n < start || !strings.HasPrefix(n, prefix) {
			continue
		}
		if len(out) == limit {
			return out, base64.RawURLEncoding.EncodeToString([]byte(n)), nil
		}
		out = append(out, item)
	}
	return out, "", nil
}
