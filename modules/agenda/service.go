package agenda

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// Organisations tells who may publish for which association.
type Organisations interface {
	Organisation(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (module.Organisation, error)
	Organisations(ctx context.Context, tx bun.IDB, t tenant.ID, ids ...uuid.UUID) (map[uuid.UUID]module.Organisation, error)
	OrganisationsOf(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]module.Organisation, error)
	AnswersFor(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, c citizen.ID) (bool, error)
}

// service holds the use cases, one verb each, and their transactions.
type service struct {
	db            *database.DB
	store         store
	organisations Organisations
	agenda        module.Agenda
	diarists      func(t *tenant.Tenant) []module.Manifest
	url           func(t *tenant.Tenant, path string) string
}

// What the town hall may do. Those who answer for an association need no role.
const (
	actPublish access.Action = "agenda.publish"
	actEdit    access.Action = "agenda.edit"
	actCancel  access.Action = "agenda.cancel"
)

// staff is who works in the module's back office.
var staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}

var powers = access.Table{actPublish: staff, actEdit: staff, actCancel: staff}

// may returns how v may do act to an event, or the fault that says why not: by
// the powers of the town hall, or because v answers for the association.
func (s *service) may(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, act access.Action, d Details) (byPower bool, err error) {
	if !v.SignedIn {
		return false, access.ErrSignInRequired
	}
	if d.Association != uuid.Nil && t.Enabled("associations") {
		yes, err := s.organisations.AnswersFor(ctx, tx, t.ID, d.Association, v.ID)
		if err != nil || yes {
			return false, err
		}
	}
	if powers.Decide(v, act, access.Scope{Module: name, Zone: d.Zone}).Allowed {
		return true, nil
	}
	return false, ErrNotAllowed
}

// publish adds an event: the town hall's, or that of a verified association by
// somebody who answers for it.
func (s *service) publish(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, d Details) (uuid.UUID, error) {
	e := &Event{ID: uuid.New(), Version: 1, Details: d.trimmed(t)}
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		byPower, err := s.may(ctx, tx, t, v, actPublish, e.Details)
		if err != nil {
			return err
		}
		if err := s.mustBeVerified(ctx, tx, t, d.Association); err != nil {
			return err
		}
		now, err := s.store.now(ctx, tx)
		if err != nil {
			return err
		}
		if err := e.check(t, now, true); err != nil {
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, v.ID, e); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, actPublish, e.ID, byPower)
	})
	return e.ID, err
}

// mustBeVerified refuses an association that the town hall has not checked.
func (s *service) mustBeVerified(ctx context.Context, tx bun.IDB, t *tenant.Tenant, id uuid.UUID) error {
	if id == uuid.Nil {
		return nil
	}
	if !t.Enabled("associations") {
		return ErrNotAllowed
	}
	o, err := s.organisations.Organisation(ctx, tx, t.ID, id)
	if err != nil {
		return err
	}
	if !o.Verified {
		return ErrUnverified
	}
	return nil
}

// record writes a use of the town hall's power in the journal; what an
// association does with its own events is no power.
func record(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer, act access.Action, id uuid.UUID, byPower bool) error {
	if !byPower {
		return nil
	}
	return audit.Record(ctx, tx, audit.Entry{Tenant: t, Actor: v.ID, Action: string(act), Subject: "event/" + id.String()})
}

// act runs fn on a locked event that v may do act to, then saves it.
func (s *service) act(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, version int64, act access.Action, fn func(e *Event) error) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		e, err := s.store.lock(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		byPower, err := s.may(ctx, tx, t, v, act, e.Details)
		if err != nil {
			return err
		}
		switch {
		case version != 0 && version != e.Version:
			return ErrStale
		case e.Cancelled():
			return ErrCancelled
		case e.Over():
			return ErrOver
		}
		if err := fn(e); err != nil {
			return err
		}
		if err := s.store.save(ctx, tx, t.ID, e); err != nil {
			return err
		}
		return record(ctx, tx, t.ID, v, act, id, byPower)
	})
}

// edit replaces what an event says. Whose it is does not change.
func (s *service) edit(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, version int64, d Details) error {
	return s.act(ctx, t, v, id, version, actEdit, func(e *Event) error {
		d.Association = e.Association
		e.Details = d.trimmed(t)
		return e.check(t, e.Now, true)
	})
}

