package web

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
)

// statusOf is the only place where a kind of fault becomes a status.
var statusOf = map[fault.Kind]int{
	fault.Internal:       fiber.StatusInternalServerError,
	fault.Invalid:        fiber.StatusUnprocessableEntity,
	fault.SignInRequired: fiber.StatusUnauthorized,
	fault.Forbidden:      fiber.StatusForbidden,
	fault.NotFound:       fiber.StatusNotFound,
	fault.Conflict:       fiber.StatusConflict,
	fault.Closed:         fiber.StatusGone,
	fault.TooMany:        fiber.StatusTooManyRequests,
	fault.TooLarge:       fiber.StatusRequestEntityTooLarge,
	fault.Unreadable:     fiber.StatusBadRequest,
	fault.Unavailable:    fiber.StatusServiceUnavailable,
}

// problem is an error as people are told about it.
type problem struct {
	Status  int
	Title   string
	Text    string
	Retry   int // seconds after which a program may try again, 0 for never
	Refresh int // seconds after which the page asks again by itself, 0 for never
	Resend  *resend
	ID      string // of the request, when the fault is ours
}

// resend is a form that can be sent again as it was.
type resend struct {
	Action string
	Fields []field
}

type field struct{ Name, Value string }

// fail answers what goes wrong outside the middleware, such as a body too
// large to be read. It is the application's error handler.
func (s *server) fail(c *fiber.Ctx, err error) error {
	start := time.Now()
	s.begin(c)
	if errors.Is(err, fiber.ErrRequestEntityTooLarge) && s.stranger(c) {
		err = ErrSignInRequired
	}
	s.answer(c, err)
	s.logRequest(c, time.Since(start))
	return nil
}

// stranger reports whether a body was refused because of who sent it, and not
// because of its size alone: a session may end while a document is chosen.
func (s *server) stranger(c *fiber.Ctx) bool {
	header := &c.Request().Header
	upload, ok := s.uploadOf(header)
	return ok && header.ContentLength() <= upload.Limit && !s.known(header)
}

// answer is the only place where errors become responses.
func (s *server) answer(c *fiber.Ctx, err error) {
	r := of(c)
	s.prepareContext(c)
	p := s.explain(c, err)
	if p.Status >= fiber.StatusInternalServerError {
		s.Log.Log(c.UserContext(), s.levelOfFailure(p.Status), "request failed", slog.String("request", r.id),
			slog.String("method", c.Method()), slog.String("route", routeOf(c)), slog.Int("status", p.Status), slog.Any("error", err))
	}
	c.Response().ResetBody()
	c.Status(p.Status)
	c.Set(fiber.HeaderCacheControl, "no-store")
	if p.Retry > 0 && c.GetRespHeader(fiber.HeaderRetryAfter) == "" {
		c.Set(fiber.HeaderRetryAfter, strconv.Itoa(p.Retry))
	}
	if err := guard(func() error { return s.show(c, p) }); err != nil {
		s.Log.ErrorContext(c.UserContext(), "show the error page", slog.String("request", r.id), slog.Any("error", err))
		c.Type("txt", "utf-8")
		_ = c.SendString(p.Title + "\n" + p.Text + "\n") // into memory: cannot fail
	}
}

// levelOfFailure: while the program stops, what it refuses is as it should be.
func (s *server) levelOfFailure(status int) slog.Level {
	if status == fiber.StatusServiceUnavailable && s.Stopping != nil && s.Stopping() {
		return slog.LevelInfo
	}
	return slog.LevelError
}

