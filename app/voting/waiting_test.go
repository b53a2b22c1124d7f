package voting_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// later lets people prove last what the rules ask for.
func later(t *voting.Terms) { t.Electorate.Later = true }

func (h *hall) file(s voting.Submission) {
	h.Helper()
	if err := h.box.File(context.Background(), h.town.ID, s, time.UTC); err != nil {
		h.Fatalf("file: %v", err)
	}
}

// tend does what Work would.
func (h *hall) tend() {
	h.Helper()
	if _, err := h.box.Tend(context.Background(), h.town.ID); err != nil {
		h.Fatalf("tend: %v", err)
	}
}

func (h *hall) waiting(id voting.PollID, v voting.Voter) *voting.Waiting {
	h.Helper()
	w, err := h.box.WaitingOf(context.Background(), h.town.ID, id, v)
	if err != nil {
		h.Fatal(err)
	}
	return w
}

// told gathers what would be written by mail.
func (h *hall) told() *[]voting.News {
	var all []voting.News
	var mu sync.Mutex
	h.box.Tell(func(_ context.Context, _ bun.Tx, _ tenant.ID, n voting.News) error {
		mu.Lock()
		defer mu.Unlock()
		all = append(all, n)
		return nil
	})
	return &all
}

// provenAt writes when a proof was recorded.
func (h *hall) provenAt(v voting.Voter, at time.Time) {
	h.Helper()
	if _, err := h.superuser().Exec(context.Background(), `UPDATE core.citizens SET person_proven_at = $2 WHERE id = $1`, v.ID, at); err != nil {
		h.Fatal(err)
	}
}

func TestABallotWaitsUncountedThenIsCast(t *testing.T) {
	h := newHall(t)
	told := h.told()
	id := h.open(terms(identityAsked, later))
	voter := h.citizens(1)[0]
	first, second := ballot(id, voter, "a"), ballot(id, voter, "b")
	h.file(first)
	h.file(second)
	h.tend()
	if head := h.head(id); head.Participants != 0 || h.number(`SELECT count(*) FROM voting.log_entries WHERE kind = 'ballot'`) != 0 || h.number(`SELECT count(*) FROM voting.roll`) != 0 {
		t.Error("a ballot that waits is counted")
	}
	if w := h.waiting(id, voter); w == nil || w.Marks[0].Option != "b" || w.Nonce != second.Nonce {
		t.Errorf("the voter finds %+v", w)
	}
	if n := h.number(`SELECT count(*) FROM voting.waiting_ballots WHERE encode(sealed, 'escape') LIKE '%"b"%'`); n != 0 {
		t.Error("a waiting ballot can be read in the table")
	}
	h.prove(uuid.New(), voter)
	h.tend()
	h.tend()
	if w := h.waiting(id, voter); w.Ended != voting.WasCast || w.Marks != nil {
		t.Errorf("once proven: %+v", w)
	}
	receipt, err := h.box.Receipt(context.Background(), h.town.ID, id, second.Nonce, voter)
	if err != nil || !receipt.Own {
		t.Errorf("its receipt: %+v, %v", receipt, err)
	}
	if len(*told) != 1 || (*told)[0].Ended != voting.WasCast || (*told)[0].Nonce != second.Nonce {
		t.Errorf("the voter is told %+v", *told)
	}
	if h.head(id).Participants != 1 {
		t.Error("not counted once")
	}
	h.intact(id)
}

func TestWhoMayMakeABallotWait(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	voter, proven := h.citizens(1)[0], h.citizens(1)[0]
	h.prove(uuid.New(), proven)
	proven.Viewer.Person = citizen.PersonDesk
	id := h.open(terms(identityAsked, later))
	young := terms(identityAsked, later)
	young.Electorate.AgeFrom = 99
	child := voter
	child.Viewer.BornOn = "2015-01-01"
	voted := h.open(terms(identityAsked, later))
	h.cast(ballot(voted, proven, "a"))
	unsure := proven
	unsure.Viewer.Person = citizen.PersonEmail
	for name, c := range map[string]struct {
		s    voting.Submission
		want error
	}{
		"a visitor":              {ballot(id, voting.ByAccount(citizen.Viewer{}), "a"), voting.ErrSignIn},
		"a device":               {ballot(id, voting.ByDevice(uuid.New()), "a"), voting.ErrSignIn},
		"who may vote":           {ballot(id, proven, "a"), voting.ErrMayVoteNow},
		"who will never":         {ballot(h.open(young), child, "a"), voting.ErrNotEligible},
		"who has voted":          {ballot(voted, unsure, "a"), voting.ErrAlreadyVoted},
		"where it is not said":   {ballot(h.open(terms(identityAsked)), voter, "a"), voting.ErrNoWaiting},
		"before the opening":     {ballot(h.scheduled(terms(identityAsked, later, between(time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)))), voter, "a"), voting.ErrNotOpenYet},
		"a ballot without sense": {ballot(id, voter, "z"), voting.ErrUnknownOption},
	} {
		if err := h.box.File(ctx, h.town.ID, c.s, time.UTC); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	h.file(ballot(id, voter, "a"))
	if err := h.box.Withdraw(ctx, h.town.ID, id, voter.Viewer.ID); err != nil || h.waiting(id, voter) != nil {
		t.Errorf("withdrawn: %v, %+v", err, h.waiting(id, voter))
	}
	if err := h.box.Withdraw(ctx, h.town.ID, id, voter.Viewer.ID); !errors.Is(err, voting.ErrNoneWaiting) {
		t.Errorf("withdrawn twice: %v", err)
	}
}

