package booth

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// The pages of a room's printed tickets. Their codes exist on paper only: what
// they are drawn from stays a quarter of an hour in the browser of whoever
// prints them, and nowhere else.

const printingAge = 15 * time.Minute

func ticketsHref(id voting.PollID) string { return officeHref(id) + "/billets" }

type ticketsForm struct {
	Size   web.Whole `form:"size"`
	Reason string    `form:"reason" validate:"max=300"`
}

// tickets lists the prints of a poll, and orders another.
func (b *Booth) tickets(c *fiber.Ctx) error {
	at, err := b.withTickets(c)
	if err != nil {
		return err
	}
	return b.ticketsPage(c, at, ticketsForm{}, 0, nil)
}

// withTickets finds a poll that the viewer may run and whose rules ask for tickets.
func (b *Booth) withTickets(c *fiber.Ctx) (visit, error) {
	at, err := b.managed(c)
	if err == nil && at.poll.VoterKind() != voting.TicketVoter {
		return at, voting.ErrNotFound
	}
	return at, err
}

// ticketsPage shows the prints; cancelling is the one whose reason was typed.
func (b *Booth) ticketsPage(c *fiber.Ctx, at visit, form ticketsForm, cancelling int, errs ui.Errors) error {
	ctx, p := web.Context(c), at.poll
	batches, err := b.box.TicketBatches(ctx, web.Tenant(c).ID, p.ID)
	if err != nil {
		return err
	}
	page := views.Tickets{Frame: frameOf(ctx, at), Question: p.Question, Errors: errs, Size: form.Size.String(), CanPrint: !p.State.Over() && p.State != voting.Cancelled}
	page.Self, page.Leave = ticketsHref(p.ID), officeHref(p.ID)+"/pupitre"
	for _, one := range batches {
		batch := views.TicketBatch{
			Number: one.Number, Size: i18n.T(ctx, "booth.tickets.size", "Count", one.Size), At: i18n.DateTime(ctx, one.At),
			Field: "motif_" + strconv.Itoa(one.Number),
		}
		if one.VoidedAt.IsZero() && page.CanPrint {
			batch.Cancel = page.Self + "/" + strconv.Itoa(one.Number) + "/annuler"
			if _, holds := b.printing(c, p, one.Number); holds {
				batch.Print = page.Self + "/" + strconv.Itoa(one.Number)
			}
		}
		if !one.VoidedAt.IsZero() {
			batch.Voided = i18n.T(ctx, "booth.tickets.voided", "When", i18n.DateTime(ctx, one.VoidedAt), "Reason", one.VoidReason)
		}
		if one.Number == cancelling {
			batch.Reason = form.Reason
		}
		page.Batches = append(page.Batches, batch)
	}
	return web.Page(c, views.TicketsPage(page))
}

// printTickets draws new tickets, and leads to their sheets.
func (b *Booth) printTickets(c *fiber.Ctx) error {
	at, err := b.withTickets(c)
	if err != nil {
		return err
	}
	var form ticketsForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if errs.Any() {
		return b.ticketsPage(c, at, form, 0, errs)
	}
	size := int(min(max(form.Size.N, -1), voting.MaxTickets+1))
	act := b.journalled(c, at.poll, "voting.print_tickets", map[string]any{"tickets": size})
	batch, seed, err := b.box.PrintTickets(web.Context(c), web.Tenant(c).ID, at.poll.ID, size, act)
	if err != nil {
		if errs, ok := web.Errors(c, err); ok {
			return b.ticketsPage(c, at, form, 0, errs)
		}
		return err
	}
	number := strconv.Itoa(batch.Number)
	web.SetSigned(c, printingCookie(at.poll), number+" "+seed.String(), printingAge)
	return web.SeeOther(c, ticketsHref(at.poll.ID)+"/"+number)
}

func printingCookie(p *voting.Poll) string { return "planche-" + p.ID.String()[:8] }

// printing is what the codes of a print are drawn from, if this browser has
// just ordered it.
func (b *Booth) printing(c *fiber.Ctx, p *voting.Poll, number int) (voting.TicketSeed, bool) {
	kept, ours := web.Signed(c, printingCookie(p))
	of, text, _ := strings.Cut(kept, " ")
	if !ours || of != strconv.Itoa(number) {
		return voting.TicketSeed{}, false
	}
	return voting.ParseTicketSeed(text)
}

// sheet is a print of tickets, to be printed now or never.
func (b *Booth) sheet(c *fiber.Ctx) error {
	at, err := b.withTickets(c)
	if err != nil {
		return err
	}
	ctx, p := web.Context(c), at.poll
	batches, err := b.box.TicketBatches(ctx, web.Tenant(c).ID, p.ID)
	if err != nil {
		return err
	}
	for _, one := range batches {
		if strconv.Itoa(one.Number) != c.Params("batch") {
			continue
		}
		page := views.Sheet{Frame: frameOf(ctx, at), Question: p.Question, Number: one.Number, Limit: i18n.T(ctx, "booth.tickets.holder")}
		page.Leave = ticketsHref(p.ID)
		if seed, holds := b.printing(c, p, one.Number); holds && one.VoidedAt.IsZero() {
			page.Tickets = ticketsOf(c, p, seed, one.Size)
		}
		web.NoStore(c)
		return web.Page(c, views.SheetPage(page))
	}
	return voting.ErrNotFound
}

func ticketsOf(c *fiber.Ctx, p *voting.Poll, seed voting.TicketSeed, size int) []views.Ticket {
	origin := web.Origin(c)
	_, host, _ := strings.Cut(origin, "://")
	list := make([]views.Ticket, size)
	for i := range list {
		code := seed.Code(i)
		list[i] = views.Ticket{
			Number: i + 1, Address: origin + ticketWay(p.Room.Code, code),
			Code: p.Room.Code + "-" + code[:5] + "-" + code[5:], Door: host + "/v",
		}
	}
	return list
}

// voidTickets cancels a print that is lost.
func (b *Booth) voidTickets(c *fiber.Ctx) error {
	at, err := b.withTickets(c)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(c.Params("batch"))
	if err != nil || number < 1 || number > 1_000 {
		return voting.ErrNotFound.Wrap(err)
	}
	var form ticketsForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		act := b.journalled(c, at.poll, "voting.void_tickets", map[string]any{"batch": number, "reason": form.Reason})
		act.Reason = form.Reason
		err = b.box.VoidTickets(web.Context(c), web.Tenant(c).ID, at.poll.ID, number, act)
		if err == nil {
			web.Flash(c, "booth.tickets.void.done")
			return web.SeeOther(c, ticketsHref(at.poll.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	for i := range errs {
		if errs[i].Name == "reason" {
			errs[i].Name = "motif_" + strconv.Itoa(number) // the page has one such field for each print
		}
	}
	return b.ticketsPage(c, at, form, number, errs)
}

// journalled is an act of the viewer on a poll, written in the journal in the
// same transaction.
//
// i18n: audit.action.voting.*
func (b *Booth) journalled(c *fiber.Ctx, p *voting.Poll, action string, details map[string]any) voting.Act {
	t, who := web.Tenant(c).ID, web.Viewer(c).ID
	return voting.Act{Actor: who, Also: func(ctx context.Context, tx bun.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{Tenant: t, Actor: who, Action: action, Subject: "poll/" + p.ID.String(), Details: details})
	}}
}
