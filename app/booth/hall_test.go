package booth_test

import (
	"bytes"
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// noon is when the towns of these tests live: Monday 23 November 2026 in Paris.
var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// square is a town with its ballot box and the pages of its polls, and another
// town beside it.
type square struct {
	testing.TB
	db          *testkit.DB
	town, other *tenant.Tenant
	box         *voting.Box
	booth       *booth.Booth
	hub         *realtime.Hub
	app         *fiber.App
	consult     *consultations
	mu          sync.Mutex
	viewers     map[string]citizen.Viewer
}

// consultations is what polls are about here: one thing, which may be hidden.
type consultations struct {
	mu     sync.Mutex
	hidden bool
}

func (c *consultations) Subject(_ context.Context, _ *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	manage := v.Has(s.Module, citizen.Official)
	return booth.SubjectInfo{
		Title: "Imaginons la place du Marché", Href: "/consultations/place", Back: "Retour à la consultation",
		Visible: !c.hidden || manage, Manage: manage,
	}, nil
}

func (c *consultations) hide(yes bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hidden = yes
}

// ByHost implements web.Tenants.
func (s *square) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	for _, t := range []*tenant.Tenant{s.town, s.other} {
		if name, _, _ := strings.Cut(host, ":"); name == t.Hosts[0] {
			return t, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.not_found")
}

// Viewer implements web.Sessions: the token is the name.
func (s *square) Viewer(_ context.Context, t tenant.ID, token string) (citizen.Viewer, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, ok := s.viewers[token]; ok && t == s.town.ID {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "web.not_found")
}

func newSquare(t *testing.T) *square {
	t.Parallel()
	db := testkit.Database(t)
	s := &square{TB: t, db: db, consult: &consultations{}, viewers: map[string]citizen.Viewer{}}
	s.town = db.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"), testkit.WithModules("consultations"), testkit.WithZones("La Noue", "Le Vert-Bois"))
	s.other = db.Tenant(t, testkit.WithModules("consultations"))
	s.at(noon)
	s.hub = realtime.New(realtime.Options{Spread: -1, Source: realtime.SourceFunc(func(ctx context.Context, topic realtime.Topic, as realtime.Audience) (realtime.State, error) {
		return s.booth.Snapshot(ctx, topic, as)
	})})
	t.Cleanup(func() { s.must(s.hub.Close(context.Background())) })
	s.box = voting.New(voting.Deps{DB: db.DB, Live: s.hub})
	t.Cleanup(func() { s.must(s.box.Drain(context.Background())) })
	secret := bytes.Repeat([]byte("k"), 32)
	s.booth = booth.New(booth.Deps{DB: db.DB, Box: s.box, Secret: secret, Subjects: func(module string) (booth.Subjects, bool) {
		return s.consult, module == "consultations"
	}})
	s.app = s.serve(secret)
	return s
}

func (s *square) serve(secret []byte) *fiber.App {
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, identity.Catalogue, database.Catalogue, voting.Catalogue, booth.Catalogue)
	s.must(err)
	app, err := web.New(web.Options{Tenants: s, Sessions: s, Messages: messages, Secret: secret, Log: slog.New(slog.DiscardHandler)})
	s.must(err)
	realtime.Prepare(app)
	app.Get("/direct", realtime.Handler(s.hub, func(c *fiber.Ctx) (realtime.Session, error) {
		t, v := web.Tenant(c), web.Viewer(c)
		return realtime.Session{Tenant: t.ID.String(), Origins: []string{web.Origin(c)}, Audience: func(ctx context.Context, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error) {
			return s.booth.Audience(ctx, t, v, topic, asked)
		}}, nil
	}))
	s.booth.Mount(app)
	s.booth.MountOffice(app.Group("/office"))
	s.booth.MountAPI(app.Group("/api/v1"))
	return app
}

func (s *square) must(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *square) at(moment time.Time) { s.db.SetClock(s, s.town.ID, moment) }

// citizen adds an account of this name that has answered a mail.
func (s *square) citizen(name string, change ...func(*citizen.Viewer)) citizen.Viewer {
	s.Helper()
	id := uuid.New()
	_, err := s.db.Superuser(s).Exec(context.Background(), `INSERT INTO core.citizens
		(tenant_id, id, name, name_key, name_key_reversed, person_proof, created_at, seen_on)
		VALUES ($1, $2, 'X', 'x', 'x', 1, now(), current_date)`, s.town.ID.String(), id)
	s.must(err)
	v := citizen.Viewer{ID: citizen.ID(id), SignedIn: true, Name: name, Person: citizen.PersonEmail}
	for _, c := range change {
		c(&v)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.viewers[name] = v
	return v
}

func official(v *citizen.Viewer) {
	v.Grants = []citizen.Grant{{Role: citizen.Official, Module: "consultations"}}
}

// terms is a question that anyone with an account may answer, and change.
func terms(change ...func(*voting.Terms)) voting.Terms {
	t := voting.Terms{
		Question: "Que faire de la place du Marché ?", Method: voting.Plurality, Visibility: voting.Turnout, AllowChange: true,
		Options: []voting.Option{{Label: "Un jardin partagé", Description: "Vingt parcelles et un verger."}, {Label: "Une halle couverte"}, {Label: "Une place sans voitures"}},
	}
	for _, c := range change {
		c(&t)
	}
	return t
}

func final(t *voting.Terms)      { t.AllowChange = false }
func shownLive(t *voting.Terms)  { t.Visibility = voting.Live }
func hidden(t *voting.Terms)     { t.Visibility = voting.Hidden }
func openToRoom(t *voting.Terms) { t.Room.Open = true }
func upToTwo(t *voting.Terms)    { t.Method, t.MaxChoices = voting.Approval, 2 }
func answers(t *voting.Terms)    { t.Method = voting.YesNoAbstain }
func between(opens, closes time.Duration) func(*voting.Terms) {
	return func(t *voting.Terms) { t.Opens, t.Closes = noon.Add(opens), noon.Add(closes) }
}

func (s *square) draft(t voting.Terms) (id voting.PollID) {
	s.Helper()
	s.must(s.db.InTenant(context.Background(), s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = s.box.Create(ctx, tx, s.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, t)
		return err
	}))
	return id
}

func (s *square) scheduled(t voting.Terms) voting.PollID {
	s.Helper()
	id := s.draft(t)
	s.must(s.db.InTenant(context.Background(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return s.box.Schedule(ctx, tx, s.town.ID, id)
	}))
	return id
}

func (s *square) open(t voting.Terms) voting.PollID {
	s.Helper()
	id := s.draft(t)
	s.must(s.box.Open(context.Background(), s.town.ID, id, voting.Act{}))
	return id
}

func (s *square) close(id voting.PollID) {
	s.Helper()
	s.must(s.box.Close(context.Background(), s.town.ID, id, voting.Act{Reason: "La réunion est finie."}))
}

func (s *square) poll(id voting.PollID) (poll *voting.Poll) {
	s.Helper()
	s.must(s.db.ReadTenant(context.Background(), s.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = s.box.Poll(ctx, tx, s.town.ID, id)
		return err
	}))
	return poll
}

