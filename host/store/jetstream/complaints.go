package jetstream

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// complaints is the embedded server's logger. It passes warnings and errors on, keeps those of the start, which say why it failed, and finds out that the
// server cannot write any more: a stream with a write error takes nothing until the server starts again, and answers to nobody.
type complaints struct {
	dir string
	log func(string)

	mu struct {
		sync.Mutex
		running bool
		fail    func(error)
		start   []string
	}
}

func (c *complaints) started(fail func(error)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.running, c.mu.start, c.mu.fail = true, nil, fail
}

// with adds what the server said to an error of the start.
func (c *complaints) with(err error) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.mu.start) == 0 {
		return err
	}
	return errors.Join(err, errors.New(strings.Join(c.mu.start, "; ")))
}

func (c *complaints) tell(format string, v ...any) {
	message := strings.TrimSpace(fmt.Sprintf(format, v...))
	c.mu.Lock()
	if !c.mu.running {
		c.mu.start = append(c.mu.start, message)
	}
	fail := c.mu.fail
	c.mu.Unlock()
	if why := writeError(message); why != "" && fail != nil {
		fail(fmt.Errorf("the store in %s cannot be written any more: %s; put that right and start again, what is stored is safe", c.dir, why))
	}
	c.log(message)
}

// writeError returns the reason in a message that tells of a write that failed, or "".
func writeError(message string) string {
	lower := strings.ToLower(message)
	if !strings.Contains(lower, "write error") && !strings.Contains(lower, "no space left") && !strings.Contains(lower, "failed to store a msg") {
		return ""
	}
	return message[strings.LastIndex(message, ": ")+1:]
}

// The server's Logger interface.
func (c *complaints) Noticef(string, ...any)         {}
func (c *complaints) Warnf(format string, v ...any)  { c.tell(format, v...) }
func (c *complaints) Fatalf(format string, v ...any) { c.tell(format, v...) }
func (c *complaints) Errorf(format string, v ...any) { c.tell(format, v...) }
func (c *complaints) Debugf(format string, v ...any) {}
func (c *complaints) Tracef(format string, v ...any) {}
