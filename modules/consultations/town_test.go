package consultations

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
)

// noon is when the tests' towns live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// square is a town with the module on, a database of its own, and an official.
type square struct {
	testing.TB
	*Module
	db    *testkit.DB
	town  *tenant.Tenant
	staff citizen.Viewer
}

func newSquare(t *testing.T) *square {
	t.Parallel()
	db := testkit.Database(t)
	box := voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() {
		if err := box.Drain(context.Background()); err != nil {
			t.Error(err)
		}
	})
	s := &square{TB: t, db: db, Module: New(Deps{DB: db.DB, Box: box, Files: files.New(t.TempDir())})}
	s.town, s.staff = s.newTown()
	return s
}

// newTown adds a town that stands at noon, with an official.
func (s *square) newTown() (*tenant.Tenant, citizen.Viewer) {
	s.Helper()
	town := s.db.Tenant(s, testkit.WithModules(name), testkit.WithZones("La Noue", "Le Vert-Bois"))
	s.db.SetClock(s, town.ID, noon)
	v := s.citizen(town)
	v.Grants = []citizen.Grant{{Role: citizen.Official}}
	return town, v
}

// citizen adds an account that has answered a mail.
func (s *square) citizen(town *tenant.Tenant) citizen.Viewer {
	s.Helper()
	id := uuid.New()
	_, err := s.db.Superuser(s).Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		VALUES ($1, $2, 'X', 'x', 'x', 1, now(), current_date)`, town.ID.String(), id)
	if err != nil {
		s.Fatal(err)
	}
	return citizen.Viewer{ID: citizen.ID(id), SignedIn: true, Name: "Camille", Person: citizen.PersonEmail}
}

// at moves the town to a moment.
func (s *square) at(moment time.Time) {
	s.Helper()
	s.db.SetClock(s, s.town.ID, moment)
}

// question is a poll that anyone with a confirmed address may answer.
func question(change ...func(*voting.Terms)) voting.Terms {
	terms := voting.Terms{
		Question: "Que faire de la place ?", Method: voting.Plurality, Visibility: voting.Turnout, AllowChange: true,
		Options: []voting.Option{{Label: "Un jardin"}, {Label: "Un marché couvert"}},
	}
	for _, c := range change {
		c(&terms)
	}
	return terms
}

func inRoom(t *voting.Terms) { t.Room.Open = true }

// plan is a consultation that lacks nothing, open from tomorrow for ten days.
func plan(change ...func(*Plan)) Plan {
	p := Plan{
		Text: Text{
			Title: "Quel avenir pour la place du Marché ?", Summary: "La place sera refaite en 2027.", Easy: "La place va changer.",
			Body: "## Pourquoi\n\nLes pavés sont usés.", Promise: "Le conseil suivra le choix arrivé en tête.",
		},
		Schedule: Schedule{OpensAt: noon.Add(24 * time.Hour), ClosesAt: noon.Add(11 * 24 * time.Hour)},
		Polls:    []voting.Terms{question()},
	}
	for _, c := range change {
		c(&p)
	}
	return p
}

func called(title string) func(*Plan) { return func(p *Plan) { p.Title = title } }

func asking(polls ...voting.Terms) func(*Plan) { return func(p *Plan) { p.Polls = polls } }

func (s *square) draft(change ...func(*Plan)) (uuid.UUID, []voting.PollID) {
	s.Helper()
	id, polls, err := s.Write(s.Context(), s.town, s.staff, plan(change...))
	if err != nil {
		s.Fatal(err)
	}
	return id, polls
}

func (s *square) upcoming(change ...func(*Plan)) (uuid.UUID, []voting.PollID) {
	s.Helper()
	id, polls := s.draft(change...)
	s.must(s.Publish(s.Context(), s.town, s.staff, id))
	return id, polls
}

// opened is a consultation in its third day.
func (s *square) opened(change ...func(*Plan)) (uuid.UUID, []voting.PollID) {
	s.Helper()
	id, polls := s.upcoming(change...)
	s.at(noon.Add(3 * 24 * time.Hour))
	return id, polls
}

func (s *square) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// dossier is a consultation as its back office sees it.
func (s *square) dossier(id uuid.UUID) *Dossier {
	s.Helper()
	d, err := s.service.inOffice(s.Context(), s.town.ID, id)
	s.must(err)
	return d
}

func (s *square) phase(id uuid.UUID, want Phase) {
	s.Helper()
	if got := s.dossier(id).Phase(); got != want {
		s.Errorf("phase %s, want %s", got, want)
	}
}

// vote casts a ballot for the first option.
func (s *square) vote(v citizen.Viewer, poll voting.PollID) error {
	_, err := s.service.box.Cast(s.Context(), s.town.ID, voting.Submission{
		Poll: poll, Voter: voting.ByAccount(v), Nonce: voting.NewNonce(), Marks: []voting.Mark{{Option: "a", Value: voting.Chosen}}, Channel: voting.Web,
	})
	return err
}

// fields are the names of the fields that err complains about.
func fields(err error) []string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil
	}
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return names
}

// kinds are the lines of the public register.
func kinds(d *Dossier) string {
	var words []string
	for _, c := range d.Changes {
		words = append(words, string(c.Kind))
	}
	return strings.Join(words, " ")
}
