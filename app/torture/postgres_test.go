package torture

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/database/embedded"
	"parvis/app/voting"
)

const (
	votesBeforeKill = 1000
	votesAfterKill  = 50
	devicesAtOnce   = 32
)

// rush casts ballots from many devices until told to stop. Each ballot is sent
// again until its voter knows whether it counts, as the booth does.
type rush struct {
	h            *hall
	id           voting.PollID
	change       bool
	acknowledged atomic.Int64
	retried      atomic.Int64
	lastAt       atomic.Int64 // when the last vote was acknowledged, Unix nanoseconds

	mu    sync.Mutex
	votes []vote
}

func (r *rush) run(ctx context.Context) {
	var votes []vote
	var device uuid.UUID
	for n := 0; ctx.Err() == nil; n++ {
		again := n%4 == 3 // a device that has voted already
		if !again {
			device = uuid.New()
		}
		v, err := r.send(ctx, voting.ByDevice(device), string(rune('a'+n%3)))
		votes = append(votes, v)
		if err != nil && !(again && !r.change && errors.Is(err, voting.ErrAlreadyVoted)) && ctx.Err() == nil {
			r.h.Errorf("a ballot is refused: %v", err)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.votes = append(r.votes, votes...)
}

// send returns once the voter knows, or has gone home.
func (r *rush) send(ctx context.Context, v voting.Voter, option string) (vote, error) {
	s, remembered := ballotOf(r.id, v, option)
	for {
		receipt, err := r.h.box.Cast(context.Background(), r.h.town.ID, s)
		switch {
		case err == nil:
			remembered.index, remembered.acknowledged = receipt.Index, true
			r.acknowledged.Add(1)
			r.lastAt.Store(time.Now().UnixNano())
			return remembered, nil
		case !errors.Is(err, voting.ErrUnavailable) && !errors.Is(err, voting.ErrBusy):
			remembered.refused = true
			return remembered, err
		case ctx.Err() != nil:
			return remembered, err
		}
		r.retried.Add(1)
	}
}

// until waits for n more votes to be acknowledged.
func (r *rush) until(n int64) {
	r.h.Helper()
	target := r.acknowledged.Load() + n
	for deadline := time.Now().Add(2 * time.Minute); r.acknowledged.Load() < target; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			r.h.Fatal("votes do not come back after a kill")
		}
	}
}

// killed is a hall on a PostgreSQL that is killed again and again.
type killed struct {
	*hall
	server *embedded.Server
	dir    string
	unsafe bool
	kills  int
}

func newKilled(t *testing.T, unsafe bool) *killed {
	dir := folder(t)
	k := &killed{server: postgres(t, dir, unsafe), dir: dir, unsafe: unsafe}
	t.Cleanup(func() { _ = k.server.Stop() })
	k.hall = hallOn(t, k.server, unsafe)
	return k
}

// kill does it. From time to time whoever watches over PostgreSQL is changed:
// it waits longer each time before it starts one that has just died.
func (k *killed) kill() {
	kill(k.server.PID())
	if k.kills++; k.kills%6 == 0 {
		_ = k.server.Stop()
		k.server = postgres(k.TB, k.dir, k.unsafe)
	}
}

// cycle kills PostgreSQL in the middle of a rush of votes in a new poll, waits
// until votes are taken again, and looks into the box.
func (k *killed) cycle(n int, report *Report) {
	k.Helper()
	r := &rush{h: k.hall, change: n%2 == 1}
	if r.change {
		r.id = k.open(terms(openToRoom, changeable))
	} else {
		r.id = k.open(terms(openToRoom))
	}
	ctx, stop := context.WithCancel(context.Background())
	var voters sync.WaitGroup
	for range devicesAtOnce {
		voters.Go(func() { r.run(ctx) })
	}
	r.until(votesBeforeKill)
	time.Sleep(rand.N(20 * time.Millisecond))
	dead := time.Now()
	k.kill()
	for r.lastAt.Load() < dead.Add(5*time.Millisecond).UnixNano() { // answers under way at the kill do not count
		r.until(1)
	}
	report.longest("interruption la plus longue", time.Unix(0, r.lastAt.Load()).Sub(dead))
	r.until(votesAfterKill)
	stop()
	voters.Wait()
	report.add(inspect(k.TB, k.super, r.id, r.votes))
	report.Retried += int(r.retried.Load())
}

func TestNoAcknowledgedVoteIsLostWhenPostgresIsKilled(t *testing.T) {
	t.Parallel()
	report := begin(t, "R1", "PostgreSQL tué pendant les votes")
	k := newKilled(t, false)
	cycles := times(5, 200)
	for n := range cycles {
		k.cycle(n, report)
	}
	report.mustHold(t)
	if report.Acknowledged < cycles*votesBeforeKill {
		t.Errorf("%d votes in %d cycles", report.Acknowledged, cycles)
	}
}

// TestTheKillsWouldShowALoss is the control of the test above: the same kills,
// on a ballot box that answers before the disk has written. In a long run it
// must lose votes, or the test above proves nothing.
func TestTheKillsWouldShowALoss(t *testing.T) {
	t.Parallel()
	report := begin(t, "R1-temoin", "témoin : les mêmes morts de PostgreSQL, sans écriture durable")
	k := newKilled(t, true)
	for n := range times(3, 200) {
		k.cycle(n, report)
	}
	if long && report.Lost == 0 {
		t.Errorf("none of %d votes lost: these kills prove nothing", report.Acknowledged)
	}
	if report.Acknowledged == 0 {
		t.Error("the control did not run")
	}
}
