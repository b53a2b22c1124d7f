package consultations

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/voting"
)

func TestNobodySeesADraft(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	id, _ := s.draft()
	resident := s.citizen(s.town)

	if _, err := s.service.published(ctx, s.town.ID, id); !errors.Is(err, ErrNotFound) {
		t.Errorf("its page: %v", err)
	}
	if f, err := s.service.front(ctx, s.town.ID, listing{}); err != nil || f.any || len(f.open)+len(f.coming)+len(f.over) > 0 {
		t.Errorf("the list: %+v, %v", f, err)
	}
	if hits, err := s.Search(ctx, s.town, s.staff, "place marché", 10); err != nil || len(hits) > 0 {
		t.Errorf("the search: %v, %v", hits, err)
	}
	if cards, err := s.Cards(ctx, s.town, resident); err != nil || len(cards) > 0 {
		t.Errorf("the home page: %v, %v", cards, err)
	}
	info, err := s.Subject(ctx, s.town, resident, subject(id))
	if err != nil || info.Visible || info.Manage {
		t.Errorf("the booth, for a resident: %+v, %v", info, err)
	}
	if info, err := s.Subject(ctx, s.town, s.staff, subject(id)); err != nil || !info.Visible || !info.Manage {
		t.Errorf("the booth, for its author: %+v, %v", info, err)
	}
}

func TestALifeFromDraftToFollowUp(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	resident := s.citizen(s.town)
	id, polls := s.upcoming()
	s.phase(id, Upcoming)
	if err := s.vote(resident, polls[0]); !errors.Is(err, voting.ErrNotOpenYet) {
		t.Errorf("vote before opening: %v", err)
	}

	s.at(noon.Add(24 * time.Hour))
	s.phase(id, Open)
	s.must(s.vote(resident, polls[0]))
	deeds, err := s.Activity(ctx, s.town, resident)
	if err != nil || len(deeds) != 1 || deeds[0].Href != href(id) {
		t.Errorf("what the voter did: %+v, %v", deeds, err)
	}
	if deeds, err := s.Activity(ctx, s.town, s.citizen(s.town)); err != nil || len(deeds) != 0 {
		t.Errorf("what somebody else did: %+v, %v", deeds, err)
	}

	s.at(noon.Add(11 * 24 * time.Hour))
	s.phase(id, Closed)
	if err := s.vote(resident, polls[0]); !errors.Is(err, voting.ErrPollClosed) {
		t.Errorf("vote after closing: %v", err)
	}
	todos, err := s.Todos(ctx, s.town, s.staff)
	if err != nil || len(todos) != 1 || todos[0].Key != "consultations.todo.decide" || todos[0].Count != 1 {
		t.Errorf("what waits: %+v, %v", todos, err)
	}

	s.must(s.Decide(ctx, s.town, s.staff, id, Outcome{
		Text: "Un jardin.", On: time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC), Number: "2026-118", URL: "https://exemple.fr/118.pdf",
	}))
	s.must(s.FollowUp(ctx, s.town, s.staff, id, "Les travaux commencent en mars."))
	s.phase(id, Decided)
	d, err := s.service.published(ctx, s.town.ID, id)
	s.must(err)
	if d.Outcome.Number != "2026-118" || d.Outcome.On.Format(time.DateOnly) != "2026-12-03" || len(d.FollowUps) != 1 {
		t.Errorf("the decision: %+v, %+v", d.Outcome, d.FollowUps)
	}
	if got := kinds(d); got != "published decided" {
		t.Errorf("the register: %s", got)
	}
	if todos, err := s.Todos(ctx, s.town, s.staff); err != nil || len(todos) != 0 {
		t.Errorf("what still waits: %+v, %v", todos, err)
	}
}

