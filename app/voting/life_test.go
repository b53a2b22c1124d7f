package voting_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/voting"
	"parvis/realtime"
)

var because = voting.Act{Reason: "Le site était en panne hier soir."}

func (h *hall) states(id voting.PollID, want voting.State) {
	h.Helper()
	if got := h.poll(id).State; got != want {
		h.Errorf("state %q, want %q", got, want)
	}
}

func TestTheLifeOfAPoll(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	start := time.Date(2026, 11, 10, 8, 0, 0, 0, time.UTC)
	h.db.SetClock(t, h.town.ID, start)
	id := h.draft(terms(between(start.Add(time.Hour), start.Add(2*time.Hour)), func(t *voting.Terms) { t.Release = voting.ByAct }))
	h.states(id, voting.Draft)
	h.inTown(func(ctx context.Context, tx bun.Tx) error { return h.box.Schedule(ctx, tx, h.town.ID, id) })
	h.states(id, voting.Scheduled)
	h.db.SetClock(t, h.town.ID, start.Add(time.Hour))
	h.states(id, voting.Open)
	h.db.SetClock(t, h.town.ID, start.Add(2*time.Hour))
	h.states(id, voting.Closed)
	if _, err := h.box.Results(ctx, h.town.ID, id, realtime.Host); err != nil {
		t.Fatal(err)
	}
	h.states(id, voting.Counted)
	if _, err := h.box.Results(ctx, h.town.ID, id, realtime.Public); !errors.Is(err, voting.ErrNotReleased) {
		t.Errorf("results before they are published: %v", err)
	}
	if err := h.box.Publish(ctx, h.town.ID, id, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	h.states(id, voting.Published)
	if _, err := h.box.Results(ctx, h.town.ID, id, realtime.Public); err != nil {
		t.Errorf("results once published: %v", err)
	}
	kinds := ""
	for _, e := range h.log(id) {
		kinds += string(e.kind) + " "
	}
	if kinds != "ruleset opened closed result " {
		t.Errorf("log: %s", kinds)
	}
	h.intact(id)
}

func TestActsOutOfTheirTime(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	is := func(what string, err, want error) {
		t.Helper()
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", what, err, want)
		}
	}
	draft, open := h.draft(terms()), h.open(terms(between(time.Time{}, time.Now().Add(time.Hour))))
	closed := h.open(terms())
	h.close(closed)
	until := time.Now().Add(2 * time.Hour)
	is("close a draft", h.box.Close(ctx, h.town.ID, draft, because), voting.ErrWrongState)
	is("close early without saying why", h.box.Close(ctx, h.town.ID, open, voting.Act{}), voting.ErrReasonMissing)
	is("reopen", h.box.Open(ctx, h.town.ID, closed, because), voting.ErrWrongState)
	is("extend after closing", h.box.Extend(ctx, h.town.ID, closed, until, because), voting.ErrWrongState)
	is("extend without saying why", h.box.Extend(ctx, h.town.ID, open, until, voting.Act{Reason: " "}), voting.ErrReasonMissing)
	if err := h.box.Extend(ctx, h.town.ID, open, time.Now(), because); fault.KindOf(err) != fault.Invalid {
		t.Errorf("extend to an earlier moment: %v", err)
	}
	is("cancel after closing", h.box.Cancel(ctx, h.town.ID, closed, because), voting.ErrWrongState)
	is("cancel without saying why", h.box.Cancel(ctx, h.town.ID, open, voting.Act{}), voting.ErrReasonMissing)
	is("publish before closing", h.box.Publish(ctx, h.town.ID, open, because), voting.ErrNotClosedYet)
	is("an act on another town's poll", h.box.Close(ctx, h.db.Tenant(t).ID, open, because), voting.ErrNotFound)
	err := h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) error { return h.box.Delete(ctx, tx, h.town.ID, open) })
	is("delete an open poll", err, voting.ErrWrongState)
	h.inTown(func(ctx context.Context, tx bun.Tx) error { return h.box.Delete(ctx, tx, h.town.ID, draft) })
	if n := h.number(`SELECT count(*) FROM voting.poll_secrets WHERE poll_id = $1`, draft.String()); n != 0 {
		t.Error("a deleted draft leaves its secret behind")
	}
}

