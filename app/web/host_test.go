package web_test

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"parvis/app/web"
)

func TestHostsAreExact(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	for host, slug := range map[string]string{
		"marne.example": "marne", "MARNE.Example": "marne", "marne.example:8080": "marne", "marne.example.": "marne", "marne.example.:80": "marne",
		"école.example": "seine", "ÉCOLE.example": "seine", "xn--cole-9oa.example": "seine", "XN--COLE-9OA.EXAMPLE:443": "seine",
	} {
		s.host = host
		s.get("/bonjour").want(t, 200, slug+"|")
	}
	for _, host := range []string{
		"evil.example", "www.marne.example", "marne.example.evil.example", "evil.marne.example", "marne.example@evil.example", "127.0.0.1", "[::1]:8080",
		"marne.example:80:80", "marne.example:x", "marne.example:", "marne..example", ".marne.example", "marne.example..", "marne example", "ecole.example",
		"marne.example,seine", strings.Repeat("a.", 130) + "example", "*", "mаrne.example", // a Cyrillic а
	} {
		s.host = host
		if got := s.get("/bonjour"); got.StatusCode == 200 || got.StatusCode >= 500 || strings.Contains(got.body, "marne|") {
			t.Errorf("%s: %d %s", host, got.StatusCode, got.body)
		}
	}
}

func TestOriginIsThatOfTheRequest(t *testing.T) {
	t.Parallel()
	for _, https := range []bool{false, true} {
		s := newSite(t, func(o *web.Options) { o.HTTPS = https })
		s.Get("/origine", func(c *fiber.Ctx) error { return c.SendString(web.Origin(c)) })
		scheme := map[bool]string{false: "http", true: "https"}[https]
		s.get("/origine", "Host", "MARNE.example.:8080").want(t, 200, scheme+"://marne.example:8080")
		s.get("/origine").want(t, 200, scheme+"://marne.example")
	}
}

func TestUnknownHostGetsAPlainPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.host = "inconnue.example"
	s.get("/").want(t, 404, "Ce site n’existe pas", "<h1", `lang="fr"`).without(t, "Marne", "Seine", "theme.css")
	s.get("/theme.css").want(t, 404)
	s.send(http.MethodPost, "/formulaire", "a=b").want(t, 404)
	s.get("/healthz").want(t, 200, "ok")
	s.get("/readyz").want(t, 200, "ready")
	if got := s.get("/static/absent.css"); got.StatusCode != 404 {
		t.Errorf("static: %d", got.StatusCode)
	}
}

func TestForwardedHostIsBelievedFromTrustedProxiesOnly(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.get("/bonjour", "X-Forwarded-Host", seineHost).want(t, 200, "marne|")
	behind := newSite(t, func(o *web.Options) { o.TrustedProxies = []string{"0.0.0.0"} }) // where tests come from
	behind.get("/bonjour", "X-Forwarded-Host", seineHost).want(t, 200, "seine|")
	elsewhere := newSite(t, func(o *web.Options) { o.TrustedProxies = []string{"10.0.0.0/8"} })
	elsewhere.get("/bonjour", "X-Forwarded-Host", seineHost).want(t, 200, "marne|")
}

func TestRequestsThatNameTwoHosts(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.listen()
	for request, slug := range map[string]string{
		"GET http://" + seineHost + "/bonjour HTTP/1.1\r\nHost: marne.example\r\n": "seine|", // RFC 9112: the address wins
		"GET /bonjour HTTP/1.1\r\n":                                           "",
		"GET /bonjour HTTP/1.1\r\nHost: \r\n":                                 "",
		"GET /bonjour HTTP/1.0\r\nHost: marne.example\r\n":                    "marne|",
		"GET //" + seineHost + "/bonjour HTTP/1.1\r\nHost: marne.example\r\n": "",
	} {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, request+"Connection: close\r\n\r\n")
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%q: %v", request, err)
		}
		body := make([]byte, 20)
		n, _ := res.Body.Read(body)
		if found := strings.HasPrefix(string(body[:n]), slug); slug != "" && !found || slug == "" && res.StatusCode == 200 {
			t.Errorf("%q: %d %s", request, res.StatusCode, body[:n])
		}
		conn.Close()
	}
}

func TestAddressIsThatBeforeTheTrustedProxies(t *testing.T) {
	t.Parallel()
	rate := web.Rate{Events: 1, Per: 60e9}
	for _, c := range []struct {
		trusted   []string
		one, two  string // X-Forwarded-For of two requests
		sameLimit bool
	}{
		{nil, "192.0.2.1", "198.51.100.1", true},                                                    // nobody is believed
		{[]string{"0.0.0.0"}, "192.0.2.1", "198.51.100.1", false},                                   // two networks
		{[]string{"0.0.0.0"}, "192.0.2.1", "192.0.2.200", true},                                     // one /24
		{[]string{"0.0.0.0"}, "1.1.1.1, 192.0.2.1", "2.2.2.2, 192.0.2.1", true},                     // the left was typed by the client
		{[]string{"0.0.0.0", "10.0.0.0/8"}, "192.0.2.1, 10.1.1.1", "198.51.100.1, 10.1.1.1", false}, // two proxies
		{[]string{"0.0.0.0"}, "2001:db8:0:1::1", "2001:db8:0:1:ffff::2", true},                      // one /64
		{[]string{"0.0.0.0"}, "2001:db8:0:1::1", "2001:db8:0:2::1", false},
		{[]string{"0.0.0.0"}, "::ffff:192.0.2.1", "192.0.2.9", true},
		{[]string{"0.0.0.0"}, "nonsense", "more", true},
	} {
		s := newSite(t, func(o *web.Options) { o.TrustedProxies = c.trusted })
		s.Get("/lien", web.LimitEveryone(rate), func(c *fiber.Ctx) error { return c.SendString("envoyé") })
		s.get("/lien", "X-Forwarded-For", c.one).want(t, 200)
		want := 200
		if c.sameLimit {
			want = 429
		}
		if got := s.get("/lien", "X-Forwarded-For", c.two).StatusCode; got != want {
			t.Errorf("%v, %s then %s: %d, want %d", c.trusted, c.one, c.two, got, want)
		}
	}
}

func FuzzHost(f *testing.F) {
	for _, host := range []string{"marne.example", "MARNE.example.:80", "[::1]:1", "xn--", "é", "a\x00b", "%6d", "marne.example#x"} {
		f.Add(host)
	}
	f.Fuzz(func(t *testing.T, host string) {
		name, ok := web.NormalHost(host)
		if !ok {
			return
		}
		again, ok := web.NormalHost(name)
		if strings.Contains(name, ":") { // an IPv6 address wants its brackets
			again, ok = web.NormalHost("[" + name + "]")
		}
		if !ok || again != name || name != strings.ToLower(name) || strings.ContainsAny(name, "/@\\ \r\n\x00;,") {
			t.Errorf("%q becomes %q, then %q", host, name, again)
		}
	})
}
