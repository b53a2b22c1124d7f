package voting_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

func byTicket(t *voting.Terms) { t.Room = voting.Room{Open: true, Voter: voting.TicketVoter} }

// quorumOf asks for half of those present, or of those who may vote.
func quorumOf(of counting.Base, entitled int64) func(*voting.Terms) {
	return func(t *voting.Terms) {
		t.Rule.Quorum = counting.Quorum{Share: counting.Fraction{Num: 1, Den: 2}, Of: of}
		t.Entitled = entitled
	}
}

func (h *hall) tickets(id voting.PollID, n int) []voting.Voter {
	h.Helper()
	_, seed, err := h.box.PrintTickets(context.Background(), h.town.ID, id, n, voting.Act{})
	if err != nil {
		h.Fatal(err)
	}
	voters := make([]voting.Voter, n)
	for i := range voters {
		voters[i] = voting.ByTicket(id, seed.Code(i))
	}
	return voters
}

func TestATicketIsOneBallot(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(byTicket))
	holders := h.tickets(id, 3)
	h.cast(ballot(id, holders[0], "a"))
	h.refused(ballot(id, holders[0], "b"), voting.ErrAlreadyVoted)
	h.cast(ballot(id, holders[1], "b"))
	h.refused(ballot(id, voting.ByTicket(id, "ACDEFGHJKM"), "a"), voting.ErrNotEligible)
	h.refused(ballot(id, voting.ByDevice(uuid.New()), "a"), voting.ErrNotEligible)
	h.refused(ballot(id, h.citizens(1)[0], "a"), voting.ErrNotEligible)
	elsewhere := h.open(terms(byTicket))
	h.refused(ballot(elsewhere, holders[2], "a"), voting.ErrNotEligible)
	if head, err := h.box.Head(context.Background(), h.town.ID, id); err != nil || head.Participants != 2 {
		t.Errorf("%d ballots, %v", head.Participants, err)
	}
	changed := h.open(terms(byTicket, changeable))
	mine := h.tickets(changed, 1)[0]
	h.cast(ballot(changed, mine, "a"))
	h.cast(ballot(changed, mine, "c"))
	h.close(changed)
	if r := h.results(changed); r.Ballots != 1 || r.Outcome.Winners[0] != "c" {
		t.Errorf("%d ballots, %v wins", r.Ballots, r.Outcome.Winners)
	}
	h.intact(id)
	h.intact(changed)
}

// TestATicketOnTwentyPhonesIsOneBallot: somebody photographs the ticket of a
// neighbour, and twenty phones send it at once to two nodes.
func TestATicketOnTwentyPhonesIsOneBallot(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(byTicket))
	ticket, boxes := h.tickets(id, 1)[0], []*voting.Box{h.box, h.newBox()}
	var wg sync.WaitGroup
	var mu sync.Mutex
	taken := 0
	for i := range 20 {
		wg.Go(func() {
			_, err := boxes[i%2].Cast(context.Background(), h.town.ID, ballot(id, ticket, string(rune('a'+i%3))))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				taken++
			} else if !errors.Is(err, voting.ErrAlreadyVoted) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if taken != 1 {
		t.Errorf("%d ballots were taken", taken)
	}
	h.intact(id)
}

func TestALostPrintIsCancelled(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	id := h.open(terms(byTicket, changeable))
	lost, good := h.tickets(id, 2), h.tickets(id, 2)
	h.cast(ballot(id, lost[0], "a"))
	if err := h.box.VoidTickets(ctx, h.town.ID, id, 1, voting.Act{}); !errors.Is(err, voting.ErrReasonMissing) {
		t.Errorf("without a reason: %v", err)
	}
	if err := h.box.VoidTickets(ctx, h.town.ID, id, 1, voting.Act{Reason: "La planche a disparu."}); err != nil {
		t.Fatal(err)
	}
	if err := h.box.VoidTickets(ctx, h.town.ID, id, 1, voting.Act{Reason: "Encore."}); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("twice: %v", err)
	}
	h.refused(ballot(id, lost[0], "b"), voting.ErrNotEligible)
	h.refused(ballot(id, lost[1], "b"), voting.ErrNotEligible)
	h.cast(ballot(id, good[0], "b"))
	if known, err := h.box.KnowsTicket(ctx, h.town.ID, id, lost[1]); known || err != nil {
		t.Errorf("a cancelled ticket is known: %v", err)
	}
	batches, err := h.box.TicketBatches(ctx, h.town.ID, id)
	if err != nil || len(batches) != 2 || batches[1].VoidReason != "La planche a disparu." || !batches[0].VoidedAt.IsZero() {
		t.Errorf("%+v, %v", batches, err)
	}
	h.intact(id)
}

