package sign

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/lull-dev/lull/host/fn"
)

func key(t testing.TB, text string) Key {
	k, err := ParseKey(text)
	require.NoError(t, err)
	return k
}

func keys(t testing.TB, list ...Key) *Keys {
	set, err := NewKeys(list...)
	require.NoError(t, err)
	return set
}

// vector is a request that a client has sent, and the signature that it computed. The requests are those of fc-api section 3.4.
type vector struct {
	name      string
	key       string
	r         Request
	date      string // what is signed in its place; of V1, the expiry
	form      int    // which of resources is the one
	signature string
}

func account(value string) [2]string { return [2]string{"X-Fc-Account-Id", value} }

var vectors = []vector{
	{"V1", "ak:S9MWOBG0AOWHSO9HPASP216QOPHT5YR4NLH3A", Request{
		Method: "GET", ContentMD5: "ef5b43a0fe1d5b401b62c3ba33a7a3d6", ContentType: "text/json", Date: "1583221068",
		Headers: [][2]string{{"x-fc-trace-id", "trace-id"}}, Path: "/2016-08-15/proxy/service.LATEST/func/abc%20123", Proxy: true,
		Query: "x=xyz&x=456&a=123+45&x-fc-expires=1583221068&x-fc-access-key-id=akID&x-fc-security-token=stsToken",
	}, "", 0, "QFdNhz0Dl+onUM/MvpX940WFH3H8OHayZHbby1c01aI="},
	{"V2", "ak:sk", Request{
		Method: "GET", Date: "Sun, 22 Nov 2026 02:59:56 GMT", Headers: [][2]string{account("123456")}, Path: "/2016-08-15/services/s.LATEST/functions/f",
	}, "", 1, "i5H6lcA2Xg5MicCZHK5VrLO9fZ4LRZdFwKzmYBnvSEs="},
	{"V3", "ak:sk", Request{
		Method: "POST", ContentMD5: "99914b932bd37a50b983c5e7c90ae93b", ContentType: "application/octet-stream", Date: "Sun, 22 Nov 2026 02:59:56 GMT",
		Headers: [][2]string{{"X-Fc-Log-Type", "Tail"}, account("123456")}, Path: "//2016-08-15/services/s/functions/f/invocations",
	}, "", 1, "hUs3d5JeL1I5sHHz0/pZsGUPvMoD8aley0olf8g3Tgo="},
	{"V4", "ak:sk", Request{
		Method: "POST", ContentMD5: "NGI3NGU4NTI1MjFhN2FkYjQyYzA2NDRhNmFmZmYwNDM=", ContentType: "application/json", Date: "Sun, 22 Nov 2026 02:59:57 GMT",
		Headers: [][2]string{account("123456")}, Path: "/2016-08-15/services",
	}, "", 1, "Mrbv++SiMu+aacQBvqeYEvJmfLaWahJ5TzjJPQ2nRxA="},
	{"V5", "ak:sk", Request{
		Method: "GET", Date: "Sun, 22 Nov 2026 02:59:56 GMT", Headers: [][2]string{account("")}, Path: "/2016-08-15/services",
	}, "", 1, "uv6t58mqhpaI4gemuqzW9avQxz01c7RWjYCiN8hH8uA="},
	{"V6", "ak:sk", Request{
		Method: "GET", Date: "Sun, 22 Nov 2026 02:59:57 GMT", Headers: [][2]string{account("123456")}, Path: "/2016-08-15/proxy/s/f/action",
		Query: "x=awsome&y=a%2Fb%20c", Proxy: true,
	}, "", 0, "uuyV2pRjp2RwzHCtUIV9pHLNUIbqLyE/cpKKipyEilk="},
	{"V7", "ak:sk", Request{
		Method: "GET", Date: "Sun, 22 Nov 2026 02:59:57 GMT", Headers: [][2]string{account("123456")}, Path: "/2016-08-15/proxy/s/f/", Proxy: true,
	}, "", 0, "yE3UrU+9axR13ggrHGi/dOOYBDBG37/8JkImFlKCVZQ="},
}

func TestA1_TheVectorsHaveTheirSignatures(t *testing.T) {
	for _, v := range vectors {
		t.Run(v.name, func(t *testing.T) {
			forms, ok := v.r.resources()
			require.True(t, ok)
			require.Equal(t, v.signature, key(t, v.key).mac(v.r.text(v.r.Date, forms[v.form])))
		})
	}
}

