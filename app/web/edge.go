package web

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"parvis/app/fault"
)

// edge names the request, catches what goes wrong below, compresses the
// answer and logs it. Errors are answered here, so that they are logged with
// the status that people got.
func (s *server) edge(c *fiber.Ctx) error {
	start := time.Now()
	s.begin(c)
	if err := guard(func() error { return next(c) }); err != nil {
		s.answer(c, err)
	}
	compress(c.Context())
	s.logRequest(c, time.Since(start))
	return nil
}

// begin sets up the request, once: an oversized body never reaches the
// middleware, but its error page still comes here.
func (s *server) begin(c *fiber.Ctx) *request {
	if r, ok := c.Locals(requestKey{}).(*request); ok {
		return r
	}
	r := &request{server: s, id: newRequestID(), host: s.hostOf(c)}
	c.Locals(requestKey{}, r)
	s.setHeaders(c, r)
	return r
}

func newRequestID() string {
	return strings.ToLower(rand.Text()[:12]) // 60 bits: unique in any log one reads
}

// next refuses addresses that hold no text, which no page of ours makes, and
// runs the rest of the chain.
func next(c *fiber.Ctx) error {
	broken := false
	c.Context().QueryArgs().VisitAll(func(key, value []byte) {
		broken = broken || !readable(string(key)) || !readable(string(value))
	})
	if broken {
		return ErrUnreadable
	}
	return c.Next()
}

// guard turns a panic into an error.
func guard(run func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = &fault.Error{Kind: fault.Internal, Key: "web.error.500.text", Cause: fmt.Errorf("panic: %v\n%s", cause, debug.Stack())}
		}
	}()
	return run()
}

var compress = fasthttp.CompressHandlerLevel(func(*fasthttp.RequestCtx) {}, fasthttp.CompressDefaultCompression)

// logRequest writes one line without personal data: the pattern of the route
// and not the path, no address, no account.
func (s *server) logRequest(c *fiber.Ctx, took time.Duration) {
	r := of(c)
	attrs := []slog.Attr{
		slog.String("request", r.id),
		slog.String("method", c.Method()),
		slog.String("route", routeOf(c)),
		slog.Int("status", c.Response().StatusCode()),
		slog.Duration("took", took),
		slog.Int("bytes", sizeOf(c)),
	}
	if r.tenant != nil {
		attrs = append(attrs, slog.String("tenant", r.tenant.Slug))
	}
	s.Log.LogAttrs(c.UserContext(), levelOf(c.Path()), "request", attrs...)
}

// sizeOf is how long the answer is, as far as it is known: a stream is not
// read for it.
func sizeOf(c *fiber.Ctx) int {
	if c.Response().IsBodyStream() {
		return max(c.Response().Header.ContentLength(), 0)
	}
	return len(c.Response().Body())
}

// levelOf keeps what every page asks for, and what probes ask for, out of the
// ordinary log.
func levelOf(path string) slog.Level {
	if strings.HasPrefix(path, "/static/") || path == "/theme.css" || path == "/healthz" || path == "/readyz" {
		return slog.LevelDebug
	}
	return slog.LevelInfo
}

// routeOf returns the pattern of the route, "-" when none answers.
func routeOf(c *fiber.Ctx) string {
	if path := c.Route().Path; path != "/" || c.Path() == "/" {
		return path
	}
	return "-"
}

// contentSecurityPolicy allows what comes from the host itself and nothing
// else. Some browsers do not take 'self' to mean the socket of the same host.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"font-src 'self'; connect-src 'self' %s; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

func (s *server) setHeaders(c *fiber.Ctx, r *request) {
	socket := ""
	if r.host != "" {
		socket = map[bool]string{true: "wss://", false: "ws://"}[s.HTTPS] + r.host
	}
	c.Set("X-Request-Id", r.id)
	c.Set(fiber.HeaderContentSecurityPolicy, strings.Replace(fmt.Sprintf(contentSecurityPolicy, socket), " ;", ";", 1))
	c.Set(fiber.HeaderPermissionsPolicy, "camera=(), microphone=(), payment=(), usb=(), geolocation=(self), fullscreen=(self), publickey-credentials-get=(self), publickey-credentials-create=(self)")
	// same-origin and not no-referrer: browsers send "Origin: null" with the latter.
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set("Cross-Origin-Opener-Policy", "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	if s.HTTPS {
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}

// deadline gives the handler a context that ends in time: nobody waits longer
// for a database that does not answer.
func (s *server) deadline(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), s.Timeout)
	defer cancel()
	c.SetUserContext(ctx)
	return c.Next()
}

// alive answers as long as the program runs.
func alive(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString("ok\n")
}

// ready answers 200 when the program can serve requests.
func (s *server) ready(c *fiber.Ctx) error {
	c.Set(fiber.HeaderCacheControl, "no-store")
	if s.Ready == nil {
		return c.SendString("ready\n")
	}
	ctx, cancel := context.WithTimeout(c.UserContext(), 2*time.Second)
	defer cancel()
	if err := s.Ready(ctx); err != nil {
		s.Log.WarnContext(ctx, "not ready", slog.Any("error", err))
		return c.Status(fiber.StatusServiceUnavailable).SendString("not ready\n")
	}
	return c.SendString("ready\n")
}
