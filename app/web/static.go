package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/ui"
)

// forever is for addresses that hold a hash of their content.
const forever = "public, max-age=31536000, immutable"

// mountStatic serves the files of the interface on any host, without cookies.
func mountStatic(app *fiber.App) {
	app.Get("/static/:file", func(c *fiber.Ctx) error {
		file, ok := ui.Static(c.Params("file"))
		if !ok {
			return ErrNotFound
		}
		body := file.Body
		c.Vary(fiber.HeaderAcceptEncoding)
		if file.Gzip != nil && strings.Contains(c.Get(fiber.HeaderAcceptEncoding), "gzip") {
			body = file.Gzip
			c.Set(fiber.HeaderContentEncoding, "gzip")
		}
		c.Set(fiber.HeaderContentType, file.Type)
		c.Set(fiber.HeaderCacheControl, forever)
		return c.Send(body)
	})
}

// themeCSS serves the colours of the town. The address holds their hash; one
// that is out of date gets the present colours and is not kept.
func (s *server) themeCSS(c *fiber.Ctx) error {
	css, hash, _, _ := ui.Theme(of(c).tenant.Color)
	c.Set(fiber.HeaderContentType, "text/css; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-cache")
	if c.Query("v") == hash {
		c.Set(fiber.HeaderCacheControl, forever)
	}
	return c.Send(css)
}
