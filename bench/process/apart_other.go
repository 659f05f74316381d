//go:build !linux

package process

import "syscall"

func apart() *syscall.SysProcAttr { return nil }