// verify runs at the time of the request itself.
func verify(t testing.TB, k string, r Request) error {
	now, err := http.ParseTime(r.Date)
	if err != nil {
		now = time.Now()
	}
	return keys(t, key(t, k)).Verify(&r, now.Add(14*time.Minute), DefaultSkew)
}

func TestA1_TheVectorsVerifyAndAFlippedByteAnywhereDoesNot(t *testing.T) {
	for _, v := range vectors[1:] { // V1 has a number for a date: it is a text to sign, not a request
		t.Run(v.name, func(t *testing.T) {
			r := v.r
			r.Authorization = "FC ak:" + v.signature
			require.NoError(t, verify(t, v.key, r))
			for name, flip := range map[string]func(*Request){
				"method":          func(r *Request) { r.Method = flipped(r.Method, 0) },
				"content MD5":     func(r *Request) { r.ContentMD5 = flipped(r.ContentMD5, 3) },
				"content type":    func(r *Request) { r.ContentType = flipped(r.ContentType, 3) },
				"date":            func(r *Request) { r.Date = strings.Replace(r.Date, "02:59", "02:58", 1) },
				"a header's name": func(r *Request) { r.Headers[0][0] = flipped(r.Headers[0][0], 6) },
				"a header":        func(r *Request) { r.Headers[0][1] = flipped(r.Headers[0][1], 1) },
				"one more header": func(r *Request) { r.Headers = append(r.Headers, [2]string{"x-fc-invocation-type", "Async"}) },
				"no header":       func(r *Request) { r.Headers = nil },
				"path":            func(r *Request) { r.Path = flipped(r.Path, len(r.Path)-2) },
				"signature":       func(r *Request) { r.Authorization = flipped(r.Authorization, len(r.Authorization)-5) },
				"its last digits": func(r *Request) { r.Authorization = flipped(r.Authorization, len(r.Authorization)-2) },
			} {
				bad := r
				bad.Headers = append([][2]string{}, r.Headers...)
				flip(&bad)
				require.Equal(t, fn.CodeSignatureNotMatch, fn.CodeOf(verify(t, v.key, bad)), name)
			}
			if v.r.Proxy {
				for _, query := range []string{"x=awsomf&y=a%2Fb%20c", "x=1", "", "x=awsome%0Ay=a/b%20c", "x%3Dawsome&y=a%2Fb%20c"} {
					bad := r
					if bad.Query = query; query != r.Query {
						require.Equal(t, fn.CodeSignatureNotMatch, fn.CodeOf(verify(t, v.key, bad)), query)
					}
				}
			}
		})
	}
}

// flipped changes one bit, or adds a byte to what is empty.
func flipped(s string, at int) string {
	if s == "" {
		return "x"
	}
	at = max(min(at, len(s)-1), 0)
	return s[:at] + string(rune(s[at]^1)) + s[at+1:]
}

func TestA1_SignedURLs(t *testing.T) {
	const path, until = "/2016-08-15/proxy/service/func/", 1583339600
	set := keys(t, key(t, "akid:akSec"))
	for token, signature := range map[string]string{
		"x-fc-security-token=stsToken&": "Yi0jCBQ6cTZc%2BtN8wtYUz9FbYNijx5jDiE3sVNW6XwA%3D",
		"":                              "6Rc4KxEAv3%2BlHpbNQWceIUqWVWq3ewxhadlJBRzZ0XQ%3D",
	} {
		query := "x-fc-access-key-id=akid&x-fc-expires=1583339600&" + token + "x-fc-signature=" + signature
		r := Request{Method: "GET", Path: path, Query: query, Proxy: true}
		require.NoError(t, set.Verify(&r, time.Unix(until, 0), 0))
		require.Equal(t, fn.CodeAccessDenied, fn.CodeOf(set.Verify(&r, time.Unix(until+1, 0), DefaultSkew)), "past its time")
		for old, bad := range map[string]string{
			"1583339600": "1583339601", "GET": "POST", "func": "funk", signature: "xi" + signature[2:], "x-fc-expires=": "a=b&x-fc-expires=",
		} {
			r := Request{
				Method: strings.Replace("GET", old, bad, 1), Path: strings.Replace(path, old, bad, 1), Query: strings.Replace(query, old, bad, 1), Proxy: true,
			}
			require.Equal(t, fn.CodeSignatureNotMatch, fn.CodeOf(set.Verify(&r, time.Unix(until, 0), 0)), old)
		}
		r.Query = strings.Replace(query, "akid", "other", 1)
		require.Equal(t, fn.CodeInvalidAccessKeyID, fn.CodeOf(set.Verify(&r, time.Unix(until, 0), 0)))
		r = Request{Method: "GET", Path: "/2016-08-15/services", Query: query}
		require.Equal(t, fn.CodeMissingRequiredHeader, fn.CodeOf(set.Verify(&r, time.Unix(until, 0), 0)), "for triggers only")
	}
	query, err := key(t, "akid:akSec").URL("GET", path, "n=1&m=a%20b", time.Unix(until, 0))
	require.NoError(t, err)
	require.NoError(t, set.Verify(&Request{Method: "GET", Path: path, Query: query, Proxy: true}, time.Unix(until, 0), 0))
}

