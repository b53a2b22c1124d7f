package web_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

var noon = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// towns are the tenants by host, until the registry breaks.
type towns struct {
	hosts  map[string]*tenant.Tenant
	broken error
}

func (t *towns) ByHost(_ context.Context, host string) (*tenant.Tenant, error) {
	if found, ok := t.hosts[host]; ok {
		return found, nil
	}
	if t.broken != nil {
		return nil, t.broken
	}
	return nil, fault.New(fault.NotFound, "tenants.unknown")
}

// sessions are the viewers by token, each in one town.
type sessions struct {
	town    tenant.ID
	viewers map[string]citizen.Viewer
	broken  error
}

func (s *sessions) Viewer(_ context.Context, t tenant.ID, token string) (citizen.Viewer, error) {
	if s.broken != nil {
		return citizen.Viewer{}, s.broken
	}
	if v, ok := s.viewers[token]; ok && t == s.town {
		return v, nil
	}
	return citizen.Viewer{}, fault.New(fault.NotFound, "identity.no_session")
}

// site is an application with two towns, an agent and a citizen.
type site struct {
	*fiber.App
	t        testing.TB
	towns    *towns
	sessions *sessions
	clock    *clock.Fake
	log      *bytes.Buffer
	jar      map[string]string
	host     string
	address  string // of the real listener, "" to go without the network
}

// listen serves on a real connection, as in production.
func (s *site) listen() {
	s.t.Helper()
	listener, err := web.Listen("127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.address = listener.Addr().String()
	done := make(chan error)
	go func() { done <- s.Listener(listener) }()
	s.t.Cleanup(func() {
		if err := errors.Join(s.ShutdownWithTimeout(5*time.Second), <-done); err != nil {
			s.t.Error(err)
		}
	})
}

// do sends a request, by the network or without.
func (s *site) do(req *http.Request) (*http.Response, error) {
	if s.address == "" {
		return s.Test(req, -1)
	}
	req.RequestURI, req.URL.Scheme, req.URL.Host = "", "http", s.address
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return client.Do(req)
}

const (
	marneHost = "marne.example"
	seineHost = "xn--cole-9oa.example" // école.example
)

var (
	marne = &tenant.Tenant{ID: tenant.NewID(), Slug: "marne", Name: "Ville de Marne", Hosts: []string{marneHost}, Locale: "fr", Color: "#0b5d57", TimeZone: paris()}
	seine = &tenant.Tenant{ID: tenant.NewID(), Slug: "seine", Name: "Ville de Seine", Hosts: []string{seineHost}, Locale: "fr", TimeZone: paris()}
	alice = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: "Alice"}
	agent = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Name: "Agnès", Grants: []citizen.Grant{{Role: citizen.Agent, Module: "ideas"}}}
)

func paris() *time.Location {
	place, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		panic(err)
	}
	return place
}

func newSite(t testing.TB, change func(*web.Options)) *site {
	t.Helper()
	messages, err := i18n.Load(web.Catalogue, ui.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{
		t: t, host: marneHost, jar: map[string]string{}, log: new(bytes.Buffer), clock: clock.NewFake(noon),
		towns:    &towns{hosts: map[string]*tenant.Tenant{marneHost: marne, seineHost: seine}},
		sessions: &sessions{town: marne.ID, viewers: map[string]citizen.Viewer{"alice-token": alice, "agent-token": agent}},
	}
	options := web.Options{
		Tenants: s.towns, Sessions: s.sessions, Messages: messages, Secret: bytes.Repeat([]byte("k"), 32),
		Clock: s.clock, Log: slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&options)
	}
	s.App, err = web.New(options)
	if err != nil {
		t.Fatal(err)
	}
	s.Get("/", func(c *fiber.Ctx) error { return web.Page(c, text("accueil")) })
	s.Get("/formulaire", func(c *fiber.Ctx) error { return web.Page(c, ui.CSRF()) })
	s.Post("/formulaire", func(c *fiber.Ctx) error {
		web.Flash(c, "web.action.retry")
		return web.SeeOther(c, "/bonjour")
	})
	s.Get("/bonjour", func(c *fiber.Ctx) error { return web.Page(c, greeting()) })
	return s
}

