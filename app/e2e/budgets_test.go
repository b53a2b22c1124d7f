package e2e

import (
	"bytes"
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/money"
	"parvis/app/voting/counting"
	"parvis/modules/budgets"
)

// funded are the planted editions of the participatory budget and what hangs
// on them: one being written, one that takes projects, one under study, one
// whose vote is to come, one that is being voted on, one that is counted, and one whose winners are built.
type funded struct {
	sketch, spare, ready, collecting, studied, awaiting, voting, counted, built uuid.UUID // editions
	draft, dropped                                                              uuid.UUID // projects of the resident, while they are collected
	file, unwanted                                                              uuid.UUID // projects under study
	winner, step                                                                uuid.UUID
}

func edition(which func(*funded) uuid.UUID) func(*planted) string {
	return func(p *planted) string { return which(&p.budgets).String() }
}

var (
	sketchEdition = edition(func(f *funded) uuid.UUID { return f.sketch })
	spareEdition  = edition(func(f *funded) uuid.UUID { return f.spare })
	readyEdition  = edition(func(f *funded) uuid.UUID { return f.ready })
	collecting    = edition(func(f *funded) uuid.UUID { return f.collecting })
	studied       = edition(func(f *funded) uuid.UUID { return f.studied })
	awaiting      = edition(func(f *funded) uuid.UUID { return f.awaiting })
	votingEdition = edition(func(f *funded) uuid.UUID { return f.voting })
	counted       = edition(func(f *funded) uuid.UUID { return f.counted })
	built         = edition(func(f *funded) uuid.UUID { return f.built })
	draftProject  = edition(func(f *funded) uuid.UUID { return f.draft })
	droppedDraft  = edition(func(f *funded) uuid.UUID { return f.dropped })
	projectFile   = edition(func(f *funded) uuid.UUID { return f.file })
	unwantedFile  = edition(func(f *funded) uuid.UUID { return f.unwanted })
	winner        = edition(func(f *funded) uuid.UUID { return f.winner })
	builtStep     = edition(func(f *funded) uuid.UUID { return f.step })
)

// within is the address of something inside an edition.
func within(base string, e func(*planted) string, middle string, id func(*planted) string, rest string) func(*planted) string {
	return func(p *planted) string { return base + e(p) + middle + id(p) + rest }
}

const (
	budgetSite   = "/budgets-participatifs/"
	budgetOffice = "/office/budgets-participatifs/"
)

// budget plants the editions.
func (p *planted) budget(ctx context.Context, t testing.TB) {
	t.Helper()
	var m *budgets.Module
	for _, each := range p.app.Modules {
		if found, ok := each.(*budgets.Module); ok {
			m = found
		}
	}
	b := budgeting{planted: p, module: m, ctx: ctx, TB: t}
	f := &p.budgets
	f.sketch, f.spare = b.write("Esquisse"), b.write("À jeter")
	f.ready = b.write("Prête")
	f.collecting = b.open("En dépôt", -2)
	b.deposit(f.collecting, resident, "Mon projet", -1)
	b.at(-1, func(ctx context.Context) {
		var err error
		f.draft, err = m.Draft(ctx, p.town, b.somebody(resident), f.collecting, b.proposal("Mon brouillon"))
		p.must(t, err)
		f.dropped, err = m.Draft(ctx, p.town, b.somebody(resident), f.collecting, b.proposal("À oublier"))
		p.must(t, err)
	})
	f.studied = b.open("À l'étude", -12)
	f.file, f.unwanted = b.deposit(f.studied, resident, "À étudier", -11), b.deposit(f.studied, resident, "À retirer", -11)
	b.at(-3, func(ctx context.Context) {
		p.must(t, m.Prepare(ctx, p.town, founder, f.studied, f.file, budgets.Accepted, p.says("Motif"), 5_000_00))
		p.must(t, m.Prepare(ctx, p.town, founder, f.studied, f.unwanted, budgets.Inadmissible, p.says("Motif"), 0))
	})
	f.awaiting = b.open("Bientôt au vote", -15)
	b.decide(f.awaiting, -15)
	f.voting = b.open("Au vote", -22)
	b.decide(f.voting, -22)
	f.counted = b.open("Dépouillée", -32)
	b.decide(f.counted, -32)
	f.built = b.open("Réalisée", -80)
	f.winner = b.decide(f.built, -80)
	b.deliberate()
	f.step = value[uuid.UUID](t, p.server, `SELECT id FROM budgets.steps WHERE tenant_id = $1`, p.town.ID.String())
}

// budgeting plants editions through the module's own services.
type budgeting struct {
	*planted
	testing.TB
	module *budgets.Module
	ctx    context.Context
}

