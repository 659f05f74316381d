package fcapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lull-dev/lull/host/fn"
)

// request is one call of the API. Strings that its methods return are copies: they may be kept.
type request struct {
	ctx    *fasthttp.RequestCtx
	id     fn.RequestID
	method string
	names
}

func (r *request) key() fn.Key { return fn.Key{Service: r.service, Name: r.function} }

// query returns a query parameter, or "".
func (r *request) query(name string) string { return string(r.ctx.QueryArgs().Peek(name)) }

// header returns a request header, or "".
func (r *request) header(name string) string { return string(r.ctx.Request.Header.Peek(name)) }

// number reads a query parameter that is a number of at least 0; without it, 0.
func (r *request) number(name string) (uint64, error) {
	text := r.query(name)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil {
		return 0, fn.Invalid(name, "a number, 0 or more", text)
	}
	return n, nil
}

// flag reads a query parameter that is true or false; without it, false.
func (r *request) flag(name string) (bool, error) {
	text := r.query(name)
	if text == "" {
		return false, nil
	}
	v, err := strconv.ParseBool(text)
	if err != nil {
		return false, fn.Invalid(name, "true | false", text)
	}
	return v, nil
}

// time reads a query parameter that is a time: in the form of RFC 3339, or in seconds since 1970; without it, the zero time.
func (r *request) time(name string) (time.Time, error) {
	text := r.query(name)
	if text == "" {
		return time.Time{}, nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 40); err == nil {
		return time.Unix(seconds, 0), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fn.Invalid(name, "a time like 2026-01-02T15:04:05Z, or seconds since 1970", text)
	}
	return t, nil
}

// ifMatch is the ETag that a change depends on; one client puts it into the query.
func (r *request) ifMatch() string {
	if etag := r.header("If-Match"); etag != "" {
		return etag
	}
	return r.query("if-match")
}

// read decodes the JSON object in the body into v, whose fields are pointers: null means the same as absent. Keys match without regard to
// case, unknown ones are ignored. An empty body is an empty object.
func (r *request) read(v any) error {
	body := bytes.TrimSpace(r.ctx.Request.Body())
	if len(body) == 0 {
		return nil
	}
	err := json.Unmarshal(body, v)
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := e.Field
		if field == "" {
			field = "the request body"
		}
		return fn.Errorf(fn.CodeInvalidArgument, "%s is set to an invalid value (allowed: %s, actual: '%s')", field, jsonType(e), e.Value)
	}
	return fn.Errorf(fn.CodeInvalidArgument, "the request body is not sound JSON: %w", err)
}

// jsonType names the type that a field should have had.
func jsonType(e *json.UnmarshalTypeError) string {
	switch name := e.Type.Kind().String(); {
	case strings.HasPrefix(name, "int"):
		return "an integer"
	case name == "struct", name == "map":
		return "an object"
	case name == "slice":
		return "base64"
	default:
		return "a " + name
	}
}

// write answers 200 with v as JSON.
func (r *request) write(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	r.ctx.SetContentType("application/json")
	r.ctx.SetBody(body)
	return nil
}

// writeTagged is write with an ETag.
func (r *request) writeTagged(etag string, v any) error {
	r.ctx.Response.Header.Set("ETag", etag)
	return r.write(v)
}

// writeNothing answers 204. It has no content type: one client parses whatever calls itself JSON.
func (r *request) writeNothing() error {
	r.ctx.SetStatusCode(fasthttp.StatusNoContent)
	return nil
}
