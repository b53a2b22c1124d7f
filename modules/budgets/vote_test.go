package budgets

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/files"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// urn is a town whose edition is about to be voted on.
type urn struct {
	testing.TB
	*Module
	db      *testkit.DB
	town    *tenant.Tenant
	staff   citizen.Viewer
	edition uuid.UUID
	start   time.Time // of the vote
}

func newUrn(t *testing.T, change ...func(*Edition)) *urn {
	t.Parallel()
	db := testkit.Database(t)
	box := voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() {
		if err := box.Drain(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h := &urn{TB: t, db: db, Module: New(Deps{DB: db.DB, Box: box, Files: files.New(t.TempDir())}), start: time.Date(2026, 11, 10, 8, 0, 0, 0, time.UTC)}
	h.town = db.Tenant(t, testkit.WithModules(name), testkit.WithZones("La Noue", "Le Vert-Bois"))
	h.staff = citizen.Viewer{ID: citizen.ID(h.account()), SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Official}}}
	h.at(h.start.Add(-24 * time.Hour))
	e := &Edition{
		ID: uuid.New(), Version: 1, Published: true, PublishedAt: h.start.AddDate(0, 0, -40), DecidedAt: h.start.AddDate(0, 0, -2),
		Text:  Text{Title: "Budget participatif 2026", Summary: "S", Body: "B", Rules: "R", Adopted: Act{On: h.start.AddDate(0, 0, -60), Number: "2026-41"}},
		Terms: Terms{Method: counting.Greedy, Envelopes: []Envelope{{Amount: 20_000_00}, {Zone: h.town.Zones[0].ID, Amount: 10_000_00}}},
		Calendar: Calendar{
			InformationAt: h.start.AddDate(0, 0, -40), DepositAt: h.start.AddDate(0, 0, -30), StudyAt: h.start.AddDate(0, 0, -20), VoteAt: h.start,
			ResultAt: h.start.AddDate(0, 0, 10), DeliberationAt: h.start.AddDate(0, 0, 11), WinnersAt: h.start.AddDate(0, 0, 20), DeliveryAt: h.start.AddDate(0, 0, 30),
		},
	}
	for _, c := range change {
		c(e)
	}
	h.edition = e.ID
	h.in(func(ctx context.Context, tx bun.Tx) error {
		if err := h.service.store.insert(ctx, tx, h.town.ID, h.staff.ID, e); err != nil {
			return err
		}
		for i, p := range []struct {
			title string
			zone  uuid.UUID
			cost  money.Cents
		}{
			{"Des bancs", h.town.Zones[0].ID, 6_000_00}, {"Une fontaine", h.town.Zones[0].ID, 7_000_00},
			{"Un verger", uuid.Nil, 15_000_00}, {"Des nichoirs", h.town.Zones[1].ID, 5_000_00}, {"Un verger", uuid.Nil, 9_000_00},
		} {
			project := &Project{
				ID: uuid.New(), Edition: e.ID, Version: 1, Number: i + 1, DepositedAt: e.DepositAt, DecidedAt: e.DecidedAt,
				Proposal: Proposal{Title: p.title, Text: "Texte.", Theme: "nature", Zone: p.zone}, Decision: Decision{Verdict: Accepted, Cost: p.cost},
			}
			if err := h.service.store.insertProject(ctx, tx, h.town.ID, project); err != nil {
				return err
			}
			if err := h.service.store.saveProject(ctx, tx, h.town.ID, project); err != nil {
				return err
			}
		}
		return nil
	})
	return h
}

func (h *urn) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *urn) at(moment time.Time) { h.db.SetClock(h, h.town.ID, moment) }

func (h *urn) in(do func(context.Context, bun.Tx) error) {
	h.Helper()
	h.must(h.db.InTenant(context.Background(), h.town.ID, do))
}