// at does something n days from now, by the town's clock.
func (b budgeting) at(n int, do func(context.Context)) {
	b.TB.Helper()
	b.must(b.TB, b.app.Seeding(b.db.CustodianURL).At(b.ctx, b.town.ID, days(n), func(ctx context.Context) error { do(ctx); return nil }))
}

// somebody is a person of the town, as a session knows them.
func (b budgeting) somebody(who string) citizen.Viewer {
	return citizen.Viewer{ID: b.person[who], SignedIn: true, Name: b.says(who), Person: citizen.PersonDesk, Residence: citizen.ResidenceDesk}
}

func days(n int) time.Time { return time.Now().Add(time.Duration(n) * 24 * time.Hour) }

func (b budgeting) text(title string) budgets.Text {
	return budgets.Text{
		Title: b.says(title), Summary: b.says("Résumé"), Easy: b.says("Facile"), Body: b.says("Corps"), Rules: b.says("Règlement"),
		Adopted: budgets.Act{On: days(-200), Number: b.canary},
	}
}

// write is an edition that only the town hall sees; complete but for nothing.
func (b budgeting) write(title string) uuid.UUID {
	b.TB.Helper()
	id, err := b.module.Sketch(b.ctx, b.town, founder, b.plan(title, 1))
	b.must(b.TB, err)
	return id
}

// plan is an edition whose information begins n days from now: a day later
// projects are collected, ten days later studied, twenty voted on, thirty
// counted, forty decided, fifty announced, sixty built.
func (b budgeting) plan(title string, n int) budgets.Plan {
	return budgets.Plan{
		Text:  b.text(title),
		Terms: budgets.Terms{Method: counting.Greedy, Envelopes: []budgets.Envelope{{Amount: 100_000_00}, {Zone: b.zone, Amount: 20_000_00}}},
		Calendar: budgets.Calendar{
			InformationAt: days(n), DepositAt: days(n).Add(time.Hour), StudyAt: days(n + 10), VoteAt: days(n + 20), ResultAt: days(n + 30),
			DeliberationAt: days(n + 40), WinnersAt: days(n + 50), DeliveryAt: days(n + 60),
		},
	}
}

// open is an edition that was published n days from now.
func (b budgeting) open(title string, n int) (id uuid.UUID) {
	b.TB.Helper()
	b.at(n, func(ctx context.Context) {
		var err error
		id, err = b.module.Open(ctx, b.town, founder, b.plan(title, n))
		b.must(b.TB, err)
	})
	return id
}

func (b budgeting) proposal(title string) budgets.Proposal {
	estimate := money.Cents(1_234_00)
	return budgets.Proposal{Title: b.says(title), Text: b.says("Texte"), Theme: "nature", Place: b.says("Lieu"), Estimate: &estimate, Photo: budgets.Photo{Alt: b.says("Photo")}}
}

// deposit is a project of somebody.
func (b budgeting) deposit(edition uuid.UUID, who, title string, n int) (id uuid.UUID) {
	b.TB.Helper()
	b.at(n, func(ctx context.Context) {
		var err error
		id, err = b.module.Submit(ctx, b.town, b.somebody(who), edition, b.proposal(title), "48.6300, 4.9500", bytes.NewReader(b.picture()))
		b.must(b.TB, err)
	})
	return id
}

// decide collects two projects in an edition that began n days from now, and
// puts them to the vote. They are not the resident's, who reads other mails.
func (b budgeting) decide(edition uuid.UUID, n int) uuid.UUID {
	b.TB.Helper()
	first, second := b.deposit(edition, "moderator", "Un verger", n+2), b.deposit(edition, "moderator", "Une fontaine", n+2)
	b.at(n+12, func(ctx context.Context) {
		for _, id := range []uuid.UUID{first, second} {
			b.must(b.TB, b.module.Prepare(ctx, b.town, founder, edition, id, budgets.Accepted, b.says("Avis"), 10_000_00))
		}
		b.must(b.TB, b.module.PublishDecisions(ctx, b.town, founder, edition))
	})
	return first
}

// deliberate makes the oldest edition's project a winner, and begins to build it.
func (b budgeting) deliberate() {
	b.TB.Helper()
	f := &b.budgets
	b.at(-38, func(ctx context.Context) {
		b.must(b.TB, b.module.Deliberate(ctx, b.town, founder, f.built,
			budgets.Outcome{Act: budgets.Act{On: days(-40), Number: b.canary}, Text: b.says("Décision")}, []uuid.UUID{f.winner}))
	})
	b.must(b.TB, b.module.Tell(b.ctx, b.town, founder, f.built, f.winner, budgets.RealStep{
		Title: b.says("Étape"), Text: b.says("Détail"), HappenedOn: days(-2), Stage: budgets.Works, Percent: 40, PromisedOn: days(60),
		Photo: budgets.Photo{Alt: b.says("Chantier")},
	}, bytes.NewReader(b.picture())))
}
