package booth

import (
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"context"

	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// screen is the room's projected screen. It shows what the public may see, and
// the way in while ballots are taken.
func (b *Booth) screen(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	ctx, p := web.Context(c), at.poll
	view, err := b.box.View(ctx, web.Tenant(c).ID, p.ID, realtime.Screen)
	if err != nil {
		return err
	}
	page := views.Screen{
		Frame: frameOf(ctx, at), Question: p.Question, Rev: view.Rev, Face: view.Face,
		Self: "/ecran/" + p.ID.String(), Numbers: turnoutOf(ctx, view), Tallies: tallies(ctx, p, view),
	}
	switch strings.ToLower(c.Query("theme")) {
	case "sombre":
		page.Scheme, page.Self = ui.Dark, page.Self+"?theme=sombre"
	case "clair":
		page.Scheme, page.Self = ui.Light, page.Self+"?theme=clair"
	}
	for i := range page.Tallies {
		page.Tallies[i].Large, page.Tallies[i].Topic = true, "" // the body follows the topic
	}
	page.State, page.Message, page.Detail = b.screenState(ctx, p, view)
	if p.State == voting.Open || p.State == voting.Scheduled {
		page.Join, page.Code = web.Origin(c)+"/votes/"+p.ID.String(), p.Room.Code
		if p.Room.Open {
			page.Join = web.Origin(c) + "/v/" + p.Room.Code
		}
	}
	if p.State == voting.Open && !p.Closes.IsZero() {
		page.Numbers = append(page.Numbers, ui.Stat{
			Label: i18n.T(ctx, "booth.screen.left"),
			Body:  ui.Countdown(ui.CountdownProps{Until: p.Closes, Text: i18n.Relative(ctx, p.Now, p.Closes), Clock: true}),
		})
	}
	return web.Page(c, views.ScreenPage(page))
}

// screenState says which of its faces the screen shows, and the words where
// there are no numbers.
func (b *Booth) screenState(ctx context.Context, p *voting.Poll, v voting.View) (state, message, detail string) {
	switch {
	case p.State == voting.Scheduled || p.State == voting.Draft:
		detail = i18n.T(ctx, "booth.waiting.no_date")
		if !p.Opens.IsZero() {
			detail = i18n.T(ctx, "booth.waiting.text", "When", i18n.DateTime(ctx, p.Opens))
		}
		return "join", i18n.T(ctx, "booth.screen.soon"), detail
	case p.State == voting.Cancelled:
		return "pause", i18n.T(ctx, "booth.cancelled.title"), i18n.T(ctx, "booth.cancelled.text", "Reason", p.CancelReason)
	case p.State == voting.Open && v.Counts != nil:
		return "open", "", ""
	case p.State == voting.Open:
		return "open", "", hiddenWords(ctx, p, v)
	case v.Counts == nil:
		return "pause", i18n.T(ctx, "booth.screen.closed"), hiddenWords(ctx, p, v)
	case p.State == voting.Closed:
		return "counting", "", ""
	}
	return "result", "", ""
}

// door is where a code is typed.
func (b *Booth) door(c *fiber.Ctx) error {
	if code := c.Query("code"); code != "" {
		return web.SeeOther(c, "/v/"+roomCode(code))
	}
	return web.Page(c, views.DoorPage(views.Door{}))
}

// roomCode reads a code as people type it.
func roomCode(text string) string {
	keep := func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}
	code := strings.Map(keep, text)
	return code[:min(len(code), 12)]
}

// enter leads from the code to the ballot.
func (b *Booth) enter(c *fiber.Ctx) error {
	typed := roomCode(c.Params("code"))
	var poll *voting.Poll
	err := b.db.ReadTenant(web.Context(c), web.Tenant(c).ID, func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = b.box.ByRoomCode(ctx, tx, web.Tenant(c).ID, typed)
		return err
	})
	if isNotFound(err) {
		return web.Page(c.Status(fiber.StatusNotFound), views.DoorPage(views.Door{Code: typed, Error: i18n.T(web.Context(c), "booth.door.unknown")}))
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, "/votes/"+poll.ID.String())
}
