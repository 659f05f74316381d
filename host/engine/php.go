package engine

import (
	"fmt"

	"github.com/tetratelabs/wazero"

	"github.com/lull-dev/lull/guests/php"
)

// PHP is its CGI program, started as a command line: that is what it does where no variable of CGI is set. guests/php has the PHP part.
func init() {
	languages["php"] = &language{
		module: "php.wasm",
		stack:  64,
		mounts: func(p *Program) []mount {
			return []mount{readOnly(bootFolder, php.Boot), readOnly("/code", p.source)}
		},
		configure: func(p *Program, c wazero.ModuleConfig) wazero.ModuleConfig {
			settings := []string{
				"max_execution_time=0", // the deadline is the host's
				// PHP's own limit comes before the function's: it names file and line.
				fmt.Sprintf("memory_limit=%dM", max(p.fn.Limits.MemoryMiB-phpMiB, 8)),
				"display_errors=0", "html_errors=0", "log_errors=1", // to standard error, what boot.php cannot make records of: errors that end PHP
				"date.timezone=UTC", "zend.assertions=-1", "precision=14", "serialize_precision=-1",
			}
			args := []string{"php", "-q", "-n"}
			for _, s := range settings {
				args = append(args, "-d", s)
			}
			return c.WithArgs(append(args, "/boot/boot.php")...)
		},
		driver: func(*Program) sourceDriver { return newResident() },
	}
}

// phpMiB is what the interpreter takes before any code runs, and some room.
const phpMiB = 22
