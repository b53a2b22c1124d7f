package missions

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/places"
	"parvis/app/tenant"
)

// Volunteer is somebody who may agree to be found by associations.
type Volunteer struct {
	Citizen      citizen.ID
	Name         string
	Visible      bool
	Skills       []string
	Availability []string
	Zone         uuid.UUID
	Place        places.Point // rounded to about a kilometre
	BornOn       string
	Invited      bool // to the mission that is looked for
}

// How often one person may be invited, all hosts together: asking must not
// become a nuisance.
const monthlyInvitations = 2

// foundAtOnce is how many people a search shows.
const foundAtOnce = 60

// rough rounds a place to about a kilometre: what is not kept cannot leak.
func rough(p places.Point) places.Point {
	const grain = 10_000
	round := func(n int) int {
		if n < 0 {
			return -(-n + grain/2) / grain * grain
		}
		return (n + grain/2) / grain * grain
	}
	if p.IsZero() {
		return p
	}
	return places.Point{Lat: round(p.Lat), Lon: round(p.Lon)}
}

// offer writes what somebody lets associations know of them.
func (s *service) offer(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, o Volunteer) error {
	var wrong fault.Complaints
	wrong.When(!among(o.Skills, Skills), "skills", "missions.skills.unknown")
	wrong.When(!among(o.Availability, Availabilities), "availability", "missions.availability.unknown")
	wrong.When(o.Zone != uuid.Nil && !t.HasZone(o.Zone), "zone", "missions.zone.unknown")
	wrong.When(o.Visible && len(o.Availability) == 0, "availability", "missions.availability.missing")
	if err := wrong.Err(); err != nil {
		return err
	}
	o.Citizen, o.Place = v.ID, rough(o.Place)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return s.store.saveVolunteer(ctx, tx, t.ID, o)
	})
}

// Wanted is what a host looks for in people.
type Wanted struct {
	Skill        string
	Availability string
	Zone         uuid.UUID
	Radius       int // metres around the mission; 0: anywhere
}

// find lists the people who agreed to be found, for a mission that one leads.
func (s *service) find(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission uuid.UUID, w Wanted) (*Mission, []Volunteer, error) {
	var m *Mission
	var found []Volunteer
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if m, err = s.recruiting(ctx, tx, t, v, mission); err != nil {
			return err
		}
		found, err = s.store.volunteers(ctx, tx, t.ID, m, w, foundAtOnce)
		return err
	})
	today := time.Time{}
	if m != nil {
		today = m.Now.In(t.TimeZone)
	}
	found = slices.DeleteFunc(found, func(o Volunteer) bool { return m.mayJoin(o.BornOn, today) != nil })
	return m, found, err
}

// recruiting returns a mission for which v may look for people: their own, that
// is published and still to come.
func (s *service) recruiting(ctx context.Context, tx bun.Tx, t *tenant.Tenant, v citizen.Viewer, mission uuid.UUID) (*Mission, error) {
	a, err := s.actor(ctx, tx, t.ID, v)
	if err != nil {
		return nil, err
	}
	m, err := s.store.find(ctx, tx, t.ID, mission)
	if err != nil {
		return nil, err
	}
	switch {
	case !a.leads(m.Host):
		return nil, hidden(m)
	case m.Phase() == Draft:
		return nil, ErrInDraft
	case m.Phase() == Cancelled:
		return nil, ErrCancelled
	case m.Phase() == Over:
		return nil, ErrOver
	}
	return m, nil
}

// invite asks somebody, by the site, to lend a hand. The letter leads to the
// mission; the host learns nothing but that it left.
func (s *service) invite(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, mission uuid.UUID, to citizen.ID) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		m, err := s.recruiting(ctx, tx, t, v, mission)
		if err != nil {
			return err
		}
		o, err := s.store.lockVolunteer(ctx, tx, t.ID, to)
		if err != nil {
			return err
		}
		if o.Citizen.IsZero() {
			return ErrNotFound
		}
		if !o.Visible || m.mayJoin(o.BornOn, m.Now.In(t.TimeZone)) != nil {
			return ErrNoLongerToFind
		}
		now := m.Now.In(t.TimeZone)
		month := time.Date(now.Year(), now.Month(), 1, 0, 0, 0, 0, t.TimeZone)
		sent, err := s.store.invitations(ctx, tx, t.ID, to, month)
		if err != nil {
			return err
		}
		if sent >= monthlyInvitations {
			return ErrInvitedEnough
		}
		if err := s.store.insertInvitation(ctx, tx, t.ID, m.ID, to); err != nil {
			return err
		}
		hosts, err := s.hostsOf(ctx, tx, t, m.Host)
		if err != nil {
			return err
		}
		return s.people.Tell(ctx, tx, t, []citizen.ID{to}, invitationLetter(t, m, hosts[m.Host].Name, s.url))
	})
}
