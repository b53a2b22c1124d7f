package realtime

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

const (
	writePatience = 5 * time.Second // without a byte accepted, the peer is dead
	readPatience  = 5 * time.Second // for the source and the session to answer
	closePatience = time.Second     // for the peer to say goodbye as well
	maxNotes      = 2 * maxTopics   // refusals kept for a peer that does not read
	maxSilence    = 2               // heartbeats that may stay unanswered
	maxFrames     = 60              // a client may send between two heartbeats
)

var (
	writeBuffers sync.Pool // of gorilla's write buffers
	readBuffers  = sync.Pool{New: func() any { return new([maxFrame + 1]byte) }}
)

// socket is one connected browser.
//
// A goroutine waits for what it sends. What that goroutine does beyond waiting
// it does last, and leaves the waiting to a new one: a stack never shrinks to
// the 2 kB that waiting takes, and would be most of what an idle socket costs.
//
// The right to write passes from hand to hand: claim takes it, next gives it
// back when nothing is owed. What is owed follows from the fields below, so
// that a slow socket costs no more memory than a fast one.
type socket struct {
	hub     *Hub
	conn    *websocket.Conn
	wire    *wire
	session Session
	slot    int         // of the wheel
	heard   atomic.Bool // since the last heartbeat

	mu       sync.Mutex // taken last, held for an instant
	follows  []follow
	turn     int     // of the follows, to be written
	notes    []Topic // to be told gone
	beats    uint    // heartbeats so far
	due      int     // parts of the heartbeat
	frames   int     // received since the last heartbeat
	silence  int     // heartbeats since the client was heard
	checking bool    // the session is being checked
	closing  int     // code of the goodbye, 0 for none
	said     bool    // goodbye
	busy     bool    // somebody has the right to write
	dead     bool
	idle     chan struct{} // closed when busy ends, if somebody waits for that
}

// follow is a topic that the socket follows.
type follow struct {
	feed *feed
	rev  int64 // the newest that was written, -1 for none
}

// begin has the socket follow the first topics, and wait for its client.
func (s *socket) begin(first []want) {
	defer s.guard()
	s.conn.SetReadLimit(maxFrame)
	s.conn.SetPongHandler(func(string) error { s.heard.Store(true); return nil })
	s.conn.SetPingHandler(s.pong)
	s.conn.SetCloseHandler(func(int, string) error { return nil }) // goodbye is said by who has the right to write
	for _, w := range first {
		s.subscribe(w)
	}
	s.wake() // where writing waits, even the handshake's answer is still to be sent
	go s.read()
}

// read waits for a frame and does what it asks.
func (s *socket) read() {
	defer s.guard()
	kind, r, err := s.conn.NextReader()
	if err == nil {
		err = s.handle(kind, r)
	}
	if err == nil {
		go s.read()
		return
	}
	s.finish(err)
	s.hub.leave(s)
}

// guard ends a socket whose goroutine panicked.
func (s *socket) guard() {
	if reason := recover(); reason != nil {
		s.hub.log.Error("realtime recovered from a panic", "in", "socket", "panic", reason, "stack", string(debug.Stack()))
		s.kill()
		s.hub.leave(s)
	}
}

// forget returns what the socket followed, and has it follow nothing.
func (s *socket) forget() []*feed {
	s.mu.Lock()
	defer s.mu.Unlock()
	feeds := make([]*feed, 0, len(s.follows))
	for _, own := range s.follows {
		feeds = append(feeds, own.feed)
	}
	s.follows = nil
	return feeds
}

// handle does what a frame asks.
func (s *socket) handle(kind int, r io.Reader) error {
	buffer := readBuffers.Get().(*[maxFrame + 1]byte)
	defer readBuffers.Put(buffer)
	n, err := io.ReadFull(r, buffer[:])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return err
	}
	if kind != websocket.TextMessage || n > maxFrame || !s.count() {
		return errBadRequest
	}
	request, err := parseRequest(s.session.Tenant, buffer[:n])
	if err != nil {
		return err
	}
	for _, topic := range request.Unsub {
		s.unsubscribe(topic)
	}
	for _, w := range request.Sub {
		s.subscribe(w)
	}
	return nil
}

// count reports whether the client may send one more frame.
func (s *socket) count() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.frames++
	s.heard.Store(true)
	return s.frames <= maxFrames
}

// pong answers a client's ping. Browsers never send one.
func (s *socket) pong(data string) error {
	if !s.count() {
		return errBadRequest
	}
	if err := s.conn.WriteControl(websocket.PongMessage, []byte(data), time.Time{}); err != nil {
		return err
	}
	s.wake() // what the kernel did not take at once is sent by who has the right to write
	return nil
}

