package missions

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/identity"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// service holds the use cases, one verb each, and their transactions.
type service struct {
	db     *database.DB
	store  store
	people *identity.Service
	hosts  module.Organisations // nil: the town hall is alone
	url    func(t *tenant.Tenant, path string) string
	secret []byte
	log    *slog.Logger
}

// Target is a mission as somebody saw it: acting on another version of it is
// refused, so that nobody overwrites what they have not read.
type Target struct {
	ID      uuid.UUID
	Version int64 // 0: whatever it has become
}

// create writes a new draft of a host's and returns its ID. A regular mission
// comes with its one place to be, a dated one waits for its slots.
func (s *service) create(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, host uuid.UUID, text Text, capacity int) (uuid.UUID, error) {
	m := &Mission{ID: uuid.New(), Text: text.trimmed(), Host: host, CreatedBy: v.ID}
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		if err := a.mayLead(host); err != nil {
			return err
		}
		var wrong fault.Complaints
		m.Text.check(&wrong, t)
		slot := Slot{ID: uuid.New(), Mission: m.ID, Capacity: capacity}
		if m.Kind == Regular {
			slot.check(&wrong, Regular, time.Time{})
		}
		if err := wrong.Err(); err != nil {
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, m); err != nil || m.Kind == Dated {
			return err
		}
		return s.store.insertSlot(ctx, tx, t.ID, slot)
	})
	return m.ID, err
}

// lead runs fn on a locked mission of a host that v speaks for, then saves it.
func (s *service) lead(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, fn func(ctx context.Context, tx bun.Tx, m *Mission) error) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		m, err := s.store.lock(ctx, tx, t.ID, target.ID)
		if err != nil {
			return err
		}
		if !a.leads(m.Host) {
			return hidden(m)
		}
		if target.Version != 0 && target.Version != m.Version {
			return ErrStale
		}
		if !m.CancelledAt.IsZero() {
			return ErrCancelled
		}
		if err := fn(ctx, tx, m); err != nil {
			return err
		}
		return s.store.save(ctx, tx, t.ID, m)
	})
}

// hidden is how a mission answers somebody who does not run it: of a draft, not
// even that it exists.
func hidden(m *Mission) error {
	if !m.Published {
		return ErrNotFound
	}
	return ErrNotYours
}

// edit replaces the text. Those who have asked to help are told of it.
func (s *service) edit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, text Text) error {
	text = text.trimmed()
	return s.lead(ctx, t, v, target, func(ctx context.Context, tx bun.Tx, m *Mission) error {
		if m.Published {
			text.Kind = m.Kind // what people asked to join stays what it is
		}
		text.Project = m.Project
		var wrong fault.Complaints
		text.check(&wrong, t)
		wrong.When(text.Kind != m.Kind && len(m.Slots) > 0, "kind", "missions.kind.has_slots")
		if err := wrong.Err(); err != nil {
			return err
		}
		m.Text = text
		if !m.Published {
			return nil
		}
		return s.tellInscribed(ctx, tx, t, m, uuid.Nil, changedLetter(t, m, s.url))
	})
}

// publish shows a draft to everybody, once somebody could come.
func (s *service) publish(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target) error {
	return s.lead(ctx, t, v, target, func(ctx context.Context, tx bun.Tx, m *Mission) error {
		if m.Published {
			return ErrPublished
		}
		if m.Host != uuid.Nil {
			host, err := s.hosts.Organisation(ctx, tx, t.ID, m.Host)
			if err != nil {
				return err
			}
			if !host.Verified {
				return ErrUnverified
			}
		}
		if len(m.Slots) == 0 {
			return ErrNoSlot
		}
		if m.Published, m.PublishedAt = true, m.Now; m.Phase() == Over {
			return ErrSlotOver
		}
		return nil
	})
}

// cancel calls a mission off, for a reason told to everybody who meant to come.
// Staff may cancel any mission; what they do of others' is in the journal.
func (s *service) cancel(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target, reason string) error {
	reason = writing.Tidy(reason)
	var wrong fault.Complaints
	wrong.When(reason == "", "reason", "missions.reason.missing")
	wrong.Bound(reason, "reason", maxReason)
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		m, err := s.store.lock(ctx, tx, t.ID, target.ID)
		if err != nil {
			return err
		}
		asStaff := mayStaff(v, actCancel) == nil
		if !a.leads(m.Host) && !asStaff {
			return hidden(m)
		}
		switch {
		case target.Version != 0 && target.Version != m.Version:
			return ErrStale
		case !m.Published:
			return ErrInDraft
		case !m.CancelledAt.IsZero():
			return ErrCancelled
		}
		m.CancelledAt, m.CancelReason = m.Now, reason
		if err := s.tellInscribed(ctx, tx, t, m, uuid.Nil, cancelledLetter(t, m, s.url)); err != nil {
			return err
		}
		if err := s.dropInscriptions(ctx, tx, t.ID, m); err != nil {
			return err
		}
		if err := s.store.save(ctx, tx, t.ID, m); err != nil || !asStaff {
			return err
		}
		return record(ctx, tx, t.ID, v, actCancel, m.ID, nil)
	})
}

