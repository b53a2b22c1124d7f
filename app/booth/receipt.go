package booth

import (
	"encoding/hex"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// receipt shows the proof that a ballot is in the box. Whoever knows its
// number may see it; what was chosen is shown to its own voter only.
func (b *Booth) receipt(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	nonce, err := voting.ParseNonce(c.Params("nonce"))
	if err != nil {
		return voting.ErrNotFound.Wrap(err)
	}
	ctx, t, p := web.Context(c), web.Tenant(c), at.poll
	who := voter(c, p)
	r, err := b.box.Receipt(ctx, t.ID, p.ID, nonce, who)
	if err != nil {
		return err
	}
	page := views.Receipt{
		Frame: frameOf(ctx, at), Question: p.Question, Replaced: r.Replaced,
		Number: i18n.Number(ctx, r.Index), Commitment: grouped(hex.EncodeToString(r.Commitment[:])), Nonce: grouped(nonce.String()),
		Address: web.Origin(c) + "/votes/" + p.ID.String() + "/recepisse/" + nonce.String(),
		Results: "/votes/" + p.ID.String() + "/resultats",
	}
	if !r.CastAt.IsZero() {
		page.CastAt = i18n.DateTime(ctx, r.CastAt)
	}
	if p.State == voting.Open && p.AllowChange && p.Eligible(who, t.TimeZone).Allowed {
		page.Change = "/votes/" + p.ID.String()
	}
	mine, err := b.ownChoices(c, p, who, r)
	if err != nil {
		return err
	}
	page.Choices = mine
	web.NoStore(c)
	return web.Page(c, views.ReceiptPage(page))
}

// ownChoices returns what the ballot says, if it is the voter's own and the
// one that counts.
func (b *Booth) ownChoices(c *fiber.Ctx, p *voting.Poll, who voting.Voter, r voting.Receipt) ([]views.Choice, error) {
	if r.Replaced || !r.Own {
		return nil, nil
	}
	marks, cast, err := b.box.BallotOf(web.Context(c), web.Tenant(c).ID, p.ID, who)
	if err != nil || !cast {
		return nil, err
	}
	return choicesOf(web.Context(c), p, marks), nil
}

// grouped writes digits in fours, to be read aloud and compared.
func grouped(digits string) string {
	var out string
	for i := 0; i < len(digits); i += 4 {
		if i > 0 {
			out += " "
		}
		out += digits[i:min(i+4, len(digits))]
	}
	return out
}

// notOpen is the booth of a poll that takes no ballot now: what there is to
// do instead.
func (b *Booth) notOpen(c *fiber.Ctx, at visit) error {
	ctx, p := web.Context(c), at.poll
	page := views.Waiting{Frame: frameOf(ctx, at), Question: p.Question, Href: at.subject.Href}
	switch p.State {
	case voting.Draft, voting.Scheduled:
		page.Title, page.Text = i18n.T(ctx, "booth.waiting.title"), i18n.T(ctx, "booth.waiting.no_date")
		if !p.Opens.IsZero() {
			page.Text = i18n.T(ctx, "booth.waiting.text", "When", i18n.DateTime(ctx, p.Opens))
		}
	case voting.Cancelled:
		page.Title = i18n.T(ctx, "booth.cancelled.title")
		page.Text = i18n.T(ctx, "booth.cancelled.text", "Reason", p.CancelReason)
	default:
		page.Title = i18n.T(ctx, "booth.closed.title")
		page.Text = i18n.T(ctx, "booth.closed.text", "When", i18n.DateTime(ctx, closedAt(p)))
		page.Action = &ui.Link{Label: i18n.T(ctx, "booth.closed.results"), Href: "/votes/" + p.ID.String() + "/resultats"}
	}
	return web.Page(c, views.WaitingPage(page))
}

// alreadyVoted is the booth of a poll in which one may not vote twice.
func (b *Booth) alreadyVoted(c *fiber.Ctx, at visit) error {
	ctx := web.Context(c)
	return web.Page(c, views.WaitingPage(views.Waiting{
		Frame: frameOf(ctx, at), Question: at.poll.Question, Href: at.subject.Href,
		Title: i18n.T(ctx, "booth.voted.title"), Text: i18n.T(ctx, "booth.voted.text"),
		Action: &ui.Link{Label: i18n.T(ctx, "booth.voted.results"), Href: fmt.Sprintf("/votes/%s/resultats", at.poll.ID)},
	}))
}
