// Package access decides who may do what, by pure tables and rules: no
// database, no clock, no request. Every refusal carries its reason and, where
// there is one, the way to put it right.
package access

import (
	"slices"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/fault"
)

// Reason says why something is refused, and how to obtain it.
type Reason struct {
	Key        string     // message key of the reason
	Args       fault.Args // fills its placeholders
	RemedyKey  string     // message key of the way out, "" when there is none
	RemedyHref string     // where the way out starts, "" when it is not a page
}

// Action is something a power is needed for, named "<subject>.<verb>".
type Action string

// The actions of the platform itself. Modules declare their own.
const (
	FindCitizen    Action = "citizens.find"            // search an account at the desk
	CreateCitizen  Action = "citizens.create"          // open an account for a person who is present
	ProvePerson    Action = "citizens.prove_person"    // record that an identity was shown at the desk
	ProveResidence Action = "citizens.prove_residence" // record that an address was shown at the desk
	WithdrawProof  Action = "citizens.withdraw_proof"  // take back a proof recorded by mistake
	GrantRole      Action = "roles.grant"
	RevokeRole     Action = "roles.revoke"
	ReadJournal    Action = "journal.read"
)

// Table says which roles may perform each action.
type Table map[Action][]citizen.Role

// Platform is the table of the platform's own actions.
var Platform = Table{
	FindCitizen:    {citizen.Agent, citizen.Administrator},
	CreateCitizen:  {citizen.Agent, citizen.Administrator},
	ProvePerson:    {citizen.Agent, citizen.Administrator},
	ProveResidence: {citizen.Agent, citizen.Administrator},
	WithdrawProof:  {citizen.Agent, citizen.Administrator},
	GrantRole:      {citizen.Administrator},
	RevokeRole:     {citizen.Administrator},
	ReadJournal:    {citizen.Administrator, citizen.Scrutineer},
}

// Scope is what an action is about. A grant limited to a module or to a zone
// gives power over that module or zone only.
type Scope struct {
	Module string
	Zone   uuid.UUID
}

// Verdict is the answer: allowed, or the reason why not.
type Verdict struct {
	Allowed bool
	Reason  Reason
}

// ErrNotAllowed is the fault of a verdict that says no.
var ErrNotAllowed = fault.New(fault.Forbidden, "access.not_allowed")

// ErrSignInRequired is the fault when nobody is signed in.
var ErrSignInRequired = fault.New(fault.SignInRequired, "access.sign_in")

// Err returns nil when allowed, the matching fault otherwise.
func (v Verdict) Err() error {
	switch {
	case v.Allowed:
		return nil
	case v.Reason.Key == ErrSignInRequired.Key:
		return ErrSignInRequired
	default:
		return ErrNotAllowed
	}
}

// Decide says whether v may perform action within scope. An action that the
// table does not know is refused to everybody.
func (t Table) Decide(v citizen.Viewer, action Action, scope Scope) Verdict {
	if !v.SignedIn {
		return Verdict{Reason: signIn}
	}
	roles := t[action]
	if slices.ContainsFunc(v.Grants, func(g citizen.Grant) bool {
		return slices.Contains(roles, g.Role) && covers(g, scope)
	}) {
		return Verdict{Allowed: true}
	}
	return Verdict{Reason: Reason{Key: ErrNotAllowed.Key, RemedyKey: "access.ask_administrator"}}
}

// covers reports whether g reaches as far as scope: a limited grant never
// covers a wider scope than its own.
func covers(g citizen.Grant, scope Scope) bool {
	inModule := g.Module == "" || g.Module == scope.Module
	inZone := g.Zone == uuid.Nil || g.Zone == scope.Zone
	return inModule && inZone
}
