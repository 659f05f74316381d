package main

import (
	"io"
	"os"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// isTerminal reports whether w is a terminal, so that a person may be reading it.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// spin shows on a terminal that something goes on, until the function that it returns is called. That
// function may be called more than once.
func (p *program) spin(what string) (done func()) {
	if !isTerminal(p.stderr) {
		return func() {}
	}
	bar := progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(p.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionSpinnerType(14),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionSetSpinnerChangeInterval(0), // its own ticker may draw once more after the end
		progressbar.OptionClearOnFinish(),
	)
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(100 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				bar.Finish()
				return
			case <-tick.C:
				bar.Add(1)
			}
		}
	}()
	return sync.OnceFunc(func() { close(stop); <-stopped })
}

// steps is a bar on a terminal for work of a known number of steps; elsewhere nothing.
type steps struct{ bar *progressbar.ProgressBar }

func (p *program) steps(n int) *steps {
	if !isTerminal(p.stderr) {
		return &steps{}
	}
	return &steps{progressbar.NewOptions(n,
		progressbar.OptionSetWriter(p.stderr),
		progressbar.OptionSetPredictTime(true),
		progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(),
	)}
}

// next begins a step.
func (s *steps) next(what string) {
	if s.bar != nil {
		s.bar.Describe(what)
		s.bar.Add(1)
	}
}

// done takes the bar away.
func (s *steps) done() {
	if s.bar != nil {
		s.bar.Finish()
	}
}
