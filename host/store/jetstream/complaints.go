package jetstream

import (
	"errors"
	"fmt"
	"strings"
	"sync"
)

// complaints is the embedded server's logger. It passes warnings and errors on, and keeps those of the start, which say why it failed.
type complaints struct {
	log func(string)

	mu struct {
		sync.Mutex
		running bool
		start   []string
	}
}

func (c *complaints) started() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.running, c.mu.start = true, nil
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
	c.mu.Unlock()
	c.log(message)
}

// The server's Logger interface.
func (c *complaints) Noticef(string, ...any)         {}
func (c *complaints) Warnf(format string, v ...any)  { c.tell(format, v...) }
func (c *complaints) Fatalf(format string, v ...any) { c.tell(format, v...) }
func (c *complaints) Errorf(format string, v ...any) { c.tell(format, v...) }
func (c *complaints) Debugf(format string, v ...any) {}
func (c *complaints) Tracef(format string, v ...any) {}
