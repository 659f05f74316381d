package lifecycle

import (
	"strings"
	"testing"
)

// golden has a row for each state and a column for each event: every cell is stated.
const golden = `
             start    ready   idle         invoke  done    stop         fail
cold         starting -       -            -       -       stopped      -
starting     -        running -            -       -       -            stopped
running      -        -       pre-freezing running -       -            stopped
pre-freezing -        -       -            running paused  pre-stopping stopped
paused       -        -       -            running -       pre-stopping stopped
pre-stopping -        -       -            -       stopped -            stopped
stopped      -        -       -            -       -       -            -
`

func TestNext_AnswersEveryCellOfStateAndEvent(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(golden), "\n")
	for i, line := range lines[1:] {
		cells := strings.Fields(line)
		from := States[i]
		if from.String() != cells[0] {
			t.Fatalf("row %d is %s, want %s", i, cells[0], from)
		}
		for j, e := range Events {
			got := "-"
			if to, ok := Next(from, e); ok {
				got = to.String()
			}
			if want := cells[j+1]; got != want {
				t.Errorf("%s --%s--> %s, want %s", from, e, got, want)
			}
		}
	}
}

func TestNext_RefusesWhatIsNoStateOrEvent(t *testing.T) {
	for _, c := range []struct {
		s State
		e Event
	}{{0, Start}, {Stopped + 1, Start}, {Cold, 0}, {Cold, Fail + 1}, {255, 255}} {
		if to, ok := Next(c.s, c.e); ok {
			t.Errorf("Next(%d, %d) = %v", c.s, c.e, to)
		}
	}
}

func TestTable_EveryStateCanReachStoppedAndIsReachable(t *testing.T) {
	reach := map[State]bool{Cold: true}
	for range States {
		for _, tr := range Table {
			if reach[tr.From] {
				reach[tr.To] = true
			}
		}
	}
	for _, s := range States {
		if !reach[s] {
			t.Errorf("%s cannot be reached", s)
		}
		if s == Stopped {
			continue
		}
		at := map[State]bool{s: true}
		for range States {
			for _, tr := range Table {
				if at[tr.From] {
					at[tr.To] = true
				}
			}
		}
		if !at[Stopped] {
			t.Errorf("%s cannot reach stopped", s)
		}
	}
}

func TestState_NumbersAndStringsAreTheWireContract(t *testing.T) {
	want := []string{"", "cold", "starting", "running", "pre-freezing", "paused", "pre-stopping", "stopped"}
	for i, s := range States {
		if int(s) != i+1 || s.String() != want[i+1] {
			t.Errorf("state %d is %q", s, s)
		}
	}
}
