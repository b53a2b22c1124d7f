package paper

import (
	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/voting"
)

// Power is something that is done with paper ballots.
//
// i18n: audit.action.paper.*
type Power = access.Action

// The powers.
const (
	HandIn  Power = "paper.hand_in" // mark the roll for somebody who hands in a sheet
	Kiosk   Power = "paper.kiosk"   // open the kiosk for somebody
	Assist  Power = "paper.assist"  // type for somebody, at their request
	Prepare Power = "paper.prepare" // prepare a batch
	Count   Power = "paper.count"   // count the sheets of a batch
	Type    Power = "paper.type"    // type what a sheet says
	Seal    Power = "paper.seal"    // put a batch into the box
	Propose Power = "paper.propose" // propose a correction
	Confirm Power = "paper.confirm" // sign one, or drop it
	Finish  Power = "paper.finish"  // say that every sheet is in
	See     Power = "paper.see"     // see how the typing goes, and what is to be done

	Unmark     Power = "paper.unmark"      // ask that somebody marked by mistake be taken off the roll
	SignUnmark Power = "paper.unmark_sign" // sign it, or drop it
)

var table = access.Table{
	HandIn:  {citizen.Agent, citizen.Administrator},
	Kiosk:   {citizen.Agent, citizen.Administrator},
	Assist:  {citizen.Agent, citizen.Administrator},
	Prepare: {citizen.Agent, citizen.Official, citizen.Administrator},
	Count:   {citizen.Agent, citizen.Official, citizen.Administrator, citizen.Scrutineer},
	Type:    {citizen.Agent, citizen.Official, citizen.Administrator, citizen.Scrutineer},
	Seal:    {citizen.Agent, citizen.Official, citizen.Administrator},
	Propose: {citizen.Agent, citizen.Official, citizen.Administrator, citizen.Scrutineer},
	Confirm: {citizen.Agent, citizen.Official, citizen.Administrator, citizen.Scrutineer},
	Finish:  {citizen.Official, citizen.Administrator},
	See:     {citizen.Agent, citizen.Official, citizen.Administrator, citizen.Scrutineer},

	Unmark:     {citizen.Agent, citizen.Administrator},
	SignUnmark: {citizen.Agent, citizen.Official, citizen.Administrator, citizen.Scrutineer},
}

func may(v citizen.Viewer, power Power, p *voting.Poll) bool {
	return table.Decide(v, power, access.Scope{Module: p.Subject.Module}).Allowed
}

// allowed refuses whoever has not the power. A draft exists for nobody here.
func allowed(v citizen.Viewer, power Power, p *voting.Poll) error {
	if p.State == voting.Draft {
		return voting.ErrNotFound
	}
	return table.Decide(v, power, access.Scope{Module: p.Subject.Module}).Err()
}
