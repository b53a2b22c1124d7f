package watch_test

import (
	"bytes"
	"context"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
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
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/journal"
	"parvis/app/watch"
	"parvis/app/web"
)

// hall is a town whose poll is open, about the quarter of La Noue, and another
// town beside it.
type hall struct {
	testing.TB
	db          *testkit.DB
	town, other *tenant.Tenant
	box         *voting.Box
	booth       *booth.Booth
	logs        *journal.Journal
	app         *fiber.App
	poll        voting.PollID
	viewers     map[string]citizen.Viewer
}

// Subject implements booth.Subjects.
func (h *hall) Subject(_ context.Context, _ *tenant.Tenant, v citizen.Viewer, s voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{
		Title: "La place du Marché", Href: "/consultations/place", Visible: true, Manage: v.Has(s.Module, citizen.Official), Zone: h.town.Zones[0].ID,
	}, nil
}

// ByHost implements web.Tenants.
func (h *hall) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	for _, t := range []*tenant.Tenant{h.town, h.other} {
		if name, _, _ := strings.Cut(host, ":"); name == t.Hosts[0] {
			return t, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.not_found")
}

// Viewer implements web.Sessions: the token is the name, in every town.
func (h *hall) Viewer(_ context.Context, _ tenant.ID, token string) (citizen.Viewer, error) {
	if v, ok := h.viewers[token]; ok {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "web.not_found")
}

func (h *hall) staff(name string, grant citizen.Grant) {
	h.viewers[name] = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: name, Grants: []citizen.Grant{grant}}
}

func newHall(t *testing.T) *hall {
	t.Parallel()
	db := testkit.Database(t)
	h := &hall{TB: t, db: db, viewers: map[string]citizen.Viewer{}}
	h.town = db.Tenant(t, testkit.WithModules("consultations"), testkit.WithZones("La Noue", "Le Vert-Bois"))
	h.other = db.Tenant(t, testkit.WithModules("consultations"), testkit.WithZones("Nord"))
	h.staff("Sam", citizen.Grant{Role: citizen.Scrutineer})
	h.staff("Noue", citizen.Grant{Role: citizen.Scrutineer, Zone: h.town.Zones[0].ID})
	h.staff("Bois", citizen.Grant{Role: citizen.Scrutineer, Zone: h.town.Zones[1].ID})
	h.staff("Ideas", citizen.Grant{Role: citizen.Scrutineer, Module: "ideas"})
	h.staff("Anne", citizen.Grant{Role: citizen.Administrator})
	h.staff("Olga", citizen.Grant{Role: citizen.Official})
	secret := bytes.Repeat([]byte("k"), 32)
	h.box = voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() { h.must(h.box.Drain(context.Background())) })
	h.logs = journal.New(journal.Deps{DB: db.DB, Box: h.box, Secret: secret, Kept: files.New(t.TempDir())})
	h.booth = booth.New(booth.Deps{DB: db.DB, Box: h.box, Secret: secret, Subjects: func(string) (booth.Subjects, bool) { return h, true }})
	h.serve(secret)
	h.poll = h.open()
	return h
}

func (h *hall) serve(secret []byte) {
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, identity.Catalogue, database.Catalogue, voting.Catalogue, booth.Catalogue, watch.Catalogue)
	h.must(err)
	h.app, err = web.New(web.Options{Tenants: h, Sessions: h, Messages: messages, Secret: secret, Log: slog.New(slog.DiscardHandler)})
	h.must(err)
	h.booth.Mount(h.app)
	watch.New(watch.Deps{DB: h.db.DB, Box: h.box, Polls: h.booth, Keys: h.logs}).MountOffice(h.app.Group("/office"))
}

func (h *hall) must(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// open opens a poll to the room, which closes in an hour.
func (h *hall) open() (id voting.PollID) {
	h.Helper()
	ctx := context.Background()
	h.must(h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		id, err = h.box.Create(ctx, tx, h.town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, voting.Terms{
			Question: "Que faire de la place du Marché ?", Method: voting.Plurality, Room: voting.Room{Open: true}, Closes: time.Now().Add(time.Hour),
			Options: []voting.Option{{Label: "Un jardin partagé"}, {Label: "Une halle couverte"}},
		})
		return err
	}))
	h.must(h.box.Open(ctx, h.town.ID, id, voting.Act{}))
	return id
}

func (h *hall) vote(n int, network string) {
	h.Helper()
	for range n {
		v := voting.ByDevice(uuid.New())
		_, err := h.box.Cast(context.Background(), h.town.ID, voting.Submission{
			Poll: h.poll, Voter: v, Nonce: voting.NewNonce(), Channel: voting.Meeting, Marks: []voting.Mark{{Option: "a", Value: voting.Chosen}},
		})
		h.must(err)
		h.box.Saw(h.town.ID, h.poll, v, voting.Sighting{Network: network})
	}
	h.must(h.box.WriteSightings(context.Background()))
}

// person is a browser without scripts.
type person struct {
	*hall
	host string
	jar  map[string]string
	csrf string
}

func (h *hall) as(name string) *person { return h.in(h.town, name) }

func (h *hall) in(t *tenant.Tenant, name string) *person {
	p := &person{hall: h, host: t.Hosts[0], jar: map[string]string{}}
	if name != "" {
		p.jar["parvis"] = name
	}
	return p
}

// answer is what came back, with ordinary apostrophes and spaces.
type answer struct {
	status int
	text   string
}

var csrfRE = regexp.MustCompile(`name="_csrf" value="([^"]*)"`)

func (p *person) ask(method, path, body string) answer {
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
	if token := csrfRE.FindStringSubmatch(string(raw)); token != nil {
		p.csrf = html.UnescapeString(token[1])
	}
	text := strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'").Replace(html.UnescapeString(string(raw)))
	return answer{response.StatusCode, text}
}

func (p *person) get(path string) answer { return p.ask(http.MethodGet, path, "") }

func (p *person) post(path string, pairs ...string) answer {
	form := url.Values{"_csrf": {p.csrf}}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return p.ask(http.MethodPost, path, form.Encode())
}

func (a answer) want(t testing.TB, status int, words ...string) answer {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %.300s", a.status, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			_, main, _ := strings.Cut(a.text, "<main")
			t.Errorf("does not say %q: %s", w, main)
		}
	}
	return a
}

func (a answer) without(t testing.TB, words ...string) answer {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.text, w) {
			t.Errorf("says %q", w)
		}
	}
	return a
}
