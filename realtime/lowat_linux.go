package realtime

import "syscall"

// tcpNotSentLowat is TCP_NOTSENT_LOWAT of linux/tcp.h.
const tcpNotSentLowat = 25

// keepUnsentSmall has the kernel refuse more bytes while it holds 4 kB that it
// has not sent yet. By default it would hold minutes of states for a phone on
// a bad network, which would then be shown all the outdated ones in turn.
func keepUnsentSmall(raw syscall.RawConn) {
	// A kernel that does not know the option, or a socket that is not TCP,
	// works without it.
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpNotSentLowat, 4096)
	})
}
