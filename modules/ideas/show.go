package ideas

import (
	"context"
	"net/url"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/ideas/views"
)

// page reads everything about an idea that v may see, in one snapshot.
func (s *service) page(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, from string) (p page, err error) {
	err = s.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if p.idea, err = s.store.find(ctx, tx, t.ID, id); err != nil {
			return err
		}
		if !p.idea.readableBy(v) {
			return ErrNotFound
		}
		if p.steps, err = s.store.steps(ctx, tx, t.ID, id); err != nil {
			return err
		}
		if err := s.relations(ctx, tx, t, v, &p); err != nil {
			return err
		}
		p.thread, err = s.Discussion.Thread(ctx, tx, t, v, subject(id), p.idea.topic(), p.idea.Comments, from)
		return err
	})
	return p, err
}

// relations reads who wrote it, who supports it, what it was merged with.
func (s *service) relations(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, p *page) error {
	names, err := s.Identity.Names(ctx, tx, t.ID, p.idea.Author)
	if err != nil {
		return err
	}
	p.author = names[p.idea.Author]
	if v.SignedIn {
		told, err := s.Discussion.Supported(ctx, tx, t.ID, name, v.ID, p.idea.ID)
		if err != nil {
			return err
		}
		p.told, p.supported = told[p.idea.ID]
		if p.idea.by(v) && p.idea.Seen != discussion.Visible {
			if p.caseHref, err = s.Discussion.CaseOf(ctx, tx, t.ID, subject(p.idea.ID)); err != nil {
				return err
			}
		}
	}
	if p.merged, err = s.store.mergedInto(ctx, tx, t.ID, p.idea.ID); err != nil || p.idea.MergedInto == uuid.Nil {
		return err
	}
	p.into, err = s.store.find(ctx, tx, t.ID, p.idea.MergedInto)
	return err
}

// showView is the page of an idea as it is shown.
func showView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, p page) views.Show {
	i := p.idea
	state := shownState(ctx, i)
	s := views.Show{
		Title: i.Title, Description: markdown.Text(i.Body, 160), Hidden: i.Seen != discussion.Visible,
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "ideas.one"), Title: i.Title, State: &state, Meta: headMeta(ctx, p)},
		Body:   markdown.HTML(i.Body, 3), Alt: i.PhotoAlt, Facts: facts(ctx, t, i), Map: mapOf(ctx, []*Idea{i}), Thread: p.thread,
		Supports: i.Supports, Case: p.caseHref, Timeline: timeline(ctx, p),
	}
	if s.Alt == "" {
		s.Alt = i18n.T(ctx, "ideas.photo.alt", "Title", i.Title)
	}
	if i.Photo.SHA256 != "" {
		s.Photo = href(i.ID) + "/photo"
	}
	if i.Answer != "" {
		s.Answer = markdown.HTML(i.Answer, 3)
		s.AnswerWhen = i18n.T(ctx, "ideas.answer.when", "Date", i18n.Date(ctx, i.AnsweredAt))
	}
	if p.into != nil && p.into.Seen == discussion.Visible {
		s.Into = &ui.Link{Label: p.into.Title, Href: href(p.into.ID)}
	}
	for _, m := range p.merged {
		s.Merged = append(s.Merged, ui.Link{Label: m.Title, Href: href(m.ID)})
	}
	supportView(ctx, v, p, &s)
	authorView(ctx, v, p, &s)
	if inBackOffice(v, i.Zone) {
		s.Staff = &ui.Link{Label: i18n.T(ctx, "ideas.office.lead"), Href: officeHref(i.ID)}
	}
	if !i.by(v) && i.Seen == discussion.Visible {
		s.Flag = "/discussion/idees/" + i.ID.String() + "/signaler"
	}
	return s
}

// supportView says what v may do about supporting it.
func supportView(ctx context.Context, v citizen.Viewer, p page, s *views.Show) {
	switch {
	case p.supported:
		s.Supported, s.Told, s.Follow = true, p.told, href(p.idea.ID)+"/suivre"
		if p.idea.open() {
			s.Unsupport = href(p.idea.ID) + "/soutenir/annuler"
		}
	case p.idea.Seen != discussion.Visible: // its author reads why above
	case !p.idea.open():
		s.NoSupport = i18n.T(ctx, "ideas.support.over")
	case !v.SignedIn:
		s.SignIn = web.SignInPath + "?retour=" + url.QueryEscape(href(p.idea.ID))
	default:
		s.Support = href(p.idea.ID) + "/soutenir"
	}
}

// authorView says what its author may do with it.
func authorView(_ context.Context, v citizen.Viewer, p page, s *views.Show) {
	i := p.idea
	if !i.by(v) {
		return
	}
	if i.editableBy(v) == nil {
		s.Edit = href(i.ID) + "/modifier"
	}
	if i.withdrawableBy(v) == nil {
		s.Withdraw = href(i.ID) + "/retirer"
	}
	if s.Project = i.ProjectHref; s.Project == "" && p.budgetOpen && i.State != Merged && i.State != Done {
		s.Offer = href(i.ID) + "/budget"
	}
}

func headMeta(ctx context.Context, p page) []ui.Meta {
	author := p.author
	if author == "" {
		author = i18n.T(ctx, "ideas.nobody")
	}
	return []ui.Meta{
		{Icon: "user", Text: author},
		{Icon: "calendar", Text: i18n.T(ctx, "ideas.published.on", "Date", i18n.Date(ctx, p.idea.PublishedAt))},
	}
}

func facts(ctx context.Context, t *tenant.Tenant, i *Idea) []ui.Fact {
	list := []ui.Fact{{Term: i18n.T(ctx, "ideas.form.theme"), Text: themeName(ctx, i.Theme)}}
	if zone := t.ZoneName(i.Zone); zone != "" {
		list = append(list, ui.Fact{Term: i18n.T(ctx, "ideas.form.zone"), Text: zone})
	}
	if i.Place != "" {
		list = append(list, ui.Fact{Term: i18n.T(ctx, "ideas.form.place"), Text: i.Place})
	}
	return list
}

// timeline tells what became of it: its deposit and each state it reached.
func timeline(ctx context.Context, p page) []ui.Moment {
	moments := make([]ui.Moment, len(p.steps))
	for n, s := range p.steps {
		moments[n] = ui.Moment{Title: stateOf(ctx, s.State).Word, When: i18n.Date(ctx, s.At), Done: true, Current: n == len(p.steps)-1}
	}
	return moments
}
