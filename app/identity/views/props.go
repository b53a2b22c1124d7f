// Package views draws the pages of accounts: signing in, one's own pages, the
// desk and the journal. Everything comes in decided.
package views

import "parvis/app/ui"

// SignIn is the sign-in page.
type SignIn struct {
	Email  string
	Return string
	Demo   []Offered
}

// Offered is a demonstration account.
type Offered struct{ ID, Name, Note string }

// Code is the page that waits for the code of a mail.
type Code struct {
	Email  string // where the mail went
	Outbox bool   // mails are kept on this site
}

// Password is the page to sign in with a password.
type Password struct{ Email, Return string }

// SignUp is the sign-up page.
type SignUp struct {
	Name, Email, Address, Zone, Return string
	Charter, Notify                    bool
	Zones                              []ui.Option
}

// Mine is what one's own pages have in common.
type Mine struct{ Here string }

// Profile is one's profile.
type Profile struct {
	Mine
	Name, Email, Address, Zone, BornOn, Locale string
	Zones, Languages                           []ui.Option
	Notify, BornOnProven, HasPassword          bool
	AddressProven                              bool
}

// Session is an open session.
type Session struct {
	ID, Device, Method, Since, Seen string
	Current                         bool
}

// Proofs is what is established about oneself, on both scales.
type Proofs struct {
	Mine
	Person, Residence Scale
	Address           string
}

// Scale is one of the two scales of proof.
type Scale struct {
	Level string // where one stands
	Since string
	Steps []Step
}

// Step is a level of a scale.
type Step struct {
	Name, Allows, How string
	Done              bool
	Action            *ui.Link
}

// Desk is the search of accounts.
type Desk struct {
	Query     string
	Asked     bool
	Found     []Person
	MayCreate bool
}

// Person is a line of the search.
type Person struct{ ID, Name, Email, Zone, Person, Residence string }

// Assisted is the form of an account opened at the desk.
type Assisted struct {
	Name, Email, Address, Zone, BornOn   string
	Present, IdentityShown, AddressShown bool
	Civil                                Civil
	Zones                                []ui.Option
}

// Civil is what is read on a proof of identity, as typed.
type Civil struct {
	FamilyName, FirstName, BornIn string
	SamePerson                    bool
}

// File is an account as an agent sees it.
type File struct {
	ID, Name, Email, Address, Zone, ZoneID, BornOn, Created string
	Person, Residence                                       string
	PersonSince, ResidenceSince                             string
	PersonAtDesk, ResidenceAtDesk                           bool
	Assisted, Own, MayGrant                                 bool
	Zones                                                   []ui.Option
	Roles                                                   []ui.Option
	Grants                                                  []Grant
	Lines                                                   []Line
	Civil                                                   Civil
	ShownBornOn, ShownAddress, ShownZone                    string // as typed, when something was wrong
}

// Grant is a role held.
type Grant struct{ ID, Role, Scope, Since string }

// Line is a line of the journal.
type Line struct{ When, Who, WhoHref, What, About, AboutHref, Details string }

// Journal is a page of the journal.
type Journal struct {
	Lines      []Line
	Next       string
	Newest     string // back to the beginning, when not there
	FilteredBy string
}