// account adds an account that has answered a mail.
func (h *urn) account() uuid.UUID {
	h.Helper()
	id := uuid.New()
	_, err := h.db.Superuser(h).Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		VALUES ($1, $2, 'X', 'x', 'x', 1, now(), current_date)`, h.town.ID.String(), id)
	h.must(err)
	return id
}

// prepare makes or renews the poll, as publishing the decisions does.
func (h *urn) prepare() {
	h.Helper()
	h.in(func(ctx context.Context, tx bun.Tx) error {
		e, err := h.service.store.lock(ctx, tx, h.town.ID, h.edition)
		if err != nil {
			return err
		}
		return h.service.prepareVote(ctx, tx, h.town, h.staff, e)
	})
}

func (h *urn) poll() *voting.Poll {
	h.Helper()
	poll, _, _, err := h.service.view(context.Background(), h.town.ID, h.staff, h.edition)
	h.must(err)
	return poll
}

// cast votes for projects by their numbers, "134", as somebody new.
func (h *urn) cast(numbers string) error {
	h.Helper()
	var marks []voting.Mark
	for _, n := range numbers {
		marks = append(marks, voting.Mark{Option: string(n), Value: voting.Chosen})
	}
	who := voting.ByAccount(citizen.Viewer{ID: citizen.ID(h.account()), SignedIn: true, Person: citizen.PersonEmail})
	_, err := h.service.Box.Cast(context.Background(), h.town.ID, voting.Submission{
		Poll: h.poll().ID, Voter: who, Nonce: voting.NewNonce(), Marks: marks, Channel: voting.Web,
	})
	return err
}

func (h *urn) dossier() *Dossier {
	h.Helper()
	d, err := h.service.inOffice(context.Background(), h.town.ID, h.edition)
	h.must(err)
	return d
}

func TestTheVoteOpensAndClosesWithItsPhase(t *testing.T) {
	h := newUrn(t)
	h.prepare()
	p := h.poll()
	if p.State != voting.Scheduled || p.Method != voting.Greedy || !p.Rule.WithinEnvelope || len(p.Options) != 5 {
		t.Fatalf("%+v", p.Terms)
	}
	if first, fourth := p.Options[0], p.Options[3]; first.Zone != "La Noue" || fourth.Zone != "" || first.Cost != 6_000_00 {
		t.Errorf("a project is paid by its zone where it has money, by the town else: %+v, %+v", first, fourth)
	}
	if p.Options[2].Label == p.Options[4].Label {
		t.Errorf("two projects are called %q", p.Options[2].Label)
	}
	if err := h.cast("1"); !errors.Is(err, voting.ErrNotOpenYet) {
		t.Errorf("the day before: %v", err)
	}
	h.at(h.start)
	h.must(h.cast("13"))
	h.at(h.start.AddDate(0, 0, 10))
	if err := h.cast("1"); !errors.Is(err, voting.ErrPollClosed) {
		t.Errorf("at the second of the closing: %v", err)
	}
}

func TestTheVoteFollowsTheEditionUntilItOpens(t *testing.T) {
	h := newUrn(t)
	h.prepare()
	h.must(h.service.setVote(t.Context(), h.town, h.staff, Target{ID: h.edition}, func(t *voting.Terms) { t.MaxChoices, t.Electorate.AgeFrom = 2, 16 }))
	h.in(func(ctx context.Context, tx bun.Tx) error {
		e, err := h.service.store.lock(ctx, tx, h.town.ID, h.edition)
		if err != nil {
			return err
		}
		e.MinVotes, e.ResultAt = 3, e.ResultAt.Add(time.Hour)
		return h.service.store.save(ctx, tx, h.town.ID, e)
	})
	h.prepare()
	p := h.poll()
	if p.Rule.MinVotes != 3 || p.MaxChoices != 2 || p.Electorate.AgeFrom != 16 || !p.Closes.Equal(h.start.AddDate(0, 0, 10).Add(time.Hour)) {
		t.Errorf("%+v", p.Terms)
	}
	if err := h.service.setVote(t.Context(), h.town, h.staff, Target{ID: h.edition}, func(t *voting.Terms) { t.MaxChoices = 6 }); err == nil {
		t.Error("a ballot may hold more projects than there are")
	}
	h.at(h.start)
	err := h.service.setVote(t.Context(), h.town, h.staff, Target{ID: h.edition}, func(t *voting.Terms) { t.MaxChoices = 1 })
	if !errors.Is(err, ErrTermsFixed) {
		t.Errorf("once the vote is open: %v", err)
	}
}

func TestAProjectTakenAwayDuringTheVoteLeavesTheBallot(t *testing.T) {
	h := newUrn(t)
	h.prepare()
	h.at(h.start)
	h.must(h.cast("34"))
	h.in(func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE budgets.projects SET withdrawn_at = core.now(), withdrawn_why = 'Le terrain est vendu.'
			WHERE tenant_id = ? AND number = 3`, h.town.ID).Exec(ctx)
		return err
	})
	h.prepare()
	if err := h.cast("3"); !errors.Is(err, voting.ErrWithdrawn) {
		t.Errorf("%v", err)
	}
	h.must(h.cast("4"))
	h.at(h.start.AddDate(0, 0, 10))
	counted, err := h.service.counted(t.Context(), h.town.ID, h.dossier())
	h.must(err)
	if won := counted.Result.Outcome.Winners; !slices.Equal(won, []string{"4"}) {
		t.Errorf("winners %v", won)
	}
}