// cancel says that an event does not take place, and why. It stays in the
// agenda, so that those who had written it down read it.
func (s *service) cancel(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, reason string) error {
	reason = writing.Tidy(reason)
	return s.act(ctx, t, v, id, 0, actCancel, func(e *Event) error {
		var wrong fault.Complaints
		wrong.When(reason == "", "reason", "agenda.reason.missing")
		wrong.Bound(reason, "reason", maxReason)
		if err := wrong.Err(); err != nil {
			return err
		}
		e.CancelledAt, e.CancelReason = e.Now, reason
		return nil
	})
}

// Shown is an event as one reader may see it.
type Shown struct {
	*Event
	Organisation module.Organisation // zero: the town hall
	May          bool                // the reader may change it
}

// show returns an event.
func (s *service) show(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (shown Shown, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if shown.Event, err = s.store.find(ctx, tx, t.ID, id); err != nil {
			return err
		}
		if shown.Association != uuid.Nil && t.Enabled("associations") {
			if shown.Organisation, err = s.organisations.Organisation(ctx, tx, t.ID, shown.Association); err != nil && fault.KindOf(err) != fault.NotFound {
				return err
			}
		}
		_, err := s.may(ctx, tx, t, v, actEdit, shown.Details)
		if err != nil && !errors.Is(err, ErrNotAllowed) && !errors.Is(err, access.ErrSignInRequired) {
			return err
		}
		shown.May = err == nil && !shown.Cancelled() && !shown.Over()
		return nil
	})
	return shown, err
}

// hosts returns in whose name v may publish: associations, and the town hall.
func (s *service) hosts(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (own []module.Organisation, town bool, err error) {
	town = powers.Decide(v, actPublish, access.Scope{Module: name}).Allowed
	if !v.SignedIn || !t.Enabled("associations") {
		return nil, town, nil
	}
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		all, err := s.organisations.OrganisationsOf(ctx, tx, t.ID, v.ID)
		for _, o := range all {
			if o.Verified {
				own = append(own, o)
			}
		}
		return err
	})
	return own, town, err
}

// clock returns what time it is in the town.
func (s *service) clock(ctx context.Context, t tenant.ID) (now time.Time, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		now, err = s.store.now(ctx, tx)
		return err
	})
	return now, err
}

// Calendar returns the events of a part of the agenda.
func (m *Module) Calendar(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, q module.CalendarQuery) ([]module.CalendarEntry, error) {
	s := m.service
	var entries []module.CalendarEntry
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		list, err := s.store.list(ctx, tx, t.ID, q)
		if err != nil {
			return err
		}
		names, err := s.names(ctx, tx, t, list)
		if err != nil {
			return err
		}
		for _, e := range list {
			entries = append(entries, entry(t, e, names))
		}
		return nil
	})
	return entries, err
}

// names returns the associations whose events these are.
func (s *service) names(ctx context.Context, tx bun.IDB, t *tenant.Tenant, list []*Event) (map[uuid.UUID]module.Organisation, error) {
	var ids []uuid.UUID
	for _, e := range list {
		if e.Association != uuid.Nil {
			ids = append(ids, e.Association)
		}
	}
	if len(ids) == 0 || !t.Enabled("associations") {
		return nil, nil
	}
	return s.organisations.Organisations(ctx, tx, t.ID, ids...)
}

// entry is an event as the agenda shows it.
func entry(t *tenant.Tenant, e *Event, names map[uuid.UUID]module.Organisation) module.CalendarEntry {
	out := module.CalendarEntry{
		ID: e.ID, Kind: "agenda.one", Icon: "calendar-days", Title: e.Title, Text: markdown.Text(e.Body, 300), Place: e.Place, Organiser: t.Name,
		Href: href(e.ID), Starts: e.Starts.In(t.TimeZone), Ends: e.Ends.In(t.TimeZone), AllDay: e.AllDay, Cancelled: e.Cancelled(), Revision: e.Version,
		ChangedAt: e.UpdatedAt, Lat: e.At.Lat, Lon: e.At.Lon, Module: name,
	}
	if e.Association != uuid.Nil {
		out.Organiser = names[e.Association].Name
	}
	return out
}
