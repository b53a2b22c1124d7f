package ideas

import (
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
)

// What the town hall does with an idea.
const (
	actAnswer access.Action = "ideas.answer" // its state, and why
	actMerge  access.Action = "ideas.merge"  // into another one that says the same
)

// staff is who works in the module's back office.
var staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}

var powers = access.Table{actAnswer: staff, actMerge: staff}

// may returns nil when v may do act to an idea of a zone.
func may(v citizen.Viewer, act access.Action, zone uuid.UUID) error {
	return powers.Decide(v, act, access.Scope{Module: name, Zone: zone}).Err()
}

// inBackOffice reports whether v works on the ideas of a zone.
func inBackOffice(v citizen.Viewer, zone uuid.UUID) bool { return may(v, actAnswer, zone) == nil }
