package realtime

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// Options are what a hub is made of. Only Source is required.
type Options struct {
	Source Source
	Log    *slog.Logger

	MaxRate    int           // readings per second of a topic for an audience; 5
	Crowd      int           // followers above which MaxRate is 1; 5 000
	Reread     time.Duration // how often a topic that is shown is read without being told; 1 s
	Heartbeat  time.Duration // between two heartbeats of a socket; 25 s
	MaxSockets int           // connected at once; 20 000
	Spread     time.Duration // over which Close says goodbye; 2 s, none if negative
}

func (o Options) withDefaults() Options {
	if o.Source == nil {
		panic("realtime: a hub needs a source")
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	def(&o.MaxRate, 5)
	def(&o.Crowd, 5000)
	def(&o.Reread, time.Second)
	def(&o.Heartbeat, 25*time.Second)
	def(&o.MaxSockets, 20_000)
	def(&o.Spread, 2*time.Second)
	return o
}

func def[T comparable](field *T, value T) {
	var unset T
	if *field == unset {
		*field = value
	}
}

const (
	slots  = 25               // of the wheel: a heartbeat's work is spread over them
	linger = 10 * time.Second // a topic is remembered after its last follower left
	atOnce = 8                // readings of the source
)

// Hub sends the states of topics to the sockets that follow them.
type Hub struct {
	options Options
	log     *slog.Logger
	ctx     context.Context // ends when the hub has closed
	cancel  context.CancelFunc

	mu      sync.RWMutex // guards feeds; taken before a feed's, never after
	feeds   map[feedKey]*feed
	readers chan struct{} // a token per reading of the source
	writers crew
	checks  crew

	life    sync.Mutex // guards what follows; held for an instant
	closing bool
	wheel   [slots]map[*socket]struct{} // every socket is in one slot
	count   int                         // of sockets
	running sync.WaitGroup              // sockets and goroutines

	ping      *websocket.PreparedMessage
	heartbeat atomic.Pointer[websocket.PreparedMessage]

	sent, snapshots, failures, dropped, slow atomic.Int64
}

// New returns a hub at work. The caller must close it.
func New(options Options) *Hub {
	options = options.withDefaults()
	h := &Hub{
		options: options, log: options.Log, feeds: make(map[feedKey]*feed),
		readers: make(chan struct{}, atOnce), ping: mustPrepare(websocket.PingMessage, nil),
	}
	h.ctx, h.cancel = context.WithCancel(context.Background())
	h.writers = crew{most: runtime.GOMAXPROCS(0), work: (*socket).send, log: h.log}
	h.checks = crew{most: 4, work: (*socket).check, log: h.log}
	for i := range h.wheel {
		h.wheel[i] = make(map[*socket]struct{})
	}
	h.spawn(h.turn)
	h.spawn(h.reread)
	return h
}

// Changed says that a topic has changed, for whichever audience. It never
// waits, and costs next to nothing where nobody looks.
func (h *Hub) Changed(topic Topic) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, audience := range audiences {
		if f := h.feeds[feedKey{topic, audience}]; f != nil {
			f.changed()
		}
	}
}

