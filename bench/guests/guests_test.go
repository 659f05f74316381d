package guests_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/bench/guests"
	toolchain "github.com/lull-dev/lull/guests"
	"github.com/lull-dev/lull/host"
	"github.com/lull-dev/lull/host/fn"
	"github.com/lull-dev/lull/host/hosttest"
)

func build(t *testing.T, name string) []byte {
	code, err := guests.Build(t.Context(), name)
	if missing, ok := errors.AsType[*toolchain.ToolchainError](err); ok {
		if os.Getenv("CI") == "true" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	require.NoError(t, err)
	return code
}

func TestGuests_DoTheSameWork(t *testing.T) {
	for _, name := range []string{"c", "go"} {
		t.Run(name, func(t *testing.T) {
			h := hosttest.New(t, host.Config{})
			hosttest.Deploy(t, h, fn.Function{Name: "f", Code: build(t, name)})
			for n, event := range []string{"", "abc", strings.Repeat("x", 1000)} {
				answer := hosttest.Invoke(t, h, "f", event).Body
				require.NoError(t, guests.Answer([]byte(event), answer, n == 0))
			}
			require.Error(t, guests.Answer([]byte("abc"), hosttest.Invoke(t, h, "f", "abc").Body, true))
			require.Equal(t, guests.Spun(1000), hosttest.Invoke(t, h, "f", string(guests.Spin(1000))).Body)
		})
	}
}

func TestSources_DoTheSameWork(t *testing.T) {
	for _, guest := range guests.Sources() {
		t.Run(guest.Name, func(t *testing.T) {
			code, store, err := guest.Pack()
			if err != nil {
				if os.Getenv("CI") == "true" {
					t.Fatal(err)
				}
				t.Skip(err)
			}
			h := hosttest.New(t, host.Config{Interpreters: store})
			hosttest.Deploy(t, h, guest.Function(code))
			for n, event := range []string{"x", strings.Repeat("x", 1000)} {
				require.NoError(t, guests.Answer([]byte(event), hosttest.Invoke(t, h, "f", event).Body, n == 0))
			}
			require.Equal(t, guests.Spun(1000), hosttest.Invoke(t, h, "f", string(guests.Spin(1000))).Body)
		})
	}
}

func TestBuild_MakesThePlugIn(t *testing.T) { require.NotEmpty(t, build(t, "extism")) }

func TestAnswer_RefusesWhatIsWrong(t *testing.T) {
	for _, wrong := range []string{"", "1", "1 ", "0 811c9dc5", "x 811c9dc5", "1 811c9dc6"} {
		require.Error(t, guests.Answer(nil, []byte(wrong), false), wrong)
	}
	require.NoError(t, guests.Answer(nil, []byte("7 811c9dc5"), false))
}
