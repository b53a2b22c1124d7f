package booth

import (
	"context"
	"errors"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/booth/views"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// show is the booth itself: the ballot to fill in, or why there is none.
func (b *Booth) show(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	if at.poll.State != voting.Open {
		return b.notOpen(c, at)
	}
	who := voter(c, at.poll)
	verdict := at.poll.Eligible(who, web.Tenant(c).TimeZone)
	form := filled{poll: at.poll}
	var cast bool
	if verdict.Allowed {
		var marks []voting.Mark
		if marks, cast, err = b.box.BallotOf(web.Context(c), web.Tenant(c).ID, at.poll.ID, who); err != nil {
			return err
		}
		if cast {
			form = fillOf(at.poll, marks)
		}
	}
	if cast && !at.poll.AllowChange {
		return b.alreadyVoted(c, at)
	}
	page := b.ballotPage(c, at, form, nil)
	page.Voted = cast
	page.Reasons = reasons(web.Context(c), verdict.Reasons, c.Path())
	return web.Page(c, views.BallotPage(page))
}

// edit shows the ballot again with what was chosen, from the review.
func (b *Booth) edit(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	if at.poll.State != voting.Open {
		return b.notOpen(c, at)
	}
	return web.Page(c, views.BallotPage(b.ballotPage(c, at, read(c, at.poll), nil)))
}

func (b *Booth) backToBooth(c *fiber.Ctx) error {
	return web.SeeOther(c, "/votes/"+c.Params("poll"))
}

// review repeats the choice before it counts. Nothing is written: what was
// chosen travels in the form.
func (b *Booth) review(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	if at.poll.State != voting.Open {
		return b.notOpen(c, at)
	}
	form := read(c, at.poll)
	if page, refused, err := b.check(c, at, form); refused || err != nil {
		return errors.Join(err, page)
	}
	form.nonce = voting.NewNonce().String()
	web.NoStore(c)
	return web.Page(c, views.ReviewPage(b.reviewPage(c, at, form)))
}

// check answers with the ballot and what is wrong with it, or why the voter
// may not take part; refused is false when all is well.
func (b *Booth) check(c *fiber.Ctx, at visit, form filled) (answer error, refused bool, err error) {
	verdict := at.poll.Eligible(voter(c, at.poll), web.Tenant(c).TimeZone)
	if !verdict.Allowed {
		page := b.ballotPage(c, at, form, nil)
		page.Reasons = reasons(web.Context(c), verdict.Reasons, "/votes/"+at.poll.ID.String())
		return web.Page(c.Status(fiber.StatusForbidden), views.BallotPage(page)), true, nil
	}
	if _, wrong := form.marks(); wrong != nil {
		errs, ok := web.Errors(c, wrong)
		if !ok {
			return nil, false, wrong
		}
		return web.Page(c.Status(fiber.StatusUnprocessableEntity), views.BallotPage(b.ballotPage(c, at, form, errs))), true, nil
	}
	return nil, false, nil
}

// cast puts the ballot in the box and leads to its receipt.
func (b *Booth) cast(c *fiber.Ctx) error {
	at, err := b.quickVisit(c)
	if err != nil {
		return err
	}
	form := read(c, at.poll)
	marks, wrong := form.marks()
	if wrong != nil {
		answer, _, err := b.check(c, at, form)
		return errors.Join(err, answer)
	}
	nonce, err := voting.ParseNonce(form.nonce)
	if err != nil {
		return err
	}
	channel := voting.Web
	if at.poll.Room.Open {
		channel = voting.Meeting
	}
	_, err = b.box.Cast(web.Context(c), web.Tenant(c).ID, voting.Submission{
		Poll: at.poll.ID, Voter: voter(c, at.poll), Nonce: nonce, Marks: marks, Channel: channel,
	})
	if err != nil {
		return b.refused(c, form, err)
	}
	return web.SeeOther(c, "/votes/"+at.poll.ID.String()+"/recepisse/"+nonce.String())
}

// refused explains why a ballot was not taken, in the booth where that helps.
func (b *Booth) refused(c *fiber.Ctx, form filled, cause error) error {
	at, err := b.visit(c)
	if err != nil {
		return errors.Join(cause, err)
	}
	if e, ok := errors.AsType[*voting.NotEligible](cause); ok {
		page := b.ballotPage(c, at, form, nil)
		page.Reasons = reasons(web.Context(c), e.Reasons, "/votes/"+at.poll.ID.String())
		return web.Page(c.Status(fiber.StatusForbidden), views.BallotPage(page))
	}
	switch {
	case at.poll.State != voting.Open:
		return b.notOpen(c.Status(fiber.StatusGone), at)
	case errors.Is(cause, voting.ErrAlreadyVoted), errors.Is(cause, voting.ErrOtherChannel):
		return b.alreadyVoted(c.Status(fiber.StatusConflict), at)
	case fault.KindOf(cause) == fault.Invalid, errors.Is(cause, voting.ErrNonceReused):
		errs, _ := web.Errors(c, cause)
		return web.Page(c, views.BallotPage(b.ballotPage(c, at, form, errs)))
	}
	return cause
}

// ballotPage is the ballot as the page shows it.
func (b *Booth) ballotPage(c *fiber.Ctx, at visit, form filled, errs ui.Errors) views.Ballot {
	ctx, p := web.Context(c), at.poll
	page := views.Ballot{
		Frame: frameOf(ctx, at), Errors: errs, Action: "/votes/" + p.ID.String() + "/verification",
		Question: p.Question, Description: p.Description, Most: form.most(), Rules: rulesOf(ctx, web.Tenant(c), p),
		Room: p.Room.Open,
	}
	switch p.Method {
	case voting.YesNoAbstain:
		page.Kind = views.Answers
		for _, o := range p.Options {
			page.Rows = append(page.Rows, views.AnswerRow{
				Name: answerField + o.ID, Label: o.Label, Hint: o.Description,
				Value: form.answers[o.ID], Error: errs.For(answerField + o.ID),
			})
		}
	default:
		page.Kind = views.OneChoice
		if p.Method == voting.Approval {
			page.Kind = views.SeveralChoices
		}
		for _, o := range p.Options {
			page.Options = append(page.Options, ui.ChoiceProps{Value: o.ID, Label: o.Label, Hint: o.Description})
		}
		page.Options = append(page.Options, ui.ChoiceProps{Value: blankChoice, Label: i18n.T(ctx, "booth.ballot.blank"), Hint: i18n.T(ctx, "booth.ballot.blank.hint")})
		page.Chosen, page.Name, page.Error = form.choices, choiceField, errs.For(choiceField)
	}
	return page
}

func (b *Booth) reviewPage(c *fiber.Ctx, at visit, form filled) views.Review {
	ctx, p := web.Context(c), at.poll
	base := "/votes/" + p.ID.String()
	page := views.Review{
		Frame: frameOf(ctx, at), Question: p.Question, Confirm: base + "/bulletin", Edit: base, AllowChange: p.AllowChange,
		Hidden: []views.Hidden{{Name: nonceField, Value: form.nonce}},
	}
	if p.Method == voting.YesNoAbstain {
		for _, o := range p.Options {
			page.Hidden = append(page.Hidden, views.Hidden{Name: answerField + o.ID, Value: form.answers[o.ID]})
		}
	}
	for _, choice := range form.choices {
		page.Hidden = append(page.Hidden, views.Hidden{Name: choiceField, Value: choice})
	}
	marks, _ := form.marks() // checked before
	page.Choices = choicesOf(ctx, p, marks)
	return page
}

// choicesOf says a ballot in words.
func choicesOf(ctx context.Context, p *voting.Poll, marks []voting.Mark) []views.Choice {
	if len(marks) == 0 {
		return []views.Choice{{Label: i18n.T(ctx, "booth.ballot.blank")}}
	}
	var list []views.Choice
	for _, o := range p.Options {
		i := slices.IndexFunc(marks, func(m voting.Mark) bool { return m.Option == o.ID })
		if i < 0 {
			continue
		}
		choice := views.Choice{Label: o.Label}
		if p.Method == voting.YesNoAbstain {
			choice.Answer = answerWord(ctx, marks[i].Value)
		}
		list = append(list, choice)
	}
	return list
}

func answerWord(ctx context.Context, value int) string {
	switch value {
	case voting.Yes:
		return i18n.T(ctx, "booth.answer.yes")
	case voting.No:
		return i18n.T(ctx, "booth.answer.no")
	}
	return i18n.T(ctx, "booth.answer.abstain")
}

// reasons says why somebody may not vote, each with the way to put it right;
// signing in comes back to the booth.
func reasons(ctx context.Context, list []access.Reason, back string) []ui.Reason {
	var out []ui.Reason
	for _, r := range list {
		reason := ui.Reason{Text: i18n.Message(ctx, r.Key, r.Args)}
		if r.RemedyHref != "" {
			reason.Remedy = &ui.Link{Label: i18n.Message(ctx, r.RemedyKey, r.Args), Href: r.RemedyHref + "?retour=" + url.QueryEscape(back)}
		}
		out = append(out, reason)
	}
	return out
}