// dropInscriptions ends those under way with the mission. Nobody who came loses
// what was noted: slots that are over stay as they are.
func (s *service) dropInscriptions(ctx context.Context, tx bun.Tx, t tenant.ID, m *Mission) error {
	for _, slot := range m.Slots {
		if slot.startedAt(m.Now) {
			continue
		}
		if _, err := s.store.lockSlot(ctx, tx, t, slot.ID); err != nil {
			return err
		}
		if err := s.store.dropAll(ctx, tx, t, slot.ID); err != nil {
			return err
		}
	}
	return nil
}

// delete throws a draft away.
func (s *service) delete(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, target Target) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		m, err := s.store.lock(ctx, tx, t.ID, target.ID)
		if err != nil {
			return err
		}
		switch {
		case !a.leads(m.Host):
			return hidden(m)
		case m.Published:
			return ErrPublished
		case target.Version != 0 && target.Version != m.Version:
			return ErrStale
		}
		return s.store.delete(ctx, tx, t.ID, m.ID)
	})
}

// addSlot adds a moment at which help is needed.
func (s *service) addSlot(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission uuid.UUID, slot Slot) error {
	slot.ID, slot.Mission = uuid.New(), mission
	return s.lead(ctx, t, v, Target{ID: mission}, func(ctx context.Context, tx bun.Tx, m *Mission) error {
		if m.Kind == Regular || len(m.Slots) >= maxSlots {
			return ErrTooMany
		}
		var wrong fault.Complaints
		slot.check(&wrong, m.Kind, m.Now)
		if err := wrong.Err(); err != nil {
			return err
		}
		return s.store.insertSlot(ctx, tx, t.ID, slot)
	})
}

// moveSlot changes the dates and the places of a slot. Those who meant to come
// are told when it moves, and new places go to those who wait.
func (s *service) moveSlot(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission uuid.UUID, to Slot) error {
	return s.lead(ctx, t, v, Target{ID: mission}, func(ctx context.Context, tx bun.Tx, m *Mission) error {
		was, known := m.slot(to.ID)
		if !known {
			return ErrNotFound
		}
		if was.startedAt(m.Now) {
			return ErrSlotOver
		}
		if m.Kind == Regular {
			to.StartsAt, to.EndsAt = time.Time{}, time.Time{}
		}
		var wrong fault.Complaints
		to.check(&wrong, m.Kind, m.Now)
		if err := wrong.Err(); err != nil {
			return err
		}
		if _, err := s.store.lockSlot(ctx, tx, t.ID, to.ID); err != nil {
			return err
		}
		moved := !was.StartsAt.Equal(to.StartsAt) || !was.EndsAt.Equal(to.EndsAt)
		if err := s.store.saveSlot(ctx, tx, t.ID, to, moved); err != nil {
			return err
		}
		if moved && m.Published {
			if err := s.tellInscribed(ctx, tx, t, m, to.ID, movedLetter(t, m, was, to, s.url)); err != nil {
				return err
			}
		}
		return s.promote(ctx, tx, t, m, to.ID)
	})
}

// removeSlot takes away a slot that nobody has asked for.
func (s *service) removeSlot(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission, slot uuid.UUID) error {
	return s.lead(ctx, t, v, Target{ID: mission}, func(ctx context.Context, tx bun.Tx, m *Mission) error {
		if _, known := m.slot(slot); !known {
			return ErrNotFound
		}
		if m.Kind == Regular || m.Published && len(m.Slots) == 1 {
			return ErrNoSlot
		}
		return s.store.deleteSlot(ctx, tx, t.ID, slot)
	})
}

// record writes a use of a staff power in the journal.
func record(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, action access.Action, id uuid.UUID, details map[string]any) error {
	return audit.Record(ctx, tx, audit.Entry{
		Tenant: t, Actor: v.ID, Action: string(action), Subject: "mission/" + id.String(), Details: details,
	})
}
