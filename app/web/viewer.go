package web

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/ui"
)

// The faults of the edge about who asks and for what.
var (
	ErrSignInRequired = fault.New(fault.SignInRequired, "web.sign_in_required")
	ErrForbidden      = fault.New(fault.Forbidden, "web.forbidden")
	ErrNotFound       = fault.New(fault.NotFound, "web.not_found")
)

const maxToken = 256 // longer cannot be a token of ours

// findViewer puts whoever the session belongs to in the context. A token that
// opens nothing is forgotten.
func (s *server) findViewer(c *fiber.Ctx) error {
	r := of(c)
	token := r.cookie(c, sessionCookie)
	if token == "" || len(token) > maxToken {
		return c.Next()
	}
	viewer, err := s.Sessions.Viewer(c.UserContext(), r.tenant.ID, token)
	switch kind := fault.KindOf(err); {
	case err == nil:
		r.viewer, r.session = viewer, token
		c.SetUserContext(citizen.NewContext(c.UserContext(), viewer))
	case kind == fault.NotFound, kind == fault.SignInRequired:
		r.setCookie(c, sessionCookie, "", -1)
	default:
		return fmt.Errorf("find the viewer: %w", err)
	}
	return c.Next()
}

// languageNames are what the language switch shows: each language calls
// itself by its own name.
var languageNames = map[string]string{"fr": "Français", "en": "English"}

// findLanguage chooses the language: the one asked for by ?lang=, which is
// then remembered, the one remembered, the viewer's, the browser's, the site's.
func (s *server) findLanguage(c *fiber.Ctx) error {
	r := of(c)
	if asked := c.Query("lang"); languageNames[asked] != "" && c.Method() == fiber.MethodGet {
		r.setCookie(c, languageCookie, asked, 365*24*time.Hour)
		return c.Redirect(withLanguage(c, ""), fiber.StatusSeeOther)
	}
	lang := spoken(c.Get(fiber.HeaderAcceptLanguage), r.tenant.Locale)
	if languageNames[r.viewer.Locale] != "" {
		lang = r.viewer.Locale
	}
	if remembered := r.cookie(c, languageCookie); languageNames[remembered] != "" {
		lang = remembered
	}
	c.SetUserContext(s.Messages.NewContext(c.UserContext(), lang, r.tenant.TimeZone))
	c.Vary(fiber.HeaderAcceptLanguage)
	return c.Next()
}

// maxLanguages is how many languages of a browser are looked at.
const maxLanguages = 20

// spoken is the language of ours that a browser asks for first, by its weights;
// fallback when it asks for none.
func spoken(accepted, fallback string) string {
	best, weight := fallback, 0.0 // of a preference: nothing is counted with it
	for i, one := range strings.SplitN(accepted, ",", maxLanguages+1) {
		tag, parameter, _ := strings.Cut(one, ";")
		code, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(tag)), "-")
		q := 1.0
		if value, given := strings.CutPrefix(strings.TrimSpace(parameter), "q="); given {
			q, _ = strconv.ParseFloat(value, 64) // 0, which is never, when it is no number
		}
		if i < maxLanguages && languageNames[code] != "" && q > weight && q <= 1 {
			best, weight = code, q
		}
	}
	return best
}

// withLanguage returns the address of this page in another language; "" takes
// the choice out of it.
func withLanguage(c *fiber.Ctx, lang string) string {
	query, err := url.ParseQuery(string(c.Context().QueryArgs().QueryString()))
	if err != nil {
		query = url.Values{}
	}
	query.Del("lang")
	if lang != "" {
		query.Set("lang", lang)
	}
	address := safePath(c.Path())
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	return address
}

// safePath makes sure the path of a request cannot be read as another host
// when a browser is sent to it.
func safePath(path string) string {
	decoded, err := url.PathUnescape(path)
	if err != nil {
		return "/"
	}
	return (&url.URL{Path: "/" + strings.TrimLeft(decoded, `/\`)}).EscapedPath()
}

// buildChrome puts what surrounds a page in the context.
func (s *server) buildChrome(c *fiber.Ctx) error {
	r := of(c)
	r.chrome = s.plainChrome(c)
	r.csrf = s.newToken(c)
	r.chrome.CSRF = r.csrf
	if s.Chrome != nil {
		s.Chrome(c, &r.chrome)
	}
	c.SetUserContext(ui.NewContext(c.UserContext(), r.chrome))
	return c.Next()
}

// plainChrome is the part of the chrome that needs nothing but the request.
func (s *server) plainChrome(c *fiber.Ctx) ui.Chrome {
	r := of(c)
	lang := i18n.Lang(c.UserContext())
	chrome := ui.Chrome{Tenant: r.tenant, Viewer: r.viewer, Path: safePath(c.Path()), Lang: lang}
	if r.tenant != nil {
		chrome.Demo = r.tenant.Demo
	}
	for _, code := range i18n.Languages() {
		chrome.Langs = append(chrome.Langs, ui.Language{
			Code: code, Name: languageNames[code], Href: withLanguage(c, code), Current: code == lang,
		})
	}
	return chrome
}

// RequireSignIn sends visitors to the sign-in page and back.
func RequireSignIn(c *fiber.Ctx) error {
	if !of(c).viewer.SignedIn {
		return ErrSignInRequired
	}
	return c.Next()
}

// Require lets through those who hold one of the roles for the module, there
// or on the whole site. An empty module means the site itself, which a grant
// limited to a zone does not reach; other narrower scopes are the service's
// matter.
func Require(module string, roles ...citizen.Role) fiber.Handler {
	return func(c *fiber.Ctx) error {
		viewer := of(c).viewer
		allowed := viewer.Has(module, roles...)
		if module == "" {
			allowed = viewer.Governs(roles...)
		}
		switch {
		case !viewer.SignedIn:
			return ErrSignInRequired
		case !allowed:
			return ErrForbidden
		}
		return c.Next()
	}
}

// UUIDParam returns a parameter of the route; what is no UUID in its usual
// form is not found.
func UUIDParam(c *fiber.Ctx, name string) (uuid.UUID, error) {
	text := c.Params(name)
	id, err := uuid.Parse(text)
	if err != nil || len(text) != 36 {
		return uuid.Nil, ErrNotFound.Wrap(err)
	}
	return id, nil
}

// SignInPath is where people sign in; ?retour= says where they go then.
const SignInPath = "/connexion"

// ReturnPath returns where ?retour= (or the form's field of that name) leads,
// if that is a page of this site, or else fallback.
func ReturnPath(c *fiber.Ctx, fallback string) string {
	path := c.FormValue("retour", c.Query("retour"))
	if SafeReturn(path) {
		return path
	}
	return fallback
}

// SafeReturn reports whether path is a page of this site that one may be sent
// back to: nothing that a browser could read as another host, and not the
// sign-in pages themselves.
func SafeReturn(path string) bool {
	if !strings.HasPrefix(path, "/") || len(path) > 2000 || strings.HasPrefix(path, "//") {
		return false
	}
	if strings.ContainsAny(path, "\\\r\n\t\x00") {
		return false
	}
	u, err := url.Parse(path)
	if err != nil || u.IsAbs() || u.Host != "" || u.User != nil || strings.HasPrefix(u.Path, "//") {
		return false
	}
	return u.Path != "/deconnexion" && u.Path != SignInPath && !strings.HasPrefix(u.Path, SignInPath+"/")
}
