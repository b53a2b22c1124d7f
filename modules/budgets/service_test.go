package budgets

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/voting/counting"
)

func TestPhasesFollowTheClockAndTheCouncil(t *testing.T) {
	h := newTownHall(t)
	edition, accepted, _ := h.decided()
	for _, step := range []struct {
		at   time.Time
		want Phase
	}{
		{noon, Information},
		{day(depositDay).Add(-time.Second), Information},
		{day(depositDay), Deposit},
		{day(studyDay), Study},
		{day(voteDay), Vote},
		{day(resultDay), Result},
		{day(deliberationDay), Deliberation},
		{day(deliveryDay + 100), Deliberation}, // the council has not decided
	} {
		h.at(step.at)
		if got := h.dossier(edition).Phase(); got != step.want && step.at != noon {
			t.Errorf("at %s: %s, want %s", step.at, got, step.want)
		}
	}
	h.at(day(deliberationDay + 1))
	h.must(h.Deliberate(h.Context(), h.town, h.staff, edition, Outcome{Act: Act{On: day(deliberationDay), Number: "2027-1"}}, accepted[:1]))
	if got := h.dossier(edition).Phase(); got != Deliberation {
		t.Errorf("the winners are announced before their day: %s", got)
	}
	h.at(day(winnersDay))
	if got := h.dossier(edition).Phase(); got != Winners {
		t.Errorf("phase %s, want the winners", got)
	}
	h.at(day(deliveryDay))
	if got := h.dossier(edition).Phase(); got != Delivery {
		t.Errorf("phase %s, want the delivery", got)
	}
}

func TestADraftIsPublishedWhenNothingIsMissing(t *testing.T) {
	h := newTownHall(t)
	ctx := h.Context()
	id, err := h.service.create(ctx, h.town, h.staff, Text{Title: "Budget"})
	h.must(err)
	h.refuse(h.service.publish(ctx, h.town, h.staff, Target{ID: id}), ErrNotReady)
	if n := len(h.dossier(id).lacks()); n != 6 {
		t.Errorf("%d things are missing, want 6", n)
	}
	if _, err := h.service.published(ctx, h.town.ID, id); !isNotFound(err) {
		t.Errorf("a draft is shown: %v", err)
	}
	agent := h.citizen(h.town)
	agent.Grants = []citizen.Grant{{Role: citizen.Agent}}
	full := h.opened()
	h.must(h.service.edit(ctx, h.town, agent, Target{ID: full}, plan().Text, ""))
	if err := h.service.publish(ctx, h.town, agent, Target{ID: id}); err == nil {
		t.Error("an agent publishes an edition")
	}
	for _, cal := range []Calendar{
		{InformationAt: day(3), DepositAt: day(2)},
		{StudyAt: day(5), VoteAt: day(5)},
	} {
		if err := h.service.schedule(ctx, h.town, h.staff, Target{ID: id}, cal, ""); len(fields(err)) != 1 {
			t.Errorf("a calendar that goes backwards is kept: %v", err)
		}
	}
}

func TestEnvelopesAreFixedOnceTheVoteOpens(t *testing.T) {
	h := newTownHall(t)
	edition, _, _ := h.decided()
	richer := Terms{Method: counting.Greedy, MinVotes: 2, Envelopes: []Envelope{{Amount: 200_000_00}}}
	h.must(h.service.setTerms(h.Context(), h.town, h.staff, Target{ID: edition}, richer, "Le conseil a doublé l’enveloppe."))
	if err := h.service.setTerms(h.Context(), h.town, h.staff, Target{ID: edition}, richer, ""); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("a public change without a reason: %v", err)
	}
	h.at(day(voteDay).Add(time.Second))
	err := h.service.setTerms(h.Context(), h.town, h.staff, Target{ID: edition}, richer, "Encore plus.")
	h.refuse(err, ErrTermsFixed)

	// Even past the service, PostgreSQL refuses.
	err = h.db.InTenant(h.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE budgets.envelopes SET amount = 1 WHERE tenant_id = ? AND edition_id = ?`, h.town.ID, edition).Exec(ctx)
		return err
	})
	if database.Constraint(err) != "envelopes_are_fixed_once_the_vote_opens" {
		t.Errorf("the envelope changed under the voters: %v", err)
	}
	err = h.db.InTenant(h.Context(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE budgets.editions SET method = 'equal-shares' WHERE tenant_id = ? AND id = ?`, h.town.ID, edition).Exec(ctx)
		return err
	})
	if database.Constraint(err) != "the_count_is_fixed_once_the_vote_opens" {
		t.Errorf("the count changed under the voters: %v", err)
	}
}

