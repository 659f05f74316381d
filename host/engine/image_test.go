package engine_test

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/abi"
	"github.com/lull-dev/lull/host/engine"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
	"github.com/lull-dev/lull/host/instance"
)

//go:embed testdata/unique.wasm
var unique []byte

//go:embed testdata/tables.wasm
var tables []byte

func TestImage_IsTakenBehindLullHooks(t *testing.T) {
	p := compile(t, fn.Function{Name: "f", Code: hosttest.Module(t, "masked")})
	for range 3 {
		g := start(t, p)
		c, fault := call(g, "", time.Minute)
		require.Nil(t, fault)
		require.Equal(t, []byte{1}, c.Response.Body, "asked once, at deploy")
		g.Close()
	}
}

func TestStart_FromImageFirstAndThenByReset(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	require.Equal(t, "image", p.StartsBy())
	a, b := start(t, p), start(t, p)
	require.Equal(t, instance.Image, a.StartedBy())
	require.Equal(t, instance.Image, b.StartedBy())
	call(a, "c", time.Minute)
	a.Close()
	c := start(t, p)
	require.Equal(t, instance.Reset, c.StartedBy())
	require.Equal(t, 2, number(t, c, "c"), "nothing is left of the guest before")
	require.Equal(t, 1, number(t, c, "u"))
	b.Close()
	c.Close()
}

// number runs an event whose answer is a number.
func number(t testing.TB, g instance.Guest, event string) int {
	t.Helper()
	c, fault := call(g, event, time.Minute)
	require.Nil(t, fault)
	return int(int32(binary.LittleEndian.Uint32(c.Response.Body)))
}

func TestStart_FreshWhereTheModuleCannotBeCaptured(t *testing.T) {
	p := compile(t, fn.Function{Name: "f", Code: tables})
	require.Contains(t, p.StartsBy(), "fresh: the module ")
	require.Contains(t, p.StartsBy(), "changes a table")
	for range 3 {
		g := start(t, p)
		require.Equal(t, instance.Fresh, g.StartedBy())
		require.Equal(t, 1, number(t, g, ""))
		g.Close()
	}
}

func TestStart_ABrokenGuestLeavesNoSlot(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	for _, event := range []string{"t", "x", "p", "m", "r"} {
		g := start(t, p)
		require.Equal(t, instance.Image, g.StartedBy(), "after %s", event)
		_, fault := call(g, event, time.Minute)
		require.NotNil(t, fault)
		g.Close()
	}
}

func TestStart_AGuestThatHasGrownLeavesNoSlot(t *testing.T) {
	p := compile(t, hosttest.Function("f"))
	for range 3 {
		g := start(t, p)
		require.Equal(t, instance.Image, g.StartedBy())
		require.Equal(t, 2, number(t, g, "g"), "it begins with two pages each time")
		g.Close()
	}
}

func TestStart_InstancesOfOneImageDrawDifferentNumbersAndSeeTheTime(t *testing.T) {
	p := compile(t, fn.Function{Name: "f", Code: unique})
	type draw struct{ start, restore, call uint32 }
	var draws []draw
	for range 4 {
		g := start(t, p)
		before := time.Now()
		c, fault := call(g, "", time.Minute)
		require.Nil(t, fault)
		word := func(at int) uint32 { return binary.LittleEndian.Uint32(c.Response.Body[at:]) }
		draws = append(draws, draw{word(0), word(4), word(8)})
		seen := time.Unix(0, int64(binary.LittleEndian.Uint64(c.Response.Body[16:])))
		require.False(t, seen.Before(before) || seen.After(time.Now()), "%s", seen)
		require.EqualValues(t, 1, word(24), "afterRestore runs once per start")
		g.Close() // the second half starts by reset
	}
	for i, a := range draws {
		for _, b := range draws[:i] {
			require.Equal(t, a.start, b.start, "what was drawn before the image was taken is in it")
			require.NotEqual(t, a.restore, b.restore)
			require.NotEqual(t, a.call, b.call)
		}
	}
}

func TestIsolation_FreshLeavesNothingForTheNextRequest(t *testing.T) {
	for name, code := range map[string][]byte{"from an image": hosttest.Probe, "without one": tables} {
		t.Run(name, func(t *testing.T) {
			p := compile(t, fn.Function{Name: "f", Code: code, Isolation: fn.EachFresh})
			g := start(t, p)
			defer g.Close()
			for range 5 {
				if name == "without one" {
					require.Equal(t, 1, number(t, g, ""))
					continue
				}
				require.Equal(t, 2, number(t, g, "c"), "a global")
				require.Equal(t, 1, number(t, g, "u"), "memory")
				require.Equal(t, 2, number(t, g, "g"), "the size of memory")
			}
		})
	}
}

func TestResident_CountsWhatTheGuestHasWrittenToAsItsOwn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells what is resident")
	}
	p := compile(t, hosttest.Function("f"))
	g := start(t, p)
	defer g.Close()
	resident, private := g.Resident()
	require.Nil(t, faultOf(call(g, "e"+string(make([]byte, 60_000)), time.Minute)))
	after, more := g.Resident()
	require.Greater(t, after, resident)
	require.GreaterOrEqual(t, more-private, int64(32<<10), "the probe reads its event in pieces of 32 KiB")
	require.LessOrEqual(t, more, after)
}

func faultOf(_ *instance.Call, fault *fn.Fault) *fn.Fault { return fault }

