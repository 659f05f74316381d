package engine

import (
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"

	"github.com/lull-dev/lull/guests/python"
)

// CPython waits for events in an atexit callback; guests/python has the Python part.
func init() {
	languages["python"] = &language{
		module: "python.wasm",
		stack:  64,
		mounts: func(p *Program) []mount {
			return []mount{
				readOnly("/usr", os.DirFS(filepath.Join(p.interpreter.dir, "usr"))),
				readOnly(bootFolder, python.Boot),
				readOnly("/code", p.source),
			}
		},
		configure: func(p *Program, c wazero.ModuleConfig) wazero.ModuleConfig {
			return c.WithArgs("python", "-S", "-B", "/boot/boot.py").
				WithEnv("PYTHONHOME", "/usr/local")
		},
		driver: func(*Program) sourceDriver { return newResident() },
	}
}
