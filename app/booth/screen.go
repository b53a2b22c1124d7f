package booth

import (
	"context"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/booth/views"
	"parvis/app/fault"
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
				Body:  ui.Countdown(ui.CountdownProps{Until: p.Closes, Text: i18n.Relative(ctx, p.Now, p.Closes), Clock: true, Bind: "closes_at"}),
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

// door is where the code of a room is typed.
func (b *Booth) door(c *fiber.Ctx) error {
	typed := c.Query("code")
	if typed == "" {
		return web.Page(c, views.DoorPage(views.Door{}))
	}
	if code, ok := voting.ParseRoomCode(tolerant(typed)); ok {
		return web.SeeOther(c, "/v/"+code)
	}
	return unknownCode(c, typed)
}

// tolerant leaves what people put between the characters of a code out of it.
func tolerant(typed string) string {
	return strings.NewReplacer("-", "", ".", "", "\u2013", "", "\u00a0", "").Replace(typed)
}

func unknownCode(c *fiber.Ctx, typed string) error {
	if runes := []rune(strings.ToValidUTF8(typed, "")); len(runes) > 12 {
		typed = string(runes[:12])
	}
	wrong := i18n.T(web.Context(c), "booth.door.unknown")
	return web.Page(c.Status(fiber.StatusNotFound), views.DoorPage(views.Door{Code: typed, Errors: ui.Errors{{Name: "code", Message: wrong}}}))
}

// enter leads from the code to the ballot.
func (b *Booth) enter(c *fiber.Ctx) error {
	typed, err := url.PathUnescape(c.Params("code"))
	if err != nil {
		return unknownCode(c, "")
	}
	t := web.Tenant(c)
	var poll *voting.Poll
	err = b.db.ReadTenant(web.Context(c), t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = b.box.ByRoomCode(ctx, tx, t.ID, tolerant(typed))
		return err
	})
	if err == nil {
		_, err = b.visitTo(web.Context(c), t, web.Viewer(c), poll.ID)
	}
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return unknownCode(c, typed)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, boothHref(poll.ID))
}
