package sign

import (
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Sign signs r as of now: it sets Date and Authorization. The signature covers the query, too, on any path.
func (k Key) Sign(r *Request, now time.Time) error {
	r.Date = now.UTC().Format(http.TimeFormat)
	forms, ok := r.resources()
	if !ok {
		return errAmbiguous()
	}
	r.Authorization = "FC " + k.ID + ":" + k.mac(r.text(r.Date, forms[0]))
	return nil
}

// URL returns the query, with "?" left out, that makes a URL of an http trigger usable until expires by whoever has it. path is percent-encoded
// and query, which may be empty, is what the function shall see besides.
func (k Key) URL(method, path, query string, expires time.Time) (string, error) {
	at := strconv.FormatInt(expires.Unix(), 10)
	if query != "" {
		query += "&"
	}
	query += url.Values{"x-fc-access-key-id": {k.ID}, "x-fc-expires": {at}}.Encode()
	r := &Request{Method: method, Path: path, Query: query, Proxy: true}
	forms, ok := r.resources()
	if !ok {
		return "", errAmbiguous()
	}
	return query + "&" + url.Values{signature: {k.mac(r.text(at, forms[0]))}}.Encode(), nil
}