func text(words string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		_, err := io.WriteString(w, words)
		return err
	})
}

// greeting says who looks at what in which language, and the flash.
func greeting() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		chrome := ui.ChromeOf(ctx)
		words := chrome.Tenant.Slug + "|" + citizen.FromContext(ctx).Name + "|" + i18n.Lang(ctx) + "|"
		if chrome.Flash != nil {
			words += chrome.Flash.Text
		}
		_, err := io.WriteString(w, words)
		return err
	})
}

// answer is a response read to its end.
type answer struct {
	*http.Response
	body string
}

// send sends a request as a browser would, with the cookies it has.
func (s *site) send(method, path, body string, headers ...string) answer {
	s.t.Helper()
	req := httptest.NewRequest(method, path, strings.NewReader(body))
	req.Host = s.host
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range s.jar {
		req.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := s.do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	for _, cookie := range res.Cookies() {
		s.jar[cookie.Name] = cookie.Value
		if cookie.MaxAge < 0 || !cookie.Expires.IsZero() && cookie.Expires.Before(noon) {
			delete(s.jar, cookie.Name)
		}
	}
	content, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer{res, string(content)}
}

func (s *site) get(path string, headers ...string) answer {
	s.t.Helper()
	return s.send(http.MethodGet, path, "", headers...)
}

var tokenRE = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)

// token opens the page with a form and returns its token.
func (s *site) token() string {
	s.t.Helper()
	match := tokenRE.FindStringSubmatch(s.get("/formulaire").body)
	if match == nil {
		s.t.Fatal("the page with a form holds no token")
	}
	return match[1]
}

// post sends a form with a good token.
func (s *site) post(path string, form url.Values, headers ...string) answer {
	s.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	form.Set("_csrf", s.token())
	return s.send(http.MethodPost, path, form.Encode(), headers...)
}

func (a answer) want(t *testing.T, status int, words ...string) answer {
	t.Helper()
	if a.StatusCode != status {
		t.Errorf("status %d, want %d; %s", a.StatusCode, status, a.body)
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			t.Errorf("the answer does not say %q: %s", w, a.body)
		}
	}
	return a
}

func (a answer) without(t *testing.T, words ...string) answer {
	t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			t.Errorf("the answer says %q", w)
		}
	}
	return a
}

func TestViewerOfTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.get("/bonjour").want(t, 200, "marne||fr|")
	s.jar["parvis"] = "alice-token"
	s.get("/bonjour").want(t, 200, "marne|Alice|fr|")
	s.host = "école.example"
	s.get("/bonjour").want(t, 200, "seine||fr|").without(t, "Alice")
}

func TestExpiredSessionIsForgotten(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.jar["parvis"] = "old-token"
	s.get("/bonjour").want(t, 200, "marne||")
	if _, kept := s.jar["parvis"]; kept {
		t.Error("the browser still sends a token that opens nothing")
	}
}

func TestSignInAndOutOfTheBrowser(t *testing.T) {
	t.Parallel()
	for _, https := range []bool{false, true} {
		s := newSite(t, func(o *web.Options) { o.HTTPS = https })
		s.Get("/entrer", func(c *fiber.Ctx) error {
			web.SetSession(c, "alice-token", noon.Add(time.Hour))
			return web.SeeOther(c, "/bonjour")
		})
		s.Get("/sortir", func(c *fiber.Ctx) error {
			web.ClearSession(c)
			return web.SeeOther(c, "/")
		})
		name := map[bool]string{false: "parvis", true: "__Host-parvis"}[https]
		var session *http.Cookie
		for _, cookie := range s.get("/entrer").want(t, 303).Cookies() {
			if cookie.Name == name {
				session = cookie
			}
		}
		switch {
		case session == nil:
			t.Fatalf("no cookie %s", name)
		case !session.HttpOnly || session.Secure != https || session.SameSite != http.SameSiteLaxMode || session.Path != "/" || session.Domain != "" || session.MaxAge != 3600:
			t.Errorf("https %v: %+v", https, session)
		}
		s.get("/bonjour").want(t, 200, "Alice")
		if got := s.get("/sortir").Header.Get("Clear-Site-Data"); got != `"cache"` {
			t.Errorf("pages stay in the browser after signing out: %q", got)
		}
		s.get("/bonjour").want(t, 200, "marne||")
	}
}

