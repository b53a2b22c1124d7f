package budgets

import (
	"slices"

	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
)

// What may be done to an edition and to its projects by staff.
const (
	actWrite      access.Action = "budgets.write"      // its texts
	actSchedule   access.Action = "budgets.schedule"   // its dates
	actTerms      access.Action = "budgets.terms"      // its money and its count
	actDelete     access.Action = "budgets.delete"     // only a draft
	actPublish    access.Action = "budgets.publish"    // show it to everybody
	actStudy      access.Action = "budgets.study"      // prepare the decision on a project
	actDecide     access.Action = "budgets.decide"     // publish the decisions, all together
	actRemove     access.Action = "budgets.remove"     // take a project away, for a public reason
	actDeliberate access.Action = "budgets.deliberate" // publish what the council decided
	actFollow     access.Action = "budgets.follow"     // say how a realisation goes
	actUnfollow   access.Action = "budgets.unfollow"   // take such a step away
)

// staff is who works in the module's back office; elect is who opens an
// edition and says what the council decided.
var (
	staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}
	elect = []citizen.Role{citizen.Official, citizen.Administrator}
)

// powers says who may do each act; the journal says who did.
var powers = access.Table{
	actWrite: staff, actSchedule: staff, actTerms: staff, actDelete: staff, actStudy: staff, actDecide: staff, actRemove: staff,
	actFollow: staff, actUnfollow: staff, actPublish: elect, actDeliberate: elect,
}

// phases says when each act makes sense. What people have begun to vote on does
// not change under them.
var phases = map[access.Action][]Phase{
	actWrite:      {Draft, Upcoming, Information, Deposit, Study},
	actSchedule:   {Draft, Upcoming, Information, Deposit, Study, Vote, Result, Deliberation, Winners},
	actTerms:      {Draft, Upcoming, Information, Deposit, Study},
	actDelete:     {Draft},
	actPublish:    {Draft},
	actStudy:      {Deposit, Study},
	actDecide:     {Study},
	actRemove:     {Deposit, Study, Vote},
	actDeliberate: {Result, Deliberation, Winners, Delivery},
	actFollow:     {Winners, Delivery},
	actUnfollow:   {Winners, Delivery},
}

// may returns nil when v may do act to e as it stands, in a zone (the zero
// value is the whole town), the fault that says why not otherwise.
func may(v citizen.Viewer, act access.Action, e *Edition, zone uuid.UUID) error {
	if err := powers.Decide(v, act, access.Scope{Module: name, Zone: zone}).Err(); err != nil {
		return err
	}
	when := phases[act]
	if slices.Contains(when, e.Phase()) {
		return nil
	}
	switch {
	case act == actTerms && e.Reached(Vote):
		return ErrTermsFixed
	case rank(e.Phase()) > rank(when[len(when)-1]):
		return ErrTooLate
	}
	return ErrTooEarly
}

// inBackOffice reports whether v may see drafts at all.
func inBackOffice(v citizen.Viewer) bool { return v.SignedIn && v.Has(name, staff...) }