// A proof of the last second is in time; one of the next second is not. Nobody
// was looking at the moment of the closing.
func TestAProofOfTheClosingSecondIsInTime(t *testing.T) {
	h := newHall(t)
	told := h.told()
	opens := time.Now().Add(time.Hour).Truncate(time.Second)
	closes := opens.Add(48 * time.Hour)
	id := h.scheduled(terms(identityAsked, later, between(opens, closes)))
	voters := h.citizens(3)
	h.db.SetClock(t, h.town.ID, opens.Add(time.Minute))
	for _, v := range voters {
		h.file(ballot(id, v, "a"))
	}
	h.db.SetClock(t, h.town.ID, closes.Add(time.Minute))
	h.prove(uuid.New(), voters[0])
	h.prove(uuid.New(), voters[1])
	h.provenAt(voters[0], closes)
	h.provenAt(voters[1], closes.Add(time.Millisecond))
	if err := h.box.Settle(context.Background(), h.town.ID, id); err != nil {
		t.Fatal(err)
	}
	h.tend()
	for i, want := range []voting.Ending{voting.WasCast, voting.Expired, voting.Expired} {
		if w := h.waiting(id, voters[i]); w.Ended != want || (want == voting.Expired) != (len(w.Reasons) > 0) {
			t.Errorf("voter %d: %+v, want %s", i, w, want)
		}
	}
	if got := h.head(id).Participants; got != 1 || len(*told) != 3 {
		t.Errorf("%d ballots, %d told", got, len(*told))
	}
	result, err := h.box.Results(context.Background(), h.town.ID, id, "host")
	if err != nil || result.Ballots != 1 {
		t.Errorf("the result: %+v, %v", result, err)
	}
	h.refused(ballot(id, voters[0], "b"), voting.ErrPollClosed)
	h.intact(id)
}

func TestAWaitingBallotNeverReplacesAVote(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(identityAsked, later, changeable))
	two := h.citizens(2)
	h.file(ballot(id, two[0], "a"))
	h.prove(uuid.New(), two...)
	h.cast(ballot(id, two[1], "b"))
	h.tend()
	if w := h.waiting(id, two[0]); w.Ended != voting.VotedOnce {
		t.Errorf("it ended %+v", w)
	}
	if marks, _, err := h.box.BallotOf(context.Background(), h.town.ID, id, two[0]); err != nil || marks[0].Option != "b" {
		t.Errorf("the vote became %v, %v", marks, err)
	}
	h.intact(id)
}

func TestTwoRemindersAndNoMore(t *testing.T) {
	h := newHall(t)
	told := h.told()
	opens := time.Now().Add(time.Hour).Truncate(time.Second)
	id := h.scheduled(terms(identityAsked, later, between(opens, opens.Add(10*24*time.Hour))))
	voter := h.citizens(1)[0]
	h.db.SetClock(t, h.town.ID, opens.Add(time.Minute))
	h.file(ballot(id, voter, "a"))
	for day, want := range []int{0, 0, 0, 0, 0, 1, 1, 1, 1, 2} {
		h.db.SetClock(t, h.town.ID, opens.Add(time.Duration(day)*24*time.Hour+2*time.Minute))
		h.tend()
		h.tend()
		if len(*told) != want {
			t.Errorf("day %d: %d reminders, want %d", day, len(*told), want)
		}
	}
	for _, n := range *told {
		if n.Ended != voting.StillWaiting || len(n.Reasons) != 1 || n.Citizen != voter.Viewer.ID {
			t.Errorf("the reminder says %+v", n)
		}
	}
	h.db.SetClock(t, h.town.ID, opens.Add(11*24*time.Hour))
	if err := h.box.Settle(context.Background(), h.town.ID, id); err != nil {
		t.Fatal(err)
	}
	h.tend()
	h.db.SetClock(t, h.town.ID, opens.Add(50*24*time.Hour))
	h.tend()
	if len(*told) != 3 || h.waiting(id, voter) != nil {
		t.Errorf("a month after the end: %d told, %+v", len(*told), h.waiting(id, voter))
	}
}

// Erasing an account takes its waiting ballot along, and the data of an account
// do not say what it chose.
func TestAWaitingBallotGoesWithItsAccount(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(identityAsked, later))
	voter := h.citizens(1)[0]
	h.file(ballot(id, voter, "a"))
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		data, err := h.box.Export(ctx, tx, h.town.ID, voter.Viewer.ID)
		if waits := data["waiting_ballots"].([]map[string]any); err != nil || len(waits) != 1 || waits[0]["marks"] != nil {
			t.Errorf("exported: %+v, %v", data, err)
		}
		return h.box.Erase(ctx, tx, h.town.ID, voter.Viewer.ID)
	})
	if h.waiting(id, voter) != nil {
		t.Error("the ballot of an erased account still waits")
	}
}
