package notify

import (
	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/i18n"
	"parvis/app/notify/views"
	"parvis/app/web"
)

// Path is the page of news.
const Path = "/moi/nouvelles"

// Mount adds the page of news.
func (s *Service) Mount(site fiber.Router) {
	site.Get(Path, web.RequireSignIn, s.page)
	site.Post(Path, web.RequireSignIn, s.read)
}

func (s *Service) page(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	before, _ := uuid.Parse(c.Query("avant")) // an address that means nothing shows the newest
	notices, more, err := s.list(ctx, t, v.ID, before)
	if err != nil {
		return err
	}
	unread, err := s.Unread(ctx, t, v.ID)
	if err != nil {
		return err
	}
	page := views.News{Unread: unread, Older: before != uuid.Nil}
	for _, n := range notices {
		page.Items = append(page.Items, views.Item{Title: n.Title, Text: n.Text, Href: n.Href, When: i18n.DateTime(ctx, n.At), New: !n.Read})
	}
	if more {
		page.Next = Path + "?avant=" + notices[len(notices)-1].ID.String()
	}
	web.NoStore(c)
	return web.Page(c, views.NewsPage(page))
}

func (s *Service) read(c *fiber.Ctx) error {
	if err := s.markRead(web.Context(c), web.Tenant(c).ID, web.Viewer(c).ID); err != nil {
		return err
	}
	web.Flash(c, "notify.marked")
	return web.SeeOther(c, Path)
}
