package realtime

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// maxLeft bounds what a peer that does not read can make us keep: its pongs
// come on top of the frame that is being written.
const maxLeft = 64 << 10

// sendBuffer is what the kernel keeps of what the peer has not received. By
// default it would keep minutes of states for a phone on a bad network, and
// show it all the outdated ones in turn.
const sendBuffer = 4 << 10

var errTooMuchLeft = errors.New("realtime: the peer asks for more than it reads")

// wire is the net.Conn under a WebSocket. Writing to it never blocks: what the
// kernel does not take at once is kept, and flush sends it.
type wire struct {
	net.Conn
	raw syscall.RawConn // nil where the connection is no plain socket (TLS, a pipe)
	in  intake

	mu       sync.Mutex
	left     []byte
	flushing bool
	err      error
}

func newWire(conn net.Conn) *wire {
	w := &wire{Conn: conn, raw: plainSocket(conn)}
	if w.raw != nil {
		w.in.take = w.in.receive
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(sendBuffer) // a wish: without it, only slower phones show older states
	}
	return w
}

// intake is a read that waits. It lives here, and not on the stack or in
// rubbish, so that waiting fits the smallest stack there is: net.TCPConn's
// takes more, and so does the memory manager now and then.
type intake struct {
	take    func(uintptr) bool // receive, made once
	buffer  []byte
	n       int
	failure error
}

// Read implements net.Conn.
func (w *wire) Read(p []byte) (int, error) {
	if w.raw == nil {
		return w.Conn.Read(p)
	}
	w.in.buffer = p
	err := w.raw.Read(w.in.take)
	w.in.buffer = nil
	switch {
	case err != nil:
		return 0, err
	case w.in.failure != nil:
		return 0, w.in.failure
	case w.in.n == 0:
		return 0, io.EOF
	}
	return w.in.n, nil
}

// Write takes all of p.
func (w *wire) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return 0, w.err
	}
	rest := p
	if w.raw != nil && len(w.left) == 0 && !w.flushing {
		n, err := tryWrite(w.raw, p)
		if err != nil {
			w.err = err
			return n, err
		}
		rest = p[n:]
	}
	if len(rest) == 0 {
		return len(p), nil
	}
	if len(w.left) > maxLeft {
		w.err = errTooMuchLeft
		return 0, w.err
	}
	w.left = append(w.left, rest...)
	return len(p), nil
}

// SetWriteDeadline does nothing: Write does not wait, and flush sets its own.
func (w *wire) SetWriteDeadline(time.Time) error { return nil }

// pending reports whether something waits for flush.
func (w *wire) pending() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.left) > 0 && w.err == nil
}

// flush sends what is left, waiting for the peer as long as it accepts at
// least a byte in every patience. One goroutine may call it at a time.
func (w *wire) flush(patience time.Duration) error {
	for {
		out := w.take()
		if out == nil {
			return nil
		}
		if err := w.push(out, patience); err != nil {
			w.mu.Lock()
			w.err = err
			w.mu.Unlock()
			return err
		}
	}
}

// take returns what is left and lets later writes queue behind it, or nil when
// all has been sent and writes may go straight to the kernel again.
func (w *wire) take() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := w.left
	w.left = nil
	w.flushing = len(out) > 0
	if !w.flushing {
		w.Conn.SetWriteDeadline(time.Time{}) // a deadline that has passed would fail tryWrite
		return nil
	}
	return out
}

func (w *wire) push(out []byte, patience time.Duration) error {
	for len(out) > 0 {
		w.Conn.SetWriteDeadline(time.Now().Add(patience))
		n, err := w.Conn.Write(out)
		out = out[n:]
		var timeout net.Error
		if err != nil && !(n > 0 && errors.As(err, &timeout) && timeout.Timeout()) {
			return err
		}
	}
	return nil
}
