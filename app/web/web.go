// Package web is the edge: it turns a request into a tenant, a viewer and a
// language, and what a handler returns into a page, a redirection or an
// error, the same way everywhere. It takes no decision of its own about what
// people may do; it only refuses what is not a proper request.
//
// A handler is bind → service → page or redirection:
//
//	func (h handlers) create(c *fiber.Ctx) error {
//		var form ideaForm
//		errs, err := web.Bind(c, &form)
//		if err != nil {
//			return err // unreadable: the error page
//		}
//		if !errs.Any() {
//			err = h.service.Create(web.Context(c), web.Tenant(c).ID, web.Viewer(c), form.draft())
//			if err == nil {
//				web.Flash(c, "ideas.created")
//				return web.SeeOther(c, "/idees")
//			}
//			var ok bool
//			if errs, ok = web.Errors(c, err); !ok {
//				return err // a fault that is not about the form
//			}
//		}
//		return web.Page(c, views.Form(form, errs)) // 422, with what was typed
//	}
//
// Every fault bubbles up to one error handler (errors.go). Order of a request:
// request id, log and recover · /healthz, /readyz, /static on any host ·
// tenant by exact host · deadline · session · language · chrome · CSRF.
// The promises and their tests are listed in ASVS.md.
package web

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
)

// Catalogue holds the messages of the edge: errors, forms, languages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Tenants finds the tenant of a host.
type Tenants interface {
	// ByHost returns the tenant with exactly this host (as NormalHost gives
	// it), or a fault NotFound. It serves known hosts while the database is
	// down.
	ByHost(ctx context.Context, host string) (*tenant.Tenant, error)
}

// Sessions finds the viewer of a session.
type Sessions interface {
	// Viewer returns whose session the token opens in the tenant, or a fault
	// NotFound or SignInRequired when it opens none.
	Viewer(ctx context.Context, t tenant.ID, token string) (citizen.Viewer, error)
}

// Options is what New needs. Tenants, Sessions, Messages and Secret are
// required.
type Options struct {
	Tenants  Tenants
	Sessions Sessions
	Messages *i18n.Bundle
	Secret   []byte // signs cookies and CSRF tokens; at least 32 bytes

	// HTTPS says that people reach the site by https: cookies are Secure and
	// named __Host-…, and HSTS is sent.
	HTTPS bool
	// TrustedProxies are the addresses or networks whose X-Forwarded-For and
	// X-Forwarded-Host are believed. None by default.
	TrustedProxies []string
	// Chrome adds to the chrome what the edge does not know: menus, footer.
	Chrome func(c *fiber.Ctx, chrome *ui.Chrome)
	// Uploads are the routes that accept more than BodyLimit.
	Uploads []Upload
	// Ready reports whether the program can serve; nil means always.
	Ready func(ctx context.Context) error
	// Public is the address of a path on a host as the configuration says that
	// people reach it; nil takes the port that the request came by.
	Public func(host, path string) string
	// Stopping reports whether the program is about to stop: what it refuses then
	// is no error. Nil means never.
	Stopping func() bool
	// Timeout is how long finding the tenant, the viewer and the answer may
	// take together; 4.5 seconds when zero, so that nobody waits five.
	Timeout time.Duration
	Clock   clock.Clock  // the system's when nil
	Log     *slog.Logger // slog.Default() when nil
}

// server is what the middleware shares. It is read-only after New.
type server struct {
	Options
	signer  signer
	cookies cookieNames
	trusted networks
}

// New returns the application with its middleware: what is added to it is
// behind tenant, session, language and CSRF.
func New(o Options) (*fiber.App, error) {
	s, err := newServer(o)
	if err != nil {
		return nil, err
	}
	app := fiber.New(fiber.Config{
		Immutable:               true, // a Fiber string that outlived its handler could become another tenant's
		ErrorHandler:            s.fail,
		BodyLimit:               BodyLimit,
		ReadBufferSize:          16 << 10, // headers: cookies and long filters
		ReadTimeout:             30 * time.Second,
		WriteTimeout:            60 * time.Second,
		IdleTimeout:             90 * time.Second,
		EnableTrustedProxyCheck: true,
		TrustedProxies:          s.TrustedProxies,
		DisableStartupMessage:   true,
		StrictRouting:           false,
		CaseSensitive:           true,
	})
	app.Server().HeaderReceived = s.bodyLimit
	app.Use(s.edge)
	app.Get("/healthz", alive)
	app.Get("/readyz", s.ready)
	mountStatic(app)
	app.Use(s.deadline, s.findTenant)
	app.Get("/theme.css", s.themeCSS)
	app.Use(s.findViewer, s.findLanguage, s.buildChrome, s.checkCSRF)
	return app, nil
}

func newServer(o Options) (*server, error) {
	if o.Tenants == nil || o.Sessions == nil || o.Messages == nil {
		return nil, fmt.Errorf("web: tenants, sessions and messages are required")
	}
	if len(o.Secret) < 32 {
		return nil, fmt.Errorf("web: the secret has %d bytes, 32 are needed", len(o.Secret))
	}
	if o.Timeout == 0 {
		o.Timeout = 4500 * time.Millisecond
	}
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	if o.Log == nil {
		o.Log = slog.Default()
	}
	trusted, err := parseNetworks(o.TrustedProxies)
	if err != nil {
		return nil, err
	}
	return &server{Options: o, signer: signer{o.Secret}, cookies: namesOf(o.HTTPS), trusted: trusted}, nil
}
