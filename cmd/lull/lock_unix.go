//go:build !windows

package main

import (
	"errors"
	"os"
	"syscall"
)

// lockFile takes f for this process alone, until f is closed or the process ends. It reports false when another
// process has it.
func lockFile(f *os.File) (bool, error) {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}
