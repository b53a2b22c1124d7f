package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
)

// cookieNames are the names of our cookies. Under https they carry the
// prefix that keeps a sibling host from setting them.
type cookieNames struct {
	prefix string
	secure bool
}

func namesOf(https bool) cookieNames {
	if https {
		return cookieNames{prefix: "__Host-parvis", secure: true}
	}
	return cookieNames{prefix: "parvis"}
}

const (
	sessionCookie  = ""
	visitCookie    = "-visit"
	flashCookie    = "-flash"
	languageCookie = "-lang"
)

func (r *request) cookie(c *fiber.Ctx, name string) string {
	return c.Cookies(r.server.cookies.prefix + name)
}

// setCookie sets a cookie for the host only; a zero age lasts until the
// browser closes, a negative one deletes.
func (r *request) setCookie(c *fiber.Ctx, name, value string, age time.Duration) {
	cookie := &fiber.Cookie{
		Name: r.server.cookies.prefix + name, Value: value, Path: "/",
		Secure: r.server.cookies.secure, HTTPOnly: true, SameSite: fiber.CookieSameSiteLaxMode,
	}
	switch {
	case age < 0:
		cookie.Expires = time.Unix(1, 0)
	case age > 0:
		cookie.MaxAge = int(age / time.Second)
	default:
		cookie.SessionOnly = true
	}
	c.Cookie(cookie)
}

// SetSession gives the browser the token of its new session, until expires;
// the zero time means until the browser closes. The visitor's pre-session
// ends, and with it the CSRF tokens of pages open before.
func SetSession(c *fiber.Ctx, token string, expires time.Time) {
	r := of(c)
	age := time.Duration(0)
	if !expires.IsZero() {
		age = max(expires.Sub(r.server.Clock.Now()), time.Second)
	}
	r.setCookie(c, sessionCookie, token, age)
	r.setCookie(c, visitCookie, "", -1)
	r.session, r.newVisit = token, false
}

// ClearSession makes the browser forget its session, and the pages it kept.
func ClearSession(c *fiber.Ctx) {
	r := of(c)
	r.setCookie(c, sessionCookie, "", -1)
	c.Set("Clear-Site-Data", `"cache"`)
	r.session = ""
}

// SessionToken returns the token of the viewer's session, "" for a visitor.
func SessionToken(c *fiber.Ctx) string { return of(c).session }

// Visit returns a random name of this browser, kept in a signed cookie until
// the browser closes or somebody signs in. It binds what a visitor asks for
// (a sign-in link) to the browser that asked.
func Visit(c *fiber.Ctx) string {
	r := of(c)
	visit := r.visitID(c)
	r.keepVisit(c)
	return visit
}

// visitID returns the pre-session of the browser, a new one when it has none.
func (r *request) visitID(c *fiber.Ctx) string {
	if r.visit == "" {
		visit, ok := r.signed(c, visitCookie)
		if !ok {
			visit, r.newVisit = rand.Text(), true
		}
		r.visit = visit
	}
	return r.visit
}

// keepVisit sets the pre-session's cookie, if the browser has none yet.
func (r *request) keepVisit(c *fiber.Ctx) {
	if r.newVisit {
		r.setSigned(c, visitCookie, r.visit, 0)
		r.newVisit = false
	}
}

// SetSigned keeps a value in the browser for some time, in a cookie that only
// this tenant's pages read and that cannot be forged. It can be read by its
// owner, and it can be deleted or replayed: it is no place for a secret or a
// right. Name is short and lower case.
func SetSigned(c *fiber.Ctx, name, value string, age time.Duration) {
	of(c).setSigned(c, "-"+name, value, age)
}

// Signed returns a value kept by SetSigned, and whether there is one.
func Signed(c *fiber.Ctx, name string) (string, bool) { return of(c).signed(c, "-"+name) }

func (r *request) setSigned(c *fiber.Ctx, name, value string, age time.Duration) {
	encoded := base64.RawURLEncoding.EncodeToString([]byte(value))
	mac := r.server.signer.mac("cookie", name, r.tenant.ID.String(), value)
	r.setCookie(c, name, encoded+"."+base64.RawURLEncoding.EncodeToString(mac), age)
}

// signed reads a cookie set by setSigned.
func (r *request) signed(c *fiber.Ctx, name string) (string, bool) {
	if r.tenant == nil {
		return "", false
	}
	encoded, signature, _ := strings.Cut(r.cookie(c, name), ".")
	value, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || encoded == "" {
		return "", false
	}
	mac, err := base64.RawURLEncoding.DecodeString(signature)
	want := r.server.signer.mac("cookie", name, r.tenant.ID.String(), string(value))
	return string(value), err == nil && hmac.Equal(mac, want)
}

// signer makes keyed digests, each for one purpose.
type signer struct{ key []byte }

// mac is 128 bits: what nobody can guess, and short enough for a cookie.
func (s signer) mac(purpose string, parts ...string) []byte {
	h := hmac.New(sha256.New, s.key)
	for _, part := range append([]string{purpose}, parts...) {
		var length [8]byte
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		h.Write([]byte(part))
	}
	return h.Sum(nil)[:16]
}