func TestADraftIsItsAuthorsAlone(t *testing.T) {
	h := newTownHall(t)
	ctx, edition, author := h.Context(), h.opened(), h.citizen(h.town)
	id, err := h.Draft(ctx, h.town, author, edition, Proposal{Title: "Une idée"})
	h.must(err)
	for who, v := range map[string]citizen.Viewer{"a visitor": {}, "a neighbour": h.citizen(h.town), "the town townHall": h.staff} {
		if _, _, _, err := h.service.projectFor(ctx, h.town.ID, v, edition, id); !isNotFound(err) {
			t.Errorf("%s reads a draft: %v", who, err)
		}
	}
	deeds, err := h.Activity(ctx, h.town, author)
	h.must(err)
	if len(deeds) != 1 || deeds[0].Href != projectHref(edition, id)+"/modifier" {
		t.Errorf("the draft is not found again: %+v", deeds)
	}
	if n := h.dossier(edition).Counts[AllDeposited]; n != 0 {
		t.Errorf("%d projects are counted", n)
	}
	// Deposited, it must be complete; then everybody reads it, with its number.
	err = h.service.rewrite(ctx, h.town, author, edition, id, 0, Entry{Proposal: Proposal{Title: "Une idée"}, Deposit: true})
	if !slices.Equal(fields(err), []string{"text", "theme"}) {
		t.Errorf("an empty project is deposited: %v", err)
	}
	h.must(h.service.rewrite(ctx, h.town, author, edition, id, 0, Entry{Proposal: h.proposal("Une idée"), Deposit: true, Named: true}))
	if _, p := h.project(edition, id); p.Number != 1 || p.AuthorName != "Camille" {
		t.Errorf("number %d, author %q", p.Number, p.AuthorName)
	}
	// And not emptied afterwards, nor by anybody else.
	err = h.service.rewrite(ctx, h.town, author, edition, id, 0, Entry{Proposal: Proposal{Title: "Une idée"}})
	if !slices.Equal(fields(err), []string{"text", "theme"}) {
		t.Errorf("a deposited project is emptied: %v", err)
	}
	h.refuse(h.service.rewrite(ctx, h.town, h.staff, edition, id, 0, Entry{Proposal: h.proposal("Volé")}), ErrNotYours)
	h.at(day(studyDay))
	h.refuse(h.service.rewrite(ctx, h.town, author, edition, id, 0, Entry{Proposal: h.proposal("Trop tard")}), ErrDepositOver)
}

func TestAPinLiesInTheTown(t *testing.T) {
	h := newTownHall(t)
	edition, author := h.opened(), h.citizen(h.town)
	_, err := h.service.write(h.Context(), h.town, author, edition, Entry{Proposal: h.proposal("À Lannion"), Pin: "48.7433, -3.4616", Deposit: true})
	if !slices.Equal(fields(err), []string{"pin"}) {
		t.Errorf("a pin outside the town is kept: %v", err)
	}
	dear := maxCost + 1
	p := h.proposal("Trop cher")
	p.Estimate, p.Theme, p.Zone = &dear, "gold", uuid.New()
	_, err = h.service.write(h.Context(), h.town, author, edition, Entry{Proposal: p, Pin: "quai", Deposit: true})
	if !slices.Equal(fields(err), []string{"estimate", "pin", "theme", "zone"}) {
		t.Errorf("all that is wrong is not said at once: %v", fields(err))
	}
}

