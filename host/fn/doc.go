// Package fn holds the words that the rest of lull speaks: Function, Limits, Request,
// Response, Event, Usage and Error. It is a leaf: it imports the standard library only, and
// its types carry no behaviour beyond checking and naming themselves.
package fn