func TestWhatIsMissingPreventsPublication(t *testing.T) {
	s := newSquare(t)
	lacking := map[string]func(*Plan){
		"summary": func(p *Plan) { p.Summary = "" },
		"body":    func(p *Plan) { p.Body = " \n" },
		"promise": func(p *Plan) { p.Promise = "" },
		"opens":   func(p *Plan) { p.OpensAt = time.Time{} },
		"closes":  func(p *Plan) { p.ClosesAt = time.Time{} },
		"past":    func(p *Plan) { p.OpensAt, p.ClosesAt = noon.Add(-48*time.Hour), noon.Add(-time.Hour) },
		"poll":    func(p *Plan) { p.Polls = nil },
	}
	for what, change := range lacking {
		id, _ := s.draft(change)
		if err := s.Publish(t.Context(), s.town, s.staff, id); !errors.Is(err, ErrNotReady) {
			t.Errorf("without %s: %v", what, err)
		}
		if n := len(s.dossier(id).lacks()); n != 1 {
			t.Errorf("without %s the checklist has %d lines", what, n)
		}
		s.phase(id, Draft)
	}
}

func TestAPastOpeningOpensAtPublication(t *testing.T) {
	s := newSquare(t)
	id, polls := s.upcoming(func(p *Plan) { p.OpensAt = noon.Add(-time.Hour) })
	s.phase(id, Open)
	if opens := s.dossier(id).OpensAt; opens.Before(noon) {
		t.Errorf("it says it opened on %v, when nobody could answer", opens)
	}
	s.must(s.vote(s.citizen(s.town), polls[0]))
}

func TestWhoSavesLastDoesNotEraseTheOther(t *testing.T) {
	s := newSquare(t)
	id, _ := s.draft()
	seen := s.dossier(id)
	mine, theirs := seen.Text, seen.Text
	theirs.Summary, mine.Summary = "La leur", "La mienne"
	target := Target{id, seen.Version}
	s.must(s.service.edit(t.Context(), s.town, s.staff, target, theirs, seen.Schedule, ""))
	err := s.service.edit(t.Context(), s.town, s.staff, target, mine, seen.Schedule, "")
	if !errors.Is(err, ErrStale) || fault.KindOf(err) != fault.Conflict {
		t.Errorf("saving over what was not read: %v", err)
	}
	if got := s.dossier(id).Summary; got != "La leur" {
		t.Errorf("kept %q", got)
	}
}

func TestOfManySavesAtOnceOneIsKept(t *testing.T) {
	s := newSquare(t)
	id, _ := s.draft()
	seen := s.dossier(id)
	var wg sync.WaitGroup
	errs := make(chan error, 12)
	for i := range cap(errs) {
		wg.Go(func() {
			text := seen.Text
			text.Summary = fmt.Sprint("Version ", i)
			errs <- s.service.edit(t.Context(), s.town, s.staff, Target{id, seen.Version}, text, seen.Schedule, "")
		})
	}
	wg.Wait()
	close(errs)
	kept := 0
	for err := range errs {
		switch {
		case err == nil:
			kept++
		case !errors.Is(err, ErrStale):
			t.Error(err)
		}
	}
	if kept != 1 || s.dossier(id).Version != seen.Version+1 {
		t.Errorf("%d saves were kept, version %d", kept, s.dossier(id).Version)
	}
}

func TestAnOpenConsultationIsCorrectedInPublic(t *testing.T) {
	s := newSquare(t)
	id, polls := s.opened()
	d := s.dossier(id)
	text := d.Text
	text.Title, text.Body = "Autre question ?", "Le dossier, corrigé."
	moved := Schedule{OpensAt: d.OpensAt, ClosesAt: d.ClosesAt.Add(time.Hour)}

	err := s.service.edit(t.Context(), s.town, s.staff, Target{id, d.Version}, text, moved, "")
	if !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("without a reason: %v", err)
	}
	s.must(s.service.edit(t.Context(), s.town, s.staff, Target{id, d.Version}, text, moved, "Une erreur de date."))
	now := s.dossier(id)
	if now.Title != d.Title || !now.ClosesAt.Equal(d.ClosesAt) || now.Body != "Le dossier, corrigé." {
		t.Errorf("corrected into %+v, %+v", now.Text, now.Schedule)
	}
	if got := kinds(now); got != "published edited" || now.Changes[1].Reason != "Une erreur de date." {
		t.Errorf("the register: %s", got)
	}
	if err := s.service.removePoll(t.Context(), s.town.ID, s.staff, id, polls[0]); !errors.Is(err, ErrAlreadyOpen) {
		t.Errorf("a question under way was removed: %v", err)
	}
}