// ballots is how many are in the box.
func (s *square) ballots(id voting.PollID) int64 {
	s.Helper()
	head, err := s.box.Head(context.Background(), s.town.ID, id)
	s.must(err)
	return head.Participants
}

// fill casts n ballots for each option in turn: "aab" makes two for a, one for b.
func (s *square) fill(id voting.PollID, options string) {
	s.Helper()
	p := s.poll(id)
	for i, option := range options {
		v := voting.ByDevice(uuid.New())
		if p.VoterKind() == voting.AccountVoter {
			v = voting.ByAccount(s.citizen(fmt.Sprintf("fill-%s-%d", id, i)))
		}
		marks := []voting.Mark{{Option: string(option), Value: voting.Chosen}}
		if p.Method == voting.YesNoAbstain {
			marks = []voting.Mark{{Option: "a", Value: strings.IndexRune("n-y", option) - 1}, {Option: "b", Value: voting.No}, {Option: "c", Value: voting.Abstain}}
		}
		_, err := s.box.Cast(context.Background(), s.town.ID, voting.Submission{Poll: id, Voter: v, Nonce: voting.NewNonce(), Marks: marks, Channel: voting.Web})
		s.must(err)
	}
}

// person is a browser without scripts.
type person struct {
	*square
	host string
	jar  map[string]string
	last answer
}

