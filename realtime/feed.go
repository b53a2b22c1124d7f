package realtime

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// feedKey is what a state is encoded once for.
type feedKey struct {
	Topic
	Audience
}

// feed is one topic for one audience: its newest state, who follows it, and
// the reading of it.
type feed struct {
	feedKey
	hub *Hub

	latest atomic.Pointer[frame] // nil until read

	// mu guards who follows. It is held while all of them are woken, and may
	// be taken before a socket's, never after.
	mu       sync.Mutex
	sockets  map[*socket]struct{}
	doubters []*socket // who claim to show a revision that we have not seen
	lastSeen time.Time // when the last follower left

	// reading guards when the source is asked. It is held for an instant only.
	reading sync.Mutex
	dirty   bool
	running bool
	readAt  time.Time // start of the last reading
	failing bool      // the last reading failed, and was logged
}

// join adds a socket, which shows rev already, and has it sent what it misses.
func (f *feed) join(s *socket, rev int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.sockets) == 0 && f.stale() {
		f.latest.Store(nil) // nobody watched: it may show what must not be seen any more
	}
	f.sockets[s] = struct{}{}
	latest := f.latest.Load()
	if rev > 0 && (latest == nil || rev > latest.rev) {
		f.doubters = append(f.doubters, s)
	}
	if latest == nil || rev > latest.rev {
		f.changed()
		return
	}
	s.wake()
}

// stale reports whether the state was not kept fresh.
func (f *feed) stale() bool {
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.dirty || time.Since(f.readAt) > f.hub.options.Reread
}

func (f *feed) part(s *socket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.sockets, s)
	f.lastSeen = time.Now()
}

func (f *feed) size() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.sockets)
}

// changed has the source asked again, soon.
func (f *feed) changed() {
	f.reading.Lock()
	defer f.reading.Unlock()
	f.dirty = true
	if !f.running {
		f.running = f.hub.spawn(f.refresh)
	}
}

// reread has the source asked again if that was not done lately.
func (f *feed) reread(every time.Duration) {
	f.reading.Lock()
	due := !f.running && time.Since(f.readAt) >= every-every/10
	f.reading.Unlock()
	if due && f.size() > 0 {
		f.changed()
	}
}

// refresh reads the feed until it is clean. It runs once at a time.
func (f *feed) refresh() {
	for f.due() && f.sleep(f.pause()) {
		f.begin()
		f.settle(f.read())
	}
}

// due reports whether there is something to read, and somebody to read it for;
// otherwise the refresher ends. A feed that nobody follows stays dirty.
func (f *feed) due() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reading.Lock()
	defer f.reading.Unlock()
	f.running = f.dirty && len(f.sockets) > 0
	return f.running
}

// pause returns how long to wait so that the rate is kept.
func (f *feed) pause() time.Duration {
	interval := time.Second / time.Duration(f.hub.options.MaxRate)
	if f.size() > f.hub.options.Crowd {
		interval = time.Second
	}
	f.reading.Lock()
	defer f.reading.Unlock()
	if f.failing {
		interval = max(interval, time.Second)
	}
	return interval - time.Since(f.readAt)
}

// sleep reports false when the hub closes.
func (f *feed) sleep(pause time.Duration) bool {
	if pause <= 0 {
		return f.hub.ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-f.hub.ctx.Done():
		return false
	}
}

// begin marks the feed clean: a change from here on asks for another reading.
func (f *feed) begin() {
	f.reading.Lock()
	defer f.reading.Unlock()
	f.dirty, f.readAt = false, time.Now()
}

// answer is what the source said, and who waited for something that was asked
// after they came.
type answer struct {
	frame    *frame
	err      error
	doubters []*socket
}

// read asks the source.
func (f *feed) read() (r answer) {
	f.mu.Lock()
	r.doubters, f.doubters = f.doubters, nil
	f.mu.Unlock()
	select {
	case f.hub.readers <- struct{}{}:
		defer func() { <-f.hub.readers }()
	case <-f.hub.ctx.Done():
		r.err = f.hub.ctx.Err()
		return r
	}
	defer func() {
		if reason := recover(); reason != nil {
			r.frame, r.err = nil, fmt.Errorf("the source panicked: %v", reason)
		}
	}()
	ctx, cancel := context.WithTimeout(f.hub.ctx, readPatience)
	defer cancel()
	f.hub.snapshots.Add(1)
	state, err := f.hub.options.Source.Snapshot(ctx, f.Topic, f.Audience)
	if err == nil {
		r.frame, err = newFrame(f.Topic, state)
	}
	r.err = err
	return r
}

// settle makes an answer the feed's state, or notes that there was none.
func (f *feed) settle(r answer) {
	switch {
	case r.err == nil:
		f.report(nil)
		f.publish(r.frame, r.doubters)
	case errors.Is(r.err, ErrGone):
		f.report(nil)
		f.end()
	case f.hub.ctx.Err() == nil:
		f.hub.failures.Add(1)
		f.report(r.err)
		f.mu.Lock()
		f.doubters = append(f.doubters, r.doubters...)
		f.mu.Unlock()
	}
}

// report logs the first failure of a row and the recovery. What failed is asked again.
func (f *feed) report(err error) {
	f.reading.Lock()
	first, recovered := err != nil && !f.failing, err == nil && f.failing
	f.failing = err != nil
	f.dirty = f.dirty || f.failing
	f.reading.Unlock()
	if first {
		f.hub.log.Warn("live topic cannot be read", "topic", f.Topic.String(), "audience", f.Audience, "error", err)
	}
	if recovered {
		f.hub.log.Info("live topic is read again", "topic", f.Topic.String(), "audience", f.Audience)
	}
}

// publish makes the frame the state and wakes who follows, unless it is older
// than what they have seen.
func (f *feed) publish(newest *frame, doubters []*socket) {
	f.mu.Lock()
	defer f.mu.Unlock()
	latest := f.latest.Load()
	if latest == nil || newest.rev >= latest.rev {
		f.latest.Store(newest)
	}
	for _, s := range doubters {
		s.admit(f, f.latest.Load().rev)
	}
	if latest != nil && newest.rev <= latest.rev {
		return
	}
	ready := make([]*socket, 0, len(f.sockets))
	for s := range f.sockets {
		if s.claim() {
			ready = append(ready, s)
		}
	}
	f.hub.writers.add(ready...)
}

// end tells who follows that the topic is no more.
func (f *feed) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest.Store(nil)
	for s := range f.sockets {
		s.lose(f)
	}
	clear(f.sockets)
	f.lastSeen = time.Now()
}
