package missions

import (
	"context"
	"maps"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// thread is an inscription with everything its two sides may see.
type thread struct {
	Inscription
	mission  *Mission
	slot     Slot
	messages []Message
	hours    []HoursLine
	host     module.Organisation
	asHost   bool // the reader runs the mission
}

// open reports whether the two sides may still write.
func (th *thread) open() bool {
	return th.State.Active() || th.State == Refused || th.State == Withdrawn
}

// thread reads an inscription for one of its two sides; for anybody else it
// does not exist.
func (s *service) thread(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (*thread, error) {
	th := &thread{}
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		if th.Inscription, err = s.store.inscription(ctx, tx, t.ID, id); err != nil {
			return err
		}
		if th.mission, err = s.store.find(ctx, tx, t.ID, th.Mission); err != nil {
			return err
		}
		own := th.Citizen == v.ID
		th.asHost = !own && a.leads(th.mission.Host)
		if th.State == Drafted || !own && !th.asHost {
			return ErrNotFound
		}
		th.slot, _ = th.mission.slot(th.Slot)
		if th.messages, err = s.store.messages(ctx, tx, t.ID, id); err != nil {
			return err
		}
		if th.hours, err = s.store.hoursOf(ctx, tx, t.ID, id); err != nil {
			return err
		}
		hosts, err := s.hostsOf(ctx, tx, t, th.mission.Host)
		th.host = hosts[th.mission.Host]
		return err
	})
	return th, err
}

// hostsOf names who asks: associations by their own names, the town hall by its.
func (s *service) hostsOf(ctx context.Context, tx bun.IDB, t *tenant.Tenant, ids ...uuid.UUID) (map[uuid.UUID]module.Organisation, error) {
	named := map[uuid.UUID]module.Organisation{}
	if s.hosts != nil {
		known, err := s.hosts.Organisations(ctx, tx, t.ID, ids...)
		if err != nil {
			return nil, err
		}
		maps.Copy(named, known)
	}
	for _, id := range ids {
		if _, known := named[id]; !known && id != uuid.Nil {
			named[id] = module.Organisation{ID: id, Name: i18n.T(ctx, "missions.host.gone")}
		}
	}
	named[uuid.Nil] = module.Organisation{Name: t.Name, Verified: true}
	return named, nil
}

// say adds a message to a thread and relays it by mail, without any address.
func (s *service) say(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, body string) error {
	body = writing.Tidy(body)
	th, err := s.thread(ctx, t, v, id)
	if err != nil {
		return err
	}
	if !th.open() {
		return ErrThreadClosed
	}
	if err := checkMessage(body, "message", th.State == Accepted); err != nil {
		return err
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		m := Message{ID: uuid.New(), FromHost: th.asHost, Author: v.ID, Body: body}
		if err := s.store.insertMessage(ctx, tx, t.ID, id, m); err != nil {
			return err
		}
		if th.asHost {
			return s.people.Tell(ctx, tx, t, []citizen.ID{th.Citizen}, messageLetter(t, th.mission, th.Inscription, th.host.Name, body, s.url))
		}
		return s.tellHost(ctx, tx, t, th.mission, v, messageLetter(t, th.mission, th.Inscription, th.Name, body, s.url))
	})
}

// flagMessage asks the moderators to look at what the other side wrote.
func (s *service) flagMessage(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id, message uuid.UUID) error {
	th, err := s.thread(ctx, t, v, id)
	if err != nil {
		return err
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return s.store.flag(ctx, tx, t.ID, id, message, !th.asHost, v.ID)
	})
}

// Flagged is a message that a moderator is asked to look at.
type Flagged struct {
	Message
	Mission string // its title
	Name    string // of the person who offered to help
}

// flagged lists the messages that wait for a moderator, the oldest first.
func (s *service) flagged(ctx context.Context, t tenant.ID, v citizen.Viewer) ([]Flagged, error) {
	if err := mayStaff(v, actModerate); err != nil {
		return nil, err
	}
	var list []Flagged
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = s.store.flagged(ctx, tx, t, 100)
		return err
	})
	return list, err
}

// settleFlag is what the moderator decides: to hide the message, or leave it.
func (s *service) settleFlag(ctx context.Context, t tenant.ID, v citizen.Viewer, message uuid.UUID, hide bool) error {
	if err := mayStaff(v, actModerate); err != nil {
		return err
	}
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		if err := s.store.settleFlag(ctx, tx, t, message, hide); err != nil {
			return err
		}
		return record(ctx, tx, t, v, actModerate, message, map[string]any{"hidden": hide})
	})
}