func TestVerify_TakesAllThreeFormsOfAPathButForTriggers(t *testing.T) {
	k := key(t, "ak:sk")
	r := Request{Method: "GET", Date: "Sun, 22 Nov 2026 02:59:56 GMT", Path: "/2016-08-15/services/a%20b", Query: "limit=5&prefix=x%2By"}
	for resource, onProxy := range map[string]bool{
		"/2016-08-15/services/a b":                        false,
		"/2016-08-15/services/a%20b":                      false,
		"/2016-08-15/services/a b\nlimit=5\nprefix=x+y":   true,
		"/2016-08-15/services/a%20b\nlimit=5\nprefix=x+y": false, // never
	} {
		r := r
		r.Authorization = "FC ak:" + k.mac(r.text(r.Date, resource))
		if strings.Contains(resource, "%20b\n") {
			require.Error(t, verify(t, "ak:sk", r), "no client's form")
			continue
		}
		require.NoError(t, verify(t, "ak:sk", r), resource)
		r.Proxy = true
		require.Equal(t, onProxy, verify(t, "ak:sk", r) == nil, resource)
	}
}

func TestVerify_SaysWhatIsWrong(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	k := key(t, "ak:sk")
	signed := Request{Method: "GET", Path: "/2016-08-15/services"}
	require.NoError(t, k.Sign(&signed, now))
	set := keys(t, k, key(t, "second:other"))
	for name, c := range map[string]struct {
		change func(*Request)
		code   fn.Code
		says   string
	}{
		"nothing":            {func(r *Request) {}, "", ""},
		"no authorization":   {func(r *Request) { r.Authorization = "" }, fn.CodeMissingRequiredHeader, "required HTTP header Authorization was not specified"},
		"no date":            {func(r *Request) { r.Date = "" }, fn.CodeMissingRequiredHeader, "required HTTP header Date was not specified"},
		"another scheme":     {func(r *Request) { r.Authorization = "Bearer x" }, fn.CodeSignatureNotMatch, "does not match"},
		"no colon":           {func(r *Request) { r.Authorization = "FC ak" }, fn.CodeSignatureNotMatch, "does not match"},
		"no id":              {func(r *Request) { r.Authorization = "FC :x" }, fn.CodeSignatureNotMatch, "does not match"},
		"no signature":       {func(r *Request) { r.Authorization = "FC ak:" }, fn.CodeSignatureNotMatch, "does not match"},
		"a stranger":         {func(r *Request) { r.Authorization = "FC nobody:x" }, fn.CodeInvalidAccessKeyID, "invalid access key ID 'nobody'"},
		"another's key":      {func(r *Request) { r.Authorization = strings.Replace(r.Authorization, "ak", "second", 1) }, fn.CodeSignatureNotMatch, "does not match"},
		"an unreadable date": {func(r *Request) { r.Date = "yesterday" }, fn.CodeAccessDenied, "cannot be read"},
		"an old date":        {func(r *Request) { r.Date = now.Add(-16 * time.Minute).Format(http.TimeFormat) }, fn.CodeAccessDenied, "more than 15m0s"},
		"a date to come":     {func(r *Request) { r.Date = now.Add(16 * time.Minute).Format(http.TimeFormat) }, fn.CodeAccessDenied, "more than 15m0s"},
	} {
		r := signed
		c.change(&r)
		err := set.Verify(&r, now, DefaultSkew)
		require.Equal(t, c.code, fn.CodeOf(err), name)
		if err != nil {
			require.Contains(t, err.Error(), c.says, name)
		}
	}
}

