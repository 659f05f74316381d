package main

import "time"

// logFlags say what of the functions' logs is kept, and for how long.
type logFlags struct {
	LogAge  time.Duration `default:"168h" placeholder:"TIME" help:"Keep log records and the request list for this long (default 168h, a week)."`
	LogSize int           `default:"1024" placeholder:"MB" help:"Keep at most so many MB of log records, the newest, and a quarter of that of the request list (default 1024; 0: no log)."`
}

func (f *logFlags) check() error {
	if f.LogAge < time.Second {
		return usagef("--log-age %s: expected 1s or more", f.LogAge)
	}
	if f.LogSize < 0 {
		return usagef("--log-size %d: expected 0 or more", f.LogSize)
	}
	return nil
}

// ringBytes is host.Config's LogBytes: the default, or none.
func (f *logFlags) ringBytes() int {
	if f.LogSize == 0 {
		return -1
	}
	return 0
}
