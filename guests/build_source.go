package guests

import (
	"fmt"
	"os"

	pack "github.com/lull-dev/lull/host/source"
)

// buildSource makes a package of a folder as it is, for languages in which there is nothing to compile.
func buildSource(b *build) error {
	fmt.Fprintln(b.log, "packing", b.dir, "into", b.out)
	code, err := pack.Pack(b.dir, pack.Limits{})
	if err != nil {
		return fmt.Errorf("packing %s: %w", b.dir, err)
	}
	return os.WriteFile(b.out, code, 0o666)
}
