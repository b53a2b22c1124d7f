package budgets

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/png"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// noon is when the tests' towns live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// day is noon of the n-th day after.
func day(n int) time.Time { return noon.Add(time.Duration(n) * 24 * time.Hour) }

// townHall is a town with the module on, a database of its own, and an official.
type townHall struct {
	testing.TB
	*Module
	db    *testkit.DB
	town  *tenant.Tenant
	staff citizen.Viewer
}

func newTownHall(t *testing.T) *townHall {
	t.Parallel()
	db := testkit.Database(t)
	box := voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() {
		if err := box.Drain(context.Background()); err != nil {
			t.Error(err)
		}
	})
	h := &townHall{TB: t, db: db, Module: New(Deps{DB: db.DB, Box: box, Files: files.New(t.TempDir())})}
	h.town, h.staff = h.newTown()
	return h
}

// newTown adds a town that stands at noon, with an official.
func (h *townHall) newTown() (*tenant.Tenant, citizen.Viewer) {
	h.Helper()
	town := h.db.Tenant(h, testkit.WithModules(name), testkit.WithZones("La Noue", "Le Vert-Bois"))
	town.Territory = tenant.Territory{CenterLat: 48_628_010, CenterLon: 4_949_235, Radius: 9_000}
	h.db.SetClock(h, town.ID, noon)
	v := h.citizen(town)
	v.Grants = []citizen.Grant{{Role: citizen.Official}}
	return town, v
}

// citizen adds an account that has answered a mail.
func (h *townHall) citizen(town *tenant.Tenant) citizen.Viewer {
	h.Helper()
	id := uuid.New()
	_, err := h.db.Superuser(h).Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		VALUES ($1, $2, 'X', 'x', 'x', 1, now(), current_date)`, town.ID.String(), id)
	h.must(err)
	return citizen.Viewer{ID: citizen.ID(id), SignedIn: true, Name: "Camille", Person: citizen.PersonEmail}
}

func (h *townHall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// at moves the town to a moment.
func (h *townHall) at(moment time.Time) {
	h.Helper()
	h.db.SetClock(h, h.town.ID, moment)
}

// The days on which the phases of the tests' editions begin.
const (
	depositDay, studyDay, voteDay, resultDay, deliberationDay, winnersDay, deliveryDay = 1, 10, 20, 30, 35, 40, 50
)

// plan is an edition that lacks nothing, with 100 000 euros for the town.
func plan(change ...func(*Plan)) Plan {
	p := Plan{
		Text: Text{
			Title: "Budget participatif 2027", Summary: "100 000 euros pour vos idées.", Easy: "Vous choisissez des projets.",
			Body: "## Comment faire\n\nDéposez un projet.", Rules: "## Article 1\n\nTout habitant peut déposer.",
			Adopted: Act{On: day(-20), Number: "2026-11-03"},
		},
		Terms: Terms{Method: counting.Greedy, MinVotes: 2, Envelopes: []Envelope{{Amount: 100_000_00}}},
		Calendar: Calendar{
			InformationAt: noon, DepositAt: day(depositDay), StudyAt: day(studyDay), VoteAt: day(voteDay), ResultAt: day(resultDay),
			DeliberationAt: day(deliberationDay), WinnersAt: day(winnersDay), DeliveryAt: day(deliveryDay),
		},
	}
	for _, c := range change {
		c(&p)
	}
	return p
}

// opened is an edition that takes projects.
func (h *townHall) opened(change ...func(*Plan)) uuid.UUID {
	h.Helper()
	id, err := h.Open(h.Context(), h.town, h.staff, plan(change...))
	h.must(err)
	h.at(day(depositDay).Add(time.Hour))
	return id
}

func (h *townHall) proposal(title string) Proposal {
	estimate := money.Cents(12_345_67)
	return Proposal{Title: title, Text: "Des bancs à l’ombre des **tilleuls**.", Theme: "nature", Place: "Parc du Jard", Estimate: &estimate}
}

// deposited is a project of somebody new.
func (h *townHall) deposited(edition uuid.UUID, title string) (uuid.UUID, citizen.Viewer) {
	h.Helper()
	author := h.citizen(h.town)
	id, err := h.Submit(h.Context(), h.town, author, edition, h.proposal(title), "48.6300, 4.9500", nil)
	h.must(err)
	return id, author
}

// decided is an edition whose decisions are published: two accepted projects,
// one inadmissible, one unfavourable.
func (h *townHall) decided() (edition uuid.UUID, accepted, refused []uuid.UUID) {
	h.Helper()
	edition = h.opened()
	for _, title := range []string{"Bancs publics", "Fontaine", "Statue privée", "Téléphérique"} {
		id, _ := h.deposited(edition, title)
		accepted = append(accepted, id)
	}
	h.at(day(studyDay).Add(time.Hour))
	h.must(h.Prepare(h.Context(), h.town, h.staff, edition, accepted[0], Accepted, "Facile à faire.", 40_000_00))
	h.must(h.Prepare(h.Context(), h.town, h.staff, edition, accepted[1], Accepted, "", 70_000_00))
	h.must(h.Prepare(h.Context(), h.town, h.staff, edition, accepted[2], Inadmissible, "Un terrain privé.", 0))
	h.must(h.Prepare(h.Context(), h.town, h.staff, edition, accepted[3], Unfavourable, "Trop cher à entretenir.", 0))
	h.must(h.PublishDecisions(h.Context(), h.town, h.staff, edition))
	return edition, accepted[:2], accepted[2:]
}

// project is a project as its author and the public see it.
func (h *townHall) project(edition, id uuid.UUID) (*Edition, *Project) {
	h.Helper()
	e, p, _, err := h.service.projectFor(h.Context(), h.town.ID, citizen.Viewer{}, edition, id)
	h.must(err)
	return e, p
}

func (h *townHall) dossier(id uuid.UUID) *Dossier {
	h.Helper()
	d, err := h.service.inOffice(h.Context(), h.town.ID, id)
	h.must(err)
	return d
}

// fields are the names of the fields that err complains about, in order.
func fields(err error) []string {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return nil
	}
	var names []string
	for _, field := range f.Fields {
		names = append(names, field.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// refuse checks that err is the fault wanted.
func (h *townHall) refuse(err, want error) {
	h.Helper()
	if !errors.Is(err, want) {
		h.Errorf("%v, want %v", err, want)
	}
}

// picture is a small photograph.
func picture() *bytes.Reader {
	img := image.NewRGBA(image.Rect(0, 0, 40, 30))
	img.Set(3, 3, color.RGBA{200, 30, 30, 255})
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer never fails
	}
	return bytes.NewReader(b.Bytes())
}
