package missions

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/web"
)

// noon is when the tests' towns live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// directory is who answers for which association, as a directory would tell.
type directory struct {
	associations []module.Organisation
	answer       map[uuid.UUID][]citizen.ID
}

func (d *directory) Organisation(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (module.Organisation, error) {
	found, err := d.Organisations(ctx, tx, t, id)
	if _, known := found[id]; !known {
		return module.Organisation{}, fault.New(fault.NotFound, "missions.not_found")
	}
	return found[id], err
}

func (d *directory) Organisations(_ context.Context, _ bun.IDB, _ tenant.ID, ids ...uuid.UUID) (map[uuid.UUID]module.Organisation, error) {
	found := map[uuid.UUID]module.Organisation{}
	for _, o := range d.associations {
		if slices.Contains(ids, o.ID) {
			found[o.ID] = o
		}
	}
	return found, nil
}

func (d *directory) OrganisationsOf(_ context.Context, _ bun.IDB, _ tenant.ID, c citizen.ID) ([]module.Organisation, error) {
	var list []module.Organisation
	for _, o := range d.associations {
		if slices.Contains(d.answer[o.ID], c) {
			list = append(list, o)
		}
	}
	return list, nil
}

func (d *directory) AnswersFor(_ context.Context, _ bun.IDB, _ tenant.ID, id uuid.UUID, c citizen.ID) (bool, error) {
	return slices.Contains(d.answer[id], c), nil
}

func (d *directory) Responsibles(_ context.Context, _ bun.IDB, _ tenant.ID, id uuid.UUID) ([]citizen.ID, error) {
	return d.answer[id], nil
}

// square is a town with the module on, a database of its own, an official, and
// an association with somebody who answers for it.
type square struct {
	testing.TB
	*Module
	db     *testkit.DB
	words  *i18n.Bundle
	ctx    context.Context // in French, as requests are
	town   *tenant.Tenant
	staff  citizen.Viewer
	host   citizen.Viewer
	assoc  uuid.UUID
	listed *directory
}

func newSquare(t *testing.T) *square {
	t.Parallel()
	db := testkit.Database(t)
	runner, err := jobs.New(db.Pool, slog.New(slog.DiscardHandler))
	s := &square{TB: t, db: db, assoc: uuid.New(), listed: &directory{answer: map[uuid.UUID][]citizen.ID{}}}
	s.must(err)
	post, err := mail.New(mail.Options{DB: db.DB, Jobs: runner, Keep: true, Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	people := identity.New(identity.Deps{DB: db.DB, Mail: post, Clock: clock.System{}, Secret: bytes.Repeat([]byte("k"), 32), Log: slog.New(slog.DiscardHandler)})
	s.Module = New(Deps{
		DB: db.DB, Identity: people, Hosts: s.listed, Secret: bytes.Repeat([]byte("s"), 32),
		URL: func(t *tenant.Tenant, path string) string { return "https://" + t.Hosts[0] + path },
	})
	s.words, err = i18n.Load(append([]fs.FS{mail.Catalogue, web.Catalogue}, catalogue)...)
	s.must(err)
	s.ctx = s.words.NewContext(t.Context(), "fr", nil)
	s.town, s.staff = s.newTown()
	s.host = s.citizen(s.town, "Odile", "1970-01-01")
	s.listed.associations = []module.Organisation{{ID: s.assoc, Name: "Les Mains vertes", Href: "/associations/x", Verified: true, Listed: true}}
	s.listed.answer[s.assoc] = []citizen.ID{s.host.ID}
	return s
}

// newTown adds a town that stands at noon, with an official.
func (s *square) newTown() (*tenant.Tenant, citizen.Viewer) {
	s.Helper()
	town := s.db.Tenant(s, testkit.WithModules(name), testkit.WithZones("La Noue", "Le Vert-Bois"))
	s.db.SetClock(s, town.ID, noon)
	v := s.citizen(town, "Hélène", "1980-05-05")
	v.Grants = []citizen.Grant{{Role: citizen.Administrator}}
	return town, v
}

// citizen adds an account that has answered a mail.
func (s *square) citizen(town *tenant.Tenant, called, born string) citizen.Viewer {
	s.Helper()
	id := uuid.New()
	_, err := s.db.Superuser(s).Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, email, name, name_key, name_key_reversed, born_on, person_proof, created_at, seen_on)
		VALUES ($1, $2, $3, $4, 'x', 'x', nullif($5, '')::date, 1, now(), current_date)`,
		town.ID.String(), id, canary(called)+id.String()[:8]+"@canari.example", called, born)
	s.must(err)
	return citizen.Viewer{ID: citizen.ID(id), SignedIn: true, Name: called, Person: citizen.PersonEmail, BornOn: born}
}

// canary is how addresses of the tests begin, so that one is found wherever it leaks.
func canary(called string) string { return "canari-" + strings.ToLower(string([]rune(called)[:1])) }

// at moves the town to a moment.
func (s *square) at(moment time.Time) {
	s.Helper()
	s.db.SetClock(s, s.town.ID, moment)
}

func (s *square) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// text is a mission that lacks nothing.
func text(change ...func(*Text)) Text {
	t := Text{Kind: Dated, Title: "Planter une haie", Body: "On plante **cent arbres**.", Theme: "environment", Skills: []string{"gardening"}, Address: "Bois du Val"}
	for _, c := range change {
		c(&t)
	}
	return t
}

func approved(t *Text) { t.Approval = true }

func toMinors(t *Text) { t.Minors = true }

// tomorrow is a slot of three hours, for so many people.
func tomorrow(capacity int) Slot {
	return Slot{StartsAt: noon.Add(24 * time.Hour), EndsAt: noon.Add(27 * time.Hour), Capacity: capacity}
}

// mission publishes a mission of the association with one slot.
func (s *square) mission(capacity int, change ...func(*Text)) *Mission {
	s.Helper()
	id, err := s.service.create(s.ctx, s.town, s.host, s.assoc, text(change...), capacity)
	s.must(err)
	if m := s.read(id); m.Kind == Dated {
		s.must(s.service.addSlot(s.ctx, s.town, s.host, id, tomorrow(capacity)))
	}
	s.must(s.service.publish(s.ctx, s.town, s.host, Target{ID: id}))
	return s.read(id)
}

func (s *square) read(id uuid.UUID) (m *Mission) {
	s.Helper()
	s.must(s.db.ReadTenant(s.ctx, s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		m, err = s.service.store.find(ctx, tx, s.town.ID, id)
		return err
	}))
	return m
}

// join takes the three steps of an inscription to the first slot.
func (s *square) join(v citizen.Viewer, m *Mission) (uuid.UUID, State, error) {
	if err := s.service.choose(s.ctx, s.town, v, m.ID, m.Slots[0].ID); err != nil {
		return uuid.Nil, "", err
	}
	i, found, err := s.service.begun(s.ctx, s.town.ID, v, m.ID)
	if err != nil || !found {
		return uuid.Nil, "", errors.Join(err, errors.New("nothing begun"))
	}
	state, err := s.service.apply(s.ctx, s.town, v, i.ID)
	return i.ID, state, err
}

// joined is join that must work.
func (s *square) joined(v citizen.Viewer, m *Mission, want State) uuid.UUID {
	s.Helper()
	id, state, err := s.join(v, m)
	if err != nil || state != want {
		s.Fatalf("joining gave %q, want %q: %v", state, want, err)
	}
	return id
}

func (s *square) inscription(id uuid.UUID) (i Inscription) {
	s.Helper()
	s.must(s.db.ReadTenant(s.ctx, s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		i, err = s.service.store.inscription(ctx, tx, s.town.ID, id)
		return err
	}))
	return i
}

func (s *square) states(ids ...uuid.UUID) string {
	s.Helper()
	var words []string
	for _, id := range ids {
		words = append(words, string(s.inscription(id).State))
	}
	return strings.Join(words, " ")
}

// letters are the subjects and texts written to somebody.
func (s *square) letters(v citizen.Viewer) string {
	s.Helper()
	var all string
	err := s.db.Superuser(s).QueryRow(context.Background(), `
		SELECT coalesce(string_agg(m.subject || E'\n' || m.text_body || m.html_body, E'\n' ORDER BY m.created_at), '')
		FROM core.mails m JOIN core.citizens c ON c.tenant_id = m.tenant_id AND c.email = m.recipient WHERE c.id = $1`, v.ID.String()).Scan(&all)
	s.must(err)
	return all
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
