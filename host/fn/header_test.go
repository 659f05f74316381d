package fn

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestResponse_AppendDurationGivesMillisecondsWithUpToThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", 999 * time.Nanosecond: "0", time.Microsecond: "0.001", 10 * time.Microsecond: "0.01",
		80160 * time.Microsecond: "80.16", 5 * time.Millisecond: "5", 100100 * time.Microsecond: "100.1",
		86400 * time.Second: "86400000", -time.Second: "0",
	} {
		require.Equal(t, want, string((&Response{Duration: d}).AppendDuration(nil)), "%d ns", d)
	}
}

func TestResponse_AppendMemoryGivesMiBWithTwoDigits(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0.00", 1: "0.01", PageBytes: "0.07", MiB: "1.00", MiB*12 + MiB*85/100: "12.85", 4096 * MiB: "4096.00", -1: "0.00",
	} {
		require.Equal(t, want, string((&Response{MemoryBytes: n}).AppendMemory(nil)), "%d bytes", n)
	}
}

func TestCode_HTTPStatusIs500ForWhatItDoesNotKnow(t *testing.T) {
	require.Equal(t, 404, CodeFunctionNotFound.HTTPStatus())
	require.Equal(t, 409, Code("ConcurrentUpdateError").HTTPStatus())
	require.Equal(t, 500, CodeInternal.HTTPStatus())
	require.Equal(t, 500, Code("?").HTTPStatus())
}