func TestDatesThatMoveTakeThePollsAlong(t *testing.T) {
	s := newSquare(t)
	id, polls := s.upcoming()
	d := s.dossier(id)
	later := Schedule{OpensAt: d.OpensAt.Add(24 * time.Hour), ClosesAt: d.ClosesAt.Add(24 * time.Hour)}
	s.must(s.service.edit(t.Context(), s.town, s.staff, Target{id, d.Version}, d.Text, later, ""))
	s.at(d.OpensAt.Add(time.Hour))
	if err := s.vote(s.citizen(s.town), polls[0]); !errors.Is(err, voting.ErrNotOpenYet) {
		t.Errorf("vote at the former date: %v", err)
	}
	s.at(later.ClosesAt.Add(-time.Minute))
	s.must(s.vote(s.citizen(s.town), polls[0]))
	if got := kinds(s.dossier(id)); got != "published rescheduled" {
		t.Errorf("the register: %s", got)
	}
}

func TestOpeningClosingExtendingAndCancellingByHand(t *testing.T) {
	s := newSquare(t)
	ctx, town := t.Context(), s.town.ID
	id, polls := s.upcoming(asking(question(), question(func(t *voting.Terms) { t.Question = "Et quand ?" })))

	s.must(s.service.openNow(ctx, town, s.staff, Target{ID: id}))
	s.phase(id, Open)
	for _, poll := range polls {
		s.must(s.vote(s.citizen(s.town), poll))
	}
	until := s.dossier(id).ClosesAt.Add(48 * time.Hour)
	if err := s.service.extend(ctx, town, s.staff, Target{ID: id}, until, " "); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("extended without a reason: %v", err)
	}
	if err := s.service.extend(ctx, town, s.staff, Target{ID: id}, noon.Add(48*time.Hour), "Motif"); !slices.Equal(fields(err), []string{"until"}) {
		t.Errorf("shortened by an extension: %v", err)
	}
	s.must(s.service.extend(ctx, town, s.staff, Target{ID: id}, until, "Peu de réponses."))
	s.at(until.Add(-time.Minute))
	for _, poll := range polls {
		s.must(s.vote(s.citizen(s.town), poll))
	}
	s.must(s.service.closeNow(ctx, town, s.staff, Target{ID: id}, "Réunion avancée."))
	s.phase(id, Closed)
	for _, poll := range polls {
		if err := s.vote(s.citizen(s.town), poll); !errors.Is(err, voting.ErrPollClosed) {
			t.Errorf("vote after closing by hand: %v", err)
		}
	}
	if got := kinds(s.dossier(id)); got != "published opened extended closed" {
		t.Errorf("the register: %s", got)
	}

	s.at(noon)
	other, polls := s.opened(called("Une autre ?"))
	if err := s.Cancel(ctx, s.town, s.staff, other, ""); !slices.Equal(fields(err), []string{"reason"}) {
		t.Errorf("cancelled without a reason: %v", err)
	}
	s.must(s.Cancel(ctx, s.town, s.staff, other, "Erreur dans le dossier."))
	s.phase(other, Cancelled)
	if err := s.vote(s.citizen(s.town), polls[0]); !errors.Is(err, voting.ErrPollCancelled) {
		t.Errorf("vote in a cancelled consultation: %v", err)
	}
}

func TestEachActHasItsPhase(t *testing.T) {
	at := map[Phase]*Consultation{
		Draft:     {Now: noon},
		Upcoming:  {Now: noon, Published: true, Schedule: Schedule{noon.Add(1), noon.Add(2)}},
		Open:      {Now: noon, Published: true, Schedule: Schedule{noon, noon.Add(1)}},
		Closed:    {Now: noon, Published: true, Schedule: Schedule{noon.Add(-1), noon}},
		Decided:   {Now: noon, Published: true, Schedule: Schedule{noon.Add(-2), noon.Add(-1)}, OutcomeAt: noon},
		Cancelled: {Now: noon, Published: true, Schedule: Schedule{noon, noon.Add(1)}, CancelledAt: noon},
	}
	official := citizen.Viewer{SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Official}}}
	want := map[Phase]string{
		Draft:     "delete document polls publish withdraw write",
		Upcoming:  "cancel document open polls withdraw write",
		Open:      "cancel close document extend write",
		Closed:    "decide document follow_up unfollow_up",
		Decided:   "decide document follow_up unfollow_up",
		Cancelled: "",
	}
	for phase, c := range at {
		if got := c.Phase(); got != phase {
			t.Errorf("%s stands at %s", phase, got)
		}
		var got []string
		for act, open := range can(official, c) {
			if open {
				got = append(got, strings.TrimPrefix(string(act), "consultations."))
			}
		}
		slices.Sort(got)
		if diff := cmp.Diff(want[phase], strings.Join(got, " ")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", phase, diff)
		}
	}
}

