package associations

import (
	"slices"

	"parvis/app/access"
	"parvis/app/citizen"
)

// What the town hall may do to an association. Those who answer for it need no
// role: the module's own table says who they are.
const (
	actWrite   access.Action = "associations.write"
	actVerify  access.Action = "associations.verify"
	actRefuse  access.Action = "associations.refuse"  // with a reason
	actClose   access.Action = "associations.close"   // with a reason
	actReopen  access.Action = "associations.reopen"  // a closed or refused one
	actDecide  access.Action = "associations.decide"  // who answers for it
	actDismiss access.Action = "associations.dismiss" // somebody who answers for it, with a reason
	actModify  access.Action = "associations.modify"  // news and logo, by the town hall
)

// staff is who works in the module's back office.
var staff = []citizen.Role{citizen.Agent, citizen.Official, citizen.Administrator}

var powers = access.Table{
	actWrite: staff, actVerify: staff, actRefuse: staff, actClose: staff, actReopen: staff, actDecide: staff, actDismiss: staff,
	actModify: staff,
}

// stages says when each act makes sense.
var stages = map[access.Action][]State{
	actWrite:   states,
	actVerify:  {Pending, Listed},
	actRefuse:  {Pending},
	actClose:   {Listed, Verified},
	actReopen:  {Refused, Closed},
	actDecide:  states,
	actDismiss: states,
	actModify:  states,
}

// may returns nil when v may do act to a as it stands, the fault that says why
// not otherwise. A grant limited to a zone reaches that zone's associations.
func may(v citizen.Viewer, act access.Action, a *Association) error {
	if err := powers.Decide(v, act, access.Scope{Module: name, Zone: a.Zone}).Err(); err != nil {
		return err
	}
	if !slices.Contains(stages[act], a.State) {
		return wrongState(a.State)
	}
	return nil
}

// inBackOffice reports whether v may see associations that are not public.
func inBackOffice(v citizen.Viewer) bool { return v.SignedIn && v.Has(name, staff...) }
