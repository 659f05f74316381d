package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rows returns the lines of a table without its header, cut at runs of blanks.
func rows(t testing.TB, out string) (cells [][]string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	for _, l := range lines[1:] {
		cells = append(cells, strings.Fields(l))
	}
	return cells
}

func fromJSON[T any](t testing.TB, out string) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal([]byte(out), &v), out)
	return v
}

func TestHumanBytes_GivesOneDecimalInUnitsOf1024(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 1536: "1.5 KiB", 128 << 20: "128.0 MiB", 4 << 30: "4.0 GiB", 2 << 50: "2048.0 TiB",
	} {
		require.Equal(t, want, humanBytes(n))
	}
}

func TestListings(t *testing.T) {
	wasm := probe(t)
	sentences{
		"ls shows functions with their kind, runtime and hooks": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "lister/a", wasm, "--pre-freeze=none").ok(t)
			s.lull(t, "deploy", "lister/b", wasm, "--runtime=go1").ok(t)
			table := rows(t, s.lull(t, "ls", "--service", "lister").ok(t))
			require.Len(t, table, 2)
			require.Equal(t, []string{"lister/a", "reactor", "wasm", "initializer,preStop", "0"}, table[0][:5])
			require.Equal(t, []string{"lister/b", "reactor", "go1", "initializer,preFreeze,preStop", "0"}, table[1][:5])
			list := fromJSON[[]map[string]any](t, s.lull(t, "ls", "--service=lister", "--json").ok(t))
			require.Len(t, list, 2)
			require.Equal(t, "a", list[0]["functionName"])
		},
		"ps shows an instance with its state, and JSON is an array even when there is none": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "busy", wasm).ok(t)
			require.JSONEq(t, "[]", s.lull(t, "ps", "busy", "--json").ok(t))
			require.Empty(t, rows(t, s.lull(t, "ps", "busy").ok(t)))
			s.lull(t, "invoke", "busy", "-d", "c").ok(t)
			require.Eventually(t, func() bool {
				table := rows(t, s.lull(t, "ps", "busy").ok(t))
				require.Len(t, table, 1)
				require.Equal(t, "busy", table[0][1])
				return table[0][2] == "paused" && table[0][3] == "0" && table[0][4] == "1"
			}, patience, 10e6)
			list := fromJSON[[]map[string]any](t, s.lull(t, "ps", "--json").ok(t))
			require.NotEmpty(t, list)
			require.EqualValues(t, 128<<10, list[0]["memoryBytes"])
		},
		"usage counts requests and bills busy intervals": func(t *testing.T, s *server) {
			s.lull(t, "deploy", "billed", wasm).ok(t)
			for range 3 {
				s.lull(t, "invoke", "billed", "-d", "c").ok(t)
			}
			s.lull(t, "stop", "billed").ok(t)
			u := fromJSON[map[string]any](t, s.lull(t, "usage", "billed", "--json").ok(t))
			require.EqualValues(t, 3, u["requests"])
			require.Greater(t, u["billedMs"], 0.0)
			require.Greater(t, u["cu"], 0.0)
			require.GreaterOrEqual(t, u["busyIntervals"], 1.0)
			require.NotEmpty(t, u["intervals"])
			table := rows(t, s.lull(t, "usage", "billed").ok(t))
			require.Equal(t, []string{"billed", "3"}, table[0][:2])
		},
		"runtimes shows who may have preFreeze": func(t *testing.T, s *server) {
			for _, row := range rows(t, s.lull(t, "runtimes").ok(t)) {
				family := row[1]
				want := "yes"
				if family == "python" || family == "php" || family == "csharp" {
					want = "no"
				}
				require.Equal(t, want, row[2], "preFreeze of %s", row[0])
				require.Equal(t, "yes", row[3], "preStop of %s", row[0])
			}
			require.Contains(t, s.lull(t, "runtimes", "--json").ok(t), `"preFreeze": false`)
		},
		"unknown functions are refused": func(t *testing.T, s *server) {
			for _, command := range []string{"usage", "logs", "requests", "stop", "rm"} {
				s.lull(t, command, "ghost").fails(t, exitServer, "FunctionNotFound", "ghost")
			}
		},
	}.run(t, serve(t))
}

func TestRuntimes_AllowPreFreezeRaisesTheFlag(t *testing.T) {
	s := serve(t, "--allow-pre-freeze", "python,php7.2")
	for _, row := range rows(t, s.lull(t, "runtimes").ok(t)) {
		if row[1] == "python" || row[0] == "php7.2" {
			require.Equal(t, "yes", row[2], row[0])
		} else if row[1] == "php" {
			require.Equal(t, "no", row[2], row[0])
		}
	}
	require.Regexp(t, `preFreeze +preFreeze`, s.lull(t, "deploy", "f", probe(t), "--runtime=python3").ok(t))
}
