package voting_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// intact checks, past row level security and the package itself, that the box
// holds together: one ballot per voter on the roll, counts that are those of
// the ballots, a log whose tree is the head's.
func (h *hall) intact(id voting.PollID) {
	h.Helper()
	head := h.head(id)
	roll := h.number(`SELECT count(*) FROM voting.roll WHERE poll_id = $1`, id.String())
	ballots := h.number(`SELECT count(*) FROM voting.ballots WHERE poll_id = $1`, id.String())
	if roll != ballots || ballots != head.Participants {
		h.Errorf("roll %d, ballots %d, participants %d", roll, ballots, head.Participants)
	}
	submissions := h.number(`SELECT count(*) FROM voting.submissions WHERE poll_id = $1`, id.String())
	seqs := h.number(`SELECT coalesce(sum(seq), 0)::bigint FROM voting.ballots WHERE poll_id = $1`, id.String())
	if submissions != seqs {
		h.Errorf("%d submissions accepted, %d in the ballots' sequences", submissions, seqs)
	}
	h.countsAreRight(id, head)
	h.treeIsRight(id, head, submissions)
}

func (h *hall) countsAreRight(id voting.PollID, head voting.Head) {
	h.Helper()
	rows, err := h.superuser().Query(context.Background(), `SELECT marks FROM voting.ballots WHERE poll_id = $1`, id.String())
	if err != nil {
		h.Fatal(err)
	}
	defer rows.Close()
	counts, blank := map[voting.Mark]int64{}, int64(0)
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			h.Fatal(err)
		}
		marks, err := voting.DecodeMarks(text)
		if err != nil {
			h.Errorf("stored marks %q: %v", text, err)
		}
		for _, m := range marks {
			counts[m]++
		}
		if len(marks) == 0 {
			blank++
		}
	}
	if len(counts) != len(head.Counts) || blank != head.Blank {
		h.Errorf("head counts %v and %d blank, the ballots %v and %d", head.Counts, head.Blank, counts, blank)
	}
	for m, n := range counts {
		if head.Counts[m] != n {
			h.Errorf("%v: head says %d, the ballots %d", m, head.Counts[m], n)
		}
	}
}

// treeIsRight rebuilds the tree with tlog's own, independent code.
func (h *hall) treeIsRight(id voting.PollID, head voting.Head, ballots int64) {
	h.Helper()
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, at := range indexes {
			out[i] = stored[at]
		}
		return out, nil
	})
	entries := h.log(id)
	var logged int64
	for i, e := range entries {
		if e.index != int64(i) {
			h.Fatalf("entry %d of the log has index %d", i, e.index)
		}
		if e.kind == voting.EntryBallot {
			logged++
		}
		more, err := tlog.StoredHashesForRecordHash(int64(i), tlog.Hash(e.leaf), reader)
		if err != nil {
			h.Fatal(err)
		}
		stored = append(stored, more...)
	}
	if logged != ballots {
		h.Errorf("%d ballots in the log, %d accepted", logged, ballots)
	}
	root, err := tlog.TreeHash(int64(len(entries)), reader)
	if err != nil {
		h.Fatal(err)
	}
	if head.LogSize != int64(len(entries)) || tlog.Hash(head.Root) != root {
		h.Errorf("head says %d %x, the log %d %x", head.LogSize, head.Root, len(entries), root)
	}
}

func TestAReceiptIsGivenForABallotInTheBox(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	voter := h.citizens(1)[0]
	s := ballot(id, voter, "b")
	receipt := h.cast(s)
	if receipt.Poll != id || receipt.Nonce != s.Nonce || receipt.Replaced || receipt.Index != 2 {
		t.Errorf("receipt %+v", receipt)
	}
	if !receipt.CastAt.Equal(receipt.CastAt.Truncate(time.Minute)) {
		t.Errorf("the receipt tells the very second: %v", receipt.CastAt)
	}
	if h.live.heard(voting.Topic(h.town.ID, id)) == 0 {
		t.Error("nobody was told that the poll moved")
	}
	h.intact(id)
}

