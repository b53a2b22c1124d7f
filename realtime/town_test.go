package realtime

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

var poll = Topic{Tenant: "saint-dizier", Module: "voting", Name: "1"}

// town is a source under the test's control: the head of each topic.
type town struct {
	mu    sync.Mutex
	revs  map[Topic]int64
	reads map[Topic]int
	fail  error
	alarm string // panics with it
}

func newTown() *town { return &town{revs: map[Topic]int64{poll: 1}, reads: map[Topic]int{}} }

func (w *town) Snapshot(_ context.Context, topic Topic, audience Audience) (State, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.reads[topic]++
	if w.alarm != "" {
		panic(w.alarm)
	}
	if w.fail != nil {
		return State{}, w.fail
	}
	rev, ok := w.revs[topic]
	if !ok {
		return State{}, ErrGone
	}
	return State{Rev: rev, Body: fmt.Appendf(nil, `{"tenant":%q,"for":%q,"turnout":%d}`, topic.Tenant, audience, rev)}, nil
}

func (w *town) set(topic Topic, rev int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revs[topic] = rev
}

// vote raises the revision of a topic and returns it.
func (w *town) vote(topic Topic) int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.revs[topic]++
	return w.revs[topic]
}

func (w *town) break_(fail error, alarm string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fail, w.alarm = fail, alarm
}

func (w *town) readsOf(topic Topic) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reads[topic]
}

// inTime runs test where time is free: sleeping takes none, and everything is
// where it should be after wait.
func inTime(t *testing.T, options Options, test func(t *testing.T, hub *Hub, town *town)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		town := newTown()
		if options.Source == nil {
			options.Source = town
		}
		options.Log = slog.New(slog.DiscardHandler)
		hub := New(options)
		test(t, hub, town)
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := hub.Close(ctx); err != nil {
			t.Errorf("close: %v", err)
		}
	})
}

// wait lets d pass and everything settle.
func wait(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// anyone may follow everything of the tenant, as asked.
func anyone(tenant string) Session {
	return Session{Tenant: tenant, Audience: func(_ context.Context, _ Topic, asked Audience) (Audience, error) { return asked, nil }}
}

// link connects a client to the hub through memory, where a write takes as
// long as the peer does not read.
func link(t *testing.T, hub *Hub, session Session, query string) *websocket.Conn {
	t.Helper()
	client, err := tryLink(hub, session, query)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func tryLink(hub *Hub, session Session, query string) (*websocket.Conn, error) {
	near, far := net.Pipe()
	first, err := parseQuery(session.Tenant, query)
	if err != nil {
		return nil, err
	}
	go func() {
		r, err := http.ReadRequest(bufio.NewReader(near))
		if err != nil {
			return
		}
		if conn, err := handshake(near, r); err == nil {
			hub.accept(conn, session, first)
		}
	}()
	dialer := websocket.Dialer{NetDial: func(string, string) (net.Conn, error) { return far, nil }}
	client, _, err := dialer.Dial("ws://town/direct", nil)
	return client, err
}

// message is a frame of the server.
type message struct {
	T    string
	Rev  int64
	S    struct{ Tenant, For string }
	Gone bool
	Hb   int64
	at   time.Time
}

// screen reads everything at once and remembers it.
type screen struct {
	conn *websocket.Conn
	mu   sync.Mutex
	seen []message
	text string // all of it
	err  error
}

func watch(t *testing.T, hub *Hub, session Session, query string) *screen {
	t.Helper()
	s := &screen{conn: link(t, hub, session, query)}
	go s.read()
	synctest.Wait()
	return s
}

func (s *screen) read() {
	for {
		_, text, err := s.conn.ReadMessage()
		var m message
		if err == nil {
			err = json.Unmarshal(text, &m)
		}
		m.at = time.Now()
		s.mu.Lock()
		s.text += string(text)
		if err == nil {
			s.seen = append(s.seen, m)
		}
		s.err = err
		s.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (s *screen) ask(t *testing.T, text string) {
	t.Helper()
	if err := s.conn.WriteMessage(websocket.TextMessage, []byte(text)); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// states returns what came, without heartbeats.
func (s *screen) states() []message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var states []message
	for _, m := range s.seen {
		if m.Hb == 0 {
			states = append(states, m)
		}
	}
	return states
}

// beats counts the heartbeats that told the right time.
func (s *screen) beats() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	beats := 0
	for _, m := range s.seen {
		if m.Hb != 0 && m.Hb == m.at.UnixMilli() {
			beats++
		}
	}
	return beats
}

func (s *screen) revs() []int64 {
	var revs []int64
	for _, m := range s.states() {
		revs = append(revs, m.Rev)
	}
	return revs
}

func (s *screen) last() message {
	states := s.states()
	if len(states) == 0 {
		return message{}
	}
	return states[len(states)-1]
}

func (s *screen) code() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if closed, ok := s.err.(*websocket.CloseError); ok {
		return closed.Code
	}
	return 0
}