func TestAZoneWithoutMoneyTakesNoProject(t *testing.T) {
	h := newTownHall(t)
	zone, other := h.town.Zones[0].ID, h.town.Zones[1].ID
	edition := h.opened(func(p *Plan) { p.Envelopes = []Envelope{{Zone: zone, Amount: 50_000_00}} })
	for wrong, at := range map[string]uuid.UUID{"the whole town": uuid.Nil, "another zone": other} {
		p := h.proposal(wrong)
		p.Zone = at
		if _, err := h.Submit(h.Context(), h.town, h.citizen(h.town), edition, p, "", nil); !slices.Equal(fields(err), []string{"zone"}) {
			t.Errorf("a project for %s: %v", wrong, err)
		}
	}
	p := h.proposal("Ici")
	p.Zone = zone
	_, err := h.Submit(h.Context(), h.town, h.citizen(h.town), edition, p, "", nil)
	h.must(err)
}

func TestDepositsAtOnceHaveEachTheirNumber(t *testing.T) {
	h := newTownHall(t)
	edition := h.opened()
	var group sync.WaitGroup
	errs := make(chan error, 12)
	for i := range 12 {
		author := h.citizen(h.town)
		group.Go(func() {
			_, err := h.Submit(h.Context(), h.town, author, edition, h.proposal(fmt.Sprint("Projet ", i)), "", nil)
			errs <- err
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		h.must(err)
	}
	page, _, err := h.service.listed(h.Context(), h.town.ID, Query{Edition: edition, Limit: 50})
	h.must(err)
	for i, p := range page.Items {
		if p.Number != i+1 {
			t.Errorf("number %d at place %d", p.Number, i+1)
		}
	}
	if len(page.Items) != 12 {
		t.Errorf("%d projects", len(page.Items))
	}
}

func TestDecisionsStayPrivateUntilAllAre(t *testing.T) {
	h := newTownHall(t)
	ctx, edition := h.Context(), h.opened()
	first, _ := h.deposited(edition, "Bancs")
	second, _ := h.deposited(edition, "Statue")
	h.at(day(studyDay))
	h.must(h.Prepare(ctx, h.town, h.staff, edition, first, Inadmissible, "Un motif secret.", 0))
	if e, p := h.project(edition, first); p.Verdict != NoVerdict || p.State(e) != StateStudied || strings.Contains(fmt.Sprintf("%+v", p), "secret") {
		t.Errorf("the decision is known before its time: %+v", p)
	}
	h.refuse(h.PublishDecisions(ctx, h.town, h.staff, edition), ErrUndecided)
	err := h.Prepare(ctx, h.town, h.staff, edition, second, Unfavourable, "", 0)
	if !slices.Equal(fields(err), []string{"favourable_reason"}) {
		t.Errorf("refused without a reason: %v", err)
	}
	err = h.Prepare(ctx, h.town, h.staff, edition, second, Accepted, "", 100_001_00)
	if !slices.Equal(fields(err), []string{"cost"}) {
		t.Errorf("accepted at more than the envelope: %v", err)
	}
	h.must(h.Prepare(ctx, h.town, h.staff, edition, second, Accepted, "", 30_000_00))
	h.must(h.PublishDecisions(ctx, h.town, h.staff, edition))
	h.refuse(h.PublishDecisions(ctx, h.town, h.staff, edition), ErrAlreadyDecided)
	h.refuse(h.Prepare(ctx, h.town, h.staff, edition, second, Inadmissible, "Trop tard.", 0), ErrAlreadyDecided)
	if e, p := h.project(edition, first); p.State(e) != StateInadmissible || p.Reason != "Un motif secret." {
		t.Errorf("%+v", p)
	}
	if e, p := h.project(edition, second); p.State(e) != StateAccepted || p.Cost != 30_000_00 {
		t.Errorf("%+v", p)
	}
}

func TestTheCouncilChoosesWithinTheEnvelope(t *testing.T) {
	h := newTownHall(t)
	ctx := h.Context()
	edition, accepted, refused := h.decided()
	act := Outcome{Act: Act{On: day(deliberationDay), Number: "2027-1"}}
	h.refuse(h.Deliberate(ctx, h.town, h.staff, edition, act, accepted[:1]), ErrTooEarly)
	h.at(day(winnersDay))
	for what, list := range map[string][]uuid.UUID{"too dear": accepted, "never voted on": refused, "nobody": nil} {
		if err := h.Deliberate(ctx, h.town, h.staff, edition, act, list); !slices.Equal(fields(err), []string{"winners"}) {
			t.Errorf("%s: %v", what, err)
		}
	}
	agent := h.citizen(h.town)
	agent.Grants = []citizen.Grant{{Role: citizen.Agent}}
	if err := h.Deliberate(ctx, h.town, agent, edition, act, accepted[:1]); err == nil {
		t.Error("an agent publishes the council's decision")
	}
	h.must(h.Deliberate(ctx, h.town, h.staff, edition, act, accepted[1:]))
	if e, p := h.project(edition, accepted[1]); p.State(e) != StateWinner || p.Rank != 1 || p.Stage != Planned {
		t.Errorf("%+v", p)
	}
	if e, p := h.project(edition, accepted[0]); p.State(e) != StateLoser {
		t.Errorf("%+v", p)
	}
	// A correction has a public reason, and moves the crown.
	if err := h.Deliberate(ctx, h.town, h.staff, edition, act, accepted[:1]); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("corrected without a reason: %v", err)
	}
	h.must(h.service.deliberate(ctx, h.town, h.staff, Target{ID: edition}, act, accepted[:1], "Erreur de liste."))
	if e, p := h.project(edition, accepted[0]); p.State(e) != StateWinner {
		t.Errorf("%+v", p)
	}
	if e, p := h.project(edition, accepted[1]); p.State(e) != StateLoser || p.Stage != "" {
		t.Errorf("%+v", p)
	}
}

func TestAPromiseMovesInPublic(t *testing.T) {
	h := newTownHall(t)
	ctx := h.Context()
	edition, accepted, _ := h.decided()
	h.at(day(winnersDay))
	h.must(h.Deliberate(ctx, h.town, h.staff, edition, Outcome{Act: Act{On: day(deliberationDay), Number: "2027-1"}}, accepted[:1]))
	h.refuse(h.Tell(ctx, h.town, h.staff, edition, accepted[1], RealStep{}, nil), ErrNotWinner)
	step := RealStep{Title: "Plans dessinés", HappenedOn: day(winnersDay - 1), Stage: Designed, Percent: 20, PromisedOn: day(200)}
	h.must(h.Tell(ctx, h.town, h.staff, edition, accepted[0], step, nil))
	step.Title, step.PromisedOn, step.Percent = "Retard", day(300), 30
	if err := h.Tell(ctx, h.town, h.staff, edition, accepted[0], step, nil); !slices.Equal(fields(err), []string{"moved_why"}) {
		t.Errorf("a promise moved without a word: %v", err)
	}
	step.MovedWhy = "Le fournisseur a fermé."
	h.must(h.Tell(ctx, h.town, h.staff, edition, accepted[0], step, nil))
	_, p, steps, err := h.service.projectFor(ctx, h.town.ID, citizen.Viewer{}, edition, accepted[0])
	h.must(err)
	if len(steps) != 2 || !steps[1].Moved || steps[0].Moved || !sameDay(p.FirstOn, day(200)) || !sameDay(p.PromisedOn, day(300)) || p.Percent != 30 {
		t.Errorf("%+v %+v", p.Progress, steps)
	}
	step.HappenedOn, step.Percent, step.Stage, step.Title = day(winnersDay+5), 101, Done, ""
	if err := h.Tell(ctx, h.town, h.staff, edition, accepted[0], step, nil); !slices.Equal(fields(err), []string{"on", "percent", "title"}) {
		t.Errorf("a step that was not: %v", err)
	}
	h.must(h.service.removeStep(ctx, h.town, h.staff, edition, accepted[0], steps[1].ID))
	if _, p := h.project(edition, accepted[0]); p.Percent != 20 || !sameDay(p.PromisedOn, day(200)) {
		t.Errorf("the step before does not count again: %+v", p.Progress)
	}
	h.refuse(h.service.removeStep(ctx, h.town, h.staff, edition, accepted[0], steps[1].ID), ErrNotFound)
}

func TestSearchForgivesTyping(t *testing.T) {
	h := newTownHall(t)
	edition := h.opened()
	want, _ := h.deposited(edition, "Une bibliothèque de rue aux écoles")
	h.deposited(edition, "Pistes cyclables")
	for _, words := range []string{"bibliothèque", "bibliotheque", "ecole", "bibliotèque", "biblioteque"} {
		page, counts, err := h.service.listed(h.Context(), h.town.ID, Query{Edition: edition, Words: words, Sort: ByMatch, Limit: 10})
		h.must(err)
		if len(page.Items) != 1 || page.Items[0].ID != want || counts[AllDeposited] != 1 {
			t.Errorf("%q finds %d projects (%v)", words, len(page.Items), counts)
		}
		hits, err := h.Search(h.Context(), h.town, citizen.Viewer{}, words, 10)
		h.must(err)
		if len(hits) != 1 {
			t.Errorf("the town's search finds %d for %q", len(hits), words)
		}
	}
	hits, err := h.Search(h.Context(), h.town, citizen.Viewer{}, "zzzzz", 10)
	h.must(err)
	if len(hits) != 0 {
		t.Errorf("nonsense finds %d", len(hits))
	}
}

func TestAListIsReadPageByPageBothWays(t *testing.T) {
	h := newTownHall(t)
	edition := h.opened()
	for i := range 7 {
		h.deposited(edition, fmt.Sprint("Projet ", i))
	}
	for _, sort := range []Sort{ByNumber, ByNewest, ByCost, ByRank, ByMatch} {
		var forward, back []int
		q := Query{Edition: edition, Sort: sort, Limit: 3, Words: "projet"}
		var last Page
		for {
			page, _, err := h.service.listed(h.Context(), h.town.ID, q)
			h.must(err)
			for _, p := range page.Items {
				forward = append(forward, p.Number)
			}
			if last = page; page.Next.IsZero() {
				break
			}
			q.Cursor = page.Next
		}
		for page := last; ; {
			for _, p := range slices.Backward(page.Items) {
				back = append(back, p.Number)
			}
			if page.Prev.IsZero() {
				break
			}
			q.Cursor = page.Prev
			var err error
			page, _, err = h.service.listed(h.Context(), h.town.ID, q)
			h.must(err)
		}
		slices.Reverse(back)
		if len(forward) != 7 || !slices.Equal(forward, back) {
			t.Errorf("%s: %v forward, %v back", sort, forward, back)
		}
	}
}

func TestErasingAnAccountLeavesTheProjectWithoutItsName(t *testing.T) {
	h := newTownHall(t)
	ctx, edition := h.Context(), h.opened()
	id, author := h.deposited(edition, "Bancs")
	draft, err := h.Draft(ctx, h.town, author, edition, Proposal{Title: "Un brouillon"})
	h.must(err)
	h.must(h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		data, err := h.Export(ctx, tx, h.town.ID, author.ID)
		if list, ok := data["projects"].([]exported); err != nil || !ok || len(list) != 2 {
			t.Errorf("exported %v (%v)", data, err)
		}
		return h.Erase(ctx, tx, h.town.ID, author.ID)
	}))
	if _, p := h.project(edition, id); !p.Author.IsZero() || p.AuthorName != "" {
		t.Errorf("the author is still there: %+v", p)
	}
	if _, _, _, err := h.service.projectFor(ctx, h.town.ID, author, edition, draft); !isNotFound(err) {
		t.Errorf("the draft is still there: %v", err)
	}
}