// TestNothingThatIsKeptPrintsATicketAgain looks for the codes and for what they
// are drawn from in every column.
func TestNothingThatIsKeptPrintsATicketAgain(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(byTicket))
	_, seed, err := h.box.PrintTickets(context.Background(), h.town.ID, id, 2, voting.Act{})
	if err != nil {
		t.Fatal(err)
	}
	if seed.Code(0) == seed.Code(1) || len(seed.Code(0)) != 10 {
		t.Errorf("codes %s and %s", seed.Code(0), seed.Code(1))
	}
	var rows string
	query := `SELECT string_agg(t::text, ' ') || (SELECT string_agg(b::text, ' ') FROM voting.ticket_batches b) FROM voting.tickets t`
	if err := h.superuser().QueryRow(context.Background(), query).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{seed.Code(0), seed.String()} {
		if strings.Contains(strings.ToLower(rows), strings.ToLower(secret)) {
			t.Errorf("%s is kept: %s", secret, rows)
		}
	}
	for _, size := range []int{0, -1, voting.MaxTickets + 1} {
		if _, _, err := h.box.PrintTickets(context.Background(), h.town.ID, id, size, voting.Act{}); !errors.Is(err, voting.ErrTicketCount) {
			t.Errorf("%d tickets: %v", size, err)
		}
	}
	if _, _, err := h.box.PrintTickets(context.Background(), h.town.ID, h.open(terms(openToRoom)), 1, voting.Act{}); !errors.Is(err, voting.ErrNoTickets) {
		t.Errorf("where none is asked for: %v", err)
	}
}

func TestWhoIsPresentIsCountedOnce(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	id := h.scheduled(terms(openToRoom, quorumOf(counting.Attending, 0)))
	present := func() int64 {
		t.Helper()
		view, err := h.box.View(ctx, h.town.ID, id, realtime.Screen)
		if err != nil {
			t.Fatal(err)
		}
		return view.Present
	}
	phones := []voting.Voter{voting.ByDevice(uuid.New()), voting.ByDevice(uuid.New()), voting.ByDevice(uuid.New())}
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, p := range append(phones, phones[0]) {
		check(h.box.CheckIn(ctx, h.town.ID, id, p))
	}
	if n := present(); n != 3 {
		t.Errorf("three phones, one twice: %d people", n)
	}
	check(h.box.SetPresent(ctx, h.town.ID, id, 40, voting.Act{}))
	check(h.box.CheckIn(ctx, h.town.ID, id, voting.ByDevice(uuid.New())))
	if n := present(); n != 40 {
		t.Errorf("the host counted 40: %d", n)
	}
	check(h.box.CountPresences(ctx, h.town.ID, id, voting.Act{}))
	if n := present(); n != 4 {
		t.Errorf("counted by themselves again: %d", n)
	}
	if there, err := h.box.IsPresent(ctx, h.town.ID, id, phones[1]); !there || err != nil {
		t.Errorf("somebody who is there is not: %v", err)
	}
	if err := h.box.CheckIn(ctx, h.town.ID, h.open(terms()), h.citizens(1)[0]); !errors.Is(err, voting.ErrNotInRoom) {
		t.Errorf("where there is no room: %v", err)
	}
	tickets := h.open(terms(byTicket))
	if err := h.box.CheckIn(ctx, h.town.ID, tickets, voting.ByTicket(tickets, "ACDEFGHJKM")); !errors.Is(err, voting.ErrUnknownTicket) {
		t.Errorf("with a ticket of nobody's: %v", err)
	}
	check(h.box.CheckIn(ctx, h.town.ID, tickets, h.tickets(tickets, 1)[0]))
}