func TestPowersStopWhereTheyWereGiven(t *testing.T) {
	s := newSquare(t)
	noue, bois := s.town.Zones[0].ID, s.town.Zones[1].ID
	for who, tt := range map[string]struct {
		v    citizen.Viewer
		zone uuid.UUID
		want error
	}{
		"a visitor":                {citizen.Viewer{}, uuid.Nil, access.ErrSignInRequired},
		"a resident":               {s.citizen(s.town), uuid.Nil, access.ErrNotAllowed},
		"a moderator":              {with(citizen.Grant{Role: citizen.Moderator}), uuid.Nil, access.ErrNotAllowed},
		"an agent of ideas":        {with(citizen.Grant{Role: citizen.Agent, Module: "ideas"}), uuid.Nil, access.ErrNotAllowed},
		"an agent of the zone":     {with(citizen.Grant{Role: citizen.Agent, Zone: noue}), noue, nil},
		"an agent of another zone": {with(citizen.Grant{Role: citizen.Agent, Zone: bois}), noue, access.ErrNotAllowed},
		"an administrator":         {with(citizen.Grant{Role: citizen.Administrator}), noue, nil},
	} {
		text := plan().Text
		text.Zone = tt.zone
		_, err := s.service.create(t.Context(), s.town, tt.v, text, Schedule{})
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", who, err, tt.want)
		}
	}
}

func with(g citizen.Grant) citizen.Viewer {
	return citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{g}}
}

func TestAnotherTownsConsultationDoesNotExist(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	id, polls := s.upcoming()
	document := s.pdf(id)
	other, theirs := s.newTown()
	target := Target{ID: id}
	acts := map[string]error{}
	_, acts["read"] = s.service.published(ctx, other.ID, id)
	_, acts["office"] = s.service.inOffice(ctx, other.ID, id)
	_, acts["document"] = s.service.documentOf(ctx, other.ID, id, document, true)
	acts["edit"] = s.service.edit(ctx, other, theirs, target, plan().Text, plan().Schedule, "")
	acts["delete"] = s.service.delete(ctx, other.ID, theirs, target)
	acts["add a document"] = s.service.addDocument(ctx, other.ID, theirs, id, "Plan", bytes.NewReader(pdf))
	acts["remove a document"] = s.service.removeDocument(ctx, other.ID, theirs, id, document)
	_, acts["add a poll"] = s.service.addPoll(ctx, other.ID, theirs, id, question())
	acts["edit a poll"] = s.service.editPoll(ctx, other.ID, theirs, id, polls[0], 1, question())
	acts["move a poll"] = s.service.movePoll(ctx, other.ID, theirs, id, polls[0], 1)
	acts["remove a poll"] = s.service.removePoll(ctx, other.ID, theirs, id, polls[0])
	acts["publish"] = s.service.publish(ctx, other.ID, theirs, target)
	acts["open"] = s.service.openNow(ctx, other.ID, theirs, target)
	acts["close"] = s.service.closeNow(ctx, other.ID, theirs, target, "Motif")
	acts["extend"] = s.service.extend(ctx, other.ID, theirs, target, noon.Add(9999*time.Hour), "Motif")
	acts["cancel"] = s.service.cancel(ctx, other.ID, theirs, target, "Motif")
	acts["decide"] = s.service.decide(ctx, other.ID, theirs, target, Outcome{Text: "x"})
	acts["follow up"] = s.service.addFollowUp(ctx, other.ID, theirs, id, "x")
	_, acts["subject"] = s.Subject(ctx, other, theirs, subject(id))
	for what, err := range acts {
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%s: %v", what, err)
		}
	}
	if hits, err := s.Search(ctx, other, theirs, "place", 10); err != nil || len(hits) > 0 {
		t.Errorf("found %v, %v", hits, err)
	}
	mine, _, err := s.Write(ctx, other, theirs, plan())
	s.must(err)
	if err := s.service.editPoll(ctx, other.ID, theirs, mine, polls[0], 1, question()); !errors.Is(err, ErrNotFound) {
		t.Errorf("another town's poll through one's own consultation: %v", err)
	}
	if got := s.dossier(id); got.Title != plan().Title || len(got.Documents) != 1 || len(got.Polls) != 1 {
		t.Errorf("changed: %+v", got)
	}
}

