//go:build !unix

package realtime

import (
	"errors"
	"net"
	"syscall"
)

// plainSocket returns nil: here every byte goes through the net package, and
// what is written through a goroutine of the socket's own.
func plainSocket(net.Conn) syscall.RawConn { return nil }

func tryWrite(syscall.RawConn, []byte) (int, error) { return 0, errors.ErrUnsupported }

func (in *intake) receive(uintptr) bool {
	in.failure = errors.ErrUnsupported
	return true
}
