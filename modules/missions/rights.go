package missions

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// What staff may do here. Associations answer for their own missions, by what
// the directory says of who speaks for them.
const (
	actLead     access.Action = "missions.lead"     // the town hall's own missions
	actCancel   access.Action = "missions.cancel"   // any mission, with a reason
	actReadAid  access.Action = "missions.read_aid" // the scheme, and who asks for it
	actScheme   access.Action = "missions.scheme"   // the aid that hours lead to
	actDecide   access.Action = "missions.claim"    // grant or refuse an aid
	actPay      access.Action = "missions.pay"      // record its payment
	actModerate access.Action = "missions.moderate" // look at flagged messages
	actHours    access.Action = "missions.hours"    // validate or correct hours
)

// staff is who works in the module's back office.
var staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator, citizen.Moderator}

var townHall = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}

// powers says who may do each act.
var powers = access.Table{
	actLead: townHall, actCancel: townHall, actHours: townHall, actReadAid: townHall,
	actScheme:   {citizen.Official, citizen.Administrator},
	actDecide:   {citizen.Official, citizen.Administrator},
	actPay:      {citizen.Agent, citizen.Administrator},
	actModerate: {citizen.Moderator, citizen.Administrator},
}

// mayStaff returns nil when v may do act anywhere on the site.
func mayStaff(v citizen.Viewer, act access.Action) error {
	return powers.Decide(v, act, access.Scope{Module: name}).Err()
}

// actor is somebody with the associations they answer for.
type actor struct {
	citizen.Viewer
	hosts []module.Organisation
}

// actor asks the directory for which associations v answers.
func (s *service) actor(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer) (actor, error) {
	if !v.SignedIn || s.hosts == nil {
		return actor{Viewer: v}, nil
	}
	hosts, err := s.hosts.OrganisationsOf(ctx, tx, t, v.ID)
	return actor{Viewer: v, hosts: hosts}, err
}

// host returns the association of an id that a answers for.
func (a actor) host(id uuid.UUID) (module.Organisation, bool) {
	for _, h := range a.hosts {
		if h.ID == id {
			return h, true
		}
	}
	return module.Organisation{}, false
}

// leadsTownHall reports whether a runs the town hall's own missions.
func (a actor) leadsTownHall() bool { return mayStaff(a.Viewer, actLead) == nil }

// leads reports whether a runs the missions of a host.
func (a actor) leads(host uuid.UUID) bool {
	if host == uuid.Nil {
		return a.leadsTownHall()
	}
	_, speaks := a.host(host)
	return speaks
}

// mayLead returns nil when a runs the missions of a host.
func (a actor) mayLead(host uuid.UUID) error {
	if !a.leads(host) {
		return ErrNotYours
	}
	return nil
}
