package booth

import (
	"context"
	"errors"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/voting"
	"parvis/app/voting/slip"
	"parvis/app/web"
)

// Vote first, prove later: the ballot of somebody who must still prove
// something may be filled in, and waits. See voting.Box.File.

func waitHref(id voting.PollID) string { return boothHref(id) + "/attente" }

// changeParam asks for the ballot again, instead of what waits.
const changeParam = "modifier"

// showWaiting is the booth of somebody who may make a ballot wait: the ballot
// that waits, or one to fill in. It reports whether it has answered.
func (b *Booth) showWaiting(c *fiber.Ctx, at visit, who voting.Voter, list []access.Reason) (bool, error) {
	ctx, t, p := web.Context(c), web.Tenant(c), at.poll
	if !p.Electorate.Later {
		return false, nil
	}
	w, err := b.box.WaitingOf(ctx, t.ID, p.ID, who)
	if err != nil {
		return true, err
	}
	waits := w != nil && w.Ended == voting.StillWaiting
	change := c.Query(changeParam) != ""
	switch {
	case waits && !(change && p.MayWait(who, list)):
		return true, b.pending(c, at, w, list)
	case !p.MayWait(who, list):
		return false, nil
	}
	form := filled{poll: p}
	if waits {
		form.Form = slip.Of(w.Marks)
	}
	page := b.ballotPage(c, at, form, nil)
	page.Later = Reasons(ctx, list, boothHref(p.ID))
	return true, b.fillIn(c, at, form, page)
}

// pending shows a ballot that waits to its own voter.
func (b *Booth) pending(c *fiber.Ctx, at visit, w *voting.Waiting, list []access.Reason) error {
	ctx, p := web.Context(c), at.poll
	page := views.Pending{
		Frame: frameOf(ctx, at), Question: p.Question, Choices: choicesOf(ctx, p, w.Marks), Reasons: Reasons(ctx, list, boothHref(p.ID)),
		Change: boothHref(p.ID) + "?" + changeParam + "=1", Withdraw: waitHref(p.ID) + "/retirer", Rules: rulesOf(ctx, web.Tenant(c), p),
		Text: i18n.T(ctx, "booth.pending.soon"),
	}
	if len(list) > 0 {
		page.Text = waitsUntil(ctx, p)
	}
	web.NoStore(c)
	return web.Page(c, views.PendingPage(page))
}

// waitsUntil says what a ballot waits for, and until when it may.
func waitsUntil(ctx context.Context, p *voting.Poll) string {
	if p.Closes.IsZero() {
		return i18n.T(ctx, "booth.pending.text")
	}
	return i18n.T(ctx, "booth.pending.until", "When", i18n.DateTime(ctx, p.Closes), "Zone", i18n.ZoneName(ctx))
}

// wait keeps a ballot until its voter has proven what is missing. If that has
// come meanwhile, it is cast.
func (b *Booth) wait(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	form, who := read(c, at.poll), voter(c, at.poll)
	form.later = true
	number, sealed := b.open(at.poll, who, form.number)
	marks, wrong := form.marks()
	if wrong == nil && !sealed {
		wrong = errWrongNumber
	}
	if wrong == nil {
		wrong = b.box.File(web.Context(c), web.Tenant(c).ID, voting.Submission{
			Poll: at.poll.ID, Voter: who, Nonce: number, Marks: marks, Channel: channelOf(at.poll),
		}, web.Tenant(c).TimeZone)
	}
	switch {
	case errors.Is(wrong, voting.ErrMayVoteNow):
		return b.cast(c)
	case wrong != nil:
		return b.refused(c, at, form, wrong)
	}
	return web.SeeOther(c, boothHref(at.poll.ID))
}

// withdraw takes back a ballot that waits.
func (b *Booth) withdraw(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	v := web.Viewer(c)
	if !v.SignedIn {
		return web.ErrSignInRequired
	}
	err = b.box.Withdraw(web.Context(c), web.Tenant(c).ID, at.poll.ID, v.ID)
	if err != nil && !errors.Is(err, voting.ErrNoneWaiting) { // cast meanwhile, or withdrawn in another window: the booth says which
		return err
	}
	if err == nil {
		web.Flash(c, "booth.pending.withdrawn")
	}
	return web.SeeOther(c, boothHref(at.poll.ID))
}

// WaitingLetter is the mail that tells somebody of their ballot that waits.
// base is the site's address.
func WaitingLetter(ctx context.Context, base string, n voting.News) mail.Letter {
	p := n.Poll
	l := mail.Letter{Button: mail.Button{Label: i18n.T(ctx, "booth.letter.see"), Href: base + boothHref(p.ID)}}
	switch n.Ended {
	case voting.WasCast:
		l.Subject = i18n.T(ctx, "booth.letter.cast.subject", "Question", p.Question)
		l.Paragraphs = []string{i18n.T(ctx, "booth.letter.cast.text", "Question", p.Question)}
		l.Button = mail.Button{Label: i18n.T(ctx, "booth.letter.receipt"), Href: base + receiptHref(p.ID, n.Nonce)}
		return l
	case voting.VotedOnce:
		l.Subject = i18n.T(ctx, "booth.letter.voted.subject", "Question", p.Question)
		l.Paragraphs = []string{i18n.T(ctx, "booth.letter.voted.text", "Question", p.Question)}
		return l
	case voting.Expired:
		l.Subject = i18n.T(ctx, "booth.letter.expired.subject", "Question", p.Question)
		l.Paragraphs = []string{i18n.T(ctx, "booth.letter.expired.text", "Question", p.Question)}
	default:
		l.Subject = i18n.T(ctx, "booth.letter.waits.subject", "Question", p.Question)
		l.Paragraphs = []string{i18n.T(ctx, "booth.letter.waits.text", "Question", p.Question), waitsUntil(ctx, p)}
		l.Until = p.Closes
	}
	for _, r := range n.Reasons {
		l.Paragraphs = append(l.Paragraphs, missing(ctx, r))
	}
	return l
}

// missing says a reason with its remedy, for a mail.
//
// i18n: access.* voting.*
func missing(ctx context.Context, r access.Reason) string {
	text := i18n.Message(ctx, r.Key, r.Args)
	if r.RemedyKey != "" {
		text += " " + i18n.Message(ctx, r.RemedyKey, r.Args)
	}
	return text
}
