package budgets

import (
	"context"
	"errors"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
	"parvis/app/writing"
)

// service holds the use cases, one verb each, and their transactions.
type service struct {
	Deps
	store    store
	recounts recounts
}

// Target is an edition as somebody saw it: acting on another version of it is
// refused, so that nobody overwrites what they have not read.
type Target struct {
	ID      uuid.UUID
	Version int64 // 0: whatever it has become
}

// create writes a new draft and returns its ID.
func (s *service) create(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, text Text) (uuid.UUID, error) {
	e := &Edition{ID: uuid.New(), Version: 1, Text: text.trimmed(), Terms: Terms{Method: counting.Greedy}}
	err := s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		now, err := s.store.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := may(v, actWrite, e, uuid.Nil); err != nil {
			return err
		}
		var wrong fault.Complaints
		e.Text.check(&wrong, now)
		if err := wrong.Err(); err != nil {
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, v.ID, e); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, "budgets.create", e.ID, nil)
	})
	return e.ID, err
}

// act runs fn on a locked edition when v may do action to it as it stands,
// then saves it and writes the act in the journal, in one transaction.
func (s *service) act(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, action access.Action,
	fn func(ctx context.Context, tx bun.Tx, e *Edition) error,
) error {
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.locked(ctx, tx, t.ID, v, target, action)
		if err != nil {
			return err
		}
		if err := fn(ctx, tx, e); err != nil {
			return err
		}
		if err := s.store.save(ctx, tx, t.ID, e); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, action, e.ID, nil)
	})
}

// locked returns the edition that v is to act on, locked.
func (s *service) locked(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, target Target, action access.Action) (*Edition, error) {
	e, err := s.store.lock(ctx, tx, t, target.ID)
	if err != nil {
		return nil, err
	}
	if target.Version != 0 && target.Version != e.Version {
		return nil, ErrStale
	}
	err = may(v, action, e, uuid.Nil)
	if errors.Is(err, ErrTermsFixed) {
		err = termsFixed(ctx, e)
	}
	return e, err
}

// record writes a use of power in the journal.
func record(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, action access.Action, id uuid.UUID, details map[string]any) error {
	return audit.Record(ctx, tx, audit.Entry{
		Tenant: t, Actor: v.ID, Action: string(action), Subject: "budget/" + id.String(), Details: details,
	})
}

// edit replaces the texts. Once people can read them, the change is public,
// with its reason.
func (s *service) edit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, text Text, reason string) error {
	text, reason = text.trimmed(), writing.Tidy(reason)
	return s.act(ctx, t, v, target, actWrite, func(ctx context.Context, tx bun.Tx, e *Edition) error {
		var wrong fault.Complaints
		text.check(&wrong, e.Now)
		if e.Published {
			wrong.When(text.Summary == "", "summary", "budgets.lack.summary")
			wrong.When(text.Body == "", "body", "budgets.lack.body")
			wrong.When(text.Rules == "", "rules", "budgets.lack.rules")
			wrong.When(text.Adopted.On.IsZero(), "on", "budgets.lack.adopted")
			wrong.When(text.Adopted.Number == "", "number", "budgets.lack.adopted")
		}
		changed := e.Published && !e.Text.same(text)
		s.reason(&wrong, changed, reason)
		if err := wrong.Err(); err != nil {
			return err
		}
		e.Text = text
		if !changed {
			return nil
		}
		return s.store.insertChange(ctx, tx, t.ID, e.ID, Change{Kind: WasEdited, Reason: reason})
	})
}

// reason complains when a public change has none.
func (*service) reason(wrong *fault.Complaints, needed bool, reason string) {
	wrong.When(needed && reason == "", "reason", "budgets.reason.missing")
	wrong.Bound(reason, "reason", maxReason)
}