func TestMistakesAreSaidBesideTheirFields(t *testing.T) {
	s := newSquare(t)
	long := strings.Repeat("é", maxTitle+1)
	for what, tt := range map[string]struct {
		change func(*Plan)
		want   []string
	}{
		"nothing":        {func(p *Plan) { p.Title = " \n" }, []string{"title"}},
		"a long title":   {func(p *Plan) { p.Title = long }, []string{"title"}},
		"a long body":    {func(p *Plan) { p.Body = strings.Repeat("é", maxBody+1) }, []string{"body"}},
		"reversed dates": {func(p *Plan) { p.OpensAt, p.ClosesAt = p.ClosesAt, p.OpensAt }, []string{"closes"}},
		"the same date":  {func(p *Plan) { p.ClosesAt = p.OpensAt }, []string{"closes"}},
		"the year 2062":  {func(p *Plan) { p.ClosesAt = p.ClosesAt.AddDate(36, 0, 0) }, []string{"closes", "closes"}},
		"another's zone": {func(p *Plan) { p.Zone = uuid.New() }, []string{"zone"}},
		"all at once":    {func(p *Plan) { p.Title, p.Zone, p.ClosesAt = "", uuid.New(), p.OpensAt }, []string{"title", "zone", "closes"}},
	} {
		_, _, err := s.Write(t.Context(), s.town, s.staff, plan(tt.change))
		if diff := cmp.Diff(tt.want, fields(err)); diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", what, err, diff)
		}
	}
	for what, tt := range map[string]struct {
		change func(*voting.Terms)
		want   string
	}{
		"no question":     {func(t *voting.Terms) { t.Question = "" }, "question"},
		"one choice":      {func(t *voting.Terms) { t.Options = t.Options[:1] }, "options"},
		"twice the same":  {func(t *voting.Terms) { t.Options[1] = t.Options[0] }, "options"},
		"a long choice":   {func(t *voting.Terms) { t.Options[0].Label = strings.Repeat("é", 201) }, "options"},
		"a method of old": {func(t *voting.Terms) { t.Method = "à main levée" }, "method"},
		"too many marks":  {func(t *voting.Terms) { t.Method, t.MaxChoices = voting.Approval, 3 }, "max_choices"},
		"reversed ages":   {func(t *voting.Terms) { t.Electorate.AgeFrom, t.Electorate.AgeTo = 30, 20 }, "age_to"},
		"a negative age":  {func(t *voting.Terms) { t.Electorate.AgeFrom = -1 }, "age_from"},
		"no visibility":   {func(t *voting.Terms) { t.Visibility = "parfois" }, "visibility"},
	} {
		id, _ := s.draft(asking())
		_, err := s.service.addPoll(t.Context(), s.town.ID, s.staff, id, question(tt.change))
		if !slices.Contains(fields(err), tt.want) {
			t.Errorf("%s: %v names %v, want %s", what, err, fields(err), tt.want)
		}
	}
}

var pdf = []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n")

// pdf adds a document and returns its ID.
func (s *square) pdf(id uuid.UUID) uuid.UUID {
	s.Helper()
	s.must(s.service.addDocument(s.Context(), s.town.ID, s.staff, id, "Plan", bytes.NewReader(pdf)))
	documents := s.dossier(id).Documents
	return documents[len(documents)-1].ID
}

