package e2e

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/site"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/modules"
	"parvis/modules/consultations"
)

// Who visits a planted town: a visitor, somebody without a role, one person
// for each role.
const (
	visitor  = "visitor"
	resident = "resident" // everything proven at the desk
	unproven = "unproven" // an address that answers to mails, no more; has a password
)

var everybody = append([]string{visitor, resident, unproven}, roleNames()...)

func roleNames() (names []string) {
	for _, r := range citizen.Roles {
		names = append(names, string(r))
	}
	return names
}

// planted is a town that holds everything a town may hold. Its canary stands
// in every text of it, and in no other town's.
type planted struct {
	*server
	host    string
	canary  string
	foreign string // the other town's canary
	color   string
	town    *tenant.Tenant

	open, upcoming, later, closed, draft, spare uuid.UUID // consultations
	poll, room, settled, sketch, second         voting.PollID
	ticketed                                    voting.PollID // in a room, with printed tickets
	paper, paperOver                            voting.PollID // on paper: open, and closed with nothing handed in
	marked                                      voting.PollID // on paper, with marks on the roll that were mistakes
	lotCode                                     string        // of its first batch
	tablet                                      *client       // a kiosk that is open for somebody
	unsure                                      voting.PollID // in which one may vote first and prove later
	ripe, severed                               voting.PollID // whose matter is closed; whose ballots are severed
	appeal                                      uuid.UUID     // against the settled one
	document, draftDocument, note               uuid.UUID
	zone                                        uuid.UUID
	receipt, code, logo, link                   string
	person                                      map[string]citizen.ID
	session, grant                              uuid.UUID
	budgets                                     funded
	ideas                                       plantedIdeas
	asker                                       *client // the browser that asked for the link

	guilds guilds

	browsers map[string]*client

	helping
}

// plantedPair is a program with two such towns.
func plantedPair(t testing.TB) (a, b *planted) {
	t.Helper()
	s := start(t, testkit.Database(t), modules.All)
	return s.plant(t, "alpha", "#0b5d57"), s.plant(t, "bravo", "#7a1f5c")
}

// shared everywhere: what a search finds in both towns.
const common = "tilleul"

// plant adds a town.
func (s *server) plant(t testing.TB, name, brand string) *planted {
	t.Helper()
	p := &planted{
		server: s, host: "canari" + name + ".localhost", canary: "canari" + name, color: brand,
		person: map[string]citizen.ID{}, browsers: map[string]*client{},
	}
	ctx := context.Background()
	var err error
	p.town, err = site.Add(ctx, s.db.DB, site.NewTenant{
		Slug: p.canary, Name: p.says("Ville"), SiteName: p.says("Site"), Hosts: []string{p.host}, Color: brand, Email: p.email("mairie"),
		Modules: s.moduleNames(), Zones: []string{p.says("Quartier nord"), p.says("Quartier sud")}, Demo: true,
		Legal: site.Legal{Director: p.says("Directrice"), Address: p.says("1 rue"), Hosting: p.says("Hébergeur"), DPO: p.email("dpo")},
	})
	p.must(t, err)
	p.zone = p.town.Zones[0].ID
	p.people(ctx, t)
	p.exec(t, `INSERT INTO core.notices (tenant_id, citizen_id, title, body, href) VALUES ($1, $2, $3, $3, '/')`,
		p.town.ID.String(), p.person[resident].String(), p.says("Nouvelle"))
	p.consult(ctx, t)
	p.associate(ctx, t)
	p.budget(ctx, t)
	p.propose(ctx, t)
	p.help(ctx, t)
	p.papers(ctx, t)
	p.furnish(t)
	p.showPass(t)
	return p
}

func (s *server) moduleNames() (names []string) {
	for _, m := range s.app.Modules {
		names = append(names, m.Manifest().Name)
	}
	return names
}

func (p *planted) must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("plant %s: %v", p.canary, err)
	}
}

// says makes a text of the town: it can be told, and both towns have the word
// that searches look for.
func (p *planted) says(text string) string { return text + " " + p.canary + " " + common }

func (p *planted) email(name string) string { return name + "@" + p.canary + ".example" }

