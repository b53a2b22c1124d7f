package realtime

import (
	"slices"
	"time"

	"github.com/gorilla/websocket"
)

// This file is the writing side of a socket: what it is owed, and by whom it is sent.

// claim takes the right to write, if it is free.
func (s *socket) claim() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.claimLocked()
}

func (s *socket) claimLocked() bool {
	if s.busy || s.dead {
		return false // who has the right will find what is owed
	}
	s.busy = true
	return true
}

// wake has what is owed sent.
func (s *socket) wake() {
	if s.claim() {
		s.hub.writers.add(s)
	}
}

// next returns the message to write now, nil when what was written must be
// flushed first, or false after giving back the right to write.
func (s *socket) next() (*websocket.PreparedMessage, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.dead {
		if s.wire.pending() {
			return nil, true
		}
		if message := s.owed(); message != nil {
			return message, true
		}
	}
	s.busy = false
	if s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
	return nil, false
}

// owed picks the next message, under the lock.
func (s *socket) owed() *websocket.PreparedMessage {
	switch {
	case s.said:
		return nil
	case s.closing != 0:
		s.said = true
		s.conn.SetReadDeadline(time.Now().Add(closePatience))
		return closeMessage(s.closing)
	case len(s.notes) > 0:
		topic := s.notes[0]
		s.notes = slices.Delete(s.notes, 0, 1)
		return goneMessage(topic)
	}
	if s.due > 0 {
		s.due--
		return s.beatMessage()
	}
	return s.newest()
}

// beatMessage returns the two parts of a heartbeat in turn. The ping has the
// browser answer, the text is what its scripts see.
func (s *socket) beatMessage() *websocket.PreparedMessage {
	if s.due == 1 {
		return s.hub.ping
	}
	return s.hub.heartbeat.Load()
}

// newest returns the state of a topic that has changed since it was last
// written; each topic in its turn, so that a lively one starves no other.
func (s *socket) newest() *websocket.PreparedMessage {
	for range s.follows {
		s.turn = (s.turn + 1) % len(s.follows)
		own := &s.follows[s.turn]
		if latest := own.feed.latest.Load(); latest != nil && latest.rev > own.rev {
			own.rev = latest.rev
			return latest.message
		}
	}
	return nil
}

// send writes what is owed without waiting, or has a goroutine of the socket's
// own do it where the peer must be waited for. The caller has the right to write.
func (s *socket) send() {
	for {
		message, more := s.next()
		switch {
		case !more:
			return
		case message == nil:
			go s.catchUp()
			return
		default:
			s.write(message)
		}
	}
}

// catchUp writes what is owed at the peer's pace.
func (s *socket) catchUp() {
	defer survive(s.hub.log, "slow socket")
	s.hub.slow.Add(1)
	defer s.hub.slow.Add(-1)
	for {
		message, more := s.next()
		switch {
		case !more:
			return
		case message != nil:
			s.write(message)
		default:
			if err := s.wire.flush(writePatience); err != nil {
				s.hub.dropped.Add(1)
				s.kill()
			}
		}
	}
}

func (s *socket) write(message *websocket.PreparedMessage) {
	if err := s.conn.WritePreparedMessage(message); err != nil {
		s.kill()
		return
	}
	s.hub.sent.Add(1)
}
