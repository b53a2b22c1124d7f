package e2e

import (
	"context"
	"embed"
	"io"
	"io/fs"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// guestbook is a module as small as one can be: one table, one page, one form.
// It shows what adding a module takes, and nothing of the program knows it.
type guestbook struct{ db *database.DB }

var (
	_ module.Module       = (*guestbook)(nil)
	_ module.Navigator    = (*guestbook)(nil)
	_ module.Searcher     = (*guestbook)(nil)
	_ module.PersonalData = (*guestbook)(nil)
)

//go:embed testdata/guestbook
var guestbookFiles embed.FS

func (*guestbook) Manifest() module.Manifest {
	files, _ := fs.Sub(guestbookFiles, "testdata/guestbook") // the folder is there
	return module.Manifest{Name: "guestbook", Path: "livre-d-or", Office: []citizen.Role{citizen.Agent}, Catalogue: files}
}

func (g *guestbook) Mount(site, _, _ fiber.Router) {
	site.Get("/", g.page)
	site.Post("/", web.RequireSignIn, g.sign)
}

func (*guestbook) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "guestbook.title", Href: "/livre-d-or", Icon: "book-open"}, nil
}

type guestbookForm struct {
	Body string `form:"body" label:"guestbook.body" validate:"required,max=500"`
}

func (g *guestbook) page(c *fiber.Ctx) error { return g.show(c, guestbookForm{}, nil) }

func (g *guestbook) sign(c *fiber.Ctx) error {
	var form guestbookForm
	errs, err := web.Bind(c, &form)
	if err != nil || errs.Any() {
		return g.show(c, form, errs)
	}
	t, v := web.Tenant(c), web.Viewer(c)
	err = g.db.InTenant(web.Context(c), t.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`INSERT INTO guestbook.words (tenant_id, author_id, body) VALUES (?, ?, ?)`, t.ID, v.ID, form.Body).Exec(ctx)
		return err
	})
	if err != nil {
		return err
	}
	web.Flash(c, "guestbook.thanks")
	return web.SeeOther(c, "/livre-d-or")
}

func (g *guestbook) show(c *fiber.Ctx, form guestbookForm, errs ui.Errors) error {
	words, err := g.words(web.Context(c), web.Tenant(c).ID, "%")
	if err != nil {
		return err
	}
	return web.Page(c, templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		title := i18n.T(ctx, "guestbook.title")
		body := templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
			parts := []templ.Component{ui.PageHeader(ui.HeaderProps{Title: title}), ui.ErrorSummary(errs)}
			for _, word := range words {
				parts = append(parts, ui.Notice(ui.NoticeProps{Text: word}))
			}
			if web.Viewer(c).SignedIn {
				field := templ.Join(ui.TextArea(ui.TextAreaProps{Name: "body", Label: i18n.T(ctx, "guestbook.body"), Value: form.Body, Required: true, Error: errs.For("body")}),
					ui.Button(ui.ButtonProps{Label: i18n.T(ctx, "guestbook.send")}))
				parts = append(parts, inside(ui.Form(ui.FormProps{Action: "/livre-d-or"}), field))
			}
			return templ.Join(parts...).Render(ctx, w)
		})
		return inside(ui.Page(ui.PageProps{Title: title}), body).Render(ctx, w)
	}))
}

// inside is a component around its children.
func inside(around, children templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return around.Render(templ.WithChildren(ctx, children), w)
	})
}

func (g *guestbook) words(ctx context.Context, t tenant.ID, like string) (words []string, err error) {
	err = g.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT body FROM guestbook.words WHERE tenant_id = ? AND body LIKE ? ORDER BY at DESC LIMIT 20`, t, like).Scan(ctx, &words)
	})
	return words, err
}

func (g *guestbook) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	words, err := g.words(ctx, t.ID, "%"+query+"%")
	var hits []module.Hit
	for _, word := range words[:min(len(words), limit)] {
		hits = append(hits, module.Hit{Title: word, Href: "/livre-d-or", Kind: "guestbook.title"})
	}
	return hits, err
}

func (*guestbook) Holdings() []module.Holding {
	return []module.Holding{{What: "guestbook.title", Purpose: "guestbook.title", LegalBasis: "guestbook.title", Retention: "guestbook.title"}}
}

func (*guestbook) Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error) {
	var words []string
	err := tx.NewRaw(`SELECT body FROM guestbook.words WHERE tenant_id = ? AND author_id = ?`, t, c).Scan(ctx, &words)
	return map[string]any{"guestbook": words}, err
}

func (*guestbook) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error {
	_, err := tx.NewRaw(`DELETE FROM guestbook.words WHERE tenant_id = ? AND author_id = ?`, t, c).Exec(ctx)
	return err
}