func TestADossierHoldsEachDocumentOnce(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	id, _ := s.upcoming()
	document := s.pdf(id)
	err := s.service.addDocument(ctx, s.town.ID, s.staff, id, "Encore", bytes.NewReader(pdf))
	if !errors.Is(err, ErrSameDocument) || !slices.Equal(fields(err), []string{"document"}) {
		t.Errorf("the same content again: %v", err)
	}
	err = s.service.addDocument(ctx, s.town.ID, s.staff, id, "Page", strings.NewReader("<html><script>alert(1)</script>"))
	if !slices.Equal(fields(err), []string{"document"}) {
		t.Errorf("a page: %v", err)
	}
	if err := s.service.addDocument(ctx, s.town.ID, s.staff, id, " ", bytes.NewReader(pdf)); !slices.Equal(fields(err), []string{"title"}) {
		t.Errorf("without a title: %v", err)
	}
	s.at(noon.Add(48 * time.Hour))
	if err := s.service.removeDocument(ctx, s.town.ID, s.staff, id, document); !errors.Is(err, ErrAlreadyOpen) {
		t.Errorf("what people answer with was removed: %v", err)
	}
	s.must(s.service.addDocument(ctx, s.town.ID, s.staff, id, "Étude", bytes.NewReader(append(bytes.Clone(pdf), '\n'))))
	if d := s.dossier(id); kinds(d) != "published document" || d.Changes[1].Reason != "Étude" {
		t.Errorf("the register: %+v", d.Changes)
	}
}

func TestARemovedDocumentLeavesTheDisk(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	kept, _ := s.draft()
	gone, _ := s.draft(called("Une autre ?"))
	s.pdf(kept)
	s.must(s.service.addDocument(ctx, s.town.ID, s.staff, gone, "Autre", bytes.NewReader(append(bytes.Clone(pdf), '\n'))))
	blobs := []string{s.dossier(kept).Documents[0].SHA256, s.dossier(gone).Documents[0].SHA256}
	s.must(s.service.delete(ctx, s.town.ID, s.staff, Target{ID: gone}))
	_, err := s.service.files.Sweep(ctx, name, time.Now().Add(time.Hour), s.service.shown)
	s.must(err)
	for i, want := range []bool{true, false} {
		f, err := s.service.files.Open(s.town.ID, name, blobs[i])
		if err == nil {
			f.Close()
		}
		if (err == nil) != want {
			t.Errorf("file %d: %v, want it there: %v", i, err, want)
		}
	}
}

func TestARoomPollIsOpenedByHand(t *testing.T) {
	s := newSquare(t)
	_, polls := s.opened(asking(question(), question(inRoom)))
	var states []voting.State
	s.inTown(func(ctx context.Context, tx bun.Tx) error {
		for _, id := range polls {
			p, err := s.service.box.Poll(ctx, tx, s.town.ID, id)
			if err != nil {
				return err
			}
			states = append(states, p.State)
		}
		return nil
	})
	if !slices.Equal(states, []voting.State{voting.Open, voting.Scheduled}) {
		t.Errorf("states %v", states)
	}
	s.must(s.service.box.Open(t.Context(), s.town.ID, polls[1], voting.Act{Actor: s.staff.ID}))
	_, err := s.service.box.Cast(t.Context(), s.town.ID, voting.Submission{
		Poll: polls[1], Voter: voting.ByDevice(uuid.New()), Nonce: voting.NewNonce(), Marks: []voting.Mark{{Option: "b", Value: 1}}, Channel: voting.Meeting,
	})
	s.must(err)
}

func (s *square) inTown(fn func(ctx context.Context, tx bun.Tx) error) {
	s.Helper()
	s.must(s.db.InTenant(s.Context(), s.town.ID, fn))
}

