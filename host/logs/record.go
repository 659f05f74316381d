// Package logs keeps the log records of functions in bounded memory: a ring for each function. Writing is on the path of every
// request, so a ring stores what a line is made of, and text is made when somebody reads.
package logs

import (
	"time"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/fn"
)

// Record is one line, as it is read.
type Record struct {
	Seq        uint64    `json:"seq"` // counts a function's records from 1
	Time       time.Time `json:"time"`
	Service    string    `json:"serviceName"`
	Function   string    `json:"functionName"`
	Qualifier  string    `json:"qualifier"`
	VersionID  string    `json:"versionId"`
	InstanceID string    `json:"instanceID"`
	RequestID  string    `json:"requestId"`
	// Hook is what was running: "Initialize", "Invoke", "PreFreeze", "PreStop", or "" outside of any call.
	Hook    string `json:"hook"`
	Level   string `json:"level"`
	Message string `json:"message"`
}

// Mark says which platform line an entry is.
type Mark uint8

const (
	Line  Mark = iota // what the guest wrote
	Start             // "FC <hook> Start RequestId: <id>"
	End               // "FC <hook> End RequestId: <id>", with a suffix after a failure
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
	Level      abi.Level    // of a Line
	Text       string       // of a Line
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
	if e.Mark != Line {
		return levelName(abi.Info)
	}
	return levelName(e.Level)
}

// message gives the text of fc-api 4.1 for platform lines.
func (e *Entry) message() string {
	var verb, suffix string
	switch e.Mark {
	case Line:
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
