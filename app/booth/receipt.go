package booth

import (
	"encoding/hex"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth/views"
	"parvis/app/i18n"
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
	number, err := voting.ParseNonce(c.Params("number"))
	if err != nil {
		return voting.ErrNotFound.Wrap(err)
	}
	ctx, t, p := web.Context(c), web.Tenant(c), at.poll
	who := returning(c, p)
	r, err := b.box.Receipt(ctx, t.ID, p.ID, number, who)
	if err != nil {
		return err
	}
	page := views.Receipt{
		Frame: frameOf(ctx, at), Question: p.Question, Own: r.Own, Replaced: r.Replaced, Room: p.Room.Open,
		Index: i18n.Number(ctx, r.Index), Number: grouped(number.String()), Commitment: grouped(hex.EncodeToString(r.Commitment[:])),
		Address: web.Origin(c) + receiptHref(p.ID, number), Results: resultsHref(p.ID),
		File: receiptHref(p.ID, number) + "/fichier", Verify: "/verifier", Hidden: p.State == voting.Open && p.Visibility == voting.Hidden,
	}
	if !r.CastAt.IsZero() {
		page.CastAt = i18n.DateTime(ctx, r.CastAt)
	}
	if r.Own && p.State == voting.Open && p.AllowChange {
		page.Change = boothHref(p.ID)
	}
	if page.Choices, err = b.ownChoices(c, p, who, r); err != nil {
		return err
	}
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
	var groups []string
	for i := 0; i < len(digits); i += 4 {
		groups = append(groups, digits[i:min(i+4, len(digits))])
	}
	return strings.Join(groups, " ")
}