func TestAnIdeaBecomesADraft(t *testing.T) {
	h := newTownHall(t)
	ctx, author := h.Context(), h.citizen(h.town)
	if takes, err := h.TakesProjects(ctx, h.town); err != nil || takes {
		t.Errorf("projects are taken without an edition (%v)", err)
	}
	edition := h.opened()
	if takes, err := h.TakesProjects(ctx, h.town); err != nil || !takes {
		t.Errorf("no projects are taken (%v)", err)
	}
	address, err := h.OfferProject(ctx, h.town, author, strings.Repeat("Un titre ", 40), "Un texte", uuid.Nil, Proposal{}.Point, "Au parc")
	h.must(err)
	if !strings.HasPrefix(address, projectsHref(edition)) || !strings.HasSuffix(address, "/modifier") {
		t.Errorf("address %s", address)
	}
	if n := h.dossier(edition).Counts[AllDeposited]; n != 0 {
		t.Error("it is public before its author deposits it")
	}
	h.at(day(studyDay))
	_, err = h.OfferProject(ctx, h.town, author, "Trop tard", "", uuid.Nil, Proposal{}.Point, "")
	h.refuse(err, ErrNoDraftWanted)
}

func TestTownsDoNotMix(t *testing.T) {
	h := newTownHall(t)
	edition := h.opened()
	id, author := h.deposited(edition, "Bancs")
	other, staff := h.newTown()
	ctx := h.Context()
	if _, err := h.service.inOffice(ctx, other.ID, edition); !isNotFound(err) {
		t.Errorf("an edition is read from another town: %v", err)
	}
	if _, _, _, err := h.service.projectFor(ctx, other.ID, author, edition, id); !isNotFound(err) {
		t.Errorf("a project is read from another town: %v", err)
	}
	h.refuse(h.service.study(ctx, other, staff, edition, id, Review{}), ErrNotFound)
	h.refuse(h.service.withdraw(ctx, other, author, edition, id), ErrNotFound)
	hits, err := h.Search(ctx, other, citizen.Viewer{}, "bancs", 5)
	h.must(err)
	if len(hits) != 0 {
		t.Error("another town's project is found")
	}
}

