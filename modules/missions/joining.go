package missions

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// choose is the first step of an inscription: which slot. Nobody is told yet,
// and no place is taken.
func (s *service) choose(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission, slot uuid.UUID) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		m, err := s.store.find(ctx, tx, t.ID, mission)
		if err != nil {
			return err
		}
		chosen, known := m.slot(slot)
		if !known {
			var wrong fault.Complaints
			wrong.When(true, "slot", "missions.slot.unknown")
			return wrong.Err()
		}
		if err := joinable(a, m, chosen, t); err != nil {
			return err
		}
		return s.store.draft(ctx, tx, t.ID, chosen, v.ID)
	})
}

// joinable says why a may not join a slot of m, now.
func joinable(a actor, m *Mission, slot Slot, t *tenant.Tenant) error {
	switch {
	case !m.Published:
		return ErrNotFound
	case !m.CancelledAt.IsZero():
		return ErrCancelled
	case slot.startedAt(m.Now):
		return ErrSlotOver
	case m.Host != uuid.Nil && a.leads(m.Host):
		return ErrOwnMission // nobody helps themselves to hours
	}
	return m.mayJoin(a.BornOn, slot.when(m.Now, t.TimeZone))
}

// begun returns what v has begun to fill in for a mission.
func (s *service) begun(ctx context.Context, t tenant.ID, v citizen.Viewer, mission uuid.UUID) (i Inscription, found bool, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		list, err := s.store.own(ctx, tx, t, mission, v.ID)
		for _, one := range list {
			if one.State == Drafted && !found {
				i, found = one, true
			}
		}
		return err
	})
	return i, found, err
}

// introduce is the second step: a few words to the host.
func (s *service) introduce(ctx context.Context, t tenant.ID, i Inscription, words string) error {
	words = writing.Tidy(words)
	if words != "" {
		if err := checkMessage(words, "message", false); err != nil {
			return err
		}
	}
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return s.store.write(ctx, tx, t, i.ID, words)
	})
}

// apply is the third step: the inscription is sent. It takes a place when one is
// left, and a turn on the waiting list otherwise. The slot's lock makes people
// who ask at once come one after the other; the constraint never_overbooked is
// there should this code be wrong.
func (s *service) apply(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (State, error) {
	var to State
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		i, m, slot, err := s.hold(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		switch {
		case i.Citizen != v.ID:
			return ErrNotFound
		case i.State != Drafted:
			return ErrAlreadyIn
		}
		if err := joinable(a, m, slot, t); err != nil {
			return err
		}
		to = Waiting
		if slot.Left() > 0 {
			to = placed(m)
			if err := s.store.take(ctx, tx, t.ID, slot.ID, 1); err != nil {
				return err
			}
		}
		if err := s.store.settle(ctx, tx, t.ID, i, to, ""); err != nil {
			return err
		}
		if i.Intro != "" {
			if err := s.store.insertMessage(ctx, tx, t.ID, i.ID, Message{ID: uuid.New(), Author: v.ID, Body: i.Intro}); err != nil {
				return err
			}
		}
		return s.tellHost(ctx, tx, t, m, a.Viewer, appliedLetter(t, m, i, to, s.url))
	})
	return to, err
}

// placed is the state of an inscription that has a place.
func placed(m *Mission) State {
	if m.Approval {
		return Pending
	}
	return Accepted
}

// hold locks the slot of an inscription, then reads all three: what waited for
// the lock sees what came before.
func (s *service) hold(ctx context.Context, tx bun.Tx, t tenant.ID, id uuid.UUID) (i Inscription, m *Mission, slot Slot, err error) {
	if i, err = s.store.inscription(ctx, tx, t, id); err != nil {
		return i, nil, slot, err
	}
	if slot, err = s.store.lockSlot(ctx, tx, t, i.Slot); err != nil {
		return i, nil, slot, err
	}
	if i, err = s.store.inscription(ctx, tx, t, id); err != nil {
		return i, nil, slot, err
	}
	m, err = s.store.find(ctx, tx, t, i.Mission)
	return i, m, slot, err
}

