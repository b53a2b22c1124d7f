package faultproxy_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"time"

	"parvis/app/testkit/faultproxy"
)

// echo is a server that says back what it is told, through a proxy.
func echo(t *testing.T) *faultproxy.Proxy {
	t.Helper()
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				_, _ = io.Copy(conn, conn)
				_ = conn.Close()
			})
		}
	})
	p, err := faultproxy.New("tcp", server.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(p.Close(), server.Close()); err != nil {
			t.Error(err)
		}
		serving.Wait()
	})
	return p
}

type line struct {
	t    *testing.T
	conn net.Conn
	read *bufio.Reader
}

func dial(t *testing.T, p *faultproxy.Proxy) line {
	t.Helper()
	conn, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return line{t, conn, bufio.NewReader(conn)}
}

func (l line) say(text string) {
	l.t.Helper()
	if _, err := io.WriteString(l.conn, text+"\n"); err != nil {
		l.t.Fatal(err)
	}
}

// hears waits for an answer for at most d; silence is a timeout.
func (l line) hears(d time.Duration) (string, error) {
	_ = l.conn.SetReadDeadline(time.Now().Add(d))
	text, err := l.read.ReadString('\n')
	return text, err
}

const (
	long  = 20 * time.Second
	short = 50 * time.Millisecond
)

func (l line) answers() {
	l.t.Helper()
	l.say("salut")
	if text, err := l.hears(long); text != "salut\n" {
		l.t.Errorf("heard %q, %v", text, err)
	}
}

func TestNothingIsWrongUntilAsked(t *testing.T) {
	t.Parallel()
	p := echo(t)
	dial(t, p).answers()
	dial(t, p).answers()
}

func TestWhatIsHeldComesLater(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]faultproxy.Fault{
		"there": {HoldThere: true}, "back": {HoldBack: true}, "both": faultproxy.Silence,
	} {
		p := echo(t)
		l := dial(t, p)
		l.answers()
		p.Set(fault)
		l.say("salut")
		if text, err := l.hears(short); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: heard %q, %v", name, text, err)
		}
		p.Heal()
		if text, err := l.hears(long); text != "salut\n" {
			t.Errorf("%s: heard %q, %v", name, text, err)
		}
	}
}

func TestSilenceAcceptsAndAnswersNothing(t *testing.T) {
	t.Parallel()
	p := echo(t)
	p.Set(faultproxy.Silence)
	l := dial(t, p)
	l.say("salut")
	if text, err := l.hears(short); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("heard %q, %v", text, err)
	}
	p.Heal()
	if text, _ := l.hears(long); text != "salut\n" {
		t.Errorf("heard %q", text)
	}
}

func TestACutEndsConnectionsAndARefusalNewOnes(t *testing.T) {
	t.Parallel()
	p := echo(t)
	l := dial(t, p)
	l.answers()
	p.Set(faultproxy.Fault{Refuse: true})
	p.Cut()
	if text, err := l.hears(long); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("after the cut: %q, %v", text, err)
	}
	if conn, err := net.Dial("tcp", p.Addr()); err == nil { // else it was reset already
		_ = conn.SetReadDeadline(time.Now().Add(long))
		if n, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a refused connection: %d bytes, %v", n, err)
		}
		_ = conn.Close()
	}
	p.Heal()
	dial(t, p).answers()
}

func TestADelayIsOfEachPiece(t *testing.T) {
	t.Parallel()
	p := echo(t)
	l := dial(t, p)
	l.answers()
	p.Set(faultproxy.Fault{Delay: 40 * time.Millisecond})
	begun := time.Now()
	l.answers()
	if took := time.Since(begun); took < 80*time.Millisecond {
		t.Errorf("there and back in %v", took)
	}
}