func TestQuestionsAreEditedMovedAndRemoved(t *testing.T) {
	s := newSquare(t)
	ctx, town := t.Context(), s.town.ID
	ask := func(text string) voting.Terms { return question(func(t *voting.Terms) { t.Question = text }) }
	id, polls := s.upcoming(asking(ask("Un ?"), ask("Deux ?"), ask("Trois ?")))
	order := func() string {
		var words []string
		for _, p := range s.dossier(id).Polls {
			words = append(words, p.Question)
		}
		return strings.Join(words, " ")
	}
	s.must(s.service.movePoll(ctx, town, s.staff, id, polls[2], -1))
	s.must(s.service.movePoll(ctx, town, s.staff, id, polls[0], 1))
	s.must(s.service.movePoll(ctx, town, s.staff, id, polls[1], 1)) // it is last: nothing beyond
	if got := order(); got != "Trois ? Un ? Deux ?" {
		t.Errorf("order: %s", got)
	}
	revision := s.dossier(id).Polls[0].Revision
	s.must(s.service.editPoll(ctx, town, s.staff, id, polls[2], revision, ask("Trois, enfin ?")))
	if err := s.service.editPoll(ctx, town, s.staff, id, polls[2], revision, ask("Trois ?")); !errors.Is(err, ErrStale) {
		t.Errorf("an old page saved over a newer one: %v", err)
	}
	s.must(s.service.removePoll(ctx, town, s.staff, id, polls[0]))
	s.must(s.service.removePoll(ctx, town, s.staff, id, polls[1]))
	if err := s.service.removePoll(ctx, town, s.staff, id, polls[2]); !errors.Is(err, ErrLastPoll) {
		t.Errorf("the last question of a published consultation was removed: %v", err)
	}
	if got := order(); got != "Trois, enfin ?" {
		t.Errorf("order: %s", got)
	}
	added, err := s.service.addPoll(ctx, town, s.staff, id, ask("Quatre ?"))
	s.must(err)
	s.at(noon.Add(48 * time.Hour))
	s.must(s.vote(s.citizen(s.town), added)) // added after publication, open like the others
}

func TestPagesOfAListLoseNothing(t *testing.T) {
	s := newSquare(t)
	const total = 11
	for i := range total {
		p := plan(called(fmt.Sprintf("Question %02d ?", i*7%total)))
		p.OpensAt = p.OpensAt.Add(time.Duration(i%3) * time.Hour) // ties
		_, _, err := s.Write(t.Context(), s.town, s.staff, p)
		s.must(err)
	}
	for _, by := range []string{"title", "opens", "closes", "updated"} {
		for _, desc := range []bool{false, true} {
			all := s.titles(Query{Sort: Sort{by, desc}, Limit: total})
			var forth, back []string
			q := Query{Sort: Sort{by, desc}, Limit: 4}
			var last Page
			for {
				page, _, err := s.service.list(t.Context(), s.town.ID, q)
				s.must(err)
				for _, c := range page.Items {
					forth = append(forth, c.Title)
				}
				if last = page; page.Next.IsZero() {
					break
				}
				q.Cursor = keyset.Parse(page.Next.String(), false)
			}
			for page := last; ; {
				var titles []string
				for _, c := range page.Items {
					titles = append(titles, c.Title)
				}
				back = append(titles, back...)
				if page.Prev.IsZero() {
					break
				}
				q.Cursor = keyset.Parse(page.Prev.String(), true)
				var err error
				page, _, err = s.service.list(t.Context(), s.town.ID, q)
				s.must(err)
			}
			if !slices.Equal(all, forth) || !slices.Equal(all, back) || len(all) != total {
				t.Errorf("by %s, descending %v:\nall   %v\nforth %v\nback  %v", by, desc, all, forth, back)
			}
		}
	}
	made := keyset.Cursor{ID: uuid.New(), Key: "n’importe quoi"}
	if got := s.titles(Query{Sort: Sort{By: "opens"}, Limit: 4, Cursor: made}); len(got) != 4 {
		t.Errorf("a cursor somebody made up shows %d rows", len(got))
	}
}

func (s *square) titles(q Query) []string {
	s.Helper()
	page, _, err := s.service.list(s.Context(), s.town.ID, q)
	s.must(err)
	titles := make([]string, len(page.Items))
	for i, c := range page.Items {
		titles[i] = c.Title
	}
	return titles
}

