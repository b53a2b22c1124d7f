package voting_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

// projects is a vote on four projects: two of the centre, which has 100 €, two
// of the whole town, which has 200 €.
func projects(method voting.Method, change ...func(*voting.Terms)) voting.Terms {
	t := voting.Terms{
		Question: "Quels projets financer ?", Method: method, AllowChange: true,
		Options: []voting.Option{
			{ID: "1", Label: "Bancs", Cost: 60_00, Zone: "Centre"},
			{ID: "2", Label: "Fontaine", Cost: 70_00, Zone: "Centre"},
			{ID: "3", Label: "Verger", Cost: 150_00},
			{ID: "4", Label: "Nichoirs", Cost: 50_00},
		},
		Rule: counting.Rule{
			Envelopes:      []counting.Envelope{{Cents: 200_00}, {Zone: "Centre", Cents: 100_00}},
			WithinEnvelope: true,
		},
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func TestABasketIsCountedWithinEachEnvelope(t *testing.T) {
	h := newHall(t)
	id := h.open(projects(voting.Greedy))
	voters := h.citizens(5)
	for i, marks := range []string{"23", "24", "2", "134", "14"} {
		h.cast(ballot(id, voters[i], strings.Split(marks, "")...))
	}
	h.close(id)
	r := h.results(id)
	// Centre: the fountain (3 votes) leaves 30 €, not enough for the benches. Town: 50 € of nest boxes (3), then the orchard (2).
	if want := []string{"2", "4", "3"}; !slices.Equal(r.Outcome.Winners, want) {
		t.Errorf("winners %v, want %v", r.Outcome.Winners, want)
	}
	if s := r.Outcome.Spending; len(s) != 2 || s[0].Zone != "Centre" || s[0].Remaining != 30_00 || s[1].Remaining != 0 {
		t.Errorf("spending %+v", s)
	}
	other, err := h.box.Recount(t.Context(), h.town.ID, id, realtime.Public, counting.Rule{Method: voting.EqualShares, Envelopes: r.Rule.Envelopes})
	if err != nil || other.Method != voting.EqualShares || other.Ballots != 5 {
		t.Errorf("recount: %+v, %v", other, err)
	}
	if again := h.results(id); again.Text != r.Text {
		t.Error("counting by another rule changed the result")
	}
	h.intact(id)
}

func TestABasketOverAnEnvelopeIsRefused(t *testing.T) {
	h := newHall(t)
	id := h.open(projects(voting.Greedy))
	voter := h.citizens(1)[0]
	h.refused(ballot(id, voter, "1", "2"), voting.ErrOverEnvelope)
	h.cast(ballot(id, voter, "1", "3", "4"))
}

func TestAProjectWithdrawnDuringTheVoteCannotWinNorComeBack(t *testing.T) {
	h := newHall(t)
	id := h.open(projects(voting.Greedy))
	voters := h.citizens(3)
	h.cast(ballot(id, voters[0], "3", "4"))
	h.cast(ballot(id, voters[1], "3"))
	was := h.poll(id).Terms
	withdrawn := was
	withdrawn.Options = slices.Clone(was.Options)
	withdrawn.Options[2].Withdrawn = true
	update := func(terms voting.Terms, act voting.Act) error {
		return h.db.InTenant(t.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
			return h.box.Update(ctx, tx, h.town.ID, id, terms, act)
		})
	}
	if err := update(withdrawn, voting.Act{}); !errors.Is(err, voting.ErrReasonMissing) {
		t.Errorf("without a reason: %v", err)
	}
	if err := update(withdrawn, because); err != nil {
		t.Fatal(err)
	}
	h.refused(ballot(id, voters[2], "3"), voting.ErrWithdrawn)
	h.cast(ballot(id, voters[2], "4"))
	if err := update(was, because); !errors.Is(err, voting.ErrFrozen) {
		t.Errorf("coming back: %v", err)
	}
	cheaper := withdrawn
	cheaper.Options = slices.Clone(withdrawn.Options)
	cheaper.Options[0].Cost = 1_00
	if err := update(cheaper, because); !errors.Is(err, voting.ErrFrozen) {
		t.Errorf("another cost: %v", err)
	}
	h.close(id)
	if won := h.results(id).Outcome.Winners; !slices.Equal(won, []string{"4"}) {
		t.Errorf("winners %v", won)
	}
	h.intact(id)
}

func TestABudgetNeedsCostsAndEnvelopes(t *testing.T) {
	for name, change := range map[string]func(*voting.Terms){
		"free":           func(t *voting.Terms) { t.Options[0].Cost = 0 },
		"no envelope":    func(t *voting.Terms) { t.Options[0].Zone = "Ailleurs" },
		"an opinion":     func(t *voting.Terms) { t.Method = voting.Plurality },
		"shown live":     shownLive,
		"empty envelope": func(t *voting.Terms) { t.Rule.Envelopes[0].Cents = 0 },
	} {
		terms := projects(voting.Greedy, change)
		var wrong *fault.Error
		if err := terms.Check(); !errors.As(err, &wrong) || len(wrong.Fields) == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAPublishedFileBecomesBallotsOfItsOwn(t *testing.T) {
	h := newHall(t)
	id := h.open(projects(voting.EqualShares, func(t *voting.Terms) {
		t.Electorate.Imported, t.AllowChange, t.Rule.WithinEnvelope = true, false, false
	}))
	lines := make([][]voting.Mark, 2_300)
	for i := range lines {
		if i%7 > 0 {
			lines[i] = []voting.Mark{{Option: string("1234"[i%4]), Value: voting.Chosen}}
		}
	}
	file := func(lines [][]voting.Mark) func() ([]voting.Mark, bool) {
		return func() (marks []voting.Mark, more bool) {
			if len(lines) == 0 {
				return nil, false
			}
			marks, lines = lines[0], lines[1:]
			return marks, true
		}
	}
	first, err := h.box.Import(t.Context(), h.town.ID, id, file(lines[:1_200]), nil)
	if err != nil || first != 1_200 {
		t.Fatalf("%d taken, %v", first, err)
	}
	var told int64
	rest, err := h.box.Import(t.Context(), h.town.ID, id, file(lines), func(n int64) { told = n })
	if err != nil || rest != 1_100 || told != 2_300 {
		t.Errorf("taken again: %d of %d, %v", rest, told, err)
	}
	var refusal *voting.NotEligible
	if _, err := h.box.Cast(t.Context(), h.town.ID, ballot(id, h.citizens(1)[0], "1")); !errors.As(err, &refusal) {
		t.Errorf("a citizen in an imported poll: %v", err)
	}
	h.close(id)
	if r := h.results(id); r.Ballots != 2_300 || r.Blank != 329 {
		t.Errorf("%d ballots, %d blank", r.Ballots, r.Blank)
	}
	h.intact(id)
}

// TestAFileBringsItsOwnTiesAndPoints: somebody else's election is settled as
// they say, not by our lot; a poll of our own never is.
func TestAFileBringsItsOwnTiesAndPoints(t *testing.T) {
	own := counting.Ties{Keys: []counting.TieKey{counting.TieCost, counting.TieVotes, counting.TieID}}
	h := newHall(t)
	id := h.open(projects(voting.Greedy, func(t *voting.Terms) {
		t.Electorate.Imported, t.AllowChange, t.Rule.WithinEnvelope = true, false, false
		t.Rule.Ties, t.Rule.PointsPerBallot = own, 6
	}))
	lines := [][]voting.Mark{{{Option: "1", Value: 4}, {Option: "2", Value: 2}}, {{Option: "2", Value: 2}}, {{Option: "3", Value: 6}}}
	next := func() (marks []voting.Mark, more bool) {
		if len(lines) == 0 {
			return nil, false
		}
		marks, lines = lines[0], lines[1:]
		return marks, true
	}
	if _, err := h.box.Import(t.Context(), h.town.ID, id, next, nil); err != nil {
		t.Fatal(err)
	}
	for _, marks := range [][]voting.Mark{{{Option: "1", Value: 7}}, {{Option: "1", Value: 0}}, {{Option: "1", Value: 4}, {Option: "2", Value: 3}}} {
		lines = append(lines, marks)
		if _, err := h.box.Import(t.Context(), h.town.ID, id, next, nil); !errors.Is(err, voting.ErrInvalidMark) {
			t.Errorf("%v: %v", marks, err)
		}
	}
	h.close(id)
	r := h.results(id)
	if !slices.Equal(r.Rule.Ties.Keys, own.Keys) || r.Rule.Ties.Seed != nil || r.Rule.PointsPerBallot != 6 {
		t.Errorf("counted by %+v", r.Rule)
	}
	if r.Outcome.Totals["1"].RatString() != "4" || r.Outcome.Totals["2"].RatString() != "4" || r.Outcome.Totals["3"].RatString() != "6" {
		t.Errorf("totals %v", r.Outcome.Totals)
	}
	h.intact(id)

	mine := h.open(projects(voting.Greedy, func(t *voting.Terms) { t.Rule.Ties, t.Rule.PointsPerBallot = own, 6 }))
	h.cast(ballot(mine, h.citizens(1)[0], "1"))
	h.close(mine)
	if rule := h.results(mine).Rule; !slices.Equal(rule.Ties.Keys, []counting.TieKey{counting.TieLot}) || rule.PointsPerBallot != 0 {
		t.Errorf("a poll of ours is counted by %+v", rule)
	}
}
