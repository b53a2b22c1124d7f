package booth

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/booth/views"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/slip"
	"parvis/app/web"
)

// A vote on a budget is cast as a basket: projects are put in and taken out,
// what is left of each envelope stays in sight, and going over is allowed until
// the review. Where the rules do not bound a ballot by the envelope, nothing is
// over.

var (
	errWithdrawn    = fault.New(fault.Invalid, "booth.basket.withdrawn")
	errOverEnvelope = fault.New(fault.Invalid, "booth.basket.over")
	errOverZone     = fault.New(fault.Invalid, "booth.basket.over_zone")
)

// Illustrated is a module that has a page of each of the options of its polls.
type Illustrated interface {
	// Pages returns the addresses of the options of a subject that have a page.
	Pages(ctx context.Context, t *tenant.Tenant, s voting.Subject) (map[voting.OptionID]string, error)
}

// checkBasket says what stands between a basket and the box, in words that
// tell what to take out.
func checkBasket(p *voting.Poll, marks []voting.Mark) error {
	for _, m := range marks {
		if o, _ := p.Option(m.Option); o.Withdrawn {
			return errWithdrawn.With(fault.Args{"Name": o.Label}).On(slip.ChoiceField)
		}
	}
	if !p.Rule.WithinEnvelope {
		return nil
	}
	var wrong []fault.Field
	for _, purse := range p.Purses(marks) {
		if !purse.Over() {
			continue
		}
		field := fault.Field{Name: slip.ChoiceField, Key: errOverEnvelope.Key, Args: fault.Args{
			"Over": money.Cents(-purse.Left()), "Names": takeOut(p, marks, purse), "Zone": purse.Zone,
		}}
		if purse.Zone != "" {
			field.Key = errOverZone.Key
		}
		wrong = append(wrong, field)
	}
	if len(wrong) > 0 {
		return fault.OnFields(wrong...)
	}
	return nil
}

// takeOut names what to take out of an envelope that is over: the cheapest
// project that is enough by itself, or the dearest ones until it is enough.
func takeOut(p *voting.Poll, marks []voting.Mark, purse counting.Purse) string {
	var chosen []voting.Option
	for _, m := range marks {
		if o, ok := p.Option(m.Option); ok && o.Zone == purse.Zone {
			chosen = append(chosen, o)
		}
	}
	slices.SortStableFunc(chosen, func(a, b voting.Option) int { return cmp.Compare(a.Cost, b.Cost) })
	over := -purse.Left()
	for _, o := range chosen {
		if o.Cost >= over {
			return "«\u00a0" + o.Label + "\u00a0»"
		}
	}
	var names string
	for i := len(chosen) - 1; i >= 0 && over > 0; i-- {
		if names != "" {
			names += ", "
		}
		names += "«\u00a0" + chosen[i].Label + "\u00a0»"
		over -= chosen[i].Cost
	}
	return names
}

// fillIn shows a ballot to fill in, as its method wants it.
func (b *Booth) fillIn(c *fiber.Ctx, at visit, form filled, page views.Ballot) error {
	if !at.poll.Method.Budget() {
		return web.Page(c, views.BallotPage(page))
	}
	basket, err := b.basketPage(c, at, form, page)
	if err != nil {
		return err
	}
	return web.Page(c, views.BasketPage(basket))
}

func (b *Booth) basketPage(c *fiber.Ctx, at visit, form filled, page views.Ballot) (views.Basket, error) {
	ctx, p := web.Context(c), at.poll
	pages, err := b.pagesOf(ctx, web.Tenant(c), p)
	if err != nil {
		return views.Basket{}, err
	}
	basket := views.Basket{
		Ballot: page, Recount: boothHref(p.ID), Bounded: p.Rule.WithinEnvelope,
		Count: i18n.T(ctx, "booth.basket.count", "Chosen", len(form.standing())), CountTemplate: i18n.T(ctx, "booth.basket.count", "Chosen", "[n]"),
		Blank: page.Options[len(page.Options)-1],
	}
	basket.Blank.Checked = slices.Contains(form.Choices, slip.Blank)
	marks := form.standing()
	for _, purse := range p.Purses(marks) {
		zone := views.Zone{Name: purse.Zone, Key: purse.Zone, Purse: purseOf(ctx, purse), LeftTemplate: i18n.T(ctx, "booth.basket.left", "Left", "[x]"),
			OverTemplate: i18n.T(ctx, "booth.basket.over_by", "Over", "[x]")}
		if purse.Zone == "" {
			zone.Name = i18n.T(ctx, "booth.basket.town")
		}
		for _, o := range b.shuffled(c, p) {
			if o.Zone == purse.Zone && !o.Withdrawn {
				zone.Projects = append(zone.Projects, views.Project{ID: o.ID, Label: o.Label, Text: o.Description, Cost: i18n.Euros(ctx, money.Cents(o.Cost)), Cents: o.Cost,
					Href: pages[o.ID], Chosen: slices.Contains(form.Choices, o.ID)})
			}
		}
		basket.Zones = append(basket.Zones, zone)
	}
	for _, o := range p.Options {
		if o.Withdrawn {
			basket.Withdrawn = append(basket.Withdrawn, o.Label)
		}
	}
	if most := p.MaxChoices; most > 0 {
		basket.Most = most
		basket.MostText = i18n.T(ctx, "booth.basket.most", "Count", most)
	}
	return basket, nil
}

