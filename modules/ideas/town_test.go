package ideas

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/discussion"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// noon is when the tests' towns live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// square is a town with the module on, and a database of its own.
type square struct {
	testing.TB
	*Module
	db      *testkit.DB
	mail    *mail.Sender
	words   *i18n.Bundle
	said    *discussion.Service
	town    *tenant.Tenant
	staff   citizen.Viewer
	budgets *budgets
	people  int
}

// budgets is a participatory budget as another module would offer one.
type budgets struct {
	open    bool
	offered []string
}

func (b *budgets) TakesProjects(context.Context, *tenant.Tenant) (bool, error) { return b.open, nil }

func newSquare(t testing.TB) *square {
	t.Helper()
	db, quiet := testkit.Database(t), slog.New(slog.DiscardHandler)
	s := &square{TB: t, db: db, budgets: &budgets{}}
	runner, err := jobs.New(db.Pool, quiet)
	s.must(err)
	s.mail, err = mail.New(mail.Options{DB: db.DB, Jobs: runner, From: "ne-pas-repondre@parvis.test", Keep: true, Log: quiet})
	s.must(err)
	s.words, err = i18n.Load(discussion.Catalogue, mail.Catalogue, catalogue)
	s.must(err)
	people := identity.New(identity.Deps{DB: db.DB, Mail: s.mail, Clock: clock.NewFake(noon), Secret: bytes.Repeat([]byte("s"), 32), Log: quiet})
	url := func(t *tenant.Tenant, path string) string { return "https://" + t.Hosts[0] + path }
	s.said = discussion.New(discussion.Deps{DB: db.DB, Identity: people, URL: url, Hosts: func() []discussion.Hosted {
		return []discussion.Hosted{{Name: name, Path: "idees", Host: s.Module}}
	}})
	s.Module = New(Deps{DB: db.DB, Discussion: s.said, Identity: people, Files: files.New(t.TempDir()), Budgets: s.budgets, URL: url})
	s.town = s.newTown()
	s.staff = s.citizen(func(v *citizen.Viewer) { v.Grants = []citizen.Grant{{Role: citizen.Agent}, {Role: citizen.Moderator}} })
	return s
}

// OfferProject implements Budgets.
func (b *budgets) OfferProject(_ context.Context, _ *tenant.Tenant, author citizen.Viewer, title, _ string, _ uuid.UUID, _ places.Point, _ string) (string, error) {
	b.offered = append(b.offered, author.Name+": "+title)
	return "/budgets-participatifs/projets/1", nil
}

func (s *square) newTown() *tenant.Tenant {
	s.Helper()
	town := s.db.Tenant(s, testkit.WithModules(name), testkit.WithZones("La Noue", "Le Vert-Bois"))
	s.db.SetClock(s, town.ID, noon)
	return town
}

// ctx is the context of a request in French.
func (s *square) ctx() context.Context {
	return s.words.NewContext(tenant.NewContext(context.Background(), s.town), "fr", s.town.TimeZone)
}

// citizen adds an account a month old, that has answered a mail.
func (s *square) citizen(change ...func(*citizen.Viewer)) citizen.Viewer {
	s.Helper()
	s.people++
	v := citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: fmt.Sprint("Camille ", s.people), Person: citizen.PersonEmail}
	for _, c := range change {
		c(&v)
	}
	s.account(v, noon.Add(-30*24*time.Hour))
	return v
}

// moderator adds somebody who moderates, and whom the town knows as such.
func (s *square) moderator() citizen.Viewer {
	s.Helper()
	v := s.citizen(func(v *citizen.Viewer) { v.Grants = []citizen.Grant{{Role: citizen.Moderator}} })
	_, err := s.db.Superuser(s).Exec(context.Background(), `INSERT INTO core.role_grants (tenant_id, id, citizen_id, role, granted_at)
		VALUES ($1, $2, $3, 'moderator', $4)`, s.town.ID.String(), uuid.NewString(), v.ID.String(), noon)
	s.must(err)
	return v
}

// newcomer adds an account of today.
func (s *square) newcomer() citizen.Viewer {
	s.Helper()
	s.people++
	v := citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: fmt.Sprint("Camille ", s.people), Person: citizen.PersonEmail}
	s.account(v, noon.Add(-time.Hour))
	return v
}

func (s *square) account(v citizen.Viewer, since time.Time) {
	s.Helper()
	_, err := s.db.Superuser(s).Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, email, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		VALUES ($1, $2, $3, $4, 'x', 'x', 1, $5, current_date)`, s.town.ID.String(), v.ID.String(), s.address(v), v.Name, since)
	s.must(err)
}

func (s *square) address(v citizen.Viewer) string { return v.ID.String()[:8] + "@exemple.fr" }

// resident is somebody whose identity and home were seen at the desk.
func resident(v *citizen.Viewer) { v.Person, v.Residence = citizen.PersonDesk, citizen.ResidenceDesk }

func text(title string) Text {
	return Text{Title: title, Body: "Il en manque, et cela servirait à beaucoup de monde.", Theme: "cadre-de-vie"}
}

// idea publishes an idea of somebody's.
func (s *square) idea(by citizen.Viewer, title string) uuid.UUID {
	s.Helper()
	id, err := s.service.deposit(s.ctx(), s.town, by, text(title), nil, false)
	s.must(err)
	return id
}

func (s *square) read(id uuid.UUID) *Idea {
	s.Helper()
	i, err := s.service.read(s.ctx(), s.town.ID, id)
	s.must(err)
	return i
}

func (s *square) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// refused checks that err is the fault wanted.
func (s *square) refused(what string, err, want error) {
	s.Helper()
	if !errors.Is(err, want) {
		s.Errorf("%s: %v, want %v", what, err, want)
	}
}

// fields are the names of the fields that err complains about.
func fields(err error) string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return ""
	}
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	return strings.Join(names, " ")
}

// letters counts the mails written to somebody.
func (s *square) letters(to citizen.Viewer) (n int) {
	s.Helper()
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT count(*) FROM core.mails WHERE recipient = ?`, s.address(to)).Scan(ctx, &n)
	}))
	return n
}