// TestHistory_IsTheSameFromStartImageAndReset plays one random history in guests that started in different ways and demands
// equal answers, faults and fuel.
func TestHistory_IsTheSameFromStartImageAndReset(t *testing.T) {
	plain, err := engine.New(engine.Config{PlainStart: true})
	require.NoError(t, err)
	f := hosttest.Function("f").WithDefaults()
	program, err := plain.Compile(t.Context(), &f)
	require.NoError(t, err)
	t.Cleanup(func() { program.Close(); require.NoError(t, plain.Close()) })
	imaged := compile(t, hosttest.Function("f"))

	for range 30 {
		seed := rand.Uint64()
		byStart := start(t, program)
		require.Equal(t, instance.Fresh, byStart.StartedBy())
		byImage := start(t, imaged)
		byReset := start(t, imaged)
		if byReset.StartedBy() != instance.Reset {
			call(byReset, "u", time.Minute)
			byReset.Close()
			byReset = start(t, imaged)
			require.Equal(t, instance.Reset, byReset.StartedBy())
		}
		want := history(byStart, seed)
		require.Equal(t, want, history(byImage, seed), "seed %d", seed)
		require.Equal(t, want, history(byReset, seed), "seed %d", seed)
		for _, g := range []instance.Guest{byStart, byImage, byReset} {
			g.Close()
		}
	}
}

func TestHistory_OfAFreshFunctionIsThatOfNewInstances(t *testing.T) {
	f := hosttest.Function("f")
	f.Isolation = fn.EachFresh
	fresh, serial := compile(t, f), compile(t, hosttest.Function("f"))
	for range 30 {
		seed := rand.Uint64()
		g := start(t, fresh)
		for i, event := range events(seed) {
			alone := start(t, serial)
			want, _ := answer(alone, event)
			alone.Close()
			got, fatal := answer(g, event)
			require.Equal(t, want, got, "event %d of seed %d", i, seed)
			if fatal {
				break
			}
		}
		g.Close()
	}
}

// history runs random events up to the first that breaks the guest.
func history(g instance.Guest, seed uint64) (answers []string) {
	for _, event := range events(seed) {
		text, fatal := answer(g, event)
		answers = append(answers, fmt.Sprint(text, g.Memory()))
		if fatal {
			break
		}
	}
	return answers
}

func events(seed uint64) (list []string) {
	rnd := rand.New(rand.NewPCG(seed, 0))
	for range 40 {
		event := string("cuiegohHSfFLtx"[rnd.IntN(14)])
		if event == "e" {
			event += string(make([]byte, rnd.IntN(100_000)))
		}
		if rnd.IntN(3) > 0 && (event == "t" || event == "x") {
			continue // longer histories
		}
		list = append(list, event)
	}
	return list
}

// answer is all that can be seen of an answer, and whether it was the guest's last.
func answer(g instance.Guest, event string) (text string, fatal bool) {
	now := time.Now()
	c := &instance.Call{
		Phase: abi.PhaseHandler, Start: now, Deadline: now.Add(time.Hour), Request: &fn.Request{Body: []byte(event)}, Response: new(fn.Response),
	}
	typ := ""
	if fault := g.Call(c); fault != nil {
		typ, fatal = fault.Type, fault.Fatal
	}
	return fmt.Sprint(event[:1], c.Response.Status, c.Response.Header, crc32.ChecksumIEEE(c.Response.Body), typ, c.Fuel), fatal
}

// TestHammer_StartsResetsTrapsTimeoutsAndGrows runs them in parallel, with every answer checked.
func TestHammer_StartsResetsTrapsTimeoutsAndGrows(t *testing.T) {
	t.Run("once before", func(t *testing.T) { // opens what stays open
		g := start(t, compile(t, hosttest.Function("f")))
		g.Resident()
		g.Close()
	})
	before := holdings(t)
	t.Cleanup(func() { requireNoMore(t, before) }) // after those of the program and its engine
	p := compile(t, hosttest.Function("f"))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			rnd := rand.New(rand.NewPCG(uint64(w), 1))
			for range 500 {
				g, fault := p.Start("c-hammer", silent{})
				if fault != nil {
					t.Error(fault)
					return
				}
				count, pages := 0, 2
				for range rnd.IntN(6) {
					event, want := "c", ""
					switch rnd.IntN(12) {
					case 0:
						event, want = "t", fn.TypeTrap
					case 1:
						event, want = "l", fn.TypeTimeout
					case 2:
						event = "g"
					}
					c, fault := call(g, event, map[bool]time.Duration{true: 2 * time.Millisecond, false: time.Minute}[event == "l"])
					if want != "" {
						if fault == nil || fault.Type != want {
							t.Errorf("%s: %v", event, fault)
						}
						break
					}
					got := int(binary.LittleEndian.Uint32(c.Response.Body))
					if event == "c" {
						if count += 2; got != count {
							t.Errorf("count %d, want %d", got, count)
						}
					} else {
						if got != pages {
							t.Errorf("%d pages, want %d", got, pages)
						}
						pages++
					}
				}
				g.Close()
			}
		})
	}
	wg.Wait()
}

// held is what a process has of the system.
type held struct {
	descriptors int
	address     int64 // bytes
}

// holdings are zero where the system does not tell.
func holdings(t *testing.T) (h held) {
	runtime.GC() // finalizers give back what tests before have left
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Log("this system does not tell what a process holds: ", err)
		return h
	}
	h.descriptors = len(fds)
	statm, err := os.ReadFile("/proc/self/statm")
	require.NoError(t, err)
	_, err = fmt.Sscan(string(statm), &h.address)
	require.NoError(t, err)
	h.address *= int64(os.Getpagesize())
	return h
}

// requireNoMore allows for what the runtime and the compiler keep, which is less than the reservation of one guest (512 MiB) for each start.
func requireNoMore(t *testing.T, before held) {
	now := holdings(t)
	require.LessOrEqual(t, now.descriptors, before.descriptors, "descriptors")
	require.Less(t, now.address, before.address+(1<<30), "address space")
}