func (p *planted) people(ctx context.Context, t testing.TB) {
	t.Helper()
	var list []identity.DemoAccount
	for _, who := range everybody[1:] {
		a := identity.DemoAccount{
			Name: p.says(who), Email: p.email(who), Note: p.says("note"), Address: p.says("rue"), Zone: p.zone, BornOn: "1980-05-01",
			Person: citizen.PersonDesk, Residence: citizen.ResidenceDesk,
		}
		switch who {
		case resident:
		case unproven:
			a.Person, a.Residence = citizen.PersonEmail, citizen.ResidenceNone
		default:
			a.Grants = []citizen.Grant{{Role: citizen.Role(who)}}
		}
		list = append(list, a)
	}
	ids, err := p.app.Identity.Demo(ctx, p.town, list)
	p.must(t, err)
	for i, who := range everybody[1:] {
		p.person[who] = ids[i]
	}
	p.grant = value[uuid.UUID](t, p.server, `SELECT id FROM core.role_grants WHERE tenant_id = $1 AND citizen_id = $2`, p.town.ID.String(), p.person["moderator"].String())
}

// founder is who the town's past is by.
var founder = citizen.Viewer{SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Administrator}}}

func (p *planted) module() *consultations.Module {
	for _, m := range p.app.Modules {
		if m, ok := m.(*consultations.Module); ok {
			return m
		}
	}
	return nil
}

func (p *planted) plan(title string, opens, closes time.Time, polls ...voting.Terms) consultations.Plan {
	return consultations.Plan{
		Text: consultations.Text{
			Title: p.says(title), Summary: p.says("Résumé"), Easy: p.says("Facile"), Body: p.says("Corps"), Promise: p.says("Promesse"),
		},
		Schedule: consultations.Schedule{OpensAt: opens, ClosesAt: closes},
		Polls:    polls,
		Documents: []consultations.PlannedDocument{
			{Title: p.says("Plan"), Content: []byte("%PDF-1.4\n% " + p.canary + "\n%%EOF\n")},
		},
	}
}

func (p *planted) terms(change func(*voting.Terms)) voting.Terms {
	terms := voting.Terms{
		Question: p.says("Question"), Description: p.says("Description"), Method: voting.Plurality, Visibility: voting.Live, AllowChange: true,
		Options: []voting.Option{{Label: p.says("Un"), Description: p.says("premier")}, {Label: p.says("Deux")}},
	}
	terms.Electorate.Person = citizen.PersonEmail
	if change != nil {
		change(&terms)
	}
	return terms
}

