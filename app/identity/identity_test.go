package identity_test

import (
	"context"
	"fmt"
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
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/ui"
	"parvis/app/web"
)

var secret = []byte("a secret of thirty-two bytes or so")

// place is a running site with two towns, its mail and its clock.
type place struct {
	*identity.Service
	db     *testkit.DB
	town   *tenant.Tenant
	other  *tenant.Tenant
	sink   *testkit.Sink
	clock  *clock.Fake
	app    *fiber.App
	bundle *i18n.Bundle
	runner *jobs.Runner
}

type option func(*options)

type options struct{ demo, outbox, lent bool }

func demonstration(o *options) { o.demo = true }

// keeping keeps mails for the outbox page instead of sending them.
func keeping(o *options) { o.outbox = true }

// lent is a program that is only a demonstration, not under development.
func lent(o *options) { o.lent = true }

func newPlace(t *testing.T, opts ...option) *place {
	t.Helper()
	var o options
	for _, set := range opts {
		set(&o)
	}
	p := &place{db: testkit.Database(t), sink: testkit.SMTP(t), clock: clock.NewFake(time.Now().UTC().Truncate(time.Second))}
	asDemo := func(town *tenant.Tenant) { town.Demo = o.demo }
	p.town = p.db.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"), testkit.WithZones("Le Vert-Bois", "La Noue"), asDemo)
	p.other = p.db.Tenant(t, testkit.Named("chaumont", "Ville de Chaumont"), asDemo)
	p.build(t, o)
	return p
}