// subscribe has the socket follow a topic, if it may.
func (s *socket) subscribe(w want) {
	ctx, cancel := context.WithTimeout(s.hub.ctx, readPatience)
	defer cancel()
	s.unsubscribe(w.Topic)
	audience, err := s.session.Audience(ctx, w.Topic, w.Audience)
	if err != nil || !audience.valid() || !s.hub.follow(s, feedKey{w.Topic, audience}, w.Rev) {
		s.refuse(w.Topic)
	}
}

// unsubscribe has the socket follow a topic no more.
func (s *socket) unsubscribe(topic Topic) {
	s.mu.Lock()
	i := slices.IndexFunc(s.follows, func(f follow) bool { return f.feed.Topic == topic })
	var left *feed
	if i >= 0 {
		left = s.follows[i].feed
		s.follows = slices.Delete(s.follows, i, i+1)
	}
	s.mu.Unlock()
	if left != nil {
		left.part(s)
	}
}

// attach notes that the socket follows the feed, and shows rev; it reports
// false when it follows enough.
func (s *socket) attach(f *feed, rev int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.follows) >= maxTopics {
		return false
	}
	if rev == 0 {
		rev = -1
	}
	s.follows = append(s.follows, follow{feed: f, rev: rev})
	return true
}

// admit settles the doubt about a socket that claimed to show a revision which
// the source did not know: what the source says is sent.
func (s *socket) admit(f *feed, rev int64) {
	s.mu.Lock()
	for i := range s.follows {
		if own := &s.follows[i]; own.feed == f && own.rev > rev {
			own.rev = -1
		}
	}
	s.mu.Unlock()
	s.wake()
}

// lose tells the client that a topic that it follows is no more.
func (s *socket) lose(f *feed) {
	s.mu.Lock()
	s.follows = slices.DeleteFunc(s.follows, func(own follow) bool { return own.feed == f })
	s.mu.Unlock()
	s.refuse(f.Topic)
}

func (s *socket) refuse(topic Topic) {
	s.mu.Lock()
	if len(s.notes) < maxNotes {
		s.notes = append(s.notes, topic)
	}
	s.mu.Unlock()
	s.wake()
}

// beat has a heartbeat sent. It reports whether the caller now has the right
// to write it, whether the session is to be checked (at every other one), and
// whether nothing was heard from the client for two of them.
func (s *socket) beat() (writable, check, dead bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.silence++
	if s.heard.Swap(false) {
		s.silence = 0
	}
	s.beats++
	s.due, s.frames = 2, 0
	if s.silence > maxSilence {
		return false, false, true
	}
	check = s.beats%2 == 0 && !s.checking
	s.checking = s.checking || check
	return s.claimLocked(), check, false
}

// check ends the socket of a session that has ended.
func (s *socket) check() {
	alive := false
	defer func() {
		s.mu.Lock()
		s.checking = false
		s.mu.Unlock()
		if !alive {
			s.shut(websocket.ClosePolicyViolation)
		}
	}()
	defer survive(s.hub.log, "session check")
	ctx, cancel := context.WithTimeout(s.hub.ctx, readPatience)
	defer cancel()
	alive = s.session.Alive == nil || s.session.Alive(ctx)
}

// shut has goodbye said.
func (s *socket) shut(code int) {
	s.mu.Lock()
	if s.closing == 0 {
		s.closing = code
	}
	s.mu.Unlock()
	s.wake()
}

// hush has nothing more said, but what was written already is sent.
func (s *socket) hush() {
	s.mu.Lock()
	s.said = true
	s.mu.Unlock()
	s.wake()
}

// kill closes the connection at once.
func (s *socket) kill() {
	s.mu.Lock()
	s.dead = true
	s.mu.Unlock()
	s.conn.Close()
}

// finish ends the socket after reading has ended with err, politely where
// somebody may be listening, and returns when nothing is written any more.
func (s *socket) finish(err error) {
	var network net.Error
	var goodbye *websocket.CloseError
	switch {
	case errors.As(err, &network), websocket.IsCloseError(err, websocket.CloseAbnormalClosure):
		s.kill()
	case errors.As(err, &goodbye):
		s.shut(websocket.CloseNormalClosure)
	case errors.Is(err, errBadRequest):
		s.shut(websocket.ClosePolicyViolation)
	default:
		s.hush() // the library has said why
	}
	s.mu.Lock()
	var idle chan struct{}
	if s.busy {
		idle = make(chan struct{})
		s.idle = idle
	}
	s.mu.Unlock()
	if idle != nil {
		<-idle
	}
	s.kill()
}
