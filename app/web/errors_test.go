package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

var kinds = map[fault.Kind]int{
	fault.Internal: 500, fault.Invalid: 422, fault.Forbidden: 403, fault.NotFound: 404, fault.Conflict: 409, fault.Closed: 410,
	fault.TooMany: 429, fault.TooLarge: 413, fault.Unreadable: 400, fault.Unavailable: 503,
}

func TestEveryKindOfFaultHasAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for kind, status := range kinds {
		path := fmt.Sprint("/faute/", status)
		s.Get(path, func(*fiber.Ctx) error { return fault.New(kind, "test.unwritten").Wrap(errors.New("the cause")) })
		s.get(path).want(t, status, "<h1", "</html>", "Ville de Marne").without(t, "the cause", "test.unwritten", "web.error")
		s.get(path, "HX-Request", "true").want(t, status, `role="alert"`).without(t, "<html", "the cause")
		var problem struct {
			Error struct {
				Status                  int
				Title, Message, Request string
			}
		}
		body := s.get(path, "Accept", "application/json").want(t, status).without(t, "the cause").body
		if err := json.Unmarshal([]byte(body), &problem); err != nil || problem.Error.Status != status || problem.Error.Title == "" || problem.Error.Request == "" {
			t.Errorf("%d: %s %v", status, body, err)
		}
	}
}

func TestFaultSaysItsOwnMessage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/trop", func(*fiber.Ctx) error {
		return fault.New(fault.Closed, "form.too_large").With(fault.Args{"Limit": "12"})
	})
	s.get("/trop").want(t, 410, "Le plus grand nombre possible est 12.")
	s.Get("/interne", func(*fiber.Ctx) error { return fault.New(fault.Internal, "form.too_large") })
	s.get("/interne").want(t, 500).without(t, "plus grand nombre")
}

func TestWhatFiberRefusesHasAPageToo(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.get("/absent").want(t, 404, "Page introuvable", "Aller à l’accueil")
	s.send(http.MethodPut, "/formulaire", "", "X-CSRF-Token", s.token()).want(t, 405, "ne se demande pas ainsi")
	if allow := s.send(http.MethodPut, "/formulaire", "", "X-CSRF-Token", s.token()).Header.Get("Allow"); !strings.Contains(allow, "POST") {
		t.Errorf("Allow: %q", allow)
	}
	s.listen()
	s.get("/", "X-Long", strings.Repeat("x", 20_000)).want(t, 431)
}

func TestFormTooLargeGetsAKindPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	form := url.Values{"texte": {strings.Repeat("x", 1<<20)}}
	s.listen()
	s.post("/formulaire", form).want(t, 413, "Envoi trop lourd", "vos réponses y sont encore", "Ville de Marne", `lang="fr"`)
	form.Set("texte", strings.Repeat("x", web.BodyLimit-500))
	s.post("/formulaire", form).want(t, 303)
}

func TestPanicBecomesAPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/panique", func(*fiber.Ctx) error { panic("secret in a panic") })
	s.Get("/page", func(c *fiber.Ctx) error {
		return web.Page(c, templFunc(func(context.Context) error { panic("secret in a page") }))
	})
	s.Get("/demi", func(c *fiber.Ctx) error {
		return web.Page(c, templFunc(func(context.Context) error { return errors.New("half a page") }))
	})
	for _, path := range []string{"/panique", "/page", "/demi"} {
		got := s.get(path).want(t, 500, "Une erreur est survenue", "Aller à l’accueil").without(t, "secret", "half a page")
		if id := got.Header.Get("X-Request-Id"); id == "" || !strings.Contains(got.body, id) || !strings.Contains(s.log.String(), id) {
			t.Errorf("%s: the page and the log do not name the request %q", path, id)
		}
	}
	if !strings.Contains(s.log.String(), "secret in a panic") || !strings.Contains(s.log.String(), "errors_test.go") {
		t.Error("the log does not tell where the panic was")
	}
	s.get("/").want(t, 200)
}

func TestOnlyOurOwnFaultsAreLoggedAsErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.get("/absent").want(t, 404)
	s.send(http.MethodPost, "/formulaire", "a=b").want(t, 403)
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("%s", s.log)
	}
	s.Get("/panne", func(*fiber.Ctx) error { return errors.New("disk on fire") })
	s.get("/panne").want(t, 500)
	if n := strings.Count(s.log.String(), "disk on fire"); n != 1 {
		t.Errorf("an error is logged %d times", n)
	}
}

func TestDatabaseDownIsSaidKindlyAndRecovers(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) {
		o.Ready = func(context.Context) error { return nil }
	})
	down := fault.New(fault.Unavailable, "database.unavailable").Wrap(errors.New("connection refused"))
	s.jar["parvis"] = "alice-token"
	s.sessions.broken, s.towns.broken = down, down
	got := s.get("/bonjour").want(t, 503, "Le site reprend son souffle", "Ville de Marne", "Réessayer", `http-equiv="refresh"`).without(t, "connection refused")
	if got.Header.Get("Retry-After") != "5" || got.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v", got.Header)
	}
	if _, kept := s.jar["parvis"]; !kept {
		t.Error("an outage signs people out")
	}
	s.get("/bonjour", "Host", "autre.example").want(t, 503, "Le site reprend son souffle").without(t, "n’existe pas")
	s.get("/healthz").want(t, 200)
	s.sessions.broken = nil
	s.get("/bonjour").want(t, 200, "Alice")
}

