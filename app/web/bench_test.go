package web_test

import (
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"parvis/app/ui"
	"parvis/app/web"
)

// BenchmarkPage is what the edge itself costs for a signed-in reader: a page
// with a form in the town's layout, without the network.
func BenchmarkPage(b *testing.B) {
	s := newSite(b, nil)
	s.Get("/page", func(c *fiber.Ctx) error { return web.Page(c, ui.Page(ui.PageProps{Title: "Page"})) })
	handler := s.Handler()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			var ctx fasthttp.RequestCtx
			ctx.Request.Header.SetHost(marneHost)
			ctx.Request.SetRequestURI("/page")
			ctx.Request.Header.SetCookie("parvis", "alice-token")
			handler(&ctx)
			if ctx.Response.StatusCode() != 200 {
				b.Fatal(ctx.Response.StatusCode())
			}
		}
	})
}
