package bench

import (
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"parvis/realtime/livetest"
)

// sink is many screens that throw away what they are sent, noting only when
// the first of them was reached in a round, and the last. A state is small
// enough to come in one piece, so it counts pieces.
type sink struct {
	pieces, target atomic.Int64
	first, last    atomic.Int64 // Unix nanoseconds, 0 for not yet
	full           chan struct{}

	reading sync.WaitGroup
	conns   []net.Conn // closed at the end
}

func (k *sink) add(conn net.Conn) {
	k.conns = append(k.conns, conn)
	k.reading.Go(func() { _, _ = io.CopyBuffer(k, struct{ io.Reader }{conn}, make([]byte, 2048)) })
}

// arm begins a round, in which every screen is sent one state.
func (k *sink) arm() {
	k.full = make(chan struct{})
	k.first.Store(0)
	k.last.Store(0)
	k.pieces.Store(0)
	k.target.Store(int64(len(k.conns)))
}

// Write counts.
func (k *sink) Write(p []byte) (int, error) {
	target := k.target.Load()
	if target == 0 {
		return len(p), nil
	}
	total := k.pieces.Add(1)
	now := time.Now().UnixNano()
	k.first.CompareAndSwap(0, now)
	if total >= target && k.last.CompareAndSwap(0, now) {
		k.target.Store(0)
		close(k.full)
	}
	return len(p), nil
}

// wait returns when every screen has been reached.
func (k *sink) wait() error {
	select {
	case <-k.full:
		return nil
	case <-time.After(20 * time.Second):
		return fmt.Errorf("a state came to %d screens of %d", k.pieces.Load(), len(k.conns))
	}
}

// round has something sent to every screen, and adds how fast that went.
func (k *sink) round(rate *livetest.Rate, send func() error) error {
	time.Sleep(breath)
	k.arm()
	if err := send(); err != nil {
		return err
	}
	if err := k.wait(); err != nil {
		return err
	}
	rate.Messages += len(k.conns)
	rate.Took += k.took()
	return nil
}

// took is how long the round lasted.
func (k *sink) took() time.Duration { return time.Duration(k.last.Load() - k.first.Load()) }

func (k *sink) close() {
	for _, conn := range k.conns {
		_ = conn.Close()
	}
	k.reading.Wait()
}