func TestLanguageIsAskedForAndRemembered(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.get("/bonjour?lang=en&page=2&q=a%26b").want(t, 303)
	if to := s.get("/bonjour?lang=en&page=2&q=a%26b").Header.Get("Location"); to != "/bonjour?page=2&q=a%26b" {
		t.Errorf("went to %q", to)
	}
	s.get("/bonjour").want(t, 200, "|en|")
	s.get("/absent").want(t, 404, "Page not found", `lang="en"`)
	s.get("/bonjour?lang=xx").want(t, 200, "|en|")
}

func TestLanguageSwitchNeverLeavesTheSite(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for _, path := range []string{"//evil.example/?lang=en", "/%5Cevil.example?lang=en", "/%2F%2Fevil.example?lang=en"} {
		to := s.get(path).Header.Get("Location")
		if strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.Contains(to, "://") {
			t.Errorf("%s leads to %s", path, to)
		}
	}
}

func TestFlashIsSaidOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.post("/formulaire", nil).want(t, 303)
	s.get("/bonjour", "HX-Request", "true").without(t, "Réessayer")
	s.get("/bonjour").want(t, 200, "|Réessayer")
	s.get("/bonjour").without(t, "Réessayer")
}

func TestForgedFlashIsIgnored(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.post("/formulaire", nil)
	good := s.jar["parvis-flash"]
	s.jar["parvis-flash"] = "x" + good
	s.get("/bonjour").without(t, "Réessayer")
	s.jar["parvis-flash"] = good
	s.host = seineHost // another town's
	s.get("/bonjour").want(t, 200, "seine").without(t, "Réessayer")
}

func TestReadingSetsNoCookieAndIsNotSentTwice(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	first := s.get("/").want(t, 200, "accueil")
	if len(first.Cookies()) != 0 {
		t.Errorf("a visitor who reads gets cookies: %v", first.Cookies())
	}
	s.get("/", "If-None-Match", first.Header.Get("ETag")).want(t, 304)
	if form := s.get("/formulaire"); form.Header.Get("ETag") != "" || len(form.Cookies()) != 1 {
		t.Error("a page with a token is kept, or its visitor cannot send it")
	}
	s.jar["parvis"] = "alice-token"
	signedIn := s.get("/", "If-None-Match", first.Header.Get("ETag")).want(t, 200)
	if got := signedIn.Header.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("a signed-in page is cached: %q", got)
	}
}

func TestRolesOpenTheBackOffice(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	page := func(c *fiber.Ctx) error { return c.SendString("office") }
	s.Get("/office/idees", web.Require("ideas", citizen.Agent), page)
	s.Get("/moi", web.RequireSignIn, page)
	if to := s.get("/moi?onglet=1").want(t, 303).Header.Get("Location"); to != "/connexion?retour=%2Fmoi%3Fonglet%3D1" {
		t.Errorf("sent to %s", to)
	}
	if got := s.get("/moi", "HX-Request", "true").want(t, 401).Header.Get("HX-Redirect"); got != "/connexion?retour=%2Fmoi" {
		t.Errorf("htmx is sent to %q", got)
	}
	s.get("/office/idees").want(t, 303)
	s.jar["parvis"] = "alice-token"
	s.get("/moi").want(t, 200, "office")
	s.get("/office/idees").want(t, 403, "Accès refusé").without(t, "office</")
	s.jar["parvis"] = "agent-token"
	s.get("/office/idees").want(t, 200, "office")
}

