package wasmbin_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/stretchr/testify/require"
)

// specValue is an argument or an expected result of a script: a number in
// decimal, "nan:canonical", "nan:arithmetic", "null", or a list of lanes.
type specValue struct {
	Type     string
	LaneType string `json:"lane_type"`
	Value    json.RawMessage
}

// lanes returns the value's parts and their width in bits.
func (v specValue) lanes(t require.TestingT) (parts []string, width int) {
	if v.Type != "v128" {
		var s string
		if v.Value != nil {
			require.NoError(t, json.Unmarshal(v.Value, &s))
		}
		if strings.HasSuffix(v.Type, "32") {
			return []string{s}, 32
		}
		return []string{s}, 64
	}
	require.NoError(t, json.Unmarshal(v.Value, &parts))
	width, err := strconv.Atoi(v.LaneType[1:])
	require.NoError(t, err)
	return parts, width
}

// bits returns the value as wazero takes it.
func (v specValue) bits(t require.TestingT) []uint64 {
	parts, width := v.lanes(t)
	out := make([]uint64, (len(parts)*width+63)/64)
	for i, part := range parts {
		out[i*width/64] |= v.number(t, part, width) << (i * width % 64)
	}
	return out
}

func (v specValue) number(t require.TestingT, s string, width int) uint64 {
	if s == "null" || s == "" {
		return 0
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		i, err := strconv.ParseInt(s, 10, 64)
		require.NoError(t, err)
		n = uint64(i)
	}
	if v.Type == "externref" {
		n++ // to wazero 0 is null
	}
	return n & (math.MaxUint64 >> (64 - width))
}

func requireValues(t require.TestingT, want []specValue, got []uint64, msg ...any) {
	at := 0
	for i, w := range want {
		if len(w.Value) == 0 {
			at++ // any reference
			continue
		}
		parts, width := w.lanes(t)
		float := w.Type[0] == 'f' || strings.HasPrefix(w.LaneType, "f")
		for lane, part := range parts {
			have := got[at+lane*width/64] >> (lane * width % 64) & (math.MaxUint64 >> (64 - width))
			if !w.same(t, part, have, width, float) {
				require.Fail(t, fmt.Sprintf("result %d, lane %d: want %s, got %d", i, lane, part, have), msg...)
			}
		}
		at += (len(parts)*width + 63) / 64
	}
	require.Len(t, got, at, msg...)
}

func (v specValue) same(t require.TestingT, part string, have uint64, width int, float bool) bool {
	quiet, sign := uint64(0x7fc00000), uint64(1)<<31
	if width == 64 {
		quiet, sign = 0x7ff8000000000000, 1<<63
	}
	switch part {
	case "nan:canonical":
		return have&^sign == quiet
	case "nan:arithmetic":
		return have&quiet == quiet
	}
	want := v.number(t, part, width)
	if isNaN := func(b uint64) bool { return b&^sign > quiet&^(quiet&-quiet) }; float && isNaN(want) {
		return isNaN(have)
	}
	return have == want
}