func TestExtendingKeepsVotingOpenAndSaysSo(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	start := time.Date(2026, 11, 10, 8, 0, 0, 0, time.UTC)
	h.db.SetClock(t, h.town.ID, start)
	id := h.scheduled(terms(between(start, start.Add(time.Hour))))
	if err := h.box.Extend(ctx, h.town.ID, id, start.Add(3*time.Hour), because); err != nil {
		t.Fatal(err)
	}
	h.db.SetClock(t, h.town.ID, start.Add(2*time.Hour))
	h.cast(ballot(id, h.citizens(1)[0], "a"))
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		changes, err := h.box.Changes(ctx, tx, h.town.ID, id)
		if err != nil {
			return err
		}
		var extended bool
		for _, c := range changes {
			extended = extended || c.Kind == voting.EntryExtended && c.Reason == because.Reason
		}
		if !extended {
			t.Errorf("the register does not say that the closing moved, and why: %+v", changes)
		}
		rules, err := h.box.Rulesets(ctx, tx, h.town.ID, id)
		if err != nil {
			return err
		}
		if len(rules) != 2 || !strings.Contains(rules[1].Body, "2026-11-10T11:00:00Z") {
			t.Errorf("no new version of the rules: %+v", rules)
		}
		for _, r := range rules {
			if sha256.Sum256([]byte(r.Body)) != r.SHA256 {
				t.Errorf("version %d of the rules is not what was hashed", r.Version)
			}
		}
		return nil
	})
	h.intact(id)
}

func TestTheLogOpensWithTheRulesAndASealedSeed(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	h.close(id)
	entries := h.log(id)
	var rules struct{ SHA256 string }
	var opened struct {
		Ruleset string `json:"ruleset_sha256"`
		Lot     string `json:"lot_sha256"`
	}
	var closed struct{ Lot string }
	for i, into := range []any{&rules, &opened, &closed} {
		if err := json.Unmarshal(entries[i].data, into); err != nil {
			t.Fatal(err)
		}
	}
	if opened.Ruleset != rules.SHA256 || rules.SHA256 == "" {
		t.Errorf("opened under rules %q, logged %q", opened.Ruleset, rules.SHA256)
	}
	seed, err := hex.DecodeString(closed.Lot)
	if err != nil {
		t.Fatal(err)
	}
	if hash := sha256.Sum256(seed); hex.EncodeToString(hash[:]) != opened.Lot {
		t.Error("the seed revealed at closing is not the one committed at opening")
	}
	if bytes.Contains(bytes.Join([][]byte{entries[0].data, entries[1].data}, nil), []byte(closed.Lot)) {
		t.Error("the seed is in the log before closing")
	}
}

// TestWhatMayChangeWhen goes through every term at every stage.
func TestWhatMayChangeWhen(t *testing.T) {
	h := newHall(t)
	base := terms(changeable, between(time.Time{}, time.Now().Add(time.Hour)))
	changes := map[string]struct {
		change        func(*voting.Terms)
		opened, voted error
	}{
		"description":          {func(t *voting.Terms) { t.Description = "Plus clair." }, nil, nil},
		"question":             {func(t *voting.Terms) { t.Question += " (bis)" }, nil, voting.ErrFrozen},
		"options":              {func(t *voting.Terms) { t.Options[0].Label = "Autre" }, nil, voting.ErrFrozen},
		"one option less":      {func(t *voting.Terms) { t.Options = t.Options[:2] }, nil, voting.ErrFrozen},
		"method":               {upTo(2), nil, voting.ErrFrozen},
		"electorate":           {func(t *voting.Terms) { t.Electorate.AgeFrom = 18 }, nil, voting.ErrFrozen},
		"change of vote":       {func(t *voting.Terms) { t.AllowChange = false }, nil, voting.ErrFrozen},
		"hide what was shown":  {func(t *voting.Terms) { t.Visibility = voting.Hidden }, nil, nil},
		"show what was hidden": {shownLive, voting.ErrOneWay, voting.ErrOneWay},
		"release":              {func(t *voting.Terms) { t.Release = voting.ByAct }, voting.ErrFrozen, voting.ErrFrozen},
		"account to device":    {openToRoom, voting.ErrFrozen, voting.ErrFrozen},
		"closing, by the form": {func(t *voting.Terms) { t.Closes = t.Closes.Add(time.Hour) }, voting.ErrFrozen, voting.ErrFrozen},
	}
	voter := h.citizens(1)[0]
	for name, c := range changes {
		for stage, want := range map[string]error{"draft": nil, "opened": c.opened, "voted": c.voted} {
			id := h.draft(base)
			if stage != "draft" {
				if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err != nil {
					t.Fatal(err)
				}
			}
			if stage == "voted" {
				h.cast(ballot(id, voter, "a"))
			}
			next := h.poll(id).Terms
			c.change(&next)
			err := h.db.InTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
				return h.box.Update(ctx, tx, h.town.ID, id, next, because)
			})
			if !errors.Is(err, want) {
				t.Errorf("%s, %s: %v, want %v", name, stage, err, want)
			}
		}
	}
	id := h.open(base)
	err := h.db.InTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return h.box.Update(ctx, tx, h.town.ID, id, base, voting.Act{})
	})
	if err == nil {
		t.Error("an open poll changes without a reason")
	}
}

