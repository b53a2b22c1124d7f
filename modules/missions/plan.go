package missions

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Plan is a mission written in one go, as seeds and imports do.
type Plan struct {
	Text
	Host     uuid.UUID // the association that asks; zero: the town hall
	Capacity int       // of a regular mission
	Slots    []Slot    // of a dated one
}

// Write writes a draft as its author would, page after page, through the same
// service and its checks. It returns the mission with its slots.
func (m *Module) Write(ctx context.Context, t *tenant.Tenant, author citizen.Viewer, p Plan) (*Mission, error) {
	id, err := m.service.create(ctx, t, author, p.Host, p.Text, p.Capacity)
	if err != nil {
		return nil, err
	}
	for _, slot := range p.Slots {
		if err := m.service.addSlot(ctx, t, author, id, slot); err != nil {
			return nil, err
		}
	}
	var written *Mission
	err = m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		written, err = m.service.store.find(ctx, tx, t.ID, id)
		return err
	})
	return written, err
}

// Publish shows a draft to everybody.
func (m *Module) Publish(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID) error {
	return m.service.publish(ctx, t, by, Target{ID: id})
}

// Cancel calls it off, for a reason told to everybody who meant to come.
func (m *Module) Cancel(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id uuid.UUID, reason string) error {
	return m.service.cancel(ctx, t, by, Target{ID: id}, reason)
}

// Join takes the three steps of an inscription at once.
func (m *Module) Join(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission, slot uuid.UUID, intro string) (uuid.UUID, State, error) {
	if err := m.service.choose(ctx, t, v, mission, slot); err != nil {
		return uuid.Nil, "", err
	}
	i, found, err := m.service.begun(ctx, t.ID, v, mission)
	if err != nil || !found {
		return uuid.Nil, "", errors.Join(err, ErrAlreadyIn)
	}
	if err := m.service.introduce(ctx, t.ID, i, intro); err != nil {
		return i.ID, "", err
	}
	state, err := m.service.apply(ctx, t, v, i.ID)
	return i.ID, state, err
}

// Accept says yes to somebody who asked.
func (m *Module) Accept(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, inscription uuid.UUID) error {
	return m.service.accept(ctx, t, by, inscription)
}

// Say adds a message to the thread of an inscription.
func (m *Module) Say(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, inscription uuid.UUID, text string) error {
	return m.service.say(ctx, t, v, inscription, text)
}

// Validate writes hours into the ledger.
func (m *Module) Validate(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, inscription uuid.UUID, from time.Time, minutes int64) error {
	return m.service.validate(ctx, t, by, inscription, Work{From: from, Minutes: minutes})
}

// Configure writes the town's aid.
func (m *Module) Configure(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, s Scheme) error {
	return m.service.configure(ctx, t.ID, by, s)
}

// Offer lets associations find somebody.
func (m *Module) Offer(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, o Volunteer) error {
	return m.service.offer(ctx, t, v, o)
}

// Claim asks the town hall for the aid.
func (m *Module) Claim(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) error {
	return m.service.claim(ctx, t, v)
}
