package associations

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/identity"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// noon is when the tests' towns live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// What no association may ever receive: the address and the telephone number
// of a citizen, here the same in every account.
const (
	canaryMail  = "canari-prive"
	canaryPhone = "0601020304"
)

// square is a town with the module on, a database of its own, and an official.
type square struct {
	testing.TB
	*Module
	db     *testkit.DB
	people *identity.Service
	mail   *mail.Sender
	town   *tenant.Tenant
	staff  citizen.Viewer
	soon   []module.CalendarEntry // what the agenda answers
}

func newSquare(t *testing.T) *square {
	t.Parallel()
	db := testkit.Database(t)
	s := &square{TB: t, db: db}
	runner, err := jobs.New(db.Pool, nil)
	s.must(err)
	s.mail, err = mail.New(mail.Options{DB: db.DB, Jobs: runner, Keep: true})
	s.must(err)
	clock := testkit.Clock()
	s.people = identity.New(identity.Deps{DB: db.DB, Mail: s.mail, Clock: clock, Secret: []byte("0123456789abcdef0123456789abcdef"), Demo: true})
	s.Module = New(Deps{
		DB: db.DB, Files: files.New(t.TempDir()), People: s.people,
		URL: func(_ *tenant.Tenant, path string) string { return "https://exemple.fr" + path },
		Agenda: func(context.Context, *tenant.Tenant, citizen.Viewer, module.CalendarQuery, *module.CalendarEntry) ([]module.CalendarEntry, error) {
			return s.soon, nil
		},
	})
	s.town, s.staff = s.newTown()
	return s
}

// newTown adds a town that stands at noon, with an agent.
func (s *square) newTown() (*tenant.Tenant, citizen.Viewer) {
	s.Helper()
	town := s.db.Tenant(s, testkit.WithModules(name), testkit.WithZones("La Noue", "Le Vert-Bois"))
	town.Demo = true
	s.db.SetClock(s, town.ID, noon)
	v := s.citizen(town, "Karim")
	v.Grants = []citizen.Grant{{Role: citizen.Agent}}
	return town, v
}

// citizen adds an account that has answered a mail.
func (s *square) citizen(town *tenant.Tenant, name string) citizen.Viewer {
	s.Helper()
	id := citizen.NewID()
	ids, err := s.people.Demo(s.Context(), town, []identity.DemoAccount{{
		ID: id, Name: name, Email: canaryMail + "-" + id.String() + "@exemple.fr", Address: "12 rue " + canaryPhone, Person: citizen.PersonEmail,
	}})
	s.must(err)
	return citizen.Viewer{ID: ids[0], SignedIn: true, Name: name, Person: citizen.PersonEmail}
}

func (s *square) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// sheet is one that lacks nothing.
func sheet(change ...func(*Sheet)) Sheet {
	x := Sheet{
		Name: "Les Jardins du Vert-Bois", Purpose: "Jardiner ensemble au pied des immeubles.", Body: "Des **parcelles** et un verger.",
		Theme: "environnement", Address: "3 rue des Tilleuls", Email: "contact@jardins.example", Phone: "03 25 00 00 00", Website: "www.jardins.example",
		RNA: "w521 001 234",
	}
	for _, c := range change {
		c(&x)
	}
	return x
}

func called(name string) func(*Sheet) {
	return func(x *Sheet) { x.Name, x.RNA = name, "" }
}

// listed is an association that the town hall has put in the directory.
func (s *square) listed(change ...func(*Sheet)) uuid.UUID {
	s.Helper()
	id, err := s.service.add(s.Context(), s.town, s.staff, sheet(change...))
	s.must(err)
	return id
}

// run is an association with somebody who answers for it; the town hall has
// checked both.
func (s *square) run(change ...func(*Sheet)) (uuid.UUID, citizen.Viewer) {
	s.Helper()
	v := s.citizen(s.town, "Louise")
	id, err := s.service.found(s.Context(), s.town, v, sheet(change...), "president", "Élue en juin.")
	s.must(err)
	s.must(s.service.verify(s.Context(), s.town, s.staff, Target{ID: id}, true))
	return id, v
}

// folder is an association as its back office sees it.
func (s *square) folder(id uuid.UUID) *Folder {
	s.Helper()
	f, err := s.service.inOffice(s.Context(), s.town.ID, id)
	s.must(err)
	return f
}

func (s *square) state(id uuid.UUID, want State) {
	s.Helper()
	if got := s.folder(id).State; got != want {
		s.Errorf("state %s, want %s", got, want)
	}
}

func (s *square) answers(id uuid.UUID, v citizen.Viewer) (yes bool) {
	s.Helper()
	s.must(s.db.ReadTenant(s.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		yes, err = s.AnswersFor(ctx, tx, s.town.ID, id, v.ID)
		return err
	}))
	return yes
}

// letters are the mails kept for the town, newest first.
func (s *square) letters() []mail.Kept {
	s.Helper()
	var kept []mail.Kept
	s.must(s.db.ReadTenant(s.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT recipient AS "to", subject, text_body AS text FROM core.mails ORDER BY created_at DESC`).Scan(ctx, &kept)
	}))
	return kept
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
