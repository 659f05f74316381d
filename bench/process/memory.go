package process

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Memory of a process in bytes.
type Memory struct {
	RSS int64 // resident, shared pages counted whole
	PSS int64 // resident, a page that n processes share counted as one n-th
}

// MemoryOf reads the memory of a process. It fails where there is no /proc with smaps_rollup.
func MemoryOf(pid int) (Memory, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return Memory{}, err
	}
	var m Memory
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) != 3 || f[2] != "kB" {
			continue
		}
		n, err := strconv.ParseInt(f[1], 10, 64)
		if err != nil {
			continue
		}
		switch f[0] {
		case "Rss:":
			m.RSS = n << 10
		case "Pss:":
			m.PSS = n << 10
		}
	}
	return m, nil
}

// Threads counts the threads of a process; 0 where the system does not tell.
func Threads(pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	if err != nil {
		return 0
	}
	return len(entries)
}
