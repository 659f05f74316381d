package main

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/lull-dev/lull/bench/guests"
)

// The guests are built once; caches stay for the whole run.
var dir string

func TestMain(m *testing.M) {
	if os.Getenv(roleVariable) != "" {
		main()
		return
	}
	os.Exit(func() int {
		var err error
		if dir, err = os.MkdirTemp("", "lull-peers-test-"); err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		return m.Run()
	}())
}

func TestContenders_AnswerAlikeAndStartNew(t *testing.T) {
	names, missing, err := prepare(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, why := range missing {
		if os.Getenv("CI") == "true" {
			t.Error(name, why)
		} else {
			t.Log("not tested: ", name, why)
		}
	}
	for _, name := range names {
		g, err := readGuest(dir, name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range sorts {
			if s.native {
				continue
			}
			t.Run(s.name+"/"+name, func(t *testing.T) {
				c, err := s.open(g, dir)
				if errors.Is(err, errCannot) {
					if g.source == nil || s.name != "extism" && g.program != nil {
						t.Fatal(err)
					}
					t.Log(err) // it stands in the row
					return
				}
				must(t, err)
				for range 3 {
					i, err := c.start()
					must(t, err)
					must(t, checked(i, event, true))
					if checked(i, event, true) == nil {
						t.Error("the second answer is that of a new instance")
					}
					if _, ok := c.(once); !ok {
						must(t, spin(i, 1000, guests.Spun(1000)))
					}
					must(t, i.close())
				}
				must(t, c.close())
			})
		}
	}
}

func TestMeasure_FillsEveryRow(t *testing.T) {
	names, _, err := prepare(t.Context(), dir)
	must(t, err)
	g, err := readGuest(dir, names[0])
	must(t, err)
	for _, s := range sorts {
		if s.native {
			continue
		}
		r, err := measure(s, g, dir, effort{Starts: 2, Time: time.Millisecond, Idle: 3})
		if errors.Is(err, errCannot) {
			continue
		}
		must(t, err)
		if len(r.Rows) == 0 {
			t.Error(s.name)
		}
		for _, row := range r.Rows {
			if !row.Measured() {
				t.Error(s.name, row.Group, row.Name)
			}
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
