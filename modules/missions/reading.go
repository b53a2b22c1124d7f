package missions

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/tenant"
)

// hosts names those who ask, by their IDs; the town hall is the zero one.
type hosts map[uuid.UUID]module.Organisation

// listed is a page of missions with their hosts.
type listed struct {
	Page
	hosts hosts
}

// list reads one page of what one may join. A cursor that PostgreSQL cannot
// read is the beginning of the list.
func (s *service) list(ctx context.Context, t *tenant.Tenant, q Query) (l listed, err error) {
	err = s.db.ReadPage(ctx, t.ID, &q.Cursor, func(ctx context.Context, tx bun.Tx) (err error) {
		if l.Page, err = s.store.list(ctx, tx, t.ID, q); err != nil {
			return err
		}
		l.hosts, err = s.hostsOf(ctx, tx, t, hostIDs(l.Items)...)
		return err
	})
	return l, err
}

func hostIDs(list []*Mission) []uuid.UUID {
	var ids []uuid.UUID
	for _, m := range list {
		if !slices.Contains(ids, m.Host) {
			ids = append(ids, m.Host)
		}
	}
	return ids
}

// shownMission is a mission with what a reader may do about it.
type shownMission struct {
	*Mission
	host  module.Organisation
	own   []Inscription
	leads bool
}

// show reads a mission for its page. A draft exists for its hosts only.
func (s *service) show(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (sh shownMission, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if sh.Mission, err = s.store.find(ctx, tx, t.ID, id); err != nil {
			return err
		}
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		if sh.leads = a.leads(sh.Host); !sh.Published && !sh.leads {
			return ErrNotFound
		}
		if v.SignedIn {
			if sh.own, err = s.store.own(ctx, tx, t.ID, id, v.ID); err != nil {
				return err
			}
		}
		named, err := s.hostsOf(ctx, tx, t, sh.Host)
		sh.host = named[sh.Host]
		return err
	})
	return sh, err
}

// mine is everything of a person in this module.
type mine struct {
	engagement
	inscriptions []Inscription
	missions     map[uuid.UUID]*Mission
	hosts        hosts
	lines        []HoursLine
	offer        Volunteer
	invited      []*Mission
}

// atOnce is how many inscriptions and lines of the ledger a page shows.
const atOnce = 100

func (s *service) mine(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (my mine, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if my.engagement, err = s.engagement(ctx, tx, t, v); err != nil {
			return err
		}
		if my.inscriptions, err = s.store.inscriptionsBy(ctx, tx, t.ID, v.ID, atOnce); err != nil {
			return err
		}
		if my.lines, err = s.store.hoursBy(ctx, tx, t.ID, v.ID, atOnce); err != nil {
			return err
		}
		if my.offer, err = s.store.volunteer(ctx, tx, t.ID, v.ID); err != nil {
			return err
		}
		invited, err := s.store.invitedTo(ctx, tx, t.ID, v.ID)
		if err != nil {
			return err
		}
		ids := slices.Clone(invited)
		for _, i := range my.inscriptions {
			ids = append(ids, i.Mission)
		}
		if my.missions, err = s.store.byIDs(ctx, tx, t.ID, ids); err != nil {
			return err
		}
		my.invited = my.stillInvited(invited)
		var asking []uuid.UUID
		for _, m := range my.missions {
			asking = append(asking, m.Host)
		}
		for _, l := range my.lines {
			asking = append(asking, l.Host)
		}
		my.hosts, err = s.hostsOf(ctx, tx, t, asking...)
		return err
	})
	return my, err
}

// stillInvited leaves out the missions one has answered, and those that are over.
func (my *mine) stillInvited(ids []uuid.UUID) (list []*Mission) {
	for _, id := range ids {
		answered := slices.ContainsFunc(my.inscriptions, func(i Inscription) bool { return i.Mission == id && i.State != Drafted })
		if m := my.missions[id]; m != nil && !answered && (m.Phase() == Open || m.Phase() == Full) {
			list = append(list, m)
		}
	}
	return list
}

// desk is the missions that v leads, with the hosts v may open new ones for.
type desk struct {
	listed
	actor   actor
	waiting map[uuid.UUID]int // inscriptions that wait for an answer, by mission
}

func (s *service) desk(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, q Query) (d desk, err error) {
	err = s.db.ReadPage(ctx, t.ID, &q.Cursor, func(ctx context.Context, tx bun.Tx) error {
		if d.actor, err = s.actor(ctx, tx, t.ID, v); err != nil {
			return err
		}
		ids := []uuid.UUID{}
		for _, h := range d.actor.hosts {
			ids = append(ids, h.ID)
		}
		if d.actor.leadsTownHall() {
			ids = append(ids, uuid.Nil)
		}
		if len(ids) == 0 {
			return ErrNotYours
		}
		if d.Page, err = s.store.led(ctx, tx, t.ID, ids, q); err != nil {
			return err
		}
		if d.waiting, err = s.store.waitingFor(ctx, tx, t.ID, d.Items); err != nil {
			return err
		}
		d.hosts, err = s.hostsOf(ctx, tx, t, hostIDs(d.Items)...)
		return err
	})
	return d, err
}

// all lists every mission of the town, for its back office.
func (s *service) all(ctx context.Context, t *tenant.Tenant, q Query) (l listed, err error) {
	err = s.db.ReadPage(ctx, t.ID, &q.Cursor, func(ctx context.Context, tx bun.Tx) (err error) {
		if l.Page, err = s.store.led(ctx, tx, t.ID, nil, q); err != nil {
			return err
		}
		l.hosts, err = s.hostsOf(ctx, tx, t, hostIDs(l.Items)...)
		return err
	})
	return l, err
}

// led is a mission with who asked to join it, for those who run it.
type led struct {
	*Mission
	host         module.Organisation
	actor        actor
	inscriptions []Inscription
}

// leading reads a mission for those who run it.
func (s *service) leading(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (l led, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if l.actor, err = s.actor(ctx, tx, t.ID, v); err != nil {
			return err
		}
		if l.Mission, err = s.store.find(ctx, tx, t.ID, id); err != nil {
			return err
		}
		if !l.actor.leads(l.Host) {
			return hidden(l.Mission)
		}
		if l.inscriptions, err = s.store.inscriptionsOf(ctx, tx, t.ID, id); err != nil {
			return err
		}
		named, err := s.hostsOf(ctx, tx, t, l.Host)
		l.host = named[l.Host]
		return err
	})
	return l, err
}

// around is the middle of what a reader calls near: where they said they live,
// else the middle of the town.
func (s *service) around(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (places.Point, error) {
	if !v.SignedIn {
		return places.Center(t), nil
	}
	var o Volunteer
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		o, err = s.store.volunteer(ctx, tx, t.ID, v.ID)
		return err
	})
	if err != nil || o.Place.IsZero() {
		return places.Center(t), err
	}
	return o.Place, nil
}

// leadsAny reports whether v has missions to run, or may have.
func (s *service) leadsAny(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (leads bool, err error) {
	if !v.SignedIn {
		return false, nil
	}
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		leads = len(a.hosts) > 0 || a.leadsTownHall()
		return err
	})
	return leads, err
}

// mayOpen names a host for which v may write missions.
func (s *service) mayOpen(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, host uuid.UUID) (h module.Organisation, err error) {
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		a, err := s.actor(ctx, tx, t.ID, v)
		if err != nil {
			return err
		}
		if err := a.mayLead(host); err != nil {
			return err
		}
		named, err := s.hostsOf(ctx, tx, t, host)
		h = named[host]
		return err
	})
	return h, err
}
