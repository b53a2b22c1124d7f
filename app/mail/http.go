package mail

import (
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/i18n"
	"parvis/app/mail/views"
	"parvis/app/web"
)

// Mount adds the outbox page, when letters are kept instead of sent.
func (s *Sender) Mount(site fiber.Router) {
	if s.keep {
		site.Get("/courrier", s.outboxPage)
	}
}

func (s *Sender) outboxPage(c *fiber.Ctx) error {
	ctx := web.Context(c)
	if !s.Keeps(web.Tenant(c)) {
		return web.ErrNotFound
	}
	kept, err := s.Outbox(ctx, web.Tenant(c).ID, 50)
	if err != nil {
		return err
	}
	letters := make([]views.Kept, len(kept))
	for i, k := range kept {
		letters[i] = views.Kept{ID: k.ID.String(), Subject: k.Subject, To: k.To, At: i18n.Time(ctx, k.CreatedAt), Body: pieces(k.Text, web.PublicOrigin(c))}
	}
	web.NoStore(c)
	return web.Page(c, views.OutboxPage(letters))
}

// pieces cuts a letter into lines, those that are addresses of this site
// becoming links to follow here.
func pieces(text, origin string) []views.Piece {
	var out []views.Piece
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || line == "--" {
			continue
		}
		piece := views.Piece{Text: line}
		if u, err := url.Parse(line); err == nil && strings.HasPrefix(line, origin+"/") {
			piece.Href = u.RequestURI()
		}
		out = append(out, piece)
	}
	return out
}
