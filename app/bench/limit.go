package bench

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"

	"parvis/realtime/livetest"
)

// bare is the limit that no server passes on this machine: as many goroutines
// as there are processors write the same bytes to as many TCP connections,
// from the same process to the same readers.
type bare struct {
	listener net.Listener
	conns    []net.Conn
}

func newBare() (*bare, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	return &bare{listener: listener}, err
}

func (b *bare) accept(n int) error {
	for range n {
		conn, err := b.listener.Accept()
		if err != nil {
			return err
		}
		b.conns = append(b.conns, conn)
	}
	return nil
}

func (b *bare) write(size int) error {
	message := make([]byte, size)
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var writing sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		writing.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(b.conns)); i = next.Add(1) - 1 {
				if _, err := b.conns[i].Write(message); err != nil {
					failure.Store(&err)
				}
			}
		})
	}
	writing.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}

func (b *bare) close() {
	_ = b.listener.Close()
	for _, conn := range b.conns {
		_ = conn.Close()
	}
}

// limit has the server write bare messages to n screens, as broadcast has the
// hub send states, and times them by the same clock.
func (s *served) limit(ctx context.Context, n, size int) (rate livetest.Rate, err error) {
	address, err := s.say(sayBare)
	if err != nil {
		return rate, err
	}
	screens := &sink{}
	defer screens.close()
	accepted := make(chan error, 1)
	go func() {
		_, err := s.say(fmt.Sprint(sayAccept, ":", n))
		accepted <- err
	}()
	for range n {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return rate, err
		}
		screens.add(conn)
	}
	if err := <-accepted; err != nil {
		return rate, err
	}
	for range rounds {
		screens.arm()
		if _, err := s.say(fmt.Sprint(sayWrite, ":", size)); err != nil {
			return rate, err
		}
		if err := screens.wait(); err != nil {
			return rate, err
		}
		rate.Messages += n
		rate.Took += screens.took()
	}
	return rate, nil
}