func TestSendingTheSamePageAgainChangesNothing(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(changeable))
	voters := h.citizens(2)
	first := ballot(id, voters[0], "a")
	receipt := h.cast(first)
	if again := h.cast(first); again != receipt {
		t.Errorf("another receipt for the same submission: %+v, %+v", receipt, again)
	}
	h.cast(ballot(id, voters[0], "b"))
	receipt.Replaced = true
	if again := h.cast(first); again != receipt {
		t.Errorf("after a later vote: %+v, want %+v", again, receipt)
	}
	if n := h.head(id).Counts[voting.Mark{Option: "b", Value: 1}]; n != 1 {
		t.Errorf("sending the first page again took the vote back: %d for b", n)
	}
	other := first
	other.Marks = choose("c")
	h.refused(other, voting.ErrNonceReused)
	stolen := first
	stolen.Voter = voters[1]
	h.refused(stolen, voting.ErrNonceReused)
	if fault.KindOf(voting.ErrNonceReused) != fault.Conflict {
		t.Error("a reused nonce is not a conflict")
	}
	h.close(id)
	if again := h.cast(first); again != receipt {
		t.Errorf("after closing: %+v, want %+v", again, receipt)
	}
	h.intact(id)
}

func TestTheLastVoteCounts(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(upTo(2), changeable))
	voter := h.citizens(1)[0]
	h.cast(ballot(id, voter, "a", "b"))
	h.cast(ballot(id, voter))
	if head := h.head(id); head.Blank != 1 || len(head.Counts) != 0 || head.Participants != 1 {
		t.Errorf("after a blank vote: %+v", head)
	}
	h.cast(ballot(id, voter, "c"))
	head := h.head(id)
	if head.Blank != 0 || len(head.Counts) != 1 || head.Counts[voting.Mark{Option: "c", Value: 1}] != 1 {
		t.Errorf("after the last vote: %+v", head)
	}
	h.intact(id)
}

func TestWhatABallotMayNotSay(t *testing.T) {
	h := newHall(t)
	one, two, each := h.open(terms()), h.open(terms(upTo(2))), h.open(terms(answers))
	voter := h.citizens(1)[0]
	h.refused(ballot(one, voter, "d"), voting.ErrUnknownOption)
	h.refused(ballot(one, voter, "A"), voting.ErrUnknownOption)
	h.refused(ballot(one, voter, "a=1;b"), voting.ErrUnknownOption)
	h.refused(ballot(one, voter, "a", "b"), voting.ErrTooManyOptions)
	h.refused(ballot(two, voter, "a", "b", "c"), voting.ErrTooManyOptions)
	h.refused(ballot(two, voter, "a", "a"), voting.ErrInvalidMark)
	h.refused(voting.Submission{Poll: one, Voter: voter, Nonce: voting.NewNonce(), Channel: voting.Web,
		Marks: []voting.Mark{{Option: "a", Value: 2}}}, voting.ErrInvalidMark)
	h.refused(voting.Submission{Poll: each, Voter: voter, Nonce: voting.NewNonce(), Channel: voting.Web,
		Marks: []voting.Mark{{Option: "a", Value: 2}}}, voting.ErrInvalidMark)
	h.refused(voting.Submission{Poll: one, Voter: voter, Nonce: voting.NewNonce(), Channel: "pigeon"}, voting.ErrUnreadable)
	h.refused(ballot(voting.NewPollID(), voter, "a"), voting.ErrNotFound)
	for _, id := range []voting.PollID{one, two, each} {
		if n := h.head(id).Participants; n != 0 {
			t.Errorf("%d participants after refusals only", n)
		}
		h.intact(id)
	}
}

func TestAPollTakesBallotsBetweenItsDatesOnly(t *testing.T) {
	h := newHall(t)
	start := time.Date(2026, 10, 25, 0, 59, 0, 0, time.UTC) // the night the clocks go back
	h.db.SetClock(t, h.town.ID, start)
	opens, closes := start.Add(time.Minute), start.Add(2*time.Hour)
	id := h.scheduled(terms(between(opens, closes)))
	voters := h.citizens(3)
	h.refused(ballot(id, voters[0], "a"), voting.ErrNotOpenYet)
	h.db.SetClock(t, h.town.ID, opens)
	h.cast(ballot(id, voters[0], "a"))
	h.db.SetClock(t, h.town.ID, closes.Add(-20*time.Second))
	h.cast(ballot(id, voters[1], "a"))
	h.db.SetClock(t, h.town.ID, closes)
	h.refused(ballot(id, voters[2], "a"), voting.ErrPollClosed)
	h.intact(id)
}