func (p *place) build(t *testing.T, o options) {
	t.Helper()
	quiet := slog.New(slog.DiscardHandler)
	var err error
	if p.runner, err = jobs.New(p.db.Pool, quiet); err != nil {
		t.Fatal(err)
	}
	server := p.sink.URL
	if o.outbox {
		server = ""
	}
	sender, err := mail.New(mail.Options{DB: p.db.DB, Jobs: p.runner, SMTP: server, From: "ne-pas-repondre@parvis.test", Keep: o.outbox, Demo: o.lent, Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	p.bundle, err = i18n.Load(web.Catalogue, ui.Catalogue, access.Catalogue, audit.Catalogue, identity.Catalogue, mail.Catalogue, database.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	p.Service = identity.New(identity.Deps{DB: p.db.DB, Mail: sender, Clock: p.clock, Secret: secret, Demo: o.demo, Log: quiet})
	p.app, err = web.New(web.Options{Tenants: p, Sessions: p.Service, Messages: p.bundle, Secret: secret, Clock: p.clock, Log: quiet, Timeout: 30 * time.Second,
		Public: func(host, path string) string { return "https://" + host + path }})
	if err != nil {
		t.Fatal(err)
	}
	p.Mount(p.app)
	p.MountOffice(p.app.Group("/office", web.RequireSignIn))
	for _, path := range []string{"/", "/moi"} {
		p.app.Get(path, func(c *fiber.Ctx) error { return c.SendString("bonjour " + web.Viewer(c).Name) })
	}
	if err := p.runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := p.runner.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// ByHost implements web.Tenants.
func (p *place) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	for _, town := range []*tenant.Tenant{p.town, p.other} {
		if town.Hosts[0] == host {
			return town, nil
		}
	}
	return nil, fault.New(fault.NotFound, "web.unknown_host")
}

// All implements identity.Towns.
func (p *place) All(context.Context) ([]*tenant.Tenant, error) {
	return []*tenant.Tenant{p.town, p.other}, nil
}

// french is the context of a request in French.
func (p *place) french(t *testing.T) context.Context {
	return p.bundle.NewContext(tenant.NewContext(t.Context(), p.town), "fr", p.town.TimeZone)
}

// query reads one value of the town, behind the service's back.
func query[T any](t *testing.T, p *place, sql string, args ...any) (value T) {
	t.Helper()
	err := p.db.InTenant(t.Context(), p.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(sql, args...).Scan(ctx, &value)
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return value
}

// resident adds an account by the service, without the mails.
func (p *place) resident(t *testing.T, name, email string, grants ...citizen.Grant) citizen.Viewer {
	t.Helper()
	return p.account(t, p.town, identity.DemoAccount{Name: name, Email: email, Person: citizen.PersonEmail, Grants: grants})
}

func (p *place) account(t *testing.T, town *tenant.Tenant, a identity.DemoAccount) citizen.Viewer {
	t.Helper()
	demo := *town
	demo.Demo = true
	ids, err := p.Demo(p.french(t), &demo, []identity.DemoAccount{a})
	if err != nil {
		t.Fatal(err)
	}
	return citizen.Viewer{ID: ids[0], SignedIn: true, Name: a.Name, Person: a.Person, Residence: a.Residence, Grants: a.Grants, Zone: a.Zone}
}

// browser is somebody's browser: it keeps cookies and reads forms.
type browser struct {
	p       *place
	t       *testing.T
	host    string
	cookies map[string]string
}

func (p *place) browser(t *testing.T) *browser {
	return &browser{p: p, t: t, host: p.town.Hosts[0] + ":8080", cookies: map[string]string{}}
}

// answer is a response, read.
type answer struct {
	t        *testing.T
	Status   int
	Location string
	Body     string
	Header   http.Header
}

func (b *browser) send(method, path string, body io.Reader) answer {
	b.t.Helper()
	request := httptest.NewRequest(method, "http://"+b.host+path, body)
	request.Header.Set("User-Agent", "Mozilla/5.0 (Android 16; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0")
	request.Header.Set("Accept-Language", "fr")
	if body != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := b.p.app.Test(request, 30_000)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, c := range response.Cookies() {
		if c.MaxAge < 0 || (!c.Expires.IsZero() && c.Expires.Before(time.Now())) || c.Value == "" {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
	return answer{b.t, response.StatusCode, response.Header.Get("Location"), string(text), response.Header}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.send(http.MethodGet, path, nil)
}

var csrfField = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// post reads the page at from, and sends its form to path with these fields.
func (b *browser) post(from, path string, fields ...string) answer {
	b.t.Helper()
	found := csrfField.FindStringSubmatch(b.get(from).Body)
	if found == nil {
		b.t.Fatalf("no form at %s", from)
	}
	return b.postWith(found[1], path, fields...)
}

func (b *browser) postWith(token, path string, fields ...string) answer {
	b.t.Helper()
	form := url.Values{"_csrf": {token}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	return b.send(http.MethodPost, path, strings.NewReader(form.Encode()))
}

func (a answer) want(status int, texts ...string) answer {
	a.t.Helper()
	if a.Status != status {
		a.t.Fatalf("status %d, want %d\n%.3000s", a.Status, status, a.Body)
	}
	for _, text := range texts {
		if !strings.Contains(a.plain(), text) {
			a.t.Errorf("no %q in the page\n%.6000s", text, a.Body)
		}
	}
	return a
}

func (a answer) lacks(texts ...string) answer {
	a.t.Helper()
	for _, text := range texts {
		if strings.Contains(a.plain(), text) {
			a.t.Errorf("%q is in the page", text)
		}
	}
	return a
}

// plain is the page with plain spaces and apostrophes.
func (a answer) plain() string {
	return strings.NewReplacer("\u00a0", " ", "\u202f", " ", "’", "'", "&#39;", "'", "&amp;", "&").Replace(a.Body)
}

func (a answer) to(location string) answer {
	a.t.Helper()
	a.want(http.StatusSeeOther)
	if a.Location != location {
		a.t.Fatalf("sent to %q, want %q", a.Location, location)
	}
	return a
}

// signIn asks for a mail and types its code.
func (b *browser) signIn(email string) *browser {
	b.t.Helper()
	before := len(b.p.sink.Letters(email))
	b.post("/connexion", "/connexion", "email", email).to("/connexion/code")
	code := b.p.sink.Await(b.t, email, before+1).Code()
	b.post("/connexion/code", "/connexion/code", "code", code).want(http.StatusSeeOther)
	return b
}

func (b *browser) whoami() string {
	b.t.Helper()
	return strings.TrimPrefix(b.get("/moi").Body, "bonjour ")
}

// other returns another code than this one.
func otherCode(code string) string {
	if code == "000000" {
		return "000001"
	}
	return fmt.Sprintf("%06d", 0)
}