// Present returns how many sockets of this node follow the topic as one of the
// audiences; as any, if none is given.
func (h *Hub) Present(topic Topic, as ...Audience) int {
	if len(as) == 0 {
		as = audiences[:]
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	present := 0
	for _, audience := range as {
		if f := h.feeds[feedKey{topic, audience}]; f != nil {
			present += f.size()
		}
	}
	return present
}

// Stats are counts since the start, and what is at present.
type Stats struct {
	Sockets   int   // connected now
	Topics    int   // known now, once per audience
	Slow      int64 // sockets waiting for their peer now
	Sent      int64 // messages written
	Snapshots int64 // readings of the source
	Failures  int64 // of these, failed
	Dropped   int64 // sockets closed because their peer accepted nothing any more
}

// Stats returns how the hub is doing.
func (h *Hub) Stats() Stats {
	h.mu.RLock()
	topics := len(h.feeds)
	h.mu.RUnlock()
	h.life.Lock()
	sockets := h.count
	h.life.Unlock()
	return Stats{
		Sockets: sockets, Topics: topics, Slow: h.slow.Load(), Sent: h.sent.Load(),
		Snapshots: h.snapshots.Load(), Failures: h.failures.Load(), Dropped: h.dropped.Load(),
	}
}

// Close says goodbye to every socket, spread over a moment so that they do not
// all come back in the same instant, and returns when all have gone. When ctx
// ends first it cuts those that are left.
func (h *Hub) Close(ctx context.Context) error {
	h.life.Lock()
	h.closing = true
	sockets := h.allSockets()
	h.life.Unlock()
	for i, s := range sockets {
		h.lull(ctx, i, len(sockets))
		s.shut(websocket.CloseServiceRestart)
	}
	h.cancel()
	return h.wait(ctx, sockets)
}

// lull spreads n goodbyes, in at most a hundred steps.
func (h *Hub) lull(ctx context.Context, i, n int) {
	step := max(n/100, 1)
	if h.options.Spread <= 0 || i == 0 || i%step != 0 {
		return
	}
	select {
	case <-time.After(h.options.Spread * time.Duration(step) / time.Duration(n)):
	case <-ctx.Done():
	}
}

func (h *Hub) wait(ctx context.Context, sockets []*socket) error {
	done := make(chan struct{})
	go func() {
		h.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	for _, s := range sockets {
		s.kill()
	}
	select {
	case <-done:
	case <-time.After(time.Second): // a source that does not heed its context
	}
	return fmt.Errorf("close the live hub: %w", ctx.Err())
}

func (h *Hub) allSockets() []*socket {
	all := make([]*socket, 0, h.count)
	for _, slot := range h.wheel {
		for s := range slot {
			all = append(all, s)
		}
	}
	return all
}

// spawn runs work in a goroutine that Close waits for, unless the hub is closing.
func (h *Hub) spawn(work func()) bool {
	h.life.Lock()
	defer h.life.Unlock()
	if h.closing {
		return false
	}
	h.running.Go(func() {
		defer survive(h.log, "hub")
		work()
	})
	return true
}

// room reports whether one more socket may come.
func (h *Hub) room() bool {
	h.life.Lock()
	defer h.life.Unlock()
	return !h.closing && h.count < h.options.MaxSockets
}

// accept takes a connection over.
func (h *Hub) accept(conn *websocket.Conn, session Session, first []want) {
	session.Origins = nil // not kept for as long as the socket lives
	s := &socket{hub: h, conn: conn, wire: conn.NetConn().(*wire), session: session}
	if !h.enter(s) {
		conn.Close()
		return
	}
	s.begin(first)
}

func (h *Hub) enter(s *socket) bool {
	h.life.Lock()
	defer h.life.Unlock()
	if h.closing || h.count >= h.options.MaxSockets {
		return false
	}
	h.running.Add(1)
	h.count++
	for slot := range h.wheel {
		if len(h.wheel[slot]) < len(h.wheel[s.slot]) {
			s.slot = slot
		}
	}
	h.wheel[s.slot][s] = struct{}{}
	return true
}

// leave forgets a socket that has ended.
func (h *Hub) leave(s *socket) {
	for _, f := range s.forget() {
		f.part(s)
	}
	h.life.Lock()
	defer h.life.Unlock()
	if _, here := h.wheel[s.slot][s]; here {
		delete(h.wheel[s.slot], s)
		h.count--
		h.running.Done()
	}
}

// follow has s follow the feed of key, of which it shows rev.
func (h *Hub) follow(s *socket, key feedKey, rev int64) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	f := h.feeds[key]
	if f == nil {
		f = &feed{feedKey: key, hub: h, sockets: make(map[*socket]struct{}), lastSeen: time.Now()}
		h.feeds[key] = f
	}
	if !s.attach(f, rev) {
		return false
	}
	f.join(s, rev)
	return true
}

// turn turns the wheel: one slot of sockets gets its heartbeat at each tick.
func (h *Hub) turn() {
	ticker := time.NewTicker(h.options.Heartbeat / slots)
	defer ticker.Stop()
	for slot := 0; ; slot = (slot + 1) % slots {
		select {
		case <-h.ctx.Done():
			return
		case now := <-ticker.C:
			text := fmt.Appendf(nil, `{"hb":%d}`, now.UnixMilli())
			h.heartbeat.Store(mustPrepare(websocket.TextMessage, text))
			h.beat(slot)
		}
	}
}

func (h *Hub) beat(slot int) {
	h.life.Lock()
	var ready, checks, silent []*socket
	for s := range h.wheel[slot] {
		switch writable, check, dead := s.beat(); {
		case dead:
			silent = append(silent, s)
		default:
			if writable {
				ready = append(ready, s)
			}
			if check {
				checks = append(checks, s)
			}
		}
	}
	h.life.Unlock()
	h.writers.add(ready...)
	h.checks.add(checks...)
	for _, s := range silent {
		s.kill()
	}
}

// reread reads again what is shown, and forgets what is not.
func (h *Hub) reread() {
	ticker := time.NewTicker(h.options.Reread)
	defer ticker.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-ticker.C:
			for _, f := range h.sweep() {
				f.reread(h.options.Reread)
			}
		}
	}
}

// sweep forgets the feeds that nobody follows any more, and returns the others.
func (h *Hub) sweep() []*feed {
	h.mu.Lock()
	defer h.mu.Unlock()
	kept := make([]*feed, 0, len(h.feeds))
	for key, f := range h.feeds {
		if f.forgotten() {
			delete(h.feeds, key)
			continue
		}
		kept = append(kept, f)
	}
	return kept
}

func (f *feed) forgotten() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sockets) == 0 && time.Since(f.lastSeen) > linger
}
