package web

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/app/ui"
)

// request is what the edge found out about a request. Everything in it is
// copied: nothing points into Fiber's buffers.
type request struct {
	server   *server
	id       string
	host     string // as sent, normalised, with its port when there is one
	tenant   *tenant.Tenant
	sought   bool // the tenant was looked for, found or not
	viewer   citizen.Viewer
	session  string // the token of the session, "" for a visitor
	visit    string // the visitor's pre-session, "" until it is needed
	csrf     string // this page's token
	newVisit bool   // the pre-session has no cookie yet
	chrome   ui.Chrome
}

type requestKey struct{}

// of returns the request in c. Without one, the handler was mounted outside
// New: a mistake of ours.
func of(c *fiber.Ctx) *request {
	r, ok := c.Locals(requestKey{}).(*request)
	if !ok {
		panic("web: a handler outside the application made by New")
	}
	return r
}

// Tenant returns the tenant being served.
func Tenant(c *fiber.Ctx) *tenant.Tenant {
	if t := of(c).tenant; t != nil {
		return t
	}
	panic("web: a handler that needs a tenant, mounted where there is none")
}

// Viewer returns whoever makes the request.
func Viewer(c *fiber.Ctx) citizen.Viewer { return of(c).viewer }

// Context returns the context of the request, with its deadline, tenant,
// viewer, language and chrome. It may outlive the handler, unlike c.
func Context(c *fiber.Ctx) context.Context { return c.UserContext() }

// RequestID returns the name of this request in the log, which error pages
// show.
func RequestID(c *fiber.Ctx) string { return of(c).id }
