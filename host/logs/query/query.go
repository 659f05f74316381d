// Package query is the language in which log records are searched for:
//
//	c-62833f38-20f1629801fa4bd00001 and PreStop
//	level: error and not ("connection reset" or time*)
//
// A word, or a phrase in double quotes, is found in any text of a record; "field: word" looks in one field. A star at the end stands for the rest
// of a word, and alone for anything. "and", "or" and "not" join them, in any case of letters; what only stands side by side is joined by "and". "not" binds
// tighter than "and", and "and" tighter than "or"; parentheses group. A word that is meant as such and not as an operator has quotes around it.
//
// Letters match without regard to case. See Words for what a word is: hyphens, dots and underscores do not end one, so ids are single words.
//
// The package is pure, and imports nothing of this module.
package query

import "fmt"

// Bounds of a query. What is over them is refused: a search costs the length of the logs times the number of words.
const (
	MaxBytes = 4 << 10
	MaxWords = 100
	maxDepth = 100 // of parentheses and nots
)

// Field is a part of a record.
type Field uint8

// Fields, with their names in queries and whether words without a name are looked for in them. Hook, level and source take part only by name: "PreStop" then finds
// the lines that say so, and "hook: PreStop" all that was written while the hook ran.
const (
	Message Field = iota
	Topic
	ServiceName
	FunctionName
	Qualifier
	VersionID
	InstanceID
	RequestID
	Hook
	Level
	Source

	anywhere Field = 255
)

// names has the fields' names in their order. They match without regard to case.
var names = [...]string{"message", "__topic__", "serviceName", "functionName", "qualifier", "versionId", "instanceID", "requestId", "hook", "level", "source"}

// Fields returns the names of all fields.
func Fields() []string { return names[:] }

// text lists the fields that words without a name are looked for in, the most telling first. The topic is the service's name.
var text = [...]Field{Message, InstanceID, RequestID, FunctionName, ServiceName, Qualifier, VersionID}

// Record is what a query is matched against.
type Record interface {
	// Field returns the text of one field, empty if the record does not have it.
	Field(Field) string
}

// Query is a parsed query. It does not change, and may be used by many at a time. The zero value and nil match every record.
type Query struct {
	root node
	text string
}

// Match reports whether a record is one of those looked for.
func (q *Query) Match(r Record) bool { return q == nil || q.root == nil || q.root.match(r) }

// String returns what was parsed.
func (q *Query) String() string {
	if q == nil {
		return ""
	}
	return q.text
}

// SyntaxError says what is wrong with a query, and where.
type SyntaxError struct {
	At     int // the character at which it was noticed, counted from 1
	Reason string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("at character %d: %s", e.At, e.Reason) }