func TestAChangeOfTermsIsWhatTheNextBallotMeets(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	voters := h.citizens(2)
	h.refused(ballot(id, voters[0], "a", "b"), voting.ErrTooManyOptions)
	next := h.poll(id).Terms
	next.Method, next.MaxChoices = voting.Approval, 2
	h.inTown(func(ctx context.Context, tx bun.Tx) error { return h.box.Update(ctx, tx, h.town.ID, id, next, because) })
	h.cast(ballot(id, voters[0], "a", "b"))
	h.intact(id)
}

func TestTermsThatMakeNoSense(t *testing.T) {
	day := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)
	for field, change := range map[string]func(*voting.Terms){
		"question":    func(t *voting.Terms) { t.Question = "  " },
		"method":      func(t *voting.Terms) { t.Method = "coin" },
		"options":     func(t *voting.Terms) { t.Options = t.Options[:1] },
		"max_choices": func(t *voting.Terms) { t.Method, t.MaxChoices = voting.Approval, 4 },
		"visibility":  func(t *voting.Terms) { t.Visibility = "sometimes" },
		"release":     func(t *voting.Terms) { t.Release = "never" },
		"entitled":    func(t *voting.Terms) { t.Entitled = -1 },
		"closes":      between(day, day),
	} {
		err := terms(change).Check()
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || len(f.Fields) != 1 || f.Fields[0].Name != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	same := terms(func(t *voting.Terms) { t.Options[1].Label = t.Options[0].Label })
	if same.Check() == nil {
		t.Error("two options with one label")
	}
	if err := terms().Check(); err != nil {
		t.Errorf("good terms: %v", err)
	}
}

func TestACodeLeadsToOnePollOfTheTown(t *testing.T) {
	h := newHall(t)
	seen := map[string]bool{}
	for range 40 {
		id := h.open(terms(openToRoom))
		code := h.poll(id).Room.Code
		if len(code) != 6 || strings.ContainsAny(code, "O0I1LS5Z2B8UV") || seen[code] {
			t.Errorf("code %q", code)
		}
		seen[code] = true
		h.inTown(func(ctx context.Context, tx bun.Tx) error {
			typed := strings.ToLower(code[:3] + " " + code[3:])
			if poll, err := h.box.ByRoomCode(ctx, tx, h.town.ID, typed); err != nil || poll.ID != id {
				t.Errorf("%q leads to %v, %v", typed, poll, err)
			}
			for _, wrong := range []string{"", "ABC", "éééééé", code + "A", "000000"} {
				if _, err := h.box.ByRoomCode(ctx, tx, h.town.ID, wrong); !errors.Is(err, voting.ErrNotFound) {
					t.Errorf("%q: %v", wrong, err)
				}
			}
			return nil
		})
	}
}

// TestTheClerkLogsOpeningAndClosingByItself: nobody votes, nobody looks.
func TestTheClerkLogsOpeningAndClosingByItself(t *testing.T) {
	h := newHall(t)
	now := time.Now()
	id := h.scheduled(terms(between(now, now.Add(700*time.Millisecond))))
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- h.box.Work(ctx) }()
	deadline := time.Now().Add(10 * time.Second)
	for h.poll(id).State != voting.Counted && time.Now().Before(deadline) {
		time.Sleep(20 * time.Millisecond)
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	h.states(id, voting.Counted)
	if h.live.heard(voting.Topic(h.town.ID, id)) == 0 {
		t.Error("nobody was told")
	}
}
