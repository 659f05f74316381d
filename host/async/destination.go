package async

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/lull-dev/lull/host/fn"
)

// maxHops bounds how long a chain of destinations may be: functions that name each other would go on for ever.
const maxHops = 16

// ending is how an invocation ended.
type ending struct {
	id  string
	key fn.Key
	envelope
	attempts  int
	condition string
	error     string
	response  *fn.Response // nil: it did not run
}

// Message is the event that a destination gets, in the form that Function Compute gives it.
type Message struct {
	Timestamp      int64 `json:"timestamp"` // ms since 1970
	RequestContext struct {
		RequestID   string `json:"requestId"`
		FunctionARN string `json:"functionArn"`
		// Condition is "Success", "RetriesExhausted", "EventAgeExceeded" or "FunctionNotFound".
		Condition string `json:"condition"`
		Attempts  int    `json:"approximateInvokeCount"`
	} `json:"requestContext"`
	RequestPayload  string `json:"requestPayload"`
	ResponseContext struct {
		StatusCode    int    `json:"statusCode"`
		FunctionError string `json:"functionError"`
	} `json:"responseContext"`
	ResponsePayload string `json:"responsePayload"`
	// Truncated tells that payloads were cut, or left out since they are not text.
	Truncated bool `json:"truncated,omitempty"`
}

// tell queues an invocation of a destination, at most once for each ending.
func (r *Runner) tell(ctx context.Context, destination string, e ending) error {
	if destination == "" {
		return nil
	}
	to, err := parseTarget(destination)
	if err == nil && e.Hops >= maxHops {
		err = fmt.Errorf("%d destinations have followed each other", e.Hops)
	}
	if err != nil {
		r.cfg.Trouble(fmt.Errorf("destination %s of function '%s' is not told: %w", destination, e.key, err))
		return nil
	}
	event, err := json.Marshal(r.message(e))
	if err != nil {
		return err
	}
	// An id that is made of the ending's, so that one that is told again, after a crash between this and the end of the job, is told once.
	return r.push(ctx, e.id+"-"+strings.ToLower(e.condition), to.Key, envelope{Qualifier: to.qualifier, Event: event, Hops: e.Hops + 1})
}

func (r *Runner) message(e ending) (m Message) {
	m.Timestamp = time.Now().UnixMilli()
	m.RequestContext.RequestID = e.id
	m.RequestContext.FunctionARN = fmt.Sprintf("acs:fc:%s:%s:services/%s.%s/functions/%s",
		r.cfg.Region, r.cfg.AccountID, e.key.Service, cmp.Or(e.Qualifier, fn.Latest), e.key.Name)
	m.RequestContext.Condition, m.RequestContext.Attempts = e.condition, e.attempts
	m.ResponseContext.StatusCode = 200
	var whole bool
	m.RequestPayload, whole = text(e.Event)
	m.Truncated = !whole
	body := []byte(e.error)
	if resp := e.response; resp != nil {
		body = resp.Body
		if resp.Fault != nil {
			m.ResponseContext.FunctionError = string(resp.Fault.Kind)
			body, _ = json.Marshal(resp.Fault)
		}
	}
	m.ResponsePayload, whole = text(body)
	m.Truncated = m.Truncated || !whole
	return m
}

// payloadBytes bounds each payload in a message. JSON makes up to six bytes of one.
const payloadBytes = 48 << 10

// text returns what of a payload goes into a message, and whether that is all.
func text(b []byte) (string, bool) {
	if !utf8.Valid(b) {
		return "", false
	}
	if len(b) <= payloadBytes {
		return string(b), true
	}
	cut := payloadBytes
	for !utf8.RuneStart(b[cut]) {
		cut--
	}
	return string(b[:cut]), false
}
