package figures

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
)

// Machine is what a report was measured on. What the system does not tell is empty.
type Machine struct {
	CPU         string `json:"cpu"`
	Cores       int    `json:"cores"`
	MemoryBytes int64  `json:"memoryBytes"`
	OS          string `json:"os"`
	Arch        string `json:"arch"`
	Kernel      string `json:"kernel"`
	Virtual     bool   `json:"virtual"` // a virtual machine, where others may use the same cores
	Go          string `json:"go"`
	Commit      string `json:"commit"` // of the measuring program; ends with "+" if the sources were changed
	// LoadBefore and LoadAfter are the system's load averages over one minute. Idle is near 0; the run itself adds to the second.
	LoadBefore string `json:"loadBefore"`
	LoadAfter  string `json:"loadAfter"`
}

// ThisMachine reads the fingerprint of the machine that the program runs on.
func ThisMachine() Machine {
	m := Machine{
		Cores: runtime.NumCPU(), OS: runtime.GOOS, Arch: runtime.GOARCH, Go: runtime.Version(), Commit: commit(),
		Kernel: line("/proc/sys/kernel/osrelease"), LoadBefore: loadAverage(),
	}
	m.CPU = field("/proc/cpuinfo", "model name")
	m.Virtual = strings.Contains(" "+field("/proc/cpuinfo", "flags")+" ", " hypervisor ")
	if kb, ok := strings.CutSuffix(field("/proc/meminfo", "MemTotal"), " kB"); ok {
		n, _ := strconv.ParseInt(kb, 10, 64)
		m.MemoryBytes = n << 10
	}
	return m
}

func (m Machine) String() string {
	cpu := m.CPU
	if cpu == "" {
		cpu = "unknown processor"
	}
	virtual := ""
	if m.Virtual {
		virtual = " (virtual machine)"
	}
	text := fmt.Sprintf("%s, %d cores%s, %s memory, %s/%s %s, %s", cpu, m.Cores, virtual, Bytes.Format(float64(m.MemoryBytes)), m.OS, m.Arch, m.Kernel, m.Go)
	if m.Commit != "" {
		text += ", commit " + m.Commit
	}
	if m.LoadBefore != "" {
		text += ", load " + m.LoadBefore
		if m.LoadAfter != "" {
			text += " before and " + m.LoadAfter + " after"
		}
	}
	return text
}

// Same reports whether figures of the two can be compared: same processor, cores and system.
func (m Machine) Same(o Machine) bool {
	return m.CPU == o.CPU && m.Cores == o.Cores && m.OS == o.OS && m.Arch == o.Arch
}

func line(file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	first, _, _ := strings.Cut(string(text), "\n")
	return first
}

func loadAverage() string {
	first, _, _ := strings.Cut(line("/proc/loadavg"), " ")
	return first
}

// field returns what stands behind the first "name:" of a file.
func field(file, name string) string {
	f, err := os.Open(file)
	if err != nil {
		return ""
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		key, value, ok := strings.Cut(s.Text(), ":")
		if ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, changed := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			changed = "+"
		}
	}
	return revision + changed
}