// as is somebody signed in under that name; "" is a visitor.
func (s *square) as(name string) *person {
	p := &person{square: s, host: s.town.Hosts[0], jar: map[string]string{}}
	if name != "" {
		p.jar["parvis"] = name
	}
	return p
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body string
}

func (p *person) get(path string) answer {
	p.Helper()
	return p.send(http.MethodGet, path, "")
}

// post sends the hidden fields of the last page, with what was filled in.
func (p *person) post(path string, pairs ...string) answer {
	p.Helper()
	form := p.last.fields()
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return p.send(http.MethodPost, path, form.Encode())
}

func (p *person) send(method, path, body string) answer {
	p.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = p.host
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	for name, value := range p.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := p.app.Test(req, -1)
	p.must(err)
	raw, err := io.ReadAll(response.Body)
	p.must(err)
	for _, cookie := range response.Cookies() {
		p.jar[cookie.Name] = cookie.Value
	}
	got := answer{response, string(raw)}
	if strings.Contains(got.body, `name="_csrf"`) {
		p.last = got
	}
	return got
}

var hiddenRE = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// fields are the hidden fields of the page's first form.
func (a answer) fields() url.Values {
	form := url.Values{}
	_, first, _ := strings.Cut(a.body, "<form")
	first, _, _ = strings.Cut(first, "</form>")
	for _, match := range hiddenRE.FindAllStringSubmatch(first, -1) {
		form.Add(html.UnescapeString(match[1]), html.UnescapeString(match[2]))
	}
	return form
}

// words is the text of an answer with ordinary apostrophes and spaces.
func (a answer) words() string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'", "&#39;", "'").Replace(html.UnescapeString(a.body))
}

// main is the part of the page that is not the same everywhere.
func (a answer) main() string {
	_, main, found := strings.Cut(a.words(), "<main")
	if !found {
		return a.words()
	}
	return main
}

var controlRE = regexp.MustCompile(`<input class="choice-control"[^>]*>`)

// ticked is what is chosen on the page, in its order.
func (a answer) ticked(t testing.TB, want string) answer {
	t.Helper()
	var got []string
	for _, control := range controlRE.FindAllString(a.body, -1) {
		if strings.Contains(control, " checked") {
			_, value, _ := strings.Cut(control, `value="`)
			value, _, _ = strings.Cut(value, `"`)
			got = append(got, value)
		}
	}
	if chosen := strings.Join(got, " "); chosen != want {
		t.Errorf("%s: %q is ticked, want %q", a.Request.URL, chosen, want)
	}
	return a
}

func (a answer) want(t testing.TB, status int, words ...string) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("%s %s: status %d, want %d: %.600s", a.Request.Method, a.Request.URL, a.StatusCode, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.words(), w) {
			t.Errorf("%s does not say %q: %s", a.Request.URL, w, a.main())
		}
	}
	return a
}

func (a answer) without(t testing.TB, words ...string) answer {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.words(), w) {
			t.Errorf("%s says %q: %s", a.Request.URL, w, a.main())
		}
	}
	return a
}

// leads returns where an answer sends the browser.
func (a answer) leads(t testing.TB) string {
	t.Helper()
	a.want(t, http.StatusSeeOther)
	return a.Header.Get("Location")
}

func path(id voting.PollID) string { return "/votes/" + id.String() }
func desk(id voting.PollID) string { return "/office/votes/" + id.String() + "/pupitre" }

// vote fills in a ballot, reviews it and confirms it; it returns the receipt's address.
func (p *person) vote(id voting.PollID, fields ...string) string {
	p.Helper()
	p.get(path(id)).want(p, http.StatusOK)
	p.post(path(id)+"/verification", fields...).want(p, http.StatusOK)
	return p.post(path(id) + "/bulletin").leads(p)
}