func TestTheResultSaysWhyAndWhatAnotherRuleGives(t *testing.T) {
	h := newUrn(t)
	h.prepare()
	if _, err := h.service.counted(t.Context(), h.town.ID, h.dossier()); !errors.Is(err, ErrNotFound) {
		t.Errorf("before the closing: %v", err)
	}
	h.at(h.start)
	for _, basket := range []string{"23", "23", "14", "14", "4", "2"} {
		h.must(h.cast(basket))
	}
	h.at(h.start.AddDate(0, 0, 10))
	counted, err := h.service.counted(t.Context(), h.town.ID, h.dossier())
	h.must(err)
	// La Noue, 10 000 €: the fountain (3 votes) leaves 3 000 €. The town, 20 000 €: the nest boxes (3), then the orchard (2).
	if won := counted.Result.Outcome.Winners; !slices.Equal(won, []string{"2", "4", "3"}) {
		t.Fatalf("winners %v", won)
	}
	for counted.Pending {
		counted, err = h.service.counted(t.Context(), h.town.ID, h.dossier())
		h.must(err)
	}
	if len(counted.Others) != 1 || counted.Others[0].Method != counting.EqualShares || len(counted.Others[0].Winners) == 0 {
		t.Errorf("others: %+v", counted.Others)
	}
	page := winnersView(t.Context(), counted)
	if len(page.Envelopes) != 2 || page.Envelopes[0].Name != "La Noue" || len(page.Envelopes[0].Funded.Rows) != 1 {
		t.Fatalf("%+v", page.Envelopes)
	}
	loser := page.Envelopes[0].Others[0]
	if loser.Title != "Des bancs" || !strings.Contains(strings.Join(loser.Why, " "), "3\u202f000") {
		t.Errorf("why not: %+v", loser)
	}
	var elected []uuid.UUID
	h.in(func(ctx context.Context, tx bun.Tx) error {
		e, err := h.service.store.find(ctx, tx, h.town.ID, h.edition)
		if err != nil {
			return err
		}
		elected, err = h.service.elected(ctx, tx, h.town.ID, e)
		return err
	})
	if len(elected) != 3 || elected[0] != counted.Projects["2"].ID {
		t.Errorf("elected %v", elected)
	}
}

func TestEqualSharesCountsByTheRulesOfTheEdition(t *testing.T) {
	h := newUrn(t, func(e *Edition) { e.Method = counting.EqualShares })
	h.prepare()
	h.at(h.start)
	for i := range 6 {
		h.must(h.cast([]string{"3", "4"}[min(i/4, 1)]))
	}
	h.at(h.start.AddDate(0, 0, 10))
	counted, err := h.service.counted(t.Context(), h.town.ID, h.dossier())
	h.must(err)
	if counted.Result.Rule.Completion != counting.CompletionAdd1U || counted.Result.Outcome.Method != counting.EqualShares {
		t.Errorf("counted by %+v", counted.Result.Rule)
	}
	for _, n := range []int{3, 4} {
		if !counted.Result.Outcome.Won(strconv.Itoa(n)) {
			t.Errorf("project %d is not funded: %v", n, counted.Result.Outcome.Winners)
		}
	}
}
