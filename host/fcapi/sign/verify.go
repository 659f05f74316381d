package sign

import (
	"crypto/hmac"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/lull-dev/lull/host/fn"
)

// DefaultSkew is how far a request's date may be from the server's clock.
const DefaultSkew = 15 * time.Minute

// Verify reports whether one of the keys signed r: nil if so. skew is how far the date may be off.
//
// Errors: MissingRequiredHeader (Authorization or Date), SignatureNotMatch (also for an Authorization that is none), InvalidAccessKeyID,
// AccessDenied (the date is none or is too far off, a signed URL is past its time).
func (k *Keys) Verify(r *Request, now time.Time, skew time.Duration) error {
	if r.Proxy && r.Authorization == "" {
		if values, _ := url.ParseQuery(r.Query); values.Has(signature) {
			return k.verifyURL(r, values, now)
		}
	}
	if r.Authorization == "" {
		return fn.Errorf(fn.CodeMissingRequiredHeader, "required HTTP header Authorization was not specified")
	}
	var dates []string
	for _, date := range []string{r.Date, r.header("x-fc-date")} { // one client signs the second in the place of the first
		if date != "" {
			dates = append(dates, date)
		}
	}
	if len(dates) == 0 {
		return fn.Errorf(fn.CodeMissingRequiredHeader, "required HTTP header Date was not specified")
	}
	credential, ok := strings.CutPrefix(r.Authorization, "FC ")
	id, given, colon := strings.Cut(credential, ":")
	if !ok || !colon || id == "" || given == "" {
		return errNoMatch()
	}
	key, ok := k.byID[id]
	if !ok {
		return errKeyID(id)
	}
	var late error
	fresh := dates[:0]
	for _, date := range dates {
		if err := checkDate(date, now, skew); err != nil {
			late = err
			continue
		}
		fresh = append(fresh, date)
	}
	if len(fresh) == 0 {
		return late
	}
	return key.check(r, given, fresh...)
}

// verifyURL checks a signed URL of an http trigger: the time until which it is good takes the place of the date.
func (k *Keys) verifyURL(r *Request, query url.Values, now time.Time) error {
	id, at := query.Get("x-fc-access-key-id"), query.Get("x-fc-expires")
	key, ok := k.byID[id]
	if !ok {
		return errKeyID(id)
	}
	expires, err := strconv.ParseInt(at, 10, 64)
	if err != nil || now.Unix() > expires {
		return fn.Errorf(fn.CodeAccessDenied, "the signed URL is past its time: x-fc-expires is '%.40s', the server's clock says %d", at, now.Unix())
	}
	return key.check(r, query.Get(signature), at)
}

// check compares a signature with what it may be.
func (k Key) check(r *Request, given string, dates ...string) error {
	forms, ok := r.resources()
	if !ok {
		return errAmbiguous()
	}
	for _, date := range dates {
		for _, form := range forms {
			if hmac.Equal([]byte(given), []byte(k.mac(r.text(date, form)))) {
				return nil
			}
		}
	}
	return errNoMatch()
}

func checkDate(text string, now time.Time, skew time.Duration) error {
	date, err := http.ParseTime(text)
	if err != nil {
		date, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return fn.Errorf(fn.CodeAccessDenied, "the request's date '%.40s' cannot be read (expected: %s)", text, now.UTC().Format(http.TimeFormat))
	}
	if off := now.Sub(date); off > skew || off < -skew {
		return fn.Errorf(fn.CodeAccessDenied, "the request's date '%.40s' is more than %s from the server's clock, which says %s",
			text, skew, now.UTC().Format(http.TimeFormat))
	}
	return nil
}

func errNoMatch() error {
	return fn.Errorf(fn.CodeSignatureNotMatch,
		"The request signature we calculated does not match the signature you provided. Check your access key and signing method.")
}

func errKeyID(id string) error {
	return fn.Errorf(fn.CodeInvalidAccessKeyID, "invalid access key ID '%.128s'", id)
}

func errAmbiguous() error {
	return fn.Errorf(fn.CodeSignatureNotMatch, "a path or query with a line break in it, an equals sign in the name of a parameter, or a percent sign that encodes nothing cannot be signed: its signature would be good for others, too")
}
