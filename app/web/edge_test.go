package web_test

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"parvis/app/ui"
	"parvis/app/web"
)

func templFunc(run func(context.Context) error) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, _ = io.WriteString(w, "half a page ")
		return run(ctx)
	})
}

func TestEveryAnswerCarriesTheStrictHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(o *web.Options) { o.HTTPS = true })
	s.Get("/panique", func(*fiber.Ctx) error { panic("x") })
	for _, path := range []string{"/", "/absent", "/panique", "/healthz", "/static/absent", "/theme.css"} {
		header := s.get(path).Header
		policy := header.Get("Content-Security-Policy")
		for _, part := range []string{
			"default-src 'none'", "script-src 'self';", "style-src 'self';", "img-src 'self' data:;", "font-src 'self';",
			"connect-src 'self' wss://marne.example;", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
		} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: the policy lacks %s: %s", path, part, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "*") {
			t.Errorf("%s: %s", path, policy)
		}
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "max-age=31536000", "Server": "",
		} {
			if got := header.Get(name); got != want {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
		if header.Get("Permissions-Policy") == "" || header.Get("X-Request-Id") == "" {
			t.Errorf("%s: %v", path, header)
		}
	}
	plain := newSite(t, nil).get("/", "Host", "marne.example:8080")
	if policy := plain.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "connect-src 'self' ws://marne.example:8080;") {
		t.Errorf("%s", policy)
	}
	if plain.Header.Get("Strict-Transport-Security") != "" {
		t.Error("HSTS over http")
	}
}

func TestHostCannotWriteThePolicy(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	policy := s.get("/", "Host", "x; script-src *").Header.Get("Content-Security-Policy")
	if strings.Contains(policy, "*") || !strings.Contains(policy, "connect-src 'self';") {
		t.Errorf("%s", policy)
	}
}

func TestLogHoldsNoPersonalData(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/moi/:nom", func(c *fiber.Ctx) error { return c.SendString("ok") })
	s.jar["parvis"] = "alice-token"
	s.get("/moi/jeanne?email=jeanne@example.org", "User-Agent", "Agent-of-Jeanne")
	log := s.log.String()
	for _, private := range []string{"jeanne", "Jeanne", "Alice", alice.ID.String(), "alice-token", "0.0.0.0"} {
		if strings.Contains(log, private) {
			t.Errorf("the log holds %q: %s", private, log)
		}
	}
	for _, wanted := range []string{"route=/moi/:nom", "status=200", "tenant=marne", "method=GET", "request="} {
		if !strings.Contains(log, wanted) {
			t.Errorf("the log lacks %s: %s", wanted, log)
		}
	}
}

func TestPagesAreCompressedOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/long", func(c *fiber.Ctx) error { return web.Page(c, text(strings.Repeat("parvis ", 2000))) })
	for _, path := range []string{"/long", ui.Asset("app.css")} {
		got := s.get(path, "Accept-Encoding", "gzip")
		if got.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(got.Header.Get("Vary"), "Accept-Encoding") {
			t.Fatalf("%s: %v", path, got.Header)
		}
		r, err := gzip.NewReader(strings.NewReader(got.body))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := io.ReadAll(r)
		if err != nil || string(plain) != s.get(path).body {
			t.Errorf("%s does not unpack to what it was: %v", path, err)
		}
	}
}

func TestFilesOfTheInterfaceAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	css := s.get(ui.Asset("app.css")).want(t, 200)
	if css.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || css.Header.Get("Content-Type") != "text/css; charset=utf-8" || len(css.Cookies()) != 0 {
		t.Errorf("%v", css.Header)
	}
	s.get(ui.Asset("app.css"), "Host", "inconnue.example").want(t, 200) // the plain page needs it
	s.get("/static/app.css").want(t, 404)
	s.get("/static/..%2f..%2fgo.mod").want(t, 404)
}

func TestThemeIsThatOfTheTown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	_, hash, _, _ := ui.Theme(marne.Color)
	if got := s.get("/theme.css?v="+hash).want(t, 200, "{"); !strings.Contains(got.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%v", got.Header)
	}
	if got := s.get("/theme.css?v=old").want(t, 200); got.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("an outdated address is kept: %v", got.Header)
	}
}

func TestCookiesAreSignedForOnePurposeAndTown(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/garder", func(c *fiber.Ctx) error {
		web.SetSigned(c, "salle", "abc", time.Hour)
		return c.SendString(web.Visit(c))
	})
	s.Get("/lire", func(c *fiber.Ctx) error {
		value, ok := web.Signed(c, "salle")
		other, ok2 := web.Signed(c, "autre")
		return c.JSON([]any{value, ok, other, ok2})
	})
	visit := s.get("/garder").body
	if s.get("/garder").body != visit || len(visit) < 20 {
		t.Errorf("the name of the browser changes: %q", visit)
	}
	s.get("/lire").want(t, 200, `["abc",true,"",false]`)
	s.jar["parvis-autre"] = s.jar["parvis-salle"]
	s.get("/lire").want(t, 200, `["abc",true,"abc",false]`)
	s.host = seineHost
	if got := s.get("/lire").body; strings.Contains(got, "true") {
		t.Errorf("another town reads it: %s", got)
	}
}

func TestHeadAnswersLikeGetWithoutBody(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	if got := s.send(http.MethodHead, "/", "").want(t, 200); got.body != "" {
		t.Errorf("%q", got.body)
	}
}