func TestNotReadyIsSaid(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) { o.Ready = func(context.Context) error { return errors.New("starting") } })
	s.get("/readyz").want(t, 503).without(t, "starting")
	s.get("/healthz").want(t, 200)
}

func TestNobodyWaitsForAHandlerThatHangs(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) { o.Timeout = 20 * time.Millisecond })
	s.Get("/lent", func(c *fiber.Ctx) error {
		<-web.Context(c).Done()
		return fmt.Errorf("read the poll: %w", web.Context(c).Err())
	})
	s.get("/lent").want(t, 503, "Le site reprend son souffle", "</html>")
}

// mute is a registry of towns that does not answer.
type mute struct{ asked int }

func (m *mute) ByHost(ctx context.Context, _ string) (*tenant.Tenant, error) {
	m.asked++
	<-ctx.Done()
	return nil, fmt.Errorf("find the town: %w", ctx.Err())
}

func TestNobodyWaitsForARegistryThatHangs(t *testing.T) {
	t.Parallel()
	registry := &mute{}
	s := newSite(t, func(o *web.Options) { o.Timeout, o.Tenants = 20*time.Millisecond, registry })
	s.get("/bonjour").want(t, 503, "Le site reprend son souffle", "</html>")
	if registry.asked != 1 {
		t.Errorf("the registry is asked %d times by one request", registry.asked)
	}
}

func TestErrorPagesWorkWithoutChrome(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) {
		o.Chrome = func(*fiber.Ctx, *ui.Chrome) { panic("menus need the database") }
	})
	s.get("/bonjour").want(t, 500, "Une erreur est survenue", "Ville de Marne")
}

func TestSignInComesBackToThePage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Post("/moi", web.RequireSignIn)
	s.post("/moi", nil).want(t, 401, "Se connecter", "/connexion?retour=%2Fmoi")
	s.Get("/connexion", func(c *fiber.Ctx) error { return c.SendString(web.ReturnPath(c, "/accueil")) })
	for path, want := range map[string]string{
		"/moi": "/moi", "/votes/1?a=b%26c#d": "/votes/1?a=b%26c#d", "": "/accueil", "https://evil.example": "/accueil", "//evil.example": "/accueil",
		`/\evil.example`: "/accueil", `\\evil.example`: "/accueil", "/%2F/evil.example": "/accueil", "///evil.example": "/accueil", "evil.example": "/accueil",
		"javascript:alert(1)": "/accueil", "/a\r\nSet-Cookie: x=y": "/accueil", "/\t/evil.example": "/accueil", "/deconnexion": "/accueil",
		"/connexion": "/accueil", "/connexion/code": "/accueil", "/connexions": "/connexions", " /moi": "/accueil", "/" + strings.Repeat("a", 3000): "/accueil",
	} {
		got := s.get("/connexion?retour=" + url.QueryEscape(path))
		if strings.ContainsAny(path, "\r\n") && got.StatusCode == 400 {
			continue
		}
		if got.body != want {
			t.Errorf("%q leads to %q, want %q", path, got.body, want)
		}
	}
}

func TestMirrorSeesOtherTownsNowhere(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/moi", web.RequireSignIn, func(c *fiber.Ctx) error { return c.SendString(citizen.FromContext(web.Context(c)).Name) })
	s.host, s.jar["parvis"] = seineHost, "alice-token"
	for _, path := range []string{"/", "/bonjour", "/absent", "/moi", "/formulaire"} {
		s.jar["parvis"] = "alice-token"
		s.get(path).without(t, "Alice", "Marne")
	}
}

func TestWhatIsRefusedWhileStoppingIsNoError(t *testing.T) {
	t.Parallel()
	stopping := false
	s := newSite(t, func(o *web.Options) {
		o.Stopping = func() bool { return stopping }
		o.Ready = func(context.Context) error { return fault.New(fault.Unavailable, "database.unavailable") }
	})
	s.Get("/occupe", func(*fiber.Ctx) error { return fault.New(fault.Unavailable, "database.unavailable") })
	s.Get("/panne", func(*fiber.Ctx) error { return errors.New("disk on fire") })
	s.get("/occupe").want(t, 503)
	if !strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("an outage is not logged as an error")
	}
	s.log.Reset()
	stopping = true
	s.get("/occupe").want(t, 503)
	s.get("/readyz").want(t, 503)
	if strings.Contains(s.log.String(), "level=ERROR") {
		t.Errorf("%s", s.log)
	}
	s.get("/panne").want(t, 500)
	if !strings.Contains(s.log.String(), "level=ERROR") {
		t.Error("a fault of ours is hidden while stopping")
	}
}
