package site

import (
	"slices"

	"github.com/gofiber/fiber/v2"

	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/notify"
	"parvis/app/site/views"
	"parvis/app/ui"
	"parvis/app/web"
)

// maxDeeds bounds what "Mon engagement" shows at once.
const maxDeeds = 50

// mine is a citizen's own page: what they did in every part of the site, and
// the way to what is kept about them.
func (s *Site) mine(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var deeds []module.Deed
	err := enabled(s, t, func(_ module.Manifest, m module.Activity) error {
		more, err := m.Activity(ctx, t, v)
		deeds = append(deeds, more...)
		return err
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(deeds, func(a, b module.Deed) int { return b.At.Compare(a.At) })
	unread, err := s.news.Unread(ctx, t, v.ID)
	if err != nil {
		return err
	}
	news := i18n.T(ctx, "site.mine.news.none")
	if unread > 0 {
		news = i18n.T(ctx, "site.mine.news", "Count", unread)
	}
	page := views.Mine{Name: v.Name, Links: []ui.Link{
		{Label: news, Href: notify.Path, Icon: "bell"},
		{Label: i18n.T(ctx, "site.mine.profile"), Href: "/moi/profil", Icon: "circle-user"},
		{Label: i18n.T(ctx, "site.mine.proofs"), Href: "/moi/preuves", Icon: "fingerprint-pattern"},
		{Label: i18n.T(ctx, "site.mine.sessions"), Href: "/moi/sessions", Icon: "smartphone"},
		{Label: i18n.T(ctx, "site.mine.data"), Href: "/moi/donnees", Icon: "download"},
	}}
	for _, d := range deeds[:min(len(deeds), maxDeeds)] {
		deed := views.Deed{What: i18n.Message(ctx, d.Key, d.Args), Title: d.Title, Href: d.Href}
		if !d.At.IsZero() {
			deed.When = i18n.Date(ctx, d.At)
		}
		page.Deeds = append(page.Deeds, deed)
	}
	err = enabled(s, t, func(_ module.Manifest, m module.Companion) error {
		part, err := m.Mine(ctx, t, v)
		if part != nil {
			page.Parts = append(page.Parts, part)
		}
		return err
	})
	if err != nil {
		return err
	}
	web.NoStore(c)
	return web.Page(c, views.MinePage(page))
}
