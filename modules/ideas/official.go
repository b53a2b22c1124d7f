package ideas

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// answer sets what the town hall makes of an idea, with its words; the author
// and the supporters are told.
func (s *service) answer(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, r Reply) error {
	r.Text = writing.Tidy(r.Text)
	var wrong fault.Complaints
	r.check(&wrong)
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.locked(ctx, t.ID, target, func(ctx context.Context, tx bun.Tx, i *Idea) error {
		if err := s.mayLead(v, actAnswer, i); err != nil {
			return err
		}
		if i.State == Merged {
			return ErrMerged
		}
		same := i.State == r.State && i.Answer == r.Text
		if same {
			return nil
		}
		if err := s.store.answer(ctx, tx, t.ID, i.ID, r, v.ID, i.Now); err != nil {
			return err
		}
		if err := record(ctx, tx, t.ID, v, actAnswer, i.ID); err != nil {
			return err
		}
		return s.tell(ctx, tx, t, i, func(ctx context.Context) mail.Letter { return answerLetter(ctx, i, r) })
	})
}

// mayLead refuses whoever does not work on an idea, and drafts, which nobody
// but their author knows of.
func (s *service) mayLead(v citizen.Viewer, act access.Action, i *Idea) error {
	if i.Seen == draft || i.Seen == discussion.Withdrawn {
		return ErrNotFound
	}
	return may(v, act, i.Zone)
}

func record(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, act access.Action, id uuid.UUID) error {
	return audit.Record(ctx, tx, audit.Entry{Tenant: t, Actor: v.ID, Action: string(act), Subject: "idea/" + id.String()})
}

// merge unites an idea with another one that says the same: its supports go to
// the other, once each, and its page leads there.
func (s *service) merge(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id, into uuid.UUID) error {
	if id == into {
		return ErrMergeSelf.On("into")
	}
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		from, to, err := s.lockBoth(ctx, tx, t.ID, id, into)
		if err != nil {
			return err
		}
		if err := s.mayMerge(v, from, to); err != nil {
			return err
		}
		followers, err := s.Discussion.Followers(ctx, tx, t.ID, subject(id))
		if err != nil {
			return err
		}
		won, err := s.Discussion.Unite(ctx, tx, t.ID, subject(id), subject(into))
		if err != nil {
			return err
		}
		if err := s.store.merge(ctx, tx, t.ID, id, into, won, from.Now); err != nil {
			return err
		}
		if err := record(ctx, tx, t.ID, v, actMerge, id); err != nil {
			return err
		}
		return s.tellThese(ctx, tx, t, from, followers, into, func(ctx context.Context) mail.Letter {
			return mail.Letter{
				Subject:    i18n.T(ctx, "ideas.letter.merged.subject", "Title", from.Title),
				Paragraphs: []string{i18n.T(ctx, "ideas.letter.merged.text", "Title", from.Title, "Into", to.Title)},
			}
		})
	})
}

func (s *service) mayMerge(v citizen.Viewer, from, to *Idea) error {
	for _, i := range []*Idea{from, to} {
		if err := s.mayLead(v, actMerge, i); err != nil {
			return err
		}
	}
	switch {
	case from.State == Merged:
		return ErrMerged
	case !to.open():
		return ErrMergeInto.On("into")
	}
	return nil
}

// lockBoth locks two ideas, always in the same order: two merges at once wait
// for each other instead of blocking each other.
func (s *service) lockBoth(ctx context.Context, tx bun.IDB, t tenant.ID, a, b uuid.UUID) (first, second *Idea, err error) {
	ids := []uuid.UUID{a, b}
	slices.SortFunc(ids, func(x, y uuid.UUID) int { return bytes.Compare(x[:], y[:]) })
	found := map[uuid.UUID]*Idea{}
	for _, id := range ids {
		if found[id], err = s.store.lock(ctx, tx, t, id); err != nil {
			return nil, nil, err
		}
	}
	return found[a], found[b], nil
}

// tell writes to the author and the supporters of an idea who want to know.
func (s *service) tell(ctx context.Context, tx bun.Tx, t *tenant.Tenant, i *Idea, write func(context.Context) mail.Letter) error {
	followers, err := s.Discussion.Followers(ctx, tx, t.ID, subject(i.ID))
	if err != nil {
		return err
	}
	return s.tellThese(ctx, tx, t, i, followers, i.ID, write)
}

func (s *service) tellThese(ctx context.Context, tx bun.Tx, t *tenant.Tenant, i *Idea, followers []citizen.ID, about uuid.UUID, write func(context.Context) mail.Letter) error {
	if !i.Author.IsZero() && !slices.Contains(followers, i.Author) {
		followers = append(followers, i.Author)
	}
	return s.Identity.Tell(ctx, tx, t, followers, func(ctx context.Context) mail.Letter {
		l := write(ctx)
		l.Button = mail.Button{Label: i18n.T(ctx, "ideas.letter.button"), Href: s.URL(t, href(about))}
		l.After = []string{i18n.T(ctx, "ideas.letter.stop")}
		return l
	})
}

func answerLetter(ctx context.Context, i *Idea, r Reply) mail.Letter {
	l := mail.Letter{
		Subject:    i18n.T(ctx, "ideas.letter.answer.subject", "Title", i.Title),
		Paragraphs: []string{i18n.T(ctx, "ideas.letter.answer.text", "Title", i.Title, "State", stateOf(ctx, r.State).Word)},
	}
	if r.Text != "" {
		l.Paragraphs = append(l.Paragraphs, i18n.T(ctx, "ideas.letter.answer.words", "Answer", markdown.Text(r.Text, 1_500)))
	}
	return l
}
