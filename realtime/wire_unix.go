//go:build unix

package realtime

import (
	"net"
	"syscall"
)

// plainSocket returns the socket itself, nil if bytes must pass through something else.
func plainSocket(conn net.Conn) syscall.RawConn {
	plain, ok := conn.(syscall.Conn)
	if !ok {
		return nil
	}
	raw, err := plain.SyscallConn()
	if err != nil {
		return nil
	}
	return raw
}

// tryWrite gives the kernel as much of p as it takes without waiting.
func tryWrite(raw syscall.RawConn, p []byte) (n int, failure error) {
	err := raw.Write(func(fd uintptr) bool {
		n, failure = persist(syscall.Write, fd, p)
		return true // done, even if nothing was taken: never wait
	})
	switch {
	case err != nil:
		return 0, err
	case failure == syscall.EAGAIN:
		return 0, nil
	case failure != nil:
		return 0, failure
	}
	return n, nil
}

// receive reads what has arrived, or asks to be called again when something has.
func (in *intake) receive(fd uintptr) bool {
	in.n, in.failure = persist(syscall.Read, fd, in.buffer)
	return in.failure != syscall.EAGAIN
}

// persist repeats a system call that a signal interrupted.
func persist(call func(int, []byte) (int, error), fd uintptr, p []byte) (int, error) {
	for {
		if n, err := call(int(fd), p); err != syscall.EINTR {
			return n, err
		}
	}
}
