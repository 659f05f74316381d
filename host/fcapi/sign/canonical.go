package sign

import (
	"net/url"
	"slices"
	"strings"
)

// Request is what a signature can cover. Values are those that were received, or are going to be sent.
type Request struct {
	Method      string
	ContentMD5  string // never compared with the body: no two clients compute it alike
	ContentType string
	Date        string
	// Headers are name and value of all headers whose name begins with "x-fc-", in whatever case and order.
	Headers [][2]string
	Path    string // percent-encoded, as sent
	Query   string // without "?", as sent

	Authorization string
	// Proxy tells that the path is that of an http trigger, where the query belongs to what is signed.
	Proxy bool
}

// header returns the first value of a header of Headers, by its lower-case name.
func (r *Request) header(name string) string {
	for _, h := range r.Headers {
		if strings.ToLower(h[0]) == name {
			return h[1]
		}
	}
	return ""
}

// text is the string to sign for a date and a resource.
func (r *Request) text(date, resource string) string {
	lines := make([]string, len(r.Headers))
	for i, h := range r.Headers {
		lines[i] = strings.ToLower(h[0]) + ":" + h[1] + "\n"
	}
	slices.Sort(lines)
	return r.Method + "\n" + r.ContentMD5 + "\n" + r.ContentType + "\n" + date + "\n" + strings.Join(lines, "") + resource
}

// resources are the forms of the path that clients sign, see fc-api section 3.2: decoded, as sent, and decoded with the query. The path of a
// trigger has the last one only: the others leave the query open. ok is false for a path or a query that can be read in two ways.
func (r *Request) resources() (forms []string, ok bool) {
	sent := "/" + strings.TrimLeft(r.Path, "/") // an endpoint that ends in "/" doubles the slash, and its client signs one
	decoded, err := url.PathUnescape(sent)
	if err != nil {
		return nil, false
	}
	pairs, readable := pairs(r.Query)
	if strings.Contains(decoded, "\n") || r.Proxy && !readable {
		// A line break would let one signature stand for another path or query: "?a=1%0Ab=2" and "?a=1&b=2" are the same text.
		return nil, false
	}
	if readable {
		forms = append(forms, withQuery(decoded, pairs))
	}
	if !r.Proxy {
		forms = append(forms, decoded)
		if sent != decoded {
			forms = append(forms, sent)
		}
	}
	return forms, true
}

func withQuery(path string, pairs []string) string { return path + "\n" + strings.Join(pairs, "\n") }

// signature is the query parameter of a signed URL that holds it.
const signature = "x-fc-signature"

// pairs gives "key=value" for each pair of a query, decoded and sorted, but for the signature. ok is false if one can be read in two ways.
func pairs(query string) (list []string, ok bool) {
	for part := range strings.SplitSeq(query, "&") {
		if part == "" {
			continue
		}
		k, v, _ := strings.Cut(part, "=")
		key, err := url.QueryUnescape(k)
		value, err2 := url.QueryUnescape(v)
		if err != nil || err2 != nil || strings.Contains(key, "=") || strings.Contains(key+value, "\n") {
			return nil, false
		}
		if key != signature {
			list = append(list, key+"="+value)
		}
	}
	slices.Sort(list)
	return list, true
}
