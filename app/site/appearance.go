package site

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/site/views"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// filesSpace is where the site keeps its files.
const filesSpace = "site"

const maxLogo = 2 << 20

// Uploads are the forms that take more than an ordinary one.
func (*Site) Uploads() []web.Upload {
	return []web.Upload{
		{Pattern: "/office/site/logo", Limit: maxLogo + 64<<10},
		{Pattern: "/office/site/pages/:page", Limit: 256 << 10},
	}
}

var errAudit = fault.New(fault.Invalid, "site.settings.audit.incomplete")

// change does one change of the tenant's row, with its line of the journal.
func (s *Site) change(ctx context.Context, t tenant.ID, v citizen.Viewer, action, statement string, args ...any) error {
	err := s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if _, err := tx.NewRaw(statement, append(args, t)...).Exec(ctx); err != nil {
			return err
		}
		return audit.Record(ctx, tx, audit.Entry{Tenant: t, Actor: v.ID, Action: action})
	})
	if err != nil {
		return fmt.Errorf("%s: %w", action, err)
	}
	s.directory.Forget()
	return nil
}

type logoForm struct {
	Remove string                `form:"remove"`
	Logo   *multipart.FileHeader `form:"logo"`
}

// saveLogo keeps a picture as the site's logo, or removes it.
func (s *Site) saveLogo(c *fiber.Ctx) error {
	var form logoForm
	if _, err := web.Bind(c, &form); err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	logo, err := s.storeLogo(ctx, t.ID, form)
	if err == nil {
		err = s.change(ctx, t.ID, v, "site.logo", `UPDATE core.tenants SET logo = ? WHERE id = ?`, logo)
	}
	return s.saved(c, err, others{}, "site.settings.logo.saved")
}

func (s *Site) storeLogo(ctx context.Context, t tenant.ID, form logoForm) (string, error) {
	switch {
	case form.Remove != "":
		return "", nil
	case form.Logo == nil:
		return "", files.ErrEmpty.On("logo")
	}
	f, err := form.Logo.Open()
	if err != nil {
		return "", fmt.Errorf("open an upload: %w", err)
	}
	defer f.Close()
	blob, err := s.files.Put(ctx, t, filesSpace, f, maxLogo, files.Pictures...)
	if problem, ok := errors.AsType[*fault.Error](err); ok {
		return "", problem.On("logo")
	}
	return "/logo/" + blob.SHA256, err
}

// logo sends the site's logo, whose address changes with its content.
func (s *Site) logo(c *fiber.Ctx) error {
	t, sha := web.Tenant(c), c.Params("sha")
	if t.Logo != "/logo/"+sha {
		return web.ErrNotFound
	}
	f, err := s.files.Open(t.ID, filesSpace, sha)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	kind := "image/png"
	head := make([]byte, 2)
	if _, err := f.ReadAt(head, 0); err == nil && head[0] == 0xff && head[1] == 0xd8 {
		kind = "image/jpeg"
	}
	c.Set(fiber.HeaderContentType, kind)
	return c.SendStream(f)
}

type auditForm struct {
	On      web.LocalDate `form:"on"`
	By      string        `form:"by" validate:"max=200"`
	Percent web.Whole     `form:"percent"`
}

// saveAudit records an audit of accessibility; without a date, there is none.
func (s *Site) saveAudit(c *fiber.Ctx) error {
	var form auditForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	o := others{audit: form, errs: errs}
	if errs.Any() {
		return s.settingsAgain(c, o)
	}
	current, err := s.readSettings(web.Context(c), web.Tenant(c).ID)
	if err != nil {
		return err
	}
	if current.audit == nil && form.empty() {
		return s.saved(c, errAudit.On("on"), o, "")
	}
	record, err := form.audit(s.clock.Now().In(web.Tenant(c).TimeZone).Format("2006-01-02"))
	if err == nil {
		err = s.change(web.Context(c), web.Tenant(c).ID, web.Viewer(c), "site.audit",
			`UPDATE core.tenants SET settings = CASE WHEN ?::jsonb IS NULL THEN settings - 'audit' ELSE settings || jsonb_build_object('audit', ?::jsonb) END WHERE id = ?`,
			record, record)
	}
	return s.saved(c, err, o, "site.settings.audit.saved")
}

