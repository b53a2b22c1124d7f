package discussion

import (
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
)

// What is done with a power.
const (
	actDecide access.Action = "discussion.decide" // keep or hide what was flagged
	actRule   access.Action = "discussion.rule"   // answer an appeal
	actAnswer access.Action = "discussion.answer" // comment in the name of the town hall
)

// moderators is who works on what was flagged.
var moderators = []citizen.Role{citizen.Moderator, citizen.Administrator}

var powers = access.Table{
	actDecide: moderators, actRule: moderators,
	actAnswer: {citizen.Agent, citizen.Official, citizen.Administrator},
}

var errSignIn = fault.New(fault.SignInRequired, "access.sign_in")

// mayModerate reports whether v judges the contents of a module in a zone.
func mayModerate(v citizen.Viewer, module string, zone uuid.UUID) bool {
	return powers.Decide(v, actDecide, access.Scope{Module: module, Zone: zone}).Allowed
}

// mayAnswerFor reports whether v speaks for the town hall there.
func mayAnswerFor(v citizen.Viewer, module string, zone uuid.UUID) bool {
	return powers.Decide(v, actAnswer, access.Scope{Module: module, Zone: zone}).Allowed
}

// Moderates reports whether v works on what was flagged in a module, be it for
// a zone only.
func Moderates(v citizen.Viewer, module string) bool {
	return v.SignedIn && v.Has(module, moderators...)
}