// standing is what of the form is a choice of a project that may be chosen.
func (f filled) standing() []voting.Mark {
	var marks []voting.Mark
	for _, id := range f.Choices {
		if o, ok := f.poll.Option(id); ok && !o.Withdrawn {
			marks = append(marks, voting.Mark{Option: id, Value: voting.Chosen})
		}
	}
	return marks
}

// pagesOf asks the module for the pages of the options, if it has any.
func (b *Booth) pagesOf(ctx context.Context, t *tenant.Tenant, p *voting.Poll) (map[voting.OptionID]string, error) {
	subjects, _ := b.subjects(p.Subject.Module)
	if illustrated, ok := subjects.(Illustrated); ok {
		return illustrated.Pages(ctx, t, p.Subject)
	}
	return nil, nil
}

// purseOf says how an envelope stands with a basket.
func purseOf(ctx context.Context, purse counting.Purse) views.Purse {
	out := views.Purse{Cents: purse.Cents, Spent: purse.Spent, Over: purse.Over(), Total: i18n.Euros(ctx, money.Cents(purse.Cents))}
	out.Text = i18n.T(ctx, "booth.basket.left", "Left", money.Cents(purse.Left()))
	if purse.Over() {
		out.Text = i18n.T(ctx, "booth.basket.over_by", "Over", money.Cents(-purse.Left()))
	}
	return out
}

// orderCookie remembers in which order somebody without an account was shown
// the projects: the same at each page, another for each visitor, so that no
// project is first for everybody.
const orderCookie = "ordre"

// shuffled is the options in the order of whoever looks.
func (b *Booth) shuffled(c *fiber.Ctx, p *voting.Poll) []voting.Option {
	who := returning(c, p)
	seed := who.ID.String()
	if who.ID == uuid.Nil {
		seed = b.visitorSeed(c)
	}
	rank := make(map[voting.OptionID]string, len(p.Options))
	for _, o := range p.Options {
		mac := hmac.New(sha256.New, b.secret)
		mac.Write([]byte("order of projects\n" + p.ID.String() + "\n" + seed + "\n" + o.ID))
		rank[o.ID] = string(mac.Sum(nil))
	}
	options := slices.Clone(p.Options)
	slices.SortFunc(options, func(x, y voting.Option) int { return cmp.Compare(rank[x.ID], rank[y.ID]) })
	return options
}

func (b *Booth) visitorSeed(c *fiber.Ctx) string {
	if seed, ours := web.Signed(c, orderCookie); ours {
		return seed
	}
	var raw [8]byte
	_, _ = rand.Read(raw[:]) // never fails
	seed := hex.EncodeToString(raw[:])
	web.SetSigned(c, orderCookie, seed, 30*24*time.Hour)
	return seed
}

// labels is what is proposed, in the order it is shown; with what it costs in
// a vote on a budget.
func (b *Booth) labels(c *fiber.Ctx, p *voting.Poll) []string {
	options := p.Options
	if p.Method.Budget() {
		options = b.shuffled(c, p)
	}
	var labels []string
	for _, o := range options {
		switch {
		case o.Withdrawn:
		case p.Method.Budget():
			labels = append(labels, i18n.T(web.Context(c), "booth.basket.project", "Name", o.Label, "Cost", money.Cents(o.Cost)))
		default:
			labels = append(labels, o.Label)
		}
	}
	return labels
}

// basketReview adds what is left of each envelope to the review.
func basketReview(ctx context.Context, p *voting.Poll, marks []voting.Mark, page views.Review) views.BasketReview {
	review := views.BasketReview{Review: page}
	for _, purse := range p.Purses(marks) {
		if !p.Rule.WithinEnvelope || len(marks) == 0 || purse.Spent == 0 && len(p.Rule.Envelopes) > 1 {
			continue
		}
		name := purse.Zone
		if name == "" {
			name = i18n.T(ctx, "booth.basket.town")
		}
		review.Purses = append(review.Purses, ui.Fact{Term: name, Text: i18n.T(ctx, "booth.basket.left_of",
			"Left", money.Cents(purse.Left()), "Amount", money.Cents(purse.Cents))})
	}
	return review
}
