package paper_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/paper"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/realtime"
)

// hall is a town whose citizens vote on paper too, and another town beside it.
type hall struct {
	testing.TB
	db          *testkit.DB
	town, other *tenant.Tenant
	box         *voting.Box
	booth       *booth.Booth
	*paper.Service
	staff map[string]citizen.Viewer
}

// Subject implements booth.Subjects: there is one subject, for all to see.
func (h *hall) Subject(_ context.Context, _ *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "La place du Marché", Href: "/consultations/place", Back: "Retour", Visible: true, Manage: v.Has(s.Module, citizen.Official)}, nil
}

func newHall(t testing.TB) *hall {
	t.Helper()
	db := testkit.Database(t)
	h := &hall{TB: t, db: db, staff: map[string]citizen.Viewer{}}
	h.town = db.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"), testkit.WithModules("consultations"))
	h.other = db.Tenant(t, testkit.WithModules("consultations"))
	h.box = voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() { h.must(h.box.Drain(context.Background())) })
	secret := bytes.Repeat([]byte("k"), 32)
	h.booth = booth.New(booth.Deps{DB: db.DB, Box: h.box, Secret: secret, Subjects: func(string) (booth.Subjects, bool) { return h, true }})
	desk := identity.New(identity.Deps{DB: db.DB, Clock: testkit.Clock(), Secret: secret})
	h.Service = paper.New(paper.Deps{DB: db.DB, Box: h.box, Polls: h.booth, Desk: desk})
	for name, role := range map[string]citizen.Role{
		"Anne": citizen.Agent, "Bruno": citizen.Agent, "Chloé": citizen.Agent, "Denis": citizen.Agent,
		"Olga": citizen.Official, "Serge": citizen.Scrutineer, "Mona": citizen.Moderator,
	} {
		h.staff[name] = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: name, Grants: []citizen.Grant{{Role: role}}}
	}
	return h
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

func (h *hall) want(got, want error) {
	h.Helper()
	if !errors.Is(got, want) {
		h.Errorf("%v, want %v", got, want)
	}
}

func simple(t *voting.Terms) { t.Paper = voting.SimpleTyping }

// open opens a poll with paper ballots: up to three of eight options.
func (h *hall) open(change ...func(*voting.Terms)) (id voting.PollID) {
	h.Helper()
	terms := voting.Terms{
		Question: "Quels arbres planter sur la place ?", Method: voting.Approval, MaxChoices: 3, Visibility: voting.Turnout,
		Paper: voting.DoubleTyping,
	}
	terms.Electorate.Person = citizen.PersonDesk
	for _, label := range strings.Fields("Tilleul Érable Chêne Orme Frêne Hêtre Aulne Saule") {
		terms.Options = append(terms.Options, voting.Option{Label: label})
	}
	for _, c := range change {
		c(&terms)
	}
	h.must(h.db.InTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, terms)
		return err
	}))
	h.must(h.box.Open(context.Background(), h.town.ID, id, voting.Act{}))
	return id
}

func (h *hall) close(id voting.PollID) {
	h.Helper()
	h.must(h.box.Close(context.Background(), h.town.ID, id, voting.Act{}))
}

// citizens adds people whose identity was checked at the desk.
func (h *hall) citizens(n int) []citizen.ID {
	h.Helper()
	list := make([]citizen.ID, n)
	for i := range list {
		list[i] = citizen.NewID()
		_, err := h.db.Superuser(h).Exec(context.Background(), `WITH person AS (INSERT INTO core.persons (tenant_id, id, hash)
				VALUES ($1, $2::uuid, sha256($2::uuid::text::bytea)))
			INSERT INTO core.citizens (tenant_id, id, name, name_key, name_key_reversed, person_proof, person_id, born_on, created_at, seen_on)
			VALUES ($1, $2::uuid, 'Lucie Roy', 'lucie roy', 'roy lucie', 4, $2::uuid, '1950-03-02', now(), current_date)`, h.town.ID.String(), list[i].String())
		h.must(err)
	}
	return list
}

// batch prepares a batch and counts its sheets.
func (h *hall) batch(id voting.PollID, sheets int) int {
	h.Helper()
	number, err := h.Prepare(context.Background(), h.town, h.staff["Anne"], id)
	h.must(err)
	h.must(h.CountSheets(context.Background(), h.town, h.staff["Anne"], id, number, sheets))
	return number
}

func (h *hall) types(name string, id voting.PollID, batch, sheet int, said voting.Sheet) error {
	return h.TypeSheet(context.Background(), h.town, h.staff[name], id, batch, sheet, said)
}

func (h *hall) seal(id voting.PollID, batch int) error {
	return h.Seal(context.Background(), h.town, h.staff["Anne"], id, batch)
}

func (h *hall) stands(id voting.PollID) *paper.Standing {
	h.Helper()
	st, err := h.Standing(context.Background(), h.town, h.staff["Anne"], id)
	h.must(err)
	return st
}

func (h *hall) result(id voting.PollID) *voting.Result {
	h.Helper()
	r, err := h.box.Results(context.Background(), h.town.ID, id, realtime.Public)
	h.must(err)
	return r
}