func TestBallotsThatGoNowhere(t *testing.T) {
	h := newHall(t)
	voters := h.citizens(1)
	h.refused(ballot(h.draft(terms()), voters[0], "a"), voting.ErrNotFound)
	cancelled := h.open(terms())
	if err := h.box.Cancel(context.Background(), h.town.ID, cancelled, voting.Act{Reason: "Une option manquait."}); err != nil {
		t.Fatal(err)
	}
	h.refused(ballot(cancelled, voters[0], "a"), voting.ErrPollCancelled)
	h.intact(cancelled)

	elsewhere := h.db.Tenant(t)
	id := h.open(terms())
	if _, err := h.box.Cast(context.Background(), elsewhere.ID, ballot(id, voters[0], "a")); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("another town's poll: %v", err)
	}
	if _, err := h.box.Cast(context.Background(), tenant.ID{}, ballot(id, voters[0], "a")); err == nil {
		t.Error("a ballot for no town")
	}
	if h.head(id).Participants != 0 {
		t.Error("a ballot came from another town")
	}
}

func TestOnlyTheElectorateVotes(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(func(t *voting.Terms) {
		t.Electorate.Person = citizen.PersonDesk
		t.Electorate.AgeFrom = 16
	}))
	voter := h.citizens(1)[0]
	// What the session claims is not what counts.
	voter.Viewer.Person, voter.Viewer.BornOn = citizen.PersonDesk, "1990-01-01"
	_, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, voter, "a"))
	refusal, ok := errors.AsType[*voting.NotEligible](err)
	if !ok || !errors.Is(err, voting.ErrNotEligible) || len(refusal.Reasons) != 2 {
		t.Fatalf("cast: %v", err)
	}
	h.prove(uuid.New(), voter)
	h.cast(ballot(id, voter, "a"))
	h.refused(ballot(id, voting.ByAccount(citizen.Viewer{}), "a"), voting.ErrSignIn)
	h.refused(ballot(id, voting.ByDevice(uuid.New()), "a"), voting.ErrSignIn)
	gone := h.citizens(1)[0]
	_, err = h.db.Superuser(t).Exec(context.Background(), `UPDATE core.citizens SET name='', name_key='', name_key_reversed='', erased_at = now() WHERE id = $1`, gone.ID)
	if err != nil {
		t.Fatal(err)
	}
	h.refused(ballot(id, gone, "a"), voting.ErrSignIn)
	h.intact(id)
}

func TestInTheRoomOneBallotPerDevice(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(openToRoom))
	device := voting.ByDevice(uuid.New())
	first := ballot(id, device, "a")
	first.Channel = voting.Meeting
	h.cast(first)
	second := ballot(id, device, "b")
	second.Channel = voting.Meeting
	h.refused(second, voting.ErrAlreadyVoted)
	other := ballot(id, voting.ByDevice(uuid.New()), "b")
	other.Channel = voting.Meeting
	h.cast(other)
	h.refused(ballot(id, h.citizens(1)[0], "a"), voting.ErrNotEligible)
	h.intact(id)
}

func TestTheFirstChannelLocksTheOthers(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(changeable))
	voter := h.citizens(1)[0]
	h.cast(ballot(id, voter, "a"))
	atDesk := ballot(id, voter, "b")
	atDesk.Channel = voting.Desk
	h.refused(atDesk, voting.ErrOtherChannel)
	h.cast(ballot(id, voter, "c"))
	h.intact(id)
}

func TestClosingByHandWaitsForTheBallotsBeforeIt(t *testing.T) {
	h := newHall(t)
	voters := h.citizens(300)
	id := h.open(terms())
	var counted atomic.Int64
	var wg sync.WaitGroup
	for i, v := range voters {
		wg.Go(func() {
			_, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, v, "a"))
			if err == nil {
				counted.Add(1)
			} else if !errors.Is(err, voting.ErrPollClosed) {
				t.Errorf("cast: %v", err)
			}
			if i == 100 {
				if err := h.box.Close(context.Background(), h.town.ID, id, voting.Act{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if n := h.head(id).Participants; n != counted.Load() {
		t.Errorf("%d receipts, %d in the box", counted.Load(), n)
	}
	entries := h.log(id)
	if last := entries[len(entries)-1]; last.kind != voting.EntryClosed {
		t.Errorf("the log goes on after closing with %q", last.kind)
	}
	h.intact(id)
}

func TestManyPollsAtOnce(t *testing.T) {
	h := newHall(t)
	voters := h.citizens(20)
	var ids []voting.PollID
	for i := range 30 {
		ids = append(ids, h.open(terms(func(t *voting.Terms) { t.Question = fmt.Sprint("Question ", i) })))
	}
	var wg sync.WaitGroup
	for _, id := range ids {
		for _, v := range voters {
			wg.Go(func() { h.cast(ballot(id, v, "a")) })
		}
	}
	wg.Wait()
	for _, id := range ids {
		if n := h.head(id).Participants; n != 20 {
			t.Errorf("%d participants, want 20", n)
		}
	}
}