// consult plants a consultation in each phase.
func (p *planted) consult(ctx context.Context, t testing.TB) {
	t.Helper()
	m, now := p.module(), time.Now()
	day := func(n int) time.Time { return now.Add(time.Duration(n) * 24 * time.Hour) }
	inRoom := func(terms *voting.Terms) {
		terms.Room.Open, terms.Electorate = true, voting.Electorate{}
		terms.Rule.Quorum = counting.Quorum{Share: counting.Fraction{Num: 1, Den: 2}, Of: counting.Attending}
	}
	byTicket := func(terms *voting.Terms) {
		inRoom(terms)
		terms.Room.Voter = voting.TicketVoter
	}
	provenLast := func(terms *voting.Terms) {
		terms.Electorate.Person, terms.Electorate.Later = citizen.PersonDesk, true
	}
	onList := func(terms *voting.Terms) {
		terms.Electorate.Person, terms.Electorate.List = citizen.PersonEmail, voting.MailList
	}
	write := func(plan consultations.Plan, publish bool) (id uuid.UUID, polls []voting.PollID) {
		t.Helper()
		id, polls, err := m.Write(ctx, p.town, founder, plan)
		p.must(t, err)
		if publish {
			p.must(t, m.Publish(ctx, p.town, founder, id))
		}
		return id, polls
	}
	at := func(when time.Time, do func(context.Context)) {
		t.Helper()
		p.must(t, p.app.Seeding(p.db.CustodianURL).At(ctx, p.town.ID, when, func(ctx context.Context) error { do(ctx); return nil }))
	}

	var polls []voting.PollID
	p.draft, polls = write(p.plan("Brouillon", day(5), day(9), p.terms(nil), p.terms(onList)), false)
	p.sketch, p.second = polls[0], polls[1]
	p.spare, _ = write(p.plan("À jeter", day(5), day(9), p.terms(nil)), false)
	p.upcoming, _ = write(p.plan("À venir", day(1), day(9), p.terms(nil)), true)
	p.later, _ = write(p.plan("Plus tard", day(2), day(9), p.terms(nil)), true)
	at(day(-3), func(context.Context) {
		p.open, polls = write(p.plan("Ouverte", day(-3), day(9), p.terms(nil), p.terms(inRoom), p.terms(byTicket), p.terms(onPaper), p.terms(provenLast), p.terms(onPaper)), true)
	})
	p.poll, p.room, p.ticketed, p.paper, p.unsure, p.marked = polls[0], polls[1], polls[2], polls[3], polls[4], polls[5]
	at(day(-30), func(context.Context) {
		p.closed, polls = write(p.plan("Close", day(-30), day(-10), p.terms(nil), p.terms(onPaper)), true)
	})
	p.settled, p.paperOver = polls[0], polls[1]
	at(day(-20), func(ctx context.Context) { p.vote(ctx, t, p.settled) })
	at(day(-120), func(context.Context) {
		_, polls = write(p.plan("Ancienne", day(-120), day(-100), p.terms(nil), p.terms(nil)), true)
	})
	p.ripe, p.severed = polls[0], polls[1]
	at(day(-110), func(ctx context.Context) {
		p.vote(ctx, t, p.ripe)
		p.vote(ctx, t, p.severed)
	})
	p.archive(ctx, t, day)
	p.must(t, m.Decide(ctx, p.town, founder, p.closed, consultations.Outcome{Text: p.says("Décision"), On: day(-1), Number: p.canary}))
	p.must(t, m.FollowUp(ctx, p.town, founder, p.closed, p.says("Suite")))
	p.must(t, p.app.Box.Open(ctx, p.town.ID, p.room, voting.Act{}))
	for range 2 {
		_, _, err := p.app.Box.PrintTickets(ctx, p.town.ID, p.ticketed, 2, voting.Act{})
		p.must(t, err)
	}
	p.receipt = p.vote(ctx, t, p.poll)

	id := p.town.ID.String()
	p.document = value[uuid.UUID](t, p.server, `SELECT id FROM consultations.documents WHERE tenant_id = $1 AND consultation_id = $2`, id, p.open)
	p.draftDocument = value[uuid.UUID](t, p.server, `SELECT id FROM consultations.documents WHERE tenant_id = $1 AND consultation_id = $2`, id, p.draft)
	p.note = value[uuid.UUID](t, p.server, `SELECT id FROM consultations.follow_ups WHERE tenant_id = $1`, id)
	p.code = value[string](t, p.server, `SELECT room_code FROM voting.polls WHERE tenant_id = $1 AND id = $2`, id, p.room.String())
}

// archive plants what the archives have of polls: matters, a recours, a minute.
func (p *planted) archive(ctx context.Context, t testing.TB, day func(int) time.Time) {
	t.Helper()
	act := voting.Act{Actor: p.person[administrator]}
	for poll, when := range map[voting.PollID]time.Time{p.settled: day(-1), p.ripe: day(-90), p.severed: day(-90)} {
		p.must(t, p.app.Custody.Deliberate(ctx, p.town, poll, voting.Deliberation{On: when, Reference: p.says("délibération")}, act))
	}
	var err error
	p.appeal, err = p.app.Custody.Appeal(ctx, p.town, p.settled, voting.Appeal{FiledOn: day(-1), Reference: p.says("requête")}, act)
	p.must(t, err)
	_, err = p.app.Custody.Sever(ctx, p.town, p.severed, voting.Order{
		Visa: p.says("visa"), Word: voting.ConfirmationWord(p.severed), By: p.says(administrator),
	}, act)
	p.must(t, err)
}

// vote casts enough ballots for the counts to be shown, and returns the number
// of the resident's.
func (p *planted) vote(ctx context.Context, t testing.TB, poll voting.PollID) string {
	t.Helper()
	number := voting.NewNonce()
	for i, who := range everybody[1:] {
		if who == resident || poll == p.settled || i > 1 {
			nonce := voting.NewNonce()
			if who == resident {
				nonce = number
			}
			v := citizen.Viewer{ID: p.person[who], SignedIn: true, Person: citizen.PersonDesk, Residence: citizen.ResidenceDesk}
			_, err := p.app.Box.Cast(ctx, p.town.ID, voting.Submission{
				Poll: poll, Voter: voting.ByAccount(v), Nonce: nonce, Marks: []voting.Mark{{Option: "a", Value: voting.Chosen}}, Channel: voting.Web,
			})
			p.must(t, err)
		}
	}
	return number.String()
}