// empty: the audit recorded before is withdrawn.
func (f auditForm) empty() bool { return f.On.On.IsZero() && !f.Percent.Set }

// audit returns the JSON of the audit, nil when there is none.
func (f auditForm) audit(today string) (*string, error) {
	if f.empty() {
		return nil, nil
	}
	if f.On.On.IsZero() || f.On.String() > today {
		return nil, errAudit.On("on")
	}
	if !f.Percent.Set || f.Percent.N < 0 || f.Percent.N > 100 {
		return nil, errAudit.On("percent")
	}
	body, err := json.Marshal(Audit{On: f.On.On, By: f.By, Percent: int(f.Percent.N)})
	text := string(body)
	return &text, err
}

// saved comes back to the settings, with what went wrong if something did.
func (s *Site) saved(c *fiber.Ctx, err error, o others, said string) error {
	if err == nil {
		web.Flash(c, said) //i18n: site.settings.*
		return web.SeeOther(c, "/office/site")
	}
	errs, ok := web.Errors(c, err)
	if !ok {
		return err
	}
	o.errs = errs
	return s.settingsAgain(c, o)
}

func (s *Site) settingsAgain(c *fiber.Ctx, o others) error {
	form, err := s.readSettings(web.Context(c), web.Tenant(c).ID)
	if err != nil {
		return err
	}
	return s.settingsPage(c, form, nil, o)
}

// timeZones are those of the French Republic, and the tenant's own if it is
// another one.
func timeZones(own string) []ui.Option {
	zones := []string{
		"Europe/Paris", "America/Guadeloupe", "America/Martinique", "America/Cayenne", "America/Miquelon", "Indian/Reunion", "Indian/Mayotte",
		"Pacific/Noumea", "Pacific/Tahiti", "Pacific/Wallis", "Pacific/Marquesas", "Pacific/Gambier",
	}
	var options []ui.Option
	found := false
	for _, z := range zones {
		found = found || z == own
		options = append(options, ui.Option{Value: z, Label: strings.ReplaceAll(z, "_", " ")})
	}
	if !found {
		options = append(options, ui.Option{Value: own, Label: own})
	}
	return options
}

type textForm struct {
	Text string `form:"text" validate:"max=30000"`
}

func legalPageOf(c *fiber.Ctx) (legalPage, error) {
	for _, p := range legalPages {
		if p.path == "/"+c.Params("page") {
			return p, nil
		}
	}
	return legalPage{}, web.ErrNotFound
}

// showText is the form of one of the footer's pages.
func (s *Site) showText(c *fiber.Ctx) error {
	p, err := legalPageOf(c)
	if err != nil {
		return err
	}
	_, own, err := s.legalData(web.Context(c), web.Tenant(c), c.Params("page"))
	if err != nil {
		return err
	}
	return s.textPage(c, p, textForm{Text: own}, nil)
}

func (s *Site) saveText(c *fiber.Ctx) error {
	p, err := legalPageOf(c)
	if err != nil {
		return err
	}
	var form textForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return s.textPage(c, p, form, errs)
	}
	err = s.change(web.Context(c), web.Tenant(c).ID, web.Viewer(c), "site.text",
		`UPDATE core.tenants SET pages = jsonb_set(pages, ARRAY[?], to_jsonb(?::text)) WHERE id = ?`, c.Params("page"), form.Text)
	if err != nil {
		return err
	}
	web.Flash(c, "site.text.saved")
	return web.SeeOther(c, c.Path())
}

func (s *Site) textPage(c *fiber.Ctx, p legalPage, form textForm, errs ui.Errors) error {
	ctx := web.Context(c)
	data, _, err := s.legalData(ctx, web.Tenant(c), c.Params("page"))
	if err != nil {
		return err
	}
	ready, err := readyText(ctx, p, data)
	if err != nil {
		return err
	}
	return web.Page(c, views.TextPage(views.Text{
		Title: i18n.T(ctx, p.title), Action: c.Path(), Page: p.path, Markdown: form.Text, Ready: markdown.HTML(ready, 3),
	}, errs))
}