// prepareContext completes the context of a request that stopped early, so
// that its error page speaks the right language in the tenant's look. It needs
// no database: known hosts are served from memory.
func (s *server) prepareContext(c *fiber.Ctx) {
	r := of(c)
	if r.chrome.Lang != "" {
		// The deadline is over, or about to be: the page is rendered all the same.
		c.SetUserContext(context.WithoutCancel(c.UserContext()))
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if r.tenant == nil && !r.sought {
		c.SetUserContext(ctx)
		_ = s.loadTenant(c) // without a tenant the plain page is shown
	}
	lang, place := "fr", (*time.Location)(nil)
	if r.tenant != nil {
		lang, place = spoken(c.Get(fiber.HeaderAcceptLanguage), r.tenant.Locale), r.tenant.TimeZone
	}
	if remembered := r.cookie(c, languageCookie); languageNames[remembered] != "" {
		lang = remembered
	}
	base := context.Background()
	if r.tenant != nil {
		base = tenant.NewContext(base, r.tenant)
	}
	c.SetUserContext(s.Messages.NewContext(base, lang, place))
	r.chrome = s.plainChrome(c)
	c.SetUserContext(ui.NewContext(c.UserContext(), r.chrome))
}

// explain says what people read about an error. The cause stays in the log.
func (s *server) explain(c *fiber.Ctx, err error) problem {
	status, key, args := fiber.StatusInternalServerError, "", fault.Args(nil)
	if f, ok := errors.AsType[*fault.Error](err); ok {
		status, key, args = statusOf[f.Kind], f.Key, f.Args
	} else if f, ok := errors.AsType[*fiber.Error](err); ok {
		status = f.Code
	}
	if status == fiber.StatusInternalServerError && errors.Is(err, context.DeadlineExceeded) {
		status, key = fiber.StatusServiceUnavailable, ""
	}
	ctx := c.UserContext()
	p := problem{Status: status}
	p.Title, p.Text = defaultTexts(ctx, status)
	switch {
	case status == fiber.StatusInternalServerError:
		p.ID = of(c).id
	case status == fiber.StatusServiceUnavailable:
		p.Retry = 5
		if c.Method() == fiber.MethodGet {
			p.Refresh = 10
		}
	}
	if status != fiber.StatusInternalServerError && i18n.Has(ctx, key) {
		p.Text = i18n.Message(ctx, key, args)
	}
	if errors.Is(err, ErrUnknownHost) {
		p.Title = i18n.T(ctx, "web.unknown_host.title")
	}
	if errors.Is(err, ErrStaleForm) {
		p.Resend = s.resendable(c)
		if p.Resend != nil {
			p.Title, p.Text = i18n.T(ctx, "web.resend.title"), i18n.T(ctx, "web.resend.text")
		}
	}
	return p
}

// drawingOf illustrates a status.
func drawingOf(status int) ui.Drawing {
	switch status {
	case fiber.StatusNotFound, fiber.StatusMethodNotAllowed:
		return ui.DrawSearch
	case fiber.StatusRequestEntityTooLarge, fiber.StatusUnprocessableEntity, fiber.StatusBadRequest:
		return ui.DrawInbox
	case fiber.StatusForbidden, fiber.StatusGone, fiber.StatusServiceUnavailable:
		return ui.DrawClosed
	}
	return ui.DrawSquare
}

// defaultTexts are the words for a status, those of its class when it has none.
//
// i18n: web.error.*
func defaultTexts(ctx context.Context, status int) (title, text string) {
	key := "web.error." + strconv.Itoa(status)
	if !i18n.Has(ctx, key+".title") {
		key = "web.error.400"
		if status >= fiber.StatusInternalServerError {
			key = "web.error.500"
		}
	}
	return i18n.T(ctx, key+".title"), i18n.T(ctx, key+".text")
}

// resendable offers to send a form again when its token alone is no longer
// good, so that nothing typed is lost. The browser itself must say that our
// page sent it: nobody else can make people send anything that way.
func (s *server) resendable(c *fiber.Ctx) *resend {
	isForm := strings.HasPrefix(c.Get(fiber.HeaderContentType), fiber.MIMEApplicationForm)
	if !isForm || !s.surelyOurs(c) || c.Method() != fiber.MethodPost || of(c).csrf == "" {
		return nil
	}
	again := &resend{Action: withLanguage(c, "")}
	c.Context().PostArgs().VisitAll(func(key, value []byte) {
		if name := string(key); name != CSRFField {
			again.Fields = append(again.Fields, field{name, strings.ToValidUTF8(string(value), "\uFFFD")})
		}
	})
	return again
}

// show sends the problem in the form that was asked for.
func (s *server) show(c *fiber.Ctx, p problem) error {
	r := of(c)
	signIn := SignInPath + "?retour=" + url.QueryEscape(returnHere(c))
	switch {
	case wantsJSON(c):
		return c.JSON(fiber.Map{"error": fiber.Map{"status": p.Status, "title": p.Title, "message": p.Text, "request": r.id}})
	case r.tenant == nil:
		return Page(c, plainProblem(p))
	case p.Status == fiber.StatusUnauthorized && Fragment(c):
		c.Set("HX-Redirect", signIn)
		return nil
	case p.Status == fiber.StatusUnauthorized && (c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead):
		return SeeOther(c, signIn)
	case Fragment(c):
		return Page(c, ui.Notice(ui.NoticeProps{Tone: ui.Danger, Title: p.Title, Text: p.Text, Live: true}))
	}
	return Page(c, problemPage(p, signIn))
}

// returnHere is where to come back after signing in: the page, or, after a
// form, the page the form was on.
func returnHere(c *fiber.Ctx) string {
	if c.Method() == fiber.MethodGet {
		return withLanguage(c, "")
	}
	return safePath(c.Path())
}

func wantsJSON(c *fiber.Ctx) bool {
	return strings.HasPrefix(c.Path(), "/api/") || c.Get(fiber.HeaderAccept) == fiber.MIMEApplicationJSON
}

// Errors turns what a service said about a form into messages for it: beside
// the fields it names, or about the whole form. It sets the status. It reports
// false for a fault that is not about the form, which the handler returns.
func Errors(c *fiber.Ctx, err error) (ui.Errors, bool) {
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || (f.Kind != fault.Invalid && f.Kind != fault.Conflict && len(f.Fields) == 0) {
		return nil, false
	}
	ctx := c.UserContext()
	c.Status(statusOf[f.Kind])
	if len(f.Fields) == 0 {
		return ui.Errors{{Message: i18n.Message(ctx, f.Key, f.Args)}}, true
	}
	errs := make(ui.Errors, 0, len(f.Fields))
	for _, about := range f.Fields {
		errs = append(errs, ui.FieldError{Name: about.Name, Label: about.Label, Message: i18n.Message(ctx, about.Key, about.Args)})
	}
	return errs, true
}
