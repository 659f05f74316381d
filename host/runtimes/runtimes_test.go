package runtimes

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host/fn"
)

func function(runtime string, preFreeze, preStop string) *fn.Function {
	return &fn.Function{Name: "f", Runtime: runtime, PreFreeze: fn.Hook{Handler: preFreeze}, PreStop: fn.Hook{Handler: preStop}}
}

func TestCheck_RefusesPreFreezeForPythonPHPAndCSharpOnly(t *testing.T) {
	table, err := New()
	require.NoError(t, err)
	for _, r := range table {
		err := table.Check(function(r.Name, "index.preFreeze", ""))
		switch r.Family {
		case "python", "php", "csharp":
			require.ErrorContains(t, err, "InstanceLifecycleConfig.PreFreeze is not supported for runtime '"+r.Name+"'")
			require.Equal(t, fn.CodeInvalidArgument, fn.CodeOf(err))
		default:
			require.NoError(t, err, r.Name)
		}
		require.NoError(t, table.Check(function(r.Name, "", "index.preStop")), r.Name)
	}
}

func TestNew_AllowRaisesAFamilyOrOneName(t *testing.T) {
	table, err := New("python", "php8")
	require.NoError(t, err)
	require.NoError(t, table.Check(function("python3.10", "a.b", "")))
	require.NoError(t, table.Check(function("php8", "a.b", "")))
	require.Error(t, table.Check(function("php7.2", "a.b", "")))

	plain, err := New()
	require.NoError(t, err)
	require.Error(t, plain.Check(function("python3.10", "a.b", "")), "the default table must not change")
}

func TestNew_RefusesAnUnknownFamily(t *testing.T) {
	_, err := New("cobol")
	require.ErrorContains(t, err, `"cobol"`)
	require.ErrorContains(t, err, "csharp")
}

func TestCheck_RefusesAnUnknownRuntime(t *testing.T) {
	table, _ := New()
	require.ErrorContains(t, table.Check(function("cobol85", "", "")), "Runtime is set to an invalid value")
}