// TestMoreBallotsThanEntitled: a number that was announced too small never keeps
// a poll from being counted; its majority is of those who voted.
func TestMoreBallotsThanEntitled(t *testing.T) {
	h := newHall(t)
	ofAll := func(entitled int64) func(*voting.Terms) {
		return func(t *voting.Terms) { t.Rule.Base, t.Entitled = counting.Enrolled, entitled }
	}
	for _, c := range []struct {
		name       string
		entitled   int64
		yes, blank int
		of         int64
		adopted    bool
	}{
		{name: "fewer than announced", entitled: 9, yes: 4, of: 9},
		{name: "more than half of those announced", entitled: 9, yes: 5, of: 9, adopted: true},
		{name: "more than announced", entitled: 3, yes: 2, blank: 2, of: 4},
		{name: "all of them", entitled: 1, yes: 4, of: 4, adopted: true},
	} {
		id := h.open(terms(openToRoom, answers, ofAll(c.entitled)))
		for n := range c.yes + c.blank {
			s := ballot(id, voting.ByDevice(uuid.New()))
			if s.Marks = nil; n < c.yes {
				s.Marks = []voting.Mark{{Option: "a", Value: voting.Yes}}
			}
			h.cast(s)
		}
		h.close(id)
		r := h.results(id)
		if r.Rule.Entitled != c.of || r.Entitled != c.entitled || slices.Contains(r.Outcome.Winners, "a") != c.adopted {
			t.Errorf("%s: of %d, announced %d, adopted %v", c.name, r.Rule.Entitled, r.Entitled, r.Outcome.Winners)
		}
		h.intact(id)
	}
	if err := terms(answers, ofAll(0)).Check(); err == nil {
		t.Error("a majority of an unknown number is accepted")
	}
}

func TestUnderTheQuorumNothingIsAdopted(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	vote := func(id voting.PollID, n int) {
		for range n {
			s := ballot(id, voting.ByDevice(uuid.New()))
			s.Marks = []voting.Mark{{Option: "a", Value: voting.Yes}, {Option: "b", Value: voting.No}, {Option: "c", Value: voting.Abstain}}
			h.cast(s)
		}
	}
	for _, c := range []struct {
		name            string
		terms           voting.Terms
		present         int64
		ballots         int
		needed, counted int64
		reached         bool
	}{
		{"half of nine present", terms(openToRoom, answers, quorumOf(counting.Attending, 0)), 9, 4, 5, 9, false},
		{"reached", terms(openToRoom, answers, quorumOf(counting.Attending, 0)), 9, 5, 5, 9, true},
		{"more ballots than people counted", terms(openToRoom, answers, quorumOf(counting.Attending, 0)), 3, 5, 3, 5, true},
		{"nobody counted", terms(openToRoom, answers, quorumOf(counting.Attending, 0)), 0, 2, 1, 2, true},
		{"nobody at all", terms(openToRoom, answers, quorumOf(counting.Attending, 0)), 0, 0, 0, 0, false},
		{"half of the entitled", terms(openToRoom, answers, quorumOf(counting.Enrolled, 11)), 0, 5, 6, 0, false},
	} {
		id := h.open(c.terms)
		if c.present > 0 {
			if err := h.box.SetPresent(ctx, h.town.ID, id, c.present, voting.Act{}); err != nil {
				t.Fatal(err)
			}
		}
		vote(id, c.ballots)
		h.close(id)
		r := h.results(id)
		view, err := h.box.View(ctx, h.town.ID, id, realtime.Public)
		if err != nil {
			t.Fatal(err)
		}
		if view.Quorum != c.needed || view.Reached != c.reached || r.Present != c.counted {
			t.Errorf("%s: %d needed, reached %v, %d present", c.name, view.Quorum, view.Reached, r.Present)
		}
		if adopted := len(r.Outcome.Winners) == 1; adopted != c.reached {
			t.Errorf("%s: %v adopted", c.name, r.Outcome.Winners)
		}
		h.intact(id)
	}
	for name, wrong := range map[string]voting.Terms{
		"of an unknown number": terms(quorumOf(counting.Enrolled, 0)),
		"of no room":           terms(quorumOf(counting.Attending, 0)),
	} {
		if err := wrong.Check(); err == nil {
			t.Errorf("a quorum %s is accepted", name)
		}
	}
}