// withdraw is leaving, in one click and without having to say why. The place
// goes to whoever has waited longest.
func (s *service) withdraw(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		i, m, slot, err := s.hold(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		switch {
		case i.Citizen != v.ID:
			return ErrNotFound
		case i.State == Drafted:
			return s.store.settle(ctx, tx, t.ID, i, Withdrawn, "")
		case !i.State.Active():
			return ErrNotIn
		case slot.startedAt(m.Now):
			return ErrSlotOver
		}
		if err := s.leave(ctx, tx, t, m, i, Withdrawn, ""); err != nil {
			return err
		}
		return s.tellHost(ctx, tx, t, m, v, leftLetter(t, m, i, s.url))
	})
}

// leave ends an inscription, and gives its place on.
func (s *service) leave(ctx context.Context, tx bun.Tx, t *tenant.Tenant, m *Mission, i Inscription, to State, reason string) error {
	if err := s.store.settle(ctx, tx, t.ID, i, to, reason); err != nil || !i.State.Holds() {
		return err
	}
	if err := s.store.take(ctx, tx, t.ID, i.Slot, -1); err != nil {
		return err
	}
	return s.promote(ctx, tx, t, m, i.Slot)
}

// promote gives the free places of a locked slot to those who wait, in order,
// and tells them. Somebody who may no longer join is passed over and told.
func (s *service) promote(ctx context.Context, tx bun.Tx, t *tenant.Tenant, m *Mission, slotID uuid.UUID) error {
	for {
		slot, err := s.store.lockSlot(ctx, tx, t.ID, slotID)
		if err != nil || slot.Left() == 0 || slot.startedAt(m.Now) || !m.CancelledAt.IsZero() {
			return err
		}
		next, found, err := s.store.firstWaiting(ctx, tx, t.ID, slotID)
		if err != nil || !found {
			return err
		}
		if m.mayJoin(next.BornOn, slot.when(m.Now, t.TimeZone)) != nil {
			reason := i18n.T(ctx, "missions.age.changed")
			if err := s.store.settle(ctx, tx, t.ID, next, Refused, reason); err != nil {
				return err
			}
			if err := s.people.Tell(ctx, tx, t, []citizen.ID{next.Citizen}, refusedLetter(t, m, next, reason, s.url)); err != nil {
				return err
			}
			continue
		}
		if err := s.store.take(ctx, tx, t.ID, slotID, 1); err != nil {
			return err
		}
		if err := s.store.settle(ctx, tx, t.ID, next, placed(m), ""); err != nil {
			return err
		}
		if err := s.people.Tell(ctx, tx, t, []citizen.ID{next.Citizen}, promotedLetter(t, m, next, s.url)); err != nil {
			return err
		}
	}
}

// accept says yes to somebody who asked.
func (s *service) accept(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) error {
	return s.decide(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, slot Slot) error {
		if i.State != Pending {
			return ErrNotPending
		}
		if err := m.mayJoin(i.BornOn, slot.when(m.Now, t.TimeZone)); err != nil {
			return err
		}
		if err := s.store.settle(ctx, tx, t.ID, i, Accepted, ""); err != nil {
			return err
		}
		return s.people.Tell(ctx, tx, t, []citizen.ID{i.Citizen}, acceptedLetter(t, m, i, s.url))
	})
}

// refuse says no, with a reason that the person reads.
func (s *service) refuse(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, reason string) error {
	reason = writing.Tidy(reason)
	if err := checkMessage(reason, "reason", true); err != nil {
		return err
	}
	return s.decide(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, slot Slot) error {
		if !i.State.Active() || i.Attendance == present {
			return ErrNotPending
		}
		if err := s.leave(ctx, tx, t, m, i, Refused, reason); err != nil {
			return err
		}
		return s.people.Tell(ctx, tx, t, []citizen.ID{i.Citizen}, refusedLetter(t, m, i, reason, s.url))
	})
}

// decide runs fn on an inscription held by somebody who runs its mission.
func (s *service) decide(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID,
	fn func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, slot Slot) error,
) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		i, m, slot, err := s.hold(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if !a.leads(m.Host) || i.State == Drafted {
			return ErrNotFound // nobody else's business that it exists
		}
		return fn(ctx, tx, i, m, slot)
	})
}
