package front

import (
	"bytes"
	"unsafe"

	"github.com/lull-dev/lull/host/fn"
)

// split cuts the first segment off a path. ok is false if there is none. rest is empty or begins with "/".
func split(path []byte) (first, rest []byte, ok bool) {
	if len(path) < 2 || path[0] != '/' || path[1] == '/' {
		return nil, nil, false
	}
	path = path[1:]
	if i := bytes.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:], true
	}
	return path, nil, true
}

// route finds the function that a path means, by asking has, and the path that the function sees. Key and rest alias path.
func route(path []byte, has func(fn.Key) bool) (key fn.Key, rest []byte, ok bool) {
	first, rest, ok := split(path)
	if !ok {
		return fn.Key{}, nil, false
	}
	key = fn.Key{Service: fn.DefaultService, Name: alias(first)}
	if has(key) {
		return key, rooted(rest), true
	}
	second, rest, ok := split(rest)
	if !ok {
		return key, nil, false
	}
	key = fn.Key{Service: alias(first), Name: alias(second)}
	return key, rooted(rest), has(key)
}

var root = []byte("/")

func rooted(rest []byte) []byte {
	if len(rest) == 0 {
		return root
	}
	return rest
}

// alias makes a string of b without a copy: it is valid only as long as b does not change, so it must not outlive the request.
func alias(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
