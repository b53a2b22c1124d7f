package livetest

import (
	"context"
	"fmt"
	"io"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Rate is how many messages were sent in how long.
type Rate struct {
	Messages int
	Took     time.Duration
}

// PerSecond returns the messages per second.
func (r Rate) PerSecond() float64 { return float64(r.Messages) / r.Took.Seconds() }

// BareWrite measures the limit that no server passes on this machine: as many
// goroutines as there are processors write size bytes to each of n TCP
// connections, rounds times, while the other ends read and throw away. It
// needs 2 n file descriptors.
func BareWrite(ctx context.Context, n, size, rounds int) (Rate, error) {
	var drained Drain
	defer drained.Close()
	conns, err := pairs(ctx, n, &drained)
	for _, conn := range conns {
		defer conn.Close()
	}
	if err != nil {
		return Rate{}, err
	}
	began := time.Now()
	for round := range rounds {
		if err := writeAll(conns, make([]byte, size)); err != nil {
			return Rate{}, err
		}
		if err := drained.Wait(ctx, int64(n*size*(round+1))); err != nil {
			return Rate{}, err
		}
	}
	return Rate{Messages: n * rounds, Took: time.Since(began)}, nil
}

// pairs returns one end of n connections; the other is being drained.
func pairs(ctx context.Context, n int, drained *Drain) (conns []net.Conn, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	defer listener.Close()
	for range n {
		far, err := new(net.Dialer).DialContext(ctx, "tcp", listener.Addr().String())
		if err != nil {
			return conns, err
		}
		drained.Add(far)
		near, err := listener.Accept()
		if err != nil {
			return conns, err
		}
		conns = append(conns, near)
	}
	return conns, nil
}

func writeAll(conns []net.Conn, message []byte) error {
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var writing sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		writing.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(conns)); i = next.Add(1) - 1 {
				if _, err := conns[i].Write(message); err != nil {
					failure.Store(&err)
				}
			}
		})
	}
	writing.Wait()
	if err := failure.Load(); err != nil {
		return fmt.Errorf("bare write: %w", *err)
	}
	return nil
}

// Drain reads connections and counts the bytes: the cheapest reader there is,
// so that measuring the writer measures little else.
type Drain struct {
	bytes   atomic.Int64
	reading sync.WaitGroup
	mu      sync.Mutex
	conns   []net.Conn
}

// Add drains a connection until Close.
func (d *Drain) Add(conn net.Conn) {
	conn.SetReadDeadline(time.Time{}) // whoever read it before may have set one
	d.mu.Lock()
	d.conns = append(d.conns, conn)
	d.mu.Unlock()
	d.reading.Go(func() { io.CopyBuffer(counter{&d.bytes}, struct{ io.Reader }{conn}, make([]byte, 2048)) })
}

type counter struct{ bytes *atomic.Int64 }

func (c counter) Write(p []byte) (int, error) {
	c.bytes.Add(int64(len(p)))
	return len(p), nil
}

// Bytes returns how many bytes were read so far.
func (d *Drain) Bytes() int64 { return d.bytes.Load() }

// Wait returns when as many bytes were read in all.
func (d *Drain) Wait(ctx context.Context, bytes int64) error {
	for d.bytes.Load() < bytes {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Microsecond):
		}
	}
	return nil
}

// Close hangs up.
func (d *Drain) Close() {
	d.mu.Lock()
	for _, conn := range d.conns {
		conn.Close()
	}
	d.mu.Unlock()
	d.reading.Wait()
}
