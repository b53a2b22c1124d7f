// Package paper is voting on paper and at the town hall's desk: sheets handed
// in against the roll, numbered batches typed by people who do not see each
// other's typing, corrections signed by two, the public comparison of what was
// handed in and what is in the box, what is printed, and the kiosk on which a
// citizen who came votes alone.
//
// Whatever is counted is counted by the ballot box (app/voting): a sealed
// batch is one entry of its log. Nothing here ties a sheet to a person.
package paper

import (
	"context"
	"embed"

	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/realtime"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Polls says who may see a poll: the booth does.
type Polls interface {
	// Audience returns as whom v follows the topic of a poll, or a fault NotFound.
	Audience(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error)
}

// Deps is what a Service needs.
type Deps struct {
	DB    *database.DB
	Box   *voting.Box
	Polls Polls
	Desk  Desk // finds the citizens who come
}

// Service does what the pages ask.
type Service struct{ Deps }

// New returns the service.
func New(d Deps) *Service { return &Service{d} }

// work is what is done to a poll in one transaction.
type work func(context.Context, bun.Tx, *voting.Poll) error

// at does something to a poll, then tells whoever watches it.
func (s *Service) at(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, power Power, do work) error {
	err := s.with(ctx, t, v, id, power, do)
	if err == nil {
		s.Box.Changed(t.ID, id)
	}
	return err
}

// with does something with a poll in one transaction, if v may see the poll and
// has the power.
func (s *Service) with(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID, power Power, do work) error {
	if _, err := s.Polls.Audience(ctx, t, v, voting.Topic(t.ID, id), realtime.Public); err != nil {
		return err
	}
	return s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		poll, err := s.Box.Poll(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if err := allowed(v, power, poll); err != nil {
			return err
		}
		return do(ctx, tx, poll)
	})
}

// record writes in the journal what v did to a poll. It never says to whom: who
// has voted is on the roll, and goes with it.
func record(ctx context.Context, tx bun.Tx, v citizen.Viewer, p *voting.Poll, power Power, details map[string]any) error {
	return audit.Record(ctx, tx, audit.Entry{
		Tenant: p.Tenant, Actor: v.ID, Action: string(power), Subject: "poll/" + p.ID.String(), Details: details,
	})
}
