package host_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/lull-dev/lull/host"
)

// TestInterpreters_AreCompiledOnce also fills the cache that other tests use.
func TestInterpreters_AreCompiledOnce(t *testing.T) {
	for _, c := range []struct{ interpreter, runtime, file, code string }{
		{"quickjs", "nodejs16", "index.js", "exports.handler = async () => 'compiled'"},
		{"python", "python3.11", "index.py", "def handler(event, context):\n    return 'compiled'\n"},
		{"php", "php8.2", "index.php", "<?php function handler($event, $context) { return 'compiled'; }"},
		{"ruby", "ruby3.4", "index.rb", "def handler(event:, context:) = 'compiled'\n"},
	} {
		t.Run(c.interpreter, func(t *testing.T) {
			t.Parallel()
			f := newLanguage(t, c.interpreter, c.runtime, host.Config{}).deploy(t, treeOf(t, c.file, c.code))
			require.Equal(t, "compiled", f.answer(t, ""))
		})
	}
}