// schedule replaces the dates. A phase that has begun keeps its beginning, and
// what is published moves in public.
func (s *service) schedule(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, cal Calendar, reason string) error {
	reason = writing.Tidy(reason)
	return s.act(ctx, t, v, target, actSchedule, func(ctx context.Context, tx bun.Tx, e *Edition) error {
		if e.Published {
			e.keepPast(&cal)
		}
		var wrong fault.Complaints
		cal.check(&wrong, e.Now)
		changed := e.Published && !e.same(cal)
		if e.Published {
			cal.complete(&wrong)
			for _, p := range Phases {
				moved := !cal.Start(p).Equal(e.Start(p))
				wrong.When(moved && !cal.Start(p).After(e.Now), string(p), "budgets.dates.past")
			}
		}
		s.reason(&wrong, changed, reason)
		if err := wrong.Err(); err != nil {
			return err
		}
		e.Calendar = cal
		if !changed {
			return nil
		}
		if err := s.followVote(ctx, tx, t, v, e); err != nil {
			return err
		}
		return s.store.insertChange(ctx, tx, t.ID, e.ID, Change{Kind: WasRescheduled, Reason: reason})
	})
}

// keepPast puts back the dates that cannot move any more: those of phases that
// have begun, and the end of a vote under way, which only the ballot box moves.
func (e *Edition) keepPast(cal *Calendar) {
	for _, p := range Phases {
		begun := !e.Start(p).After(e.Now)
		if begun || p == Result && e.Phase() == Vote {
			*cal.start(p) = e.Start(p)
		}
	}
}

// same reports whether the dates of e are those of cal.
func (e *Edition) same(cal Calendar) bool {
	for _, p := range Phases {
		if !cal.Start(p).Equal(e.Start(p)) {
			return false
		}
	}
	return true
}

// setTerms replaces the money and the count, until the vote opens.
func (s *service) setTerms(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, terms Terms, reason string) error {
	reason = writing.Tidy(reason)
	return s.act(ctx, t, v, target, actTerms, func(ctx context.Context, tx bun.Tx, e *Edition) error {
		var wrong fault.Complaints
		terms.check(&wrong, t)
		s.reason(&wrong, e.Published, reason)
		if err := wrong.Err(); err != nil {
			return err
		}
		e.Terms = terms
		if err := s.store.replaceEnvelopes(ctx, tx, t.ID, e.ID, terms.Envelopes); err != nil {
			return fixedTerms(ctx, e, err)
		}
		if !e.Published {
			return nil
		}
		if err := s.followVote(ctx, tx, t, v, e); err != nil {
			return err
		}
		return s.store.insertChange(ctx, tx, t.ID, e.ID, Change{Kind: WasGivenTerms, Reason: reason})
	})
}

// followVote makes the vote what the edition says, once it has been prepared.
func (s *service) followVote(ctx context.Context, tx bun.Tx, t *tenant.Tenant, v citizen.Viewer, e *Edition) error {
	if e.DecidedAt.IsZero() {
		return nil
	}
	return s.prepareVote(ctx, tx, t, v, e)
}

// fixedTerms translates the database's refusal, which holds even for a save
// that began before the vote opened and ends after.
func fixedTerms(ctx context.Context, e *Edition, err error) error {
	switch database.Constraint(err) {
	case "envelopes_are_fixed_once_the_vote_opens", "the_count_is_fixed_once_the_vote_opens":
		return termsFixed(ctx, e).Wrap(err)
	}
	return err
}

// termsFixed says since when the money and the count do not change any more.
func termsFixed(ctx context.Context, e *Edition) *fault.Error {
	return ErrTermsFixed.With(fault.Args{"When": i18n.DateTime(ctx, e.VoteAt)})
}

// publish shows a draft to everybody, when nothing is missing.
func (s *service) publish(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target) error {
	return s.act(ctx, t, v, target, actPublish, func(ctx context.Context, tx bun.Tx, e *Edition) error {
		if len(e.lacks()) > 0 {
			return ErrNotReady
		}
		if e.InformationAt.Before(e.Now) {
			e.InformationAt = e.Now // nobody was informed before
		}
		e.Published, e.PublishedAt = true, e.Now
		return s.store.insertChange(ctx, tx, t.ID, e.ID, Change{Kind: WasPublished})
	})
}

// delete throws a draft away.
func (s *service) delete(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target) error {
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.locked(ctx, tx, t.ID, v, target, actDelete)
		if err != nil {
			return err
		}
		if err := s.store.delete(ctx, tx, t.ID, e.ID); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actDelete, e.ID, map[string]any{"title": e.Title})
	})
}
