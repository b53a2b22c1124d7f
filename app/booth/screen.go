package booth

import (
	"context"
	"strings"

	"github.com/gofiber/fiber/v2"

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
		Frame: frameOf(ctx, at), Question: p.Question, Rev: view.Rev, Face: view.Face, Now: p.Now, Numbers: turnoutOf(ctx, view),
	}
	page.Self = screenHref(p.ID)
	switch strings.ToLower(c.Query("theme")) {
	case "sombre":
		page.Scheme, page.Self = ui.Dark, page.Self+"?theme=sombre"
	case "clair":
		page.Scheme, page.Self = ui.Light, page.Self+"?theme=clair"
	}
	showState(ctx, &page, p, view)
	if page.State == "result" {
		winners, err := b.winners(ctx, p, realtime.Screen)
		if err != nil {
			return err
		}
		mark(page.Tallies, winners)
	}
	if p.State == voting.Scheduled || p.State == voting.Open {
		page.Join, page.Code = web.Origin(c)+wayIn(p), p.Room.Code
	}
	return web.Page(c, views.ScreenPage(page))
}

// wayIn is the address that a phone is led to.
func wayIn(p *voting.Poll) string {
	if p.Room.Open {
		return "/v/" + p.Room.Code
	}
	return boothHref(p.ID)
}

// showState decides which of its faces the screen shows, and the words where
// there are no numbers.
func showState(ctx context.Context, page *views.Screen, p *voting.Poll, v voting.View) {
	switch {
	case p.State == voting.Scheduled || p.State == voting.Draft:
		page.State, page.Icon, page.Numbers = "join", "hourglass", nil
		page.Message, page.Detail = i18n.T(ctx, "booth.screen.soon"), opening(ctx, p)
	case p.State == voting.Cancelled:
		page.State, page.Icon, page.Message = "pause", "ban", i18n.T(ctx, "booth.cancelled.title")
		page.Detail = i18n.T(ctx, "booth.cancelled.text", "Reason", p.CancelReason)
	case p.State == voting.Open:
		page.State, page.Tallies = "open", largeTallies(ctx, p, v)
		if v.Counts == nil {
			page.Detail = hiddenWords(ctx, p, v)
		}
		if !p.Closes.IsZero() {
			page.Numbers = append(page.Numbers, ui.Stat{
				Label: i18n.T(ctx, "booth.screen.left"),
				Body:  ui.Countdown(ui.CountdownProps{Until: p.Closes, Text: i18n.Left(ctx, p.Now, p.Closes), Clock: true, Bind: "closes_at"}),
			})
		}
	case v.Counts == nil:
		page.State, page.Icon = "pause", "eye-off"
		page.Message, page.Detail = i18n.T(ctx, "booth.state.closed"), hiddenWords(ctx, p, v)
	case p.State == voting.Closed:
		page.State, page.Icon = "counting", "scale"
		page.Message, page.Detail = i18n.T(ctx, "booth.screen.counting"), i18n.T(ctx, "booth.screen.counting.text")
	default:
		page.State, page.Tallies = "result", largeTallies(ctx, p, v)
	}
}

func largeTallies(ctx context.Context, p *voting.Poll, v voting.View) []ui.TallyProps {
	list := tallies(ctx, p, v)
	for i := range list {
		list[i].Large = true
	}
	return list
}
