//go:build unix

package realtime

import "syscall"

// tryWrite gives the kernel as much of p as it takes without waiting.
func tryWrite(raw syscall.RawConn, p []byte) (int, error) {
	var n int
	var failure error
	err := raw.Write(func(fd uintptr) bool {
		for {
			n, failure = syscall.Write(int(fd), p)
			if failure != syscall.EINTR {
				return true // done, even if nothing was taken: never wait
			}
		}
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
