package voting_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/voting"
	"parvis/realtime"
)

// TestWhatMustBeAbsent reads what each audience gets of a poll at each moment,
// as the very bytes that leave the server.
func TestWhatMustBeAbsent(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	everyone := []realtime.Audience{realtime.Public, realtime.Voter, realtime.Screen}
	host := []realtime.Audience{realtime.Host}
	all := append(everyone[:3:3], realtime.Host)
	type sight struct{ turnout, counts bool }
	nothing, some, full := sight{}, sight{turnout: true}, sight{true, true}

	look := func(when string, id voting.PollID, who []realtime.Audience, want sight) {
		t.Helper()
		for _, as := range who {
			state, err := h.box.Snapshot(ctx, voting.Topic(h.town.ID, id), as)
			if err != nil {
				t.Fatalf("%s, %s: %v", when, as, err)
			}
			var fields map[string]json.RawMessage
			if err := json.Unmarshal(state.Body, &fields); err != nil {
				t.Fatal(err)
			}
			_, turnout := fields["turnout"]
			_, counts := fields["counts"]
			_, base := fields["base"]
			if got := (sight{turnout, counts}); got != want || base != counts {
				t.Errorf("%s, %s sees %+v, want %+v: %s", when, as, got, want, state.Body)
			}
			_, err = h.box.Results(ctx, h.town.ID, id, as)
			over := h.poll(id).State.Over()
			if (err == nil) != (over && want.counts) {
				t.Errorf("%s, %s asks for the results: %v", when, as, err)
			}
			var page strings.Builder
			if err := h.box.WriteCSV(ctx, &page, h.town.ID, id, as); (err == nil) != (over && want.counts) || err != nil && page.Len() > 0 {
				t.Errorf("%s, %s asks for the ballots: %v, and got %d bytes", when, as, err, page.Len())
			}
		}
	}
	visibility := func(v voting.Visibility, r voting.Release) func(*voting.Terms) {
		return func(t *voting.Terms) { t.Visibility, t.Release = v, r }
	}
	fill := func(id voting.PollID, n int) {
		for i, v := range h.citizens(n) {
			h.cast(ballot(id, v, string(rune('a'+i%3))))
		}
	}

	live := h.open(terms(visibility(voting.Live, voting.AtClosing)))
	fill(live, 9)
	look("nine live ballots", live, all, some)
	fill(live, 1)
	look("ten live ballots", live, all, full)
	if err := h.box.Show(ctx, h.town.ID, live, false, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	look("hidden by the host", live, everyone, some)
	look("hidden by the host", live, host, full)
	h.close(live)
	look("closed, hidden by the host", live, everyone, some)
	look("closed, hidden by the host", live, host, full)
	if err := h.box.Show(ctx, h.town.ID, live, true, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	look("closed, shown", live, all, full)

	turnout := h.open(terms(visibility(voting.Turnout, voting.AtClosing)))
	fill(turnout, 12)
	look("turnout only", turnout, all, some)
	if err := h.box.Show(ctx, h.town.ID, turnout, true, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	look("turnout only, whatever the host shows", turnout, all, some)
	h.close(turnout)
	look("turnout only, closed", turnout, all, full)

	hidden := h.open(terms(visibility(voting.Hidden, voting.ByAct)))
	fill(hidden, 12)
	look("hidden", hidden, everyone, nothing)
	look("hidden", hidden, host, some)
	h.close(hidden)
	look("hidden, closed, not published", hidden, everyone, nothing)
	look("hidden, closed, not published", hidden, host, full)
	if err := h.box.Publish(ctx, h.town.ID, hidden, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	look("published", hidden, all, full)

	few := h.open(terms())
	fill(few, 2)
	h.close(few)
	look("a small vote, closed", few, all, full)

	cancelled := h.open(terms(visibility(voting.Live, voting.AtClosing)))
	fill(cancelled, 12)
	if err := h.box.Cancel(ctx, h.town.ID, cancelled, because); err != nil {
		t.Fatal(err)
	}
	look("cancelled", cancelled, everyone, nothing)
	look("cancelled", cancelled, host, some)

	look("draft", h.draft(terms()), all, nothing)
}

func TestARevisionGrowsWithEveryChange(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	start := time.Date(2026, 11, 10, 8, 0, 0, 0, time.UTC)
	h.db.SetClock(t, h.town.ID, start)
	id := h.scheduled(terms(between(start.Add(time.Minute), start.Add(time.Hour))))
	last := int64(0)
	grows := func(what string) {
		t.Helper()
		view, err := h.box.View(ctx, h.town.ID, id, realtime.Screen)
		if err != nil {
			t.Fatal(err)
		}
		if view.Rev <= last {
			t.Errorf("%s: revision %d after %d", what, view.Rev, last)
		}
		last = view.Rev
	}
	grows("scheduled")
	h.db.SetClock(t, h.town.ID, start.Add(time.Minute))
	grows("opened by the clock")
	h.cast(ballot(id, h.citizens(1)[0], "a"))
	grows("a ballot")
	if err := h.box.Show(ctx, h.town.ID, id, false, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	grows("hidden")
	if err := h.box.SetPresent(ctx, h.town.ID, id, 40, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	grows("people counted")
	h.db.SetClock(t, h.town.ID, start.Add(time.Hour))
	grows("closed by the clock")
	if _, err := h.box.Results(ctx, h.town.ID, id, realtime.Host); err != nil {
		t.Fatal(err)
	}
	grows("counted")
}

// The revision of a live topic went up with each ballot, and told whoever
// listened how many had voted in a poll whose turnout is hidden.
func TestAHiddenTurnoutIsNotReadFromTheRevision(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	rev := func(id voting.PollID, as realtime.Audience) int64 {
		t.Helper()
		state, err := h.box.Snapshot(ctx, voting.Topic(h.town.ID, id), as)
		if err != nil {
			t.Fatal(err)
		}
		return state.Rev
	}
	hidden := func(t *voting.Terms) { t.Visibility = voting.Hidden }
	id, voters := h.open(terms(hidden)), h.citizens(4)
	before, host := rev(id, realtime.Public), rev(id, realtime.Host)
	for _, v := range voters {
		h.cast(ballot(id, v, "a"))
	}
	if after := rev(id, realtime.Public); after != before {
		t.Errorf("four ballots moved the revision from %d to %d", before, after)
	}
	if rev(id, realtime.Host) <= host {
		t.Error("the host is not told")
	}
	if err := h.box.SetPresent(ctx, h.town.ID, id, 12, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	if rev(id, realtime.Public) <= before {
		t.Error("the people present are not told")
	}
	h.close(id)
	closed := rev(id, realtime.Public)
	if closed <= before {
		t.Error("the closing is not told")
	}

	raised := h.open(terms())
	for _, v := range voters {
		h.cast(ballot(raised, v, "a"))
	}
	seen := rev(raised, realtime.Public)
	now := h.poll(raised).Terms
	now.Visibility = voting.Hidden
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		return h.box.Update(ctx, tx, h.town.ID, raised, now, voting.Act{Reason: "moins de pression"})
	})
	if rev(raised, realtime.Public) <= seen {
		t.Error("hiding the turnout is a step back, which screens would not show")
	}
}

func TestATopicOfNoPollIsGone(t *testing.T) {
	h := newHall(t)
	other := h.db.Tenant(t)
	id := h.open(terms())
	for _, topic := range []realtime.Topic{
		voting.Topic(other.ID, id), voting.Topic(h.town.ID, voting.NewPollID()),
		{Tenant: "x", Module: "voting", Name: id.String()}, {Tenant: h.town.ID.String(), Module: "voting", Name: "x"},
	} {
		if _, err := h.box.Snapshot(context.Background(), topic, realtime.Public); !errors.Is(err, realtime.ErrGone) {
			t.Errorf("%v: %v", topic, err)
		}
	}
}