func TestAWithdrawnProjectSaysSo(t *testing.T) {
	h := newTownHall(t)
	ctx, edition := h.Context(), h.opened()
	id, author := h.deposited(edition, "Bancs")
	h.refuse(h.service.withdraw(ctx, h.town, h.citizen(h.town), edition, id), ErrNotYours)
	h.must(h.service.withdraw(ctx, h.town, author, edition, id))
	h.refuse(h.service.withdraw(ctx, h.town, author, edition, id), ErrWithdrawn)
	if e, p := h.project(edition, id); p.State(e) != StateWithdrawn {
		t.Errorf("%s", p.State(e))
	}
	second, _ := h.deposited(edition, "Hostile")
	if err := h.service.remove(ctx, h.town, h.staff, edition, second, " "); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("removed without a reason: %v", err)
	}
	h.must(h.service.remove(ctx, h.town, h.staff, edition, second, "Propos injurieux."))
	if _, p := h.project(edition, second); p.WithdrawnWhy != "Propos injurieux." {
		t.Errorf("%+v", p)
	}
	if got := h.dossier(edition).Changes; got[len(got)-1].Kind != LostProject {
		t.Errorf("the register does not say so: %+v", got)
	}
	h.at(day(studyDay))
	h.refuse(h.PublishDecisions(ctx, h.town, h.staff, edition), ErrNothingDecided)
}
