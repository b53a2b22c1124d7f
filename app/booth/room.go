package booth

import (
	"context"
	"errors"
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
)

// door is where the code of a room, or of a ticket, is typed.
func (b *Booth) door(c *fiber.Ctx) error {
	typed := c.Query("code")
	if typed == "" {
		return web.Page(c, views.DoorPage(views.Door{}))
	}
	if room, ticket, ok := voting.ParseTicket(tolerant(typed)); ok {
		return web.SeeOther(c, ticketWay(room, ticket))
	}
	return unknownCode(c, typed)
}

// ticketWay is the address that a ticket leads to, or a room's code alone.
func ticketWay(room, ticket string) string {
	if ticket == "" {
		return "/v/" + room
	}
	return "/v/" + room + "-" + ticket
}

// tolerant leaves what people put between the characters of a code out of it.
func tolerant(typed string) string {
	return strings.NewReplacer("-", "", ".", "", "\u2013", "", "\u00a0", "").Replace(typed)
}

func unknownCode(c *fiber.Ctx, typed string) error {
	if runes := []rune(strings.ToValidUTF8(typed, "")); len(runes) > 20 {
		typed = string(runes[:20])
	}
	wrong := i18n.T(web.Context(c), "booth.door.unknown")
	return web.Page(c.Status(fiber.StatusNotFound), views.DoorPage(views.Door{Code: typed, Errors: ui.Errors{{Name: "code", Message: wrong}}}))
}

// enter leads from the code to the ballot. A ticket is remembered by the
// browser, and is no more in the address.
func (b *Booth) enter(c *fiber.Ctx) error {
	typed, err := url.PathUnescape(c.Params("code"))
	if err != nil {
		return unknownCode(c, "")
	}
	room, ticket, ok := voting.ParseTicket(tolerant(typed))
	if !ok {
		return unknownCode(c, typed)
	}
	ctx, t := web.Context(c), web.Tenant(c)
	var poll *voting.Poll
	err = b.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = b.box.ByRoomCode(ctx, tx, t.ID, room)
		return err
	})
	if err == nil {
		_, err = b.visitTo(ctx, t, web.Viewer(c), poll.ID)
	}
	if err == nil && ticket != "" {
		err = b.holdTicket(c, poll, ticket)
	}
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return unknownCode(c, typed)
	}
	if err != nil {
		return err
	}
	return web.SeeOther(c, boothHref(poll.ID))
}

// holdTicket has the browser remember a good ticket.
func (b *Booth) holdTicket(c *fiber.Ctx, p *voting.Poll, code string) error {
	known, err := b.box.KnowsTicket(web.Context(c), web.Tenant(c).ID, p.ID, voting.ByTicket(p.ID, code))
	if err != nil {
		return err
	}
	if !known || p.VoterKind() != voting.TicketVoter {
		return voting.ErrUnknownTicket
	}
	web.SetSigned(c, ticketCookie(p), code, deviceAge)
	return nil
}

// ticketCookie remembers the ticket held in one poll: whoever scans another
// one holds that one.
func ticketCookie(p *voting.Poll) string { return "billet-" + p.ID.String()[:8] }

// ticketHeld is the voter with the ticket that the browser remembers; nobody
// in particular without one.
func ticketHeld(c *fiber.Ctx, p *voting.Poll) voting.Voter {
	if code, ours := web.Signed(c, ticketCookie(p)); ours {
		return voting.ByTicket(p.ID, code)
	}
	return voting.Voter{Kind: voting.DeviceVoter}
}

// checkIn counts whoever asks among the people present: in this poll, and in
// the others of the same meeting that know them.
func (b *Booth) checkIn(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	ctx, t, p := web.Context(c), web.Tenant(c), at.poll
	who := voter(c, p)
	if verdict := p.Eligible(who, t.TimeZone); !verdict.Allowed {
		return b.notEligible(c.Status(fiber.StatusForbidden), at, verdict.Reasons)
	}
	if err := b.box.CheckIn(ctx, t.ID, p.ID, who); err != nil {
		return err
	}
	var others []*voting.Poll
	err = b.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		others, err = b.box.PollsOf(ctx, tx, t.ID, p.Subject)
		return err
	})
	for _, other := range others {
		if other.ID == p.ID || !other.Room.Open || other.VoterKind() != p.VoterKind() || p.VoterKind() == voting.TicketVoter {
			continue
		}
		if wrong := b.box.CheckIn(ctx, t.ID, other.ID, who); !errors.Is(wrong, voting.ErrWrongState) {
			err = errors.Join(err, wrong) // those that are over are no matter
		}
	}
	if err != nil {
		return err
	}
	web.Flash(c, "booth.checkin.done")
	return web.SeeOther(c, boothHref(p.ID))
}

// presenceOf is the way to be counted among those present, for whoever may
// vote in a room; none elsewhere, or once they are.
func (b *Booth) presenceOf(c *fiber.Ctx, p *voting.Poll, who voting.Voter) (action string, err error) {
	if !p.Room.Open || !p.Eligible(who, web.Tenant(c).TimeZone).Allowed {
		return "", nil
	}
	there, err := b.box.IsPresent(web.Context(c), web.Tenant(c).ID, p.ID, who)
	if err != nil || there {
		return "", err
	}
	return boothHref(p.ID) + "/presence", nil
}
