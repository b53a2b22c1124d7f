package paper

import (
	"context"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/tenant"
	"parvis/app/voting"
)

// Desk finds the accounts of the people who come: identity's service does.
type Desk interface {
	Find(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, query string) ([]identity.Found, error)
	Open(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id citizen.ID) (identity.Account, error)
}

// Visitor is somebody who came to the desk to vote.
type Visitor struct {
	Poll    *voting.Poll
	Account identity.Account
	voting.Standing

	// Of a mark on the roll that may be a mistake: what was asked about it, and
	// why it cannot be taken back, nil where it can.
	Unmarking *Unmarking
	Stays     error
}

// Receive says of somebody who came whether they may still vote, and how.
func (s *Service) Receive(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, who citizen.ID) (*Visitor, error) {
	visitor := &Visitor{}
	err := s.with(ctx, t, v, id, Kiosk, func(ctx context.Context, tx bun.Tx, p *voting.Poll) (err error) {
		visitor.Poll = p
		visitor.Standing, err = s.Box.StandingOf(ctx, tx, p, who)
		if err != nil || !visitor.Voted {
			return err
		}
		return s.addUnmarking(ctx, tx, visitor, who)
	})
	if err != nil {
		return nil, err
	}
	visitor.Account, err = s.Desk.Open(ctx, t, v, who)
	return visitor, err
}

// HandIn marks the roll for somebody who hands in a sheet. The journal says
// that a sheet was handed in, and not whose: that is on the roll.
func (s *Service) HandIn(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, who citizen.ID) error {
	if err := s.reach(ctx, t, v, who); err != nil {
		return err
	}
	return s.at(ctx, t, v, id, HandIn, func(ctx context.Context, tx bun.Tx, p *voting.Poll) error {
		if err := s.Box.HandIn(ctx, tx, t.ID, id, who); err != nil {
			return err
		}
		return record(ctx, tx, v, p, HandIn, nil)
	})
}
