package consultations

import (
	"slices"

	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
)

// What may be done to a consultation.
const (
	actWrite      access.Action = "consultations.write"       // text, dates, polls, documents
	actPolls      access.Action = "consultations.polls"       // its questions, before it opens
	actDocument   access.Action = "consultations.document"    // add a document
	actWithdraw   access.Action = "consultations.withdraw"    // take a document away
	actDelete     access.Action = "consultations.delete"      // only a draft
	actPublish    access.Action = "consultations.publish"     // show it to everybody
	actOpen       access.Action = "consultations.open"        // before its date
	actClose      access.Action = "consultations.close"       // before its date
	actExtend     access.Action = "consultations.extend"      // with a reason
	actCancel     access.Action = "consultations.cancel"      // with a reason
	actDecide     access.Action = "consultations.decide"      // publish or correct the decision
	actFollowUp   access.Action = "consultations.follow_up"   // say what became of it
	actUnfollowUp access.Action = "consultations.unfollow_up" // take such a note away
)

// staff is who works in the module's back office.
var staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}

// powers says who may do each act: the same people, for now; the journal says
// who did.
var powers = access.Table{
	actWrite: staff, actPolls: staff, actDocument: staff, actWithdraw: staff, actDelete: staff,
	actPublish: staff, actOpen: staff, actClose: staff, actExtend: staff, actCancel: staff, actDecide: staff,
	actFollowUp: staff, actUnfollowUp: staff,
}

// phases says when each act makes sense. What people have begun to answer does
// not change under them: once open, a text is only corrected, with a public
// reason, and questions not at all.
var phases = map[access.Action][]Phase{
	actWrite:      {Draft, Upcoming, Open},
	actPolls:      {Draft, Upcoming},
	actDocument:   {Draft, Upcoming, Open, Closed, Decided},
	actWithdraw:   {Draft, Upcoming},
	actDelete:     {Draft},
	actPublish:    {Draft},
	actOpen:       {Upcoming},
	actClose:      {Open},
	actExtend:     {Open},
	actCancel:     {Upcoming, Open},
	actDecide:     {Closed, Decided},
	actFollowUp:   {Closed, Decided},
	actUnfollowUp: {Closed, Decided},
}

// may returns nil when v may do act to c as it stands, the fault that says why
// not otherwise. A grant limited to a zone reaches that zone's consultations.
func may(v citizen.Viewer, act access.Action, c *Consultation) error {
	scope := access.Scope{Module: name, Zone: c.Zone}
	if err := powers.Decide(v, act, scope).Err(); err != nil {
		return err
	}
	if !slices.Contains(phases[act], c.Phase()) {
		return wrongPhase(c.Phase())
	}
	return nil
}

// can is may for views: which doors to show.
func can(v citizen.Viewer, c *Consultation) map[access.Action]bool {
	open := map[access.Action]bool{}
	for act := range powers {
		open[act] = may(v, act, c) == nil
	}
	return open
}

// inBackOffice reports whether v may see drafts at all.
func inBackOffice(v citizen.Viewer) bool { return v.SignedIn && v.Has(name, staff...) }

// mayRead reports whether v may see c in its back office: what is published, and
// the drafts that their grants reach.
func mayRead(v citizen.Viewer, c *Consultation) bool {
	return c.Published || powers.Decide(v, actWrite, access.Scope{Module: name, Zone: c.Zone}).Allowed
}

// reachOf returns the only zones whose drafts v may see; nil for all of them.
func reachOf(v citizen.Viewer) []uuid.UUID {
	zones := []uuid.UUID{}
	for _, g := range v.Grants {
		if g.Module != "" && g.Module != name || !slices.Contains(staff, g.Role) {
			continue
		}
		if g.Zone == uuid.Nil {
			return nil
		}
		zones = append(zones, g.Zone)
	}
	return zones
}

// mayRun reports whether v runs the polls of c: opens and closes them from the
// host's console.
func mayRun(v citizen.Viewer, c *Consultation) bool {
	return powers.Decide(v, actClose, access.Scope{Module: name, Zone: c.Zone}).Allowed
}
