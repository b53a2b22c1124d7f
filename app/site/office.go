package site

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/site/views"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// MountOffice adds the site's own pages of the back office. office is open
// to staff only.
func (s *Site) MountOffice(office fiber.Router) {
	office.Get("/", s.desk)
	office.Get("/style", s.style)
	administrators := web.Require("", citizen.Administrator)
	office.Get("/site", administrators, s.showSettings)
	office.Post("/site", administrators, s.saveSettings)
	office.Post("/site/logo", administrators, s.saveLogo)
	office.Post("/site/accessibilite", administrators, s.saveAudit)
	office.Get("/site/pages/:page", administrators, s.showText)
	office.Post("/site/pages/:page", administrators, s.saveText)
}

// style shows every component in every state.
func (s *Site) style(c *fiber.Ctx) error { return web.Page(c, ui.StylePage()) }

func (s *Site) desk(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	todos, err := s.Todos(ctx, t, v)
	if err != nil {
		return err
	}
	slices.SortStableFunc(todos, byAge)
	page := views.Desk{Name: v.Name}
	for _, todo := range todos {
		args := map[string]any{"Count": todo.Count}
		for name, value := range todo.Args {
			args[name] = value
		}
		item := views.Todo{Text: i18n.Message(ctx, todo.Key, args), Href: todo.Href}
		if !todo.Since.IsZero() {
			item.Since = i18n.T(ctx, "site.desk.since", "Date", i18n.Date(ctx, todo.Since))
		}
		page.Todos = append(page.Todos, item)
	}
	_ = enabled(s, t, func(manifest module.Manifest, m module.Navigator) error {
		if _, entry := m.Menu(); entry != nil && v.Has(manifest.Name, manifest.Office...) {
			page.Areas = append(page.Areas, views.Area{Title: i18n.T(ctx, entry.Key), Href: entry.Href, Icon: entry.Icon})
		}
		return nil
	})
	for _, a := range platformAreas {
		if a.open(v) {
			page.Areas = append(page.Areas, views.Area{Title: i18n.T(ctx, a.key), Text: i18n.T(ctx, a.key+".text"), Href: a.href, Icon: a.icon})
		}
	}
	if v.Governs(citizen.Administrator) { // everyone of the staff may read it; it is of use to few
		page.Areas = append(page.Areas, views.Area{
			Title: i18n.T(ctx, "site.desk.area.style"), Text: i18n.T(ctx, "site.desk.area.style.text"), Href: "/office/style", Icon: "palette",
		})
	}
	return web.Page(c, views.DeskPage(page))
}

// settingsForm is the form of the site's settings, as typed.
type settingsForm struct {
	Version  int64    `form:"version"`
	Name     string   `form:"name" label:"site.settings.name" validate:"required,max=100"`
	SiteName string   `form:"site_name" label:"site.settings.site_name" validate:"max=100"`
	Color    string   `form:"color" label:"site.settings.color" validate:"required,hexcolor,len=7"`
	Email    string   `form:"email" label:"site.settings.email" validate:"omitempty,email,max=200"`
	Zones    string   `form:"zones" validate:"max=20000"`
	Center   string   `form:"center" validate:"max=60"`
	Radius   string   `form:"radius" validate:"max=20"`
	Modules  []string `form:"modules"`
	Director string   `form:"director" validate:"max=200"`
	Address  string   `form:"address" validate:"max=300"`
	Hosting  string   `form:"hosting" validate:"max=300"`
	DPO      string   `form:"dpo" label:"site.settings.dpo" validate:"omitempty,email,max=200"`
	Locale   string   `form:"locale" validate:"required,oneof=fr en"`
	TimeZone string   `form:"time_zone" validate:"required,timezone"`

	audit *Audit // shown beside the form
}

func (s *Site) showSettings(c *fiber.Ctx) error {
	form, err := s.readSettings(web.Context(c), web.Tenant(c).ID)
	if err != nil {
		return err
	}
	return s.settingsPage(c, form, nil, others{})
}

func (s *Site) saveSettings(c *fiber.Ctx) error {
	var form settingsForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = s.changeSettings(web.Context(c), web.Tenant(c), web.Viewer(c), form)
		if err == nil {
			web.Flash(c, "site.settings.saved")
			return web.SeeOther(c, "/office/site")
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
		if errors.Is(err, errStaleSettings) { // what was typed stays; the next try is against what is there now
			current, err := s.readSettings(web.Context(c), web.Tenant(c).ID)
			if err != nil {
				return err
			}
			form.Version = current.Version
		}
	}
	return s.settingsPage(c, form, errs, others{})
}

// others is what was typed in the page's other forms, and what is wrong there.
type others struct {
	audit auditForm
	errs  ui.Errors
}

func (s *Site) settingsPage(c *fiber.Ctx, form settingsForm, errs ui.Errors, o others) error {
	ctx := web.Context(c)
	page := views.Settings{
		Name: form.Name, SiteName: form.SiteName, Color: form.Color, Email: form.Email, Zones: form.Zones,
		Center: form.Center, Radius: form.Radius,
		Director: form.Director, Hosting: form.Hosting, Address: form.Address, DPO: form.DPO,
		Chosen: form.Modules, Version: strconv.FormatInt(form.Version, 10),
	}
	for _, m := range s.modules {
		manifest := m.Manifest()
		page.Modules = append(page.Modules, ui.ChoiceProps{Value: manifest.Name, Label: i18n.T(ctx, manifest.Name+".title")})
	}
	page.Locale, page.TimeZone, page.Logo = form.Locale, form.TimeZone, web.Tenant(c).Logo
	page.TimeZones = timeZones(form.TimeZone)
	page.Audit = views.Audit{On: o.audit.On.String(), By: o.audit.By, Percent: o.audit.Percent.String(), Errors: o.errs, Status: i18n.T(ctx, form.audit.Conformity())}
	if a := form.audit; a != nil && !o.errs.Any() {
		page.Audit.On, page.Audit.By, page.Audit.Percent = web.LocalDateOf(ctx, a.On).String(), a.By, strconv.Itoa(a.Percent)
	}
	for _, p := range legalPages {
		page.Texts = append(page.Texts, ui.Link{Label: i18n.T(ctx, p.title), Href: "/office/site/pages" + p.path})
	}
	_, _, adjusted, report := ui.Theme(form.Color)
	page.Theme = report
	if adjusted && !report.Unreadable {
		page.Adjusted = i18n.T(ctx, "site.settings.color.adjusted", "Used", report.Light.Strong)
	}
	return web.Page(c, views.SettingsPage(page, errs))
}

// territory reads where the tenant lies: a point, and kilometres.
func (f *settingsForm) territory() (tenant.Territory, error) {
	center, err := places.ParsePoint(f.Center)
	if err != nil {
		return tenant.Territory{}, places.ErrPoint.On("center")
	}
	if center.IsZero() {
		return tenant.Territory{}, nil
	}
	km, err := strconv.Atoi(strings.TrimSpace(f.Radius))
	if err != nil || km < 1 || km > maxRadius {
		return tenant.Territory{}, errRadius.On("radius")
	}
	return tenant.Territory{CenterLat: center.Lat, CenterLon: center.Lon, Radius: km * 1000}, nil
}

func (f *settingsForm) setTerritory(t tenant.Territory) {
	f.Center = places.Point{Lat: t.CenterLat, Lon: t.CenterLon}.String()
	if t.Radius > 0 {
		f.Radius = strconv.Itoa(t.Radius / 1000)
	}
}
