package voting_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"parvis/app/voting"
)

// TestAnyHistoryOfVotesAddsUp lets voters vote, vote again and send pages
// again, in any order and at once, and compares with counting by hand.
func TestAnyHistoryOfVotesAddsUp(t *testing.T) {
	h := newHall(t)
	voters := h.citizens(6)
	rapid.Check(t, func(r *rapid.T) {
		id := h.open(terms(upTo(3), changeable))
		last := map[int][]string{}
		var sent []voting.Submission
		for range rapid.IntRange(0, 12).Draw(r, "votes") {
			v := rapid.IntRange(0, len(voters)-1).Draw(r, "voter")
			marks := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c"}), 0, 3, rapid.ID[string]).Draw(r, "marks")
			s := ballot(id, voters[v], marks...)
			h.cast(s)
			last[v] = marks
			sent = append(sent, s)
			if rapid.Bool().Draw(r, "again") {
				h.cast(rapid.SampledFrom(sent).Draw(r, "page"))
			}
		}
		head, want, blank := h.head(id), voting.Counts{}, int64(0)
		for _, marks := range last {
			for _, o := range marks {
				want[voting.Mark{Option: o, Value: voting.Chosen}]++
			}
			if len(marks) == 0 {
				blank++
			}
		}
		if head.Participants != int64(len(last)) || head.Blank != blank || !slices.Equal(head.Counts.Cells(), want.Cells()) {
			r.Errorf("%d participants, %d blank, %v; want %d, %d, %v", head.Participants, head.Blank, head.Counts, len(last), blank, want)
		}
		h.intact(id)
	})
}

// TestOneVotersSubmissionsInABatchAreTakenInOrder holds the lock until many
// pages of one voter wait together.
func TestOneVotersSubmissionsInABatchAreTakenInOrder(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(changeable))
	voter := h.citizens(1)[0]
	h.cast(ballot(id, voter, "a"))
	letGo := h.holdLock(id)
	var wg sync.WaitGroup
	for range 40 {
		wg.Go(func() { h.cast(ballot(id, voter, "b")) })
	}
	letGo()
	wg.Wait()
	if n := h.number(`SELECT seq FROM voting.ballots WHERE poll_id = $1`, id.String()); n != 41 {
		t.Errorf("the voter's ballot has rank %d after 41 votes", n)
	}
	last := h.number(`SELECT max(log_index) FROM voting.submissions WHERE poll_id = $1`, id.String())
	if at := h.number(`SELECT log_index FROM voting.ballots WHERE poll_id = $1`, id.String()); at != last {
		t.Errorf("the ballot that counts has leaf %d, the last one is %d", at, last)
	}
	h.intact(id)
}

// holdLock takes the lock of a poll's head away from the box.
func (h *hall) holdLock(id voting.PollID) (letGo func()) {
	h.Helper()
	ctx := context.Background()
	tx, err := h.superuser().Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, `SELECT FROM voting.heads WHERE poll_id = $1 FOR UPDATE`, id.String())
	}
	if err != nil {
		h.Fatal(err)
	}
	return func() {
		if err := tx.Rollback(ctx); err != nil {
			h.Error(err)
		}
	}
}

func TestAFullQueueRefusesAtOnceAndLosesNothing(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(openToRoom))
	s := ballot(id, voting.ByDevice(uuid.New()), "a")
	s.Channel = voting.Meeting
	h.cast(s)
	letGo := h.holdLock(id)
	const rush = 22_000
	var taken, busy atomic.Int64
	var wg sync.WaitGroup
	full := make(chan struct{}, rush)
	for range rush {
		wg.Go(func() {
			s := ballot(id, voting.ByDevice(uuid.New()), "a")
			s.Channel = voting.Meeting
			_, err := h.box.Cast(context.Background(), h.town.ID, s)
			for errors.Is(err, voting.ErrUnavailable) { // the lock was held for too long on a busy machine
				_, err = h.box.Cast(context.Background(), h.town.ID, s)
			}
			switch {
			case err == nil:
				taken.Add(1)
			case errors.Is(err, voting.ErrBusy):
				busy.Add(1)
				full <- struct{}{}
			default:
				t.Errorf("cast: %v", err)
			}
		})
	}
	<-full
	letGo()
	wg.Wait()
	if busy.Load() == 0 || taken.Load()+busy.Load() != rush {
		t.Errorf("%d taken, %d refused, of %d", taken.Load(), busy.Load(), rush)
	}
	if n := h.head(id).Participants; n != taken.Load()+1 {
		t.Errorf("%d receipts, %d in the box", taken.Load()+1, n)
	}
	h.intact(id)
}

func TestSomeoneWhoLeavesTheQueueLeavesNoBallot(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	voters := h.citizens(2)
	letGo := h.holdLock(id)
	first := make(chan error)
	go func() {
		_, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, voters[0], "a"))
		first <- err
	}()
	ctx, leave := context.WithCancel(context.Background())
	leave()
	if _, err := h.box.Cast(ctx, h.town.ID, ballot(id, voters[1], "a")); !errors.Is(err, voting.ErrUnavailable) {
		t.Errorf("cast: %v", err)
	}
	letGo()
	if err := <-first; err != nil {
		t.Error(err)
	}
	if err := h.box.Drain(context.Background()); err != nil {
		t.Error(err)
	}
	if n := h.head(id).Participants; n != 1 {
		t.Errorf("%d participants, want 1", n)
	}
}

func FuzzDecodeMarks(f *testing.F) {
	for _, text := range []string{"", "a=1", "a=1;b=-1", "b=1;a=1", "a=01", "a=+1", "a=1;", ";", "=", "a=1;a=1", "é=1", "a=99999999999999999999", "a=-0"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		marks, err := voting.DecodeMarks(text)
		if err != nil {
			return
		}
		if again, err := voting.EncodeMarks(marks); err != nil || again != text {
			t.Errorf("%q reads as %v, which writes as %q, %v", text, marks, again, err)
		}
	})
}

func TestMarksHaveOneWriting(t *testing.T) {
	one, err := voting.EncodeMarks(choose("c", "a"))
	if err != nil || one != "a=1;c=1" {
		t.Errorf("%q, %v", one, err)
	}
	for _, text := range []string{"c=1;a=1", "a=01", "a=+1", "a=1;", "a=1;a=1", "A=1", "a=-0", "a", "a=1;;b=1", "a=1000001"} {
		if marks, err := voting.DecodeMarks(text); err == nil {
			t.Errorf("%q reads as %v", text, marks)
		}
	}
}
