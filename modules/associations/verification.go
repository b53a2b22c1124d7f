package associations

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// verify says that the town hall has checked an association. One that a citizen
// had proposed becomes public, and its author answers for it.
func (s *service) verify(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, numberless bool) error {
	details := map[string]any{}
	return s.act(ctx, t.ID, v, target, actVerify, details, func(ctx context.Context, tx bun.Tx, a *Association) error {
		if a.RNA == "" && a.SIRET == "" && !numberless {
			return ErrNumberless.On("numberless")
		}
		proposed := a.State == Pending
		a.State, a.Reason = Verified, ""
		details["rna"] = a.RNA
		if !proposed {
			return nil
		}
		return s.settleAll(ctx, tx, t, v, a, Answer{Accept: true})
	})
}

// refuse turns down an association that a citizen proposed, with a reason that
// they are told.
func (s *service) refuse(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, reason string) error {
	reason = writing.Tidy(reason)
	return s.act(ctx, t.ID, v, target, actRefuse, nil, func(ctx context.Context, tx bun.Tx, a *Association) error {
		if err := checkReason(reason); err != nil {
			return err
		}
		a.State, a.Reason = Refused, reason
		return s.settleAll(ctx, tx, t, v, a, Answer{Reason: reason})
	})
}

// settleAll gives the same answer to all claims that wait, those of v left out:
// nobody decides on their own.
func (s *service) settleAll(ctx context.Context, tx bun.Tx, t *tenant.Tenant, v citizen.Viewer, a *Association, answer Answer) error {
	claims, err := s.store.waiting(ctx, tx, t.ID, a.ID)
	if err != nil {
		return err
	}
	for _, c := range claims {
		if answer.Accept && c.Citizen == v.ID {
			continue
		}
		if err := s.settle(ctx, tx, t, a, c, answer); err != nil {
			return err
		}
	}
	return nil
}

// shut takes an association that is no more out of the directory. Those who
// answered for it are told why.
func (s *service) shut(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, reason string) error {
	reason = writing.Tidy(reason)
	return s.act(ctx, t.ID, v, target, actClose, nil, func(ctx context.Context, tx bun.Tx, a *Association) error {
		if err := checkReason(reason); err != nil {
			return err
		}
		a.State, a.Reason = Closed, reason
		people, err := s.store.responsibles(ctx, tx, t.ID, a.ID)
		if err != nil {
			return err
		}
		to := make([]citizen.ID, len(people))
		for i, r := range people {
			to[i] = r.Citizen
		}
		return s.people.Tell(ctx, tx, t, to, func(ctx context.Context) mail.Letter {
			return mail.Letter{
				Subject:    i18n.T(ctx, "associations.letter.closed.subject", "Name", a.Name),
				Paragraphs: []string{i18n.T(ctx, "associations.letter.closed.text", "Name", a.Name), reason},
			}
		})
	})
}

// reopen puts a closed or refused association back in the directory, to be
// checked again.
func (s *service) reopen(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target) error {
	return s.act(ctx, t.ID, v, target, actReopen, nil, func(_ context.Context, _ bun.Tx, a *Association) error {
		a.State, a.Reason = Listed, ""
		return nil
	})
}
