package realtime

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"testing"
	"time"
)

// connected returns the two ends of a TCP connection.
func connected(t *testing.T) (near, far *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dialled.Close(); accepted.Close() })
	return accepted.(*net.TCPConn), dialled.(*net.TCPConn)
}

// fill writes numbers until the kernel takes no more, and returns how many.
func fill(t *testing.T, w *wire, from uint64) uint64 {
	t.Helper()
	for !w.pending() {
		page := make([]byte, 0, 4096)
		for range 512 {
			page = binary.BigEndian.AppendUint64(page, from)
			from++
		}
		if _, err := w.Write(page); err != nil {
			t.Fatal(err)
		}
	}
	return from
}

func TestBytesLeaveInTheOrderTheyWereWritten(t *testing.T) {
	near, far := connected(t)
	w := newWire(near)
	next := fill(t, w, 0)
	read := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(far)
		read <- all
	}()
	flushed := make(chan error)
	go func() { flushed <- w.flush(5 * time.Second) }()
	for range 1000 { // while flush is at work, as a pong may be
		if _, err := w.Write(binary.BigEndian.AppendUint64(nil, next)); err != nil {
			t.Fatal(err)
		}
		next++
		if next%100 == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	if err := <-flushed; err != nil {
		t.Fatal(err)
	}
	if err := w.flush(5 * time.Second); err != nil { // what came after flush had looked
		t.Fatal(err)
	}
	near.CloseWrite()
	all := <-read
	for i := range uint64(len(all) / 8) {
		if got := binary.BigEndian.Uint64(all[8*i:]); got != i {
			t.Fatalf("number %d arrived in place of %d", got, i)
		}
	}
	if uint64(len(all)) != 8*next {
		t.Errorf("%d bytes arrived, want %d", len(all), 8*next)
	}
}

func TestWritingGoesOnAfterACatchUp(t *testing.T) {
	near, far := connected(t)
	w := newWire(near)
	written := fill(t, w, 0)
	go io.CopyN(io.Discard, far, int64(8*written))
	if err := w.flush(100 * time.Millisecond); err != nil {
		t.Fatal(err)
	}
	time.Sleep(150 * time.Millisecond) // the deadline that flush had set has passed
	if _, err := w.Write([]byte("state")); err != nil || w.pending() {
		t.Fatalf("writing after a catch-up: %v", err)
	}
}

func TestWhatAPeerThatDoesNotReadCanMakeUsKeepIsBounded(t *testing.T) {
	near, _ := connected(t)
	w := newWire(near)
	fill(t, w, 0)
	for range 100 {
		if _, err := w.Write(bytes.Repeat([]byte("pong"), 1024)); err != nil {
			if len(w.left) > maxLeft+8192 {
				t.Errorf("%d bytes are kept", len(w.left))
			}
			return
		}
	}
	t.Error("400 kB were kept for a peer that does not read")
}
