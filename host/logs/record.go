// Package logs keeps the log records of functions in bounded memory: a ring for each function. Writing is on the path of every
// request, so a ring stores what a line is made of, and text is made when somebody reads.
package logs

import (
	"encoding/json"
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/logs/query"
)

// Record is one line, as it is read.
type Record struct {
	// Seq orders a function's records: microseconds since 1970, or one more than the record before.
	Seq        uint64    `json:"seq"`
	Time       time.Time `json:"time"`
	Service    string    `json:"serviceName"`
	Function   string    `json:"functionName"`
	Qualifier  string    `json:"qualifier"`
	VersionID  string    `json:"versionId"`
	InstanceID string    `json:"instanceID"`
	RequestID  string    `json:"requestId"`
	// Hook is what was running: "Initialize", "Invoke", "PreFreeze", "PreStop", or "" outside of any call.
	Hook  string `json:"hook"`
	Level string `json:"level"`
	// Source tells who wrote the line: "platform" or "guest". A guest can write what looks like a platform line; it cannot change this.
	Source  string `json:"source"`
	Message string `json:"message"`
	// Cut marks a line that was too long: the rest is in the next record, if the guest wrote it to stdout or stderr, or lost.
	Cut bool `json:"cut,omitempty"`
}

// Sources of a record.
const (
	Platform = "platform"
	Guest    = "guest"
)

// Field makes a record something to query. The topic is the service's name, as Function Compute has it.
func (r *Record) Field(f query.Field) string {
	switch f {
	case query.Message:
		return r.Message
	case query.Topic, query.ServiceName:
		return r.Service
	case query.FunctionName:
		return r.Function
	case query.Qualifier:
		return r.Qualifier
	case query.VersionID:
		return r.VersionID
	case query.InstanceID:
		return r.InstanceID
	case query.RequestID:
		return r.RequestID
	case query.Hook:
		return r.Hook
	case query.Level:
		return r.Level
	case query.Source:
		return r.Source
	}
	return ""
}

// MarshalJSON gives the fields above, and two under the names that Function Compute's log store has for them: __topic__, the service, and
// __time__, in seconds since 1970.
func (r Record) MarshalJSON() ([]byte, error) {
	type plain Record
	return json.Marshal(struct {
		Topic string `json:"__topic__"`
		Time  int64  `json:"__time__"`
		plain
	}{r.Service, r.Time.Unix(), plain(r)})
}

// Mark says which platform line an entry is.
type Mark uint8

const (
	Line  Mark = iota // what the guest wrote
	Start             // "FC <hook> Start RequestId: <id>"
	End               // "FC <hook> End RequestId: <id>", with a suffix after a failure
	Note              // what the host has to say
)

// Entry is one line, as it is written. The ring keeps it; Text must not change any more.
type Entry struct {
	Time       time.Time
	InstanceID string
	VersionID  string
	RequestID  fn.RequestID
	Phase      abi.Phase
	Mark       Mark
	Fault      fn.FaultKind // of an End line; empty after success
	Level      abi.Level    // of a Line or Note
	Text       string       // of a Line or Note
	Cut        bool         // the line went on
}

// HookName is the name that platform lines give to a phase.
func HookName(p abi.Phase) string {
	switch p {
	case abi.PhaseHandler:
		return "Invoke"
	case abi.PhaseInitializer:
		return "Initialize"
	case abi.PhasePreFreeze:
		return "PreFreeze"
	case abi.PhasePreStop:
		return "PreStop"
	case abi.PhaseNone:
	}
	return ""
}

// levelName is what a level is called in records.
func levelName(l abi.Level) string {
	switch l {
	case abi.Debug:
		return "debug"
	case abi.Warn:
		return "warn"
	case abi.Error:
		return "error"
	case abi.Info:
	}
	return "info"
}

func (e *Entry) level() string {
	if e.Mark == End && e.Fault != "" {
		return levelName(abi.Error)
	}
	if e.Mark == Start || e.Mark == End {
		return levelName(abi.Info)
	}
	return levelName(e.Level)
}

func (e *Entry) source() string {
	if e.Mark == Line {
		return Guest
	}
	return Platform
}

// message gives the text of fc-api 4.1 for platform lines.
func (e *Entry) message() string {
	var verb, suffix string
	switch e.Mark {
	case Line, Note:
		return e.Text
	case Start:
		verb = " Start RequestId: "
	case End:
		verb = " End RequestId: "
		switch e.Fault {
		case "":
		case fn.Handled:
			suffix = ", Error: Handled function error"
		default:
			suffix = ", Error: Unhandled function error"
		}
	}
	return "FC " + HookName(e.Phase) + verb + e.RequestID.String() + suffix
}
