//go:build !linux

package realtime

import "syscall"

func keepUnsentSmall(syscall.RawConn) {}