// furnish plants what is planted through pages: the logo, a page of the
// footer, an open session, a link in a mail.
func (p *planted) furnish(t testing.TB) {
	t.Helper()
	admin := p.as(t, string(citizen.Administrator))
	admin.upload("/office/site/logo", "logo", "logo.png", p.picture()).is(http.StatusSeeOther)
	page := admin.get("/office/site/pages/charte").is(http.StatusOK)
	text := page.forms()[slices.IndexFunc(page.forms(), func(f form) bool { return f.action == "/office/site/pages/charte" && len(f.names) > 1 })]
	for _, name := range text.names {
		if name != "_csrf" && text.fields.Get(name) != "" {
			text.fields.Set(name, text.fields.Get(name)+"\n\n"+p.says("Charte"))
		}
	}
	admin.send(text).is(http.StatusSeeOther)
	p.logo = strings.TrimPrefix(value[string](t, p.server, `SELECT logo FROM core.tenants WHERE id = $1`, p.town.ID.String()), "/logo/")
	p.signedIn(t, p.host, p.says(resident)) // so that each has another session to close
	p.signedIn(t, p.host, p.says("moderator"))
	p.session = value[uuid.UUID](t, p.server, `SELECT id FROM core.sessions WHERE tenant_id = $1 AND citizen_id = $2`, p.town.ID.String(), p.person[resident].String())
	c := p.as(t, unproven)
	c.submit(c.get("/moi/profil"), "/moi/profil/mot-de-passe", "password", password).is(http.StatusSeeOther)
	c.get("/moi/profil") // what it says once is read
	p.asker = p.visitor(t, p.host)
	p.link = p.askLink(t, p.asker, p.email(resident))
}

const password = "trois canards traversent la Marne"

// askLink asks for a mail to sign in with, and returns the token of its link.
func (p *planted) askLink(t testing.TB, c *client, email string) string {
	t.Helper()
	c.submit(c.get("/connexion"), "/connexion", "email", email).is(http.StatusSeeOther)
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if found := linkRE.FindStringSubmatch(c.letter(email)); found != nil { // other letters may come first
			return found[1]
		}
	}
	t.Fatalf("no link for %s", email)
	return ""
}

var (
	linkRE = regexp.MustCompile(`/connexion/lien/([\w-]+)`)
	codeRE = regexp.MustCompile(`(?m)^\s*(\d{6})\s*$`)
)

// letter is the newest mail kept for an address.
func (c *client) letter(to string) string {
	c.Helper()
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		kept, err := c.app.Mail.Outbox(context.Background(), c.town(c, c.host).ID, 50)
		if err != nil {
			c.Fatal(err)
		}
		for _, k := range kept {
			if k.To == to {
				return k.Subject + "\n" + k.Text
			}
		}
	}
	c.Fatalf("no mail for %s", to)
	return ""
}

func (c *client) upload(path, field, name string, content []byte, pairs ...string) answer {
	c.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	pairs = append(pairs, "_csrf", c.token())
	for i := 0; i < len(pairs); i += 2 {
		_ = w.WriteField(pairs[i], pairs[i+1]) // into memory
	}
	part, _ := w.CreateFormFile(field, name)
	_, _ = part.Write(content)
	_ = w.Close()
	return c.ask(http.MethodPost, path, w.FormDataContentType(), body.String(), "Sec-Fetch-Site", "same-origin")
}

// picture is one of the town's own.
func (p *planted) picture() []byte {
	img := image.NewRGBA(image.Rect(0, 0, 40, 40))
	for i := range 40 {
		img.Set(i, (i*len(p.color)+int(p.color[1]))%40, color.RGBA{p.color[2], p.color[4], 90, 255})
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // into memory
	return b.Bytes()
}

// as is the browser of somebody, always the same.
func (p *planted) as(t testing.TB, who string) *client {
	t.Helper()
	c := p.browsers[who]
	if c == nil {
		if c = p.visitor(t, p.host); who != visitor {
			c = p.signedIn(t, p.host, p.says(who))
		}
		p.browsers[who] = c
	}
	copied := *c
	copied.TB, copied.foreign = t, p.foreign
	return &copied
}

// alone is the program with one of its modules, or with none.
func alone(name string) func(*kernel.Platform) []module.Module {
	return func(p *kernel.Platform) []module.Module {
		return slices.DeleteFunc(modules.All(p), func(m module.Module) bool { return m.Manifest().Name != name })
	}
}
