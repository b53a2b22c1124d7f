package associations

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// maxWaitingClaims is how many claims one person may have unanswered.
const maxWaitingClaims = 5

// mayClaim says why v may not ask to answer for an association, if so.
func (s *service) mayClaim(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer) error {
	switch {
	case !v.SignedIn:
		return access.ErrSignInRequired
	case v.Person < citizen.PersonEmail:
		return ErrConfirmedAddress
	}
	n, err := s.store.waitingCount(ctx, tx, t, v.ID)
	if err == nil && n >= maxWaitingClaims {
		return ErrTooManyClaims.With(fault.Args{"Limit": maxWaitingClaims})
	}
	return err
}

// claim asks to answer for a public association.
func (s *service) claim(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID, position, message string) error {
	message = writing.Tidy(message)
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.find(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if !a.State.Public() {
			return ErrNotFound
		}
		if err := s.mayClaim(ctx, tx, t, v); err != nil {
			return err
		}
		already, err := s.store.answersFor(ctx, tx, t, id, v.ID)
		if err != nil {
			return err
		}
		if already {
			return ErrAlreadyAnswers
		}
		var wrong fault.Complaints
		checkClaim(&wrong, position, message)
		if err := wrong.Err(); err != nil {
			return err
		}
		return s.store.insertClaim(ctx, tx, t, Claim{ID: uuid.New(), Association: id, Citizen: v.ID, Position: position, Message: message})
	})
}

// withdraw takes back a claim of one's own that nobody has answered.
func (s *service) withdraw(ctx context.Context, t tenant.ID, v citizen.Viewer, association uuid.UUID) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		mine, err := s.store.waitingOf(ctx, tx, t, association, v.ID)
		if err != nil {
			return err
		}
		if mine.ID == uuid.Nil {
			return ErrNotFound
		}
		return s.store.answerClaim(ctx, tx, t, mine.ID, Withdrawn, "")
	})
}

// Answer is what is said to a claim.
type Answer struct {
	Accept bool
	Reason string // told to whoever asked; required to refuse
}

// answer decides on a claim: the town hall does, or somebody who answers for
// the association already. Nobody decides on their own.
func (s *service) answer(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, association, claim uuid.UUID, answer Answer, office bool) error {
	answer.Reason = writing.Tidy(answer.Reason)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t.ID, association)
		if err != nil {
			return err
		}
		if office {
			err = may(v, actDecide, a)
		} else {
			err = s.mustAnswer(ctx, tx, t.ID, v, a)
		}
		if err != nil {
			return err
		}
		c, err := s.store.claim(ctx, tx, t.ID, association, claim)
		if err != nil {
			return err
		}
		if err := checkAnswer(v, c, answer); err != nil {
			return err
		}
		if err := s.settle(ctx, tx, t, a, c, answer); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actDecide, a.ID, map[string]any{"accepted": answer.Accept, "citizen": c.Citizen.String()})
	})
}

// checkAnswer says why a claim cannot be answered so.
func checkAnswer(v citizen.Viewer, c Claim, answer Answer) error {
	switch {
	case c.Citizen == v.ID:
		return ErrOwnClaim
	case c.State != Waiting:
		return ErrClaimAnswered
	case answer.Accept:
		return nil
	}
	return checkReason(answer.Reason)
}

// settle writes an answer and tells it to whoever asked.
func (s *service) settle(ctx context.Context, tx bun.Tx, t *tenant.Tenant, a *Association, c Claim, answer Answer) error {
	state := Denied
	if answer.Accept {
		state = Accepted
		if err := s.store.insertResponsible(ctx, tx, t.ID, a.ID, c.Citizen, c.Position); err != nil {
			return err
		}
	}
	if err := s.store.answerClaim(ctx, tx, t.ID, c.ID, state, answer.Reason); err != nil {
		return err
	}
	return s.people.Tell(ctx, tx, t, []citizen.ID{c.Citizen}, func(ctx context.Context) mail.Letter {
		return s.claimLetter(ctx, t, a, answer)
	})
}

// claimLetter tells somebody what became of their claim.
func (s *service) claimLetter(ctx context.Context, t *tenant.Tenant, a *Association, answer Answer) mail.Letter {
	if !answer.Accept {
		return mail.Letter{
			Subject:    i18n.T(ctx, "associations.letter.refused.subject", "Name", a.Name),
			Paragraphs: []string{i18n.T(ctx, "associations.letter.refused.text", "Name", a.Name), answer.Reason, i18n.T(ctx, "associations.letter.refused.after")},
			Button:     mail.Button{Label: i18n.T(ctx, "associations.letter.refused.button"), Href: s.url(t, sitePath)},
		}
	}
	return mail.Letter{
		Subject:    i18n.T(ctx, "associations.letter.accepted.subject", "Name", a.Name),
		Paragraphs: []string{i18n.T(ctx, "associations.letter.accepted.text", "Name", a.Name)},
		Button:     mail.Button{Label: i18n.T(ctx, "associations.letter.accepted.button"), Href: s.url(t, deskHref(a.ID))},
	}
}

// leave lets somebody stop answering for an association, without giving a reason.
func (s *service) leave(ctx context.Context, t tenant.ID, v citizen.Viewer, id uuid.UUID) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := s.mustAnswer(ctx, tx, t, v, a); err != nil {
			return err
		}
		return s.store.deleteResponsible(ctx, tx, t, id, v.ID)
	})
}

// dismiss ends the powers of somebody who answered for an association.
func (s *service) dismiss(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, who citizen.ID, reason string) error {
	reason = writing.Tidy(reason)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.store.lock(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if err := may(v, actDismiss, a); err != nil {
			return err
		}
		yes, err := s.store.answersFor(ctx, tx, t.ID, id, who)
		if err != nil || !yes {
			return ErrNotFound.Wrap(err)
		}
		if err := checkReason(reason); err != nil {
			return err
		}
		if err := s.store.deleteResponsible(ctx, tx, t.ID, id, who); err != nil {
			return err
		}
		err = s.people.Tell(ctx, tx, t, []citizen.ID{who}, func(ctx context.Context) mail.Letter {
			return mail.Letter{
				Subject:    i18n.T(ctx, "associations.letter.dismissed.subject", "Name", a.Name),
				Paragraphs: []string{i18n.T(ctx, "associations.letter.dismissed.text", "Name", a.Name), reason},
			}
		})
		if err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actDismiss, id, map[string]any{"citizen": who.String()})
	})
}