func TestPhasesAreTheSameInSQL(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	for _, p := range []Phase{Closed, Decided} {
		id, _ := s.upcoming(called(string(p)), func(p *Plan) { p.OpensAt, p.ClosesAt = noon.Add(time.Minute), noon.Add(time.Hour) })
		if p == Decided {
			s.at(noon.Add(time.Hour))
			s.must(s.Decide(ctx, s.town, s.staff, id, Outcome{Text: "Fait."}))
		}
		s.at(noon)
	}
	s.draft(called(string(Draft)))
	s.upcoming(called(string(Upcoming)), func(p *Plan) { p.OpensAt = noon.Add(9 * 24 * time.Hour) })
	s.upcoming(called(string(Open)), func(p *Plan) { p.OpensAt = noon.Add(time.Minute) })
	id, _ := s.upcoming(called(string(Cancelled)))
	s.must(s.Cancel(ctx, s.town, s.staff, id, "Motif"))
	s.at(noon.Add(24 * time.Hour))
	counts := map[Phase]int{}
	for _, phase := range []Phase{Draft, Upcoming, Open, Closed, Decided, Cancelled} {
		page, all, err := s.service.list(ctx, s.town.ID, Query{Phases: []Phase{phase}, Limit: 10})
		s.must(err)
		counts = all
		if len(page.Items) != 1 || page.Items[0].Title != string(phase) || page.Items[0].Phase() != phase {
			t.Errorf("%s: %+v", phase, page.Items)
		}
	}
	if diff := cmp.Diff(map[Phase]int{Draft: 1, Upcoming: 1, Open: 1, Closed: 1, Decided: 1, Cancelled: 1}, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	counters, err := s.Counters(ctx, s.town)
	if err != nil || counters[0].Count != 3 || counters[1].Count != 1 {
		t.Errorf("counters %+v, %v", counters, err)
	}
	cards, err := s.Cards(ctx, s.town, citizen.Viewer{})
	if err != nil || len(cards) != 2 {
		t.Errorf("cards %+v, %v", cards, err)
	}
}

func TestSearchFindsWithoutAccentsAndInThePlural(t *testing.T) {
	s := newSquare(t)
	s.upcoming(called("Quelle place pour les vélos à l’école ?"))
	for words, want := range map[string]int{
		"velo": 1, "vélos": 1, "ECOLES": 1, "pavés usés": 1, "tramway": 0, "place -vélo": 0, "'; DROP TABLE": 0, "\x00": 0, "((": 0,
	} {
		hits, err := s.Search(t.Context(), s.town, citizen.Viewer{}, words, 10)
		if err != nil || len(hits) != want {
			t.Errorf("%q finds %d, want %d (%v)", words, len(hits), want, err)
		}
	}
}

func TestForgettingAnAuthorKeepsTheConsultation(t *testing.T) {
	s := newSquare(t)
	id, _ := s.upcoming()
	var before, after map[string]any
	s.inTown(func(ctx context.Context, tx bun.Tx) (err error) {
		if before, err = s.Export(ctx, tx, s.town.ID, s.staff.ID); err != nil {
			return err
		}
		if err := s.Erase(ctx, tx, s.town.ID, s.staff.ID); err != nil {
			return err
		}
		after, err = s.Export(ctx, tx, s.town.ID, s.staff.ID)
		return err
	})
	if len(before) != 1 || len(after) != 0 {
		t.Errorf("before %v, after %v", before, after)
	}
	s.phase(id, Upcoming)
}

func TestEveryPowerIsInTheJournal(t *testing.T) {
	s := newSquare(t)
	ctx := t.Context()
	id, _ := s.upcoming()
	s.pdf(id)
	s.must(s.service.openNow(ctx, s.town.ID, s.staff, Target{ID: id}))
	s.must(s.service.closeNow(ctx, s.town.ID, s.staff, Target{ID: id}, "Motif"))
	s.must(s.Decide(ctx, s.town, s.staff, id, Outcome{Text: "Fait."}))
	got := s.journal(s.town.ID, id)
	want := []string{"create", "polls", "publish", "document", "open", "close", "decide"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func (s *square) journal(t tenant.ID, id uuid.UUID) []string {
	s.Helper()
	rows, err := s.db.Superuser(s).Query(s.Context(), `SELECT action FROM core.audit_entries WHERE tenant_id = $1 AND subject = $2 AND actor = $3 ORDER BY id`,
		t.String(), "consultation/"+id.String(), s.staff.ID.String())
	s.must(err)
	defer rows.Close()
	var actions []string
	for rows.Next() {
		var action string
		s.must(rows.Scan(&action))
		actions = append(actions, strings.TrimPrefix(action, "consultations."))
	}
	s.must(rows.Err())
	return actions
}
