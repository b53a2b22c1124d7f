package voting

import (
	"slices"
	"sync"
	"time"

	"parvis/app/tenant"
)

// Pulse is how the batches of a poll went on this node, lately: measured in
// memory, gone when the program stops.
type Pulse struct {
	Batches, Ballots int64         // since the program started
	Last             time.Time     // when the last batch was committed
	P50, P99         time.Duration // of the last batches: from taking the ballots to their commit
	Typical, Largest int           // ballots in one of them
	Waiting          int           // ballots that wait now
}

// Bounds of what is remembered.
const (
	beatsKept  = 512 // batches of one poll
	pulsesKept = 256 // polls
)

// beat is one batch that was committed.
type beat struct {
	took time.Duration
	size int
}

// pulse is the last beats of one poll, the oldest overwritten first.
type pulse struct {
	beats            []beat
	next             int
	batches, ballots int64
	last             time.Time
}

// pulses are those of every poll that this node takes ballots for.
type pulses struct {
	mu sync.Mutex
	of map[pollKey]*pulse
}

func (p *pulses) add(key pollKey, size int, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.of[key]
	if one == nil {
		if p.of == nil || len(p.of) >= pulsesKept {
			p.of = map[pollKey]*pulse{}
		}
		one = &pulse{}
		p.of[key] = one
	}
	one.batches++
	one.ballots += int64(size)
	one.last = time.Now() // for people to read, no rule
	if len(one.beats) < beatsKept {
		one.beats = append(one.beats, beat{took, size})
		return
	}
	one.beats[one.next] = beat{took, size}
	one.next = (one.next + 1) % beatsKept
}

// Pulse returns how the batches of a poll go on this node.
func (b *Box) Pulse(t tenant.ID, id PollID) (p Pulse) {
	key := pollKey{t, id}
	b.mu.Lock()
	if at := b.batchers[key]; at != nil {
		p.Waiting = len(at.queue)
	}
	b.mu.Unlock()
	b.pulses.mu.Lock()
	defer b.pulses.mu.Unlock()
	one := b.pulses.of[key]
	if one == nil {
		return p
	}
	p.Batches, p.Ballots, p.Last = one.batches, one.ballots, one.last
	took, sizes := make([]time.Duration, len(one.beats)), make([]int, len(one.beats))
	for i, beat := range one.beats {
		took[i], sizes[i] = beat.took, beat.size
	}
	slices.Sort(took)
	slices.Sort(sizes)
	p.P50, p.P99 = took[len(took)/2], took[(len(took)*99)/100]
	p.Typical, p.Largest = sizes[len(sizes)/2], sizes[len(sizes)-1]
	return p
}