// Whoever administers one district rewrote the town's name, its legal pages and
// its modules.
func TestAnAdministratorOfADistrictDoesNotTakeTheTown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	page := func(c *fiber.Ctx) error { return c.SendString("office") }
	s.Post("/office/site", web.Require("", citizen.Administrator), page)
	s.Get("/office/site", web.Require("", citizen.Administrator), page)
	s.Get("/office/idees", web.Require("ideas", citizen.Agent), page)
	hold := func(token string, g citizen.Grant) {
		s.sessions.viewers[token] = citizen.Viewer{ID: citizen.NewID(), SignedIn: true, Grants: []citizen.Grant{g}}
	}
	hold("district", citizen.Grant{Role: citizen.Administrator, Zone: uuid.New()})
	hold("module", citizen.Grant{Role: citizen.Administrator, Module: "ideas"})
	hold("town", citizen.Grant{Role: citizen.Administrator})
	s.jar["parvis"] = "district"
	s.get("/office/site").want(t, 403, "Accès refusé")
	s.get("/office/idees").want(t, 200)
	s.jar["parvis"] = "module"
	s.get("/office/site").want(t, 403, "Accès refusé")
	s.get("/office/idees").want(t, 200)
	s.jar["parvis"] = "town"
	s.get("/office/site").want(t, 200, "office")
}

func TestIdentifiersOfRoutes(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/idees/:id", func(c *fiber.Ctx) error {
		id, err := web.UUIDParam(c, "id")
		if err != nil {
			return err
		}
		return c.SendString(id.String())
	})
	id := uuid.NewString()
	s.get("/idees/"+id).want(t, 200, id)
	for _, bad := range []string{"1", "{" + id + "}", "urn:uuid:" + id, strings.ReplaceAll(id, "-", ""), "%00", "a'or'1"} {
		s.get("/idees/"+bad).want(t, 404)
	}
}

func TestRouteTableListsWhatAnswers(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	table := map[web.Route]bool{}
	for _, route := range web.RouteTable(s.App) {
		if table[route] {
			t.Errorf("%v is listed twice", route)
		}
		table[route] = true
	}
	for _, want := range []web.Route{{"GET", "/formulaire"}, {"POST", "/formulaire"}, {"GET", "/healthz"}, {"GET", "/theme.css"}} {
		if !table[want] {
			t.Errorf("%v is missing", want)
		}
	}
	if table[web.Route{Method: "HEAD", Path: "/formulaire"}] || table[web.Route{Method: "GET", Path: ""}] {
		t.Error("middleware or HEAD is listed")
	}
}

func TestNewRefusesAWeakSecret(t *testing.T) {
	t.Parallel()
	messages, err := i18n.Load()
	if err != nil {
		t.Fatal(err)
	}
	options := web.Options{Tenants: &towns{}, Sessions: &sessions{}, Messages: messages, Secret: []byte("short")}
	if _, err := web.New(options); err == nil {
		t.Error("a secret of 5 bytes was accepted")
	}
	options.Secret, options.TrustedProxies = make([]byte, 32), []string{"proxy"}
	if _, err := web.New(options); err == nil {
		t.Error("a proxy that is no address was accepted")
	}
}

func TestAFirstVisitSpeaksTheBrowsersLanguage(t *testing.T) {
	t.Parallel()
	for accepted, want := range map[string]string{
		"": "|fr|", "en-GB,en;q=0.9,fr;q=0.8": "|en|", "de,fr;q=0.4,en;q=0.9": "|en|", "de-DE": "|fr|", "en;q=0": "|fr|",
		"en;q=nonsense, fr": "|fr|", "*": "|fr|", strings.Repeat("xx,", 50) + "en": "|fr|", "en;q=7": "|fr|", "FR-ca, en": "|fr|",
	} {
		s := newSite(t, nil)
		got := s.get("/bonjour", "Accept-Language", accepted).want(t, 200, want)
		if !strings.Contains(got.Header.Get("Vary"), "Accept-Language") {
			t.Error("a cache would give one language to everybody")
		}
	}
	s := newSite(t, nil)
	s.get("/absent", "Accept-Language", "en").want(t, 404, "Page not found")
	s.get("/bonjour?lang=fr", "Accept-Language", "en").want(t, 303)
	s.get("/bonjour", "Accept-Language", "en").want(t, 200, "|fr|") // what was chosen holds
}

func TestWhatIsReadElsewhereLeadsWhereTheSiteIs(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) {
		o.Public = func(host, path string) string { return "https://" + host + path }
	})
	s.Get("/adresses", func(c *fiber.Ctx) error { return c.SendString(web.Origin(c) + " " + web.PublicOrigin(c)) })
	s.get("/adresses", "Host", marneHost+":6666").want(t, 200, "http://"+marneHost+":6666 https://"+marneHost)
}
