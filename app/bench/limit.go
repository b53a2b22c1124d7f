package bench

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
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

// acceptBare connects n screens to which the server writes bare messages.
func (s *served) acceptBare(ctx context.Context, screens *sink, n int) error {
	address, err := s.say(sayBare)
	if err != nil {
		return err
	}
	accepted := make(chan error, 1)
	go func() {
		_, err := s.say(fmt.Sprint(sayAccept, ":", n))
		accepted <- err
	}()
	for range n {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		screens.add(conn)
	}
	return <-accepted
}
