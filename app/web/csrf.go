package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
)

// CSRFField is the name of the hidden field that every form carries, and
// CSRFHeader that of the header for scripts.
const (
	CSRFField  = "_csrf"
	CSRFHeader = "X-CSRF-Token"
)

// ErrForeignForm is a form that was not sent by a page of this site, and
// ErrStaleForm one sent by our own page, whose token is no longer good: the
// person signed in or out in between.
var (
	ErrForeignForm = fault.New(fault.Forbidden, "web.foreign_form")
	ErrStaleForm   = fault.New(fault.Forbidden, "web.stale_form")
)

// binding is what the tokens of a browser are bound to: its session, or its
// pre-session when nobody is signed in.
func (s *server) binding(c *fiber.Ctx) []byte {
	r := of(c)
	if r.session != "" {
		return s.signer.mac("csrf", r.tenant.ID.String(), "session", r.session)
	}
	return s.signer.mac("csrf", r.tenant.ID.String(), "visit", r.visitID(c))
}

// newToken returns a token for one page. It is masked by fresh random bytes,
// so that compression tells nothing about it.
func (s *server) newToken(c *fiber.Ctx) string {
	secret := s.binding(c)
	token := make([]byte, 2*len(secret))
	mask := token[:len(secret)]
	rand.Read(mask)
	subtle.XORBytes(token[len(secret):], secret, mask)
	return base64.RawURLEncoding.EncodeToString(token)
}

// checkCSRF lets a request that changes something through only if a page of
// ours sent it: the browser says so (Sec-Fetch-Site, Origin) when it can, and
// the token of the page proves it.
func (s *server) checkCSRF(c *fiber.Ctx) error {
	switch c.Method() {
	case fiber.MethodGet, fiber.MethodHead, fiber.MethodOptions:
		return c.Next()
	}
	if !s.sameOrigin(c) {
		return ErrForeignForm
	}
	if !s.goodToken(c) {
		return ErrStaleForm
	}
	return c.Next()
}

// sameOrigin believes the browser. Another site of the same domain is
// foreign: it may be another town.
func (s *server) sameOrigin(c *fiber.Ctx) bool {
	switch c.Get("Sec-Fetch-Site") {
	case "same-origin", "none":
		return true
	case "":
		// Old browsers send neither: the token decides then.
		return c.Get(fiber.HeaderOrigin) == "" || s.ownOrigin(c)
	}
	return false
}

// surelyOurs reports whether the browser says that a page of ours sent the
// request, which no other page can make it say.
func (s *server) surelyOurs(c *fiber.Ctx) bool {
	site := c.Get("Sec-Fetch-Site")
	return site == "same-origin" || site == "" && s.ownOrigin(c)
}

func (s *server) ownOrigin(c *fiber.Ctx) bool {
	host := of(c).host
	u, err := url.Parse(c.Get(fiber.HeaderOrigin))
	if err != nil {
		return false
	}
	name, port, ok := splitHost(u.Host)
	ourName, ourPort, _ := splitHost(host)
	if s.HTTPS && u.Scheme != "https" {
		return false
	}
	return ok && name == ourName && port == ourPort
}

// sentToken returns the token of the header or of the form, never that of an
// address, which people copy and servers log.
func sentToken(c *fiber.Ctx) string {
	if token := c.Get(CSRFHeader); token != "" {
		return token
	}
	if token := c.Context().PostArgs().Peek(CSRFField); len(token) > 0 {
		return string(token)
	}
	if form, err := c.MultipartForm(); err == nil && len(form.Value[CSRFField]) > 0 {
		return form.Value[CSRFField][0]
	}
	return ""
}

func (s *server) goodToken(c *fiber.Ctx) bool {
	token, err := base64.RawURLEncoding.DecodeString(sentToken(c))
	want := s.binding(c)
	if err != nil || len(token) != 2*len(want) {
		return false
	}
	got := make([]byte, len(want))
	subtle.XORBytes(got, token[:len(want)], token[len(want):])
	return hmac.Equal(got, want)
}