func TestVerify_TakesTheDateOfXFcDate(t *testing.T) {
	now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	k := key(t, "ak:sk")
	r := Request{Method: "GET", Path: "/2016-08-15/services", Headers: [][2]string{{"X-Fc-Date", now.Format(http.TimeFormat)}}}
	r.Authorization = "FC ak:" + k.mac(r.text(now.Format(http.TimeFormat), r.Path))
	require.NoError(t, keys(t, k).Verify(&r, now, DefaultSkew))
	r.Date = "Sun, 22 Nov 2020 02:59:56 GMT"
	require.NoError(t, keys(t, k).Verify(&r, now, DefaultSkew), "Date is not what was signed")
	require.Equal(t, fn.CodeAccessDenied, fn.CodeOf(keys(t, k).Verify(&r, now.Add(time.Hour), DefaultSkew)))
}

func TestSign_WhatIsSignedVerifies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[A-Za-z0-9 .:/-]{0,20}`)
		segment := rapid.StringMatching(`[a-z0-9._~-]{1,8}|%2[0-9A-F]`)
		r := Request{
			Method: rapid.SampledFrom([]string{"GET", "POST", "PUT"}).Draw(rt, "method"), ContentType: text.Draw(rt, "type"),
			Path: "/2016-08-15/" + segment.Draw(rt, "path"), Query: rapid.StringMatching(`([a-z]{1,3}=[a-z%2F0]{0,1}&?){0,4}`).Draw(rt, "query"),
			Proxy: rapid.Bool().Draw(rt, "proxy"),
		}
		for range rapid.IntRange(0, 3).Draw(rt, "headers") {
			r.Headers = append(r.Headers, [2]string{"X-Fc-" + text.Draw(rt, "name"), text.Draw(rt, "value")})
		}
		now := time.Now()
		k := key(t, "ak:sk")
		if k.Sign(&r, now) == nil {
			require.NoError(rt, keys(t, k).Verify(&r, now, DefaultSkew))
		}
	})
}

func TestKey_NeverShowsItsSecret(t *testing.T) {
	k := key(t, "ak:the-secret")
	set := keys(t, k)
	type holder struct {
		Key  Key
		Keys *Keys
		own  Key
	}
	asJSON, err := json.Marshal(holder{k, set, k})
	require.NoError(t, err)
	said := string(asJSON)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		said += fmt.Sprintf(verb, k) + fmt.Sprintf(verb, &k) + fmt.Sprintf(verb, []Key{k}) + fmt.Sprintf(verb, holder{k, set, k}) + fmt.Sprintf(verb, set)
	}
	_, err = NewKeys(k, key(t, "ak:another-secret"))
	require.ErrorContains(t, err, "access key ak is given twice")
	said += err.Error()
	for _, bad := range []string{"the-secret", "ak:", ":the-secret", "ak: the-secret", "ak:the-secret\n"} {
		_, err := ParseKey(bad)
		require.Error(t, err)
		said += err.Error()
	}
	require.NotContains(t, said, "the-secret")
	require.NotContains(t, said, "another-secret")
	require.NotContains(t, said, fmt.Sprintf("%x", "the-secret"))
}

func TestParseKeys_ReadsListsAndFiles(t *testing.T) {
	list, err := ParseKeys("# ours\na:1, b:2\n\n  # theirs\n\tc:3:4\r\n")
	require.NoError(t, err)
	require.Equal(t, []Key{key(t, "a:1"), key(t, "b:2"), key(t, "c:3:4")}, list)
	_, err = ParseKeys("a:1\nsecret")
	require.ErrorContains(t, err, "key 2: ")
}

// FuzzAuthorization looks for a header that passes without the secret, and for a panic.
func FuzzAuthorization(f *testing.F) {
	for _, v := range vectors {
		f.Add("FC ak:"+v.signature, v.r.Date, v.r.Method, v.r.Path, v.r.Query, "x-fc-a", "b", v.r.Proxy)
	}
	f.Add("FC ak:", "", "GET", "/%", "x-fc-signature=&x-fc-expires=9999999999&x-fc-access-key-id=ak", "X-FC-Date", "now", true)
	f.Fuzz(func(t *testing.T, authorization, date, method, path, query, name, value string, proxy bool) {
		r := Request{Method: method, Date: date, Path: path, Query: query, Headers: [][2]string{{name, value}}, Proxy: proxy}
		now := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
		set := keys(t, key(t, "ak:a-secret-that-no-corpus-has"))
		r.Authorization = authorization
		require.Error(t, set.Verify(&r, now, DefaultSkew))
	})
}
