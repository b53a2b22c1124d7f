package discussion

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/discussion/views"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// Thread is what was said below a thing, for its page. count is how many
// comments can be seen, from is the page's parameter "suite".
func (s *Service) Thread(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, of Subject, topic Topic, count int, from string) (templ.Component, error) {
	th, err := readThread(ctx, tx, t.ID, of, from)
	if err != nil {
		return nil, err
	}
	refusal := mayPost(v, topic)
	r := reading{thread: true, of: of, open: refusal == nil, mine: func(c *Comment) bool { return c.by(v) }}
	all := th.Comments
	for _, c := range th.Comments {
		all = append(all[:len(all):len(all)], th.Answers[c.ID]...)
	}
	names, err := s.identity.Names(ctx, tx, t.ID, authors(all)...)
	if err != nil {
		return nil, err
	}
	title := i18n.T(ctx, "discussion.title.none")
	if count > 0 {
		title = i18n.T(ctx, "discussion.title", "Count", count)
	}
	page := views.Thread{
		Title: title,
		Rules: ui.Link{Label: i18n.T(ctx, "discussion.rules"), Href: "/discussion/moderation"},
	}
	for i := range th.Comments {
		c := s.comment(ctx, r, &th.Comments[i], names, th.Now)
		for j := range th.Answers[th.Comments[i].ID] {
			c.Answers = append(c.Answers, s.comment(ctx, r, &th.Answers[th.Comments[i].ID][j], names, th.Now))
		}
		if c.Gone == "" || len(c.Answers) > 0 || c.Case != "" {
			page.Comments = append(page.Comments, c)
		}
	}
	if th.Next != "" {
		page.Older = topic.Href + "?suite=" + th.Next + "#commentaires"
	}
	if _, _, later := parsePlace(from); later {
		page.Newer = topic.Href + "#commentaires"
	}
	switch {
	case refusal == nil:
		page.Form = &views.CommentForm{Action: s.address(of, "commenter"), MayOfficial: mayAnswerFor(v, of.Module, topic.Zone)}
	case !v.SignedIn && topic.Closed == "":
		page.Why = i18n.T(ctx, "discussion.sign_in")
		page.SignIn = &ui.Link{Label: i18n.T(ctx, "discussion.sign_in.action"), Href: web.SignInPath + "?retour=" + url.QueryEscape(topic.Href)}
	case topic.Closed != "":
		page.Why = i18n.Message(ctx, topic.Closed, nil)
	}
	return views.Comments(page), nil
}

func authors(list []Comment) []citizen.ID {
	ids := make([]citizen.ID, 0, len(list))
	for _, c := range list {
		if c.AuthorID.Valid {
			ids = append(ids, citizen.ID(c.AuthorID.UUID))
		}
	}
	return ids
}

// comment is a comment as r may see it.
func (s *Service) comment(ctx context.Context, r reading, c *Comment, names map[citizen.ID]string, at time.Time) views.Comment {
	shown := views.Comment{
		ID: c.ID.String(), Author: nameOf(ctx, names, c.AuthorID), When: i18n.Relative(ctx, at, c.CreatedAt), ISO: i18n.ISO(c.CreatedAt), Official: c.Official,
	}
	mine := r.mine != nil && r.mine(c)
	switch c.State {
	case Visible:
		shown.HTML = markdown.HTML(c.Body, 4)
	case Withdrawn:
		shown.Gone = i18n.T(ctx, "discussion.gone.withdrawn")
	case Pending:
		shown.Gone = i18n.T(ctx, "discussion.gone.pending")
	default:
		shown.Gone = i18n.T(ctx, "discussion.gone.hidden")
	}
	if mine && (c.State == Pending || c.State == Hidden) {
		shown.Case = "/discussion/moderation/" + c.ID.String()
	}
	if !r.thread || c.State != Visible {
		return shown
	}
	if r.open && !c.ParentID.Valid {
		shown.Reply = s.address(r.of, "commenter") + "?a=" + c.ID.String()
	}
	if mine {
		shown.Withdraw = "/discussion/commentaires/" + c.ID.String() + "/retirer"
	} else {
		shown.Flag = s.address(r.of, "signaler") + "?commentaire=" + c.ID.String()
	}
	return shown
}

// nameOf is what an author chose to be called, or that the account is no more.
func nameOf(ctx context.Context, names map[citizen.ID]string, id uuid.NullUUID) string {
	if name := names[citizen.ID(id.UUID)]; id.Valid && name != "" {
		return name
	}
	return i18n.T(ctx, "discussion.nobody")
}
