// Package views renders the pages of the missions module. It knows neither the
// database nor Fiber, and takes no decision: every page is a function of a
// struct declared here, whose values are already those to show.
package views

import (
	"strings"

	"parvis/app/ui"
)

// Item is a mission in a list.
type Item struct {
	Title, Href, Summary, Eyebrow string
	State                         ui.State
	Meta                          []ui.Meta
}

// Part is one of the parts of the public list.
type Part struct {
	ID, Title string
	Items     []Item
	More      *ui.Link
}

// Index is the page of all missions.
type Index struct {
	Tabs    []ui.Tab
	Filters Filters
	Parts   []Part
	Map     *ui.MapProps
	View    ui.Link // to the map, or back to the list
	Pager   ui.PagerProps
	Links   []ui.Link // one's own page, the desk
	Nothing bool      // nothing matches
	Empty   bool      // nothing at all
}

// Filters are what the list is narrowed by.
type Filters struct {
	Action, Words, Theme, Zone, Day, Radius string
	Minors, Accessible                      bool
	Themes, Zones, Radii                    []ui.Option
	Hidden                                  []ui.Option // kept while filtering
	Active                                  []ui.Link   // what narrows the list now; the address is without it
}

// Show is the page of a mission.
type Show struct {
	Title, Description string
	Header             ui.HeaderProps
	Draft              bool
	Cancelled          string // the reason, when it was called off
	Body               string // sanitised HTML
	Facts              []ui.Fact
	Slots              []SlotLine
	Map                *ui.MapProps
	Action             *ui.Link
	Own                []OwnLine
	Reasons            *ui.ReasonProps
	Lead               *ui.Link
	Project            *ui.Link
}

// SlotLine is a slot and what is left of it.
type SlotLine struct {
	When  string
	State ui.State
	Left  string
}

// OwnLine is what the reader has in a mission.
type OwnLine struct {
	Text, Href string
	State      ui.State
}

// Join is a step of an inscription.
type Join struct {
	Title, Mission, MissionHref string
	Steps                       ui.StepperProps
	Errors                      ui.Errors
	Slots                       []ui.ChoiceProps
	Slot                        string
	Message                     string
	Facts                       []ui.Fact
	Note                        string
	Back                        string
	Reasons                     *ui.ReasonProps
}

// Thread is the page of an inscription, for either side.
type Thread struct {
	Title    string
	Header   ui.HeaderProps
	Back     ui.Link
	AsHost   bool
	Base     string // address of the inscription
	Facts    []ui.Fact
	Notice   *ui.NoticeProps
	Messages []Message
	Message  string
	Open     bool
	Errors   ui.Errors
	Failed   string // whose form has errors

	Withdraw bool // the person may leave
	Pass     *Pass
	Accept   bool
	Refuse   bool
	Reason   string
	Attend   bool
	Validate *Hours
	Lines    []LedgerLine
}

// Message is a line of the thread.
type Message struct {
	Who, When, Text string
	Mine, Hidden    bool
	Flag            string // address that flags it; none when ""
	Flagged         bool
}

// Pass is the code to show at the door.
type Pass struct {
	QR    ui.QRProps
	Until string
}

// Hours is the form that validates hours.
type Hours struct{ From, Hours, Minutes string }

// LedgerLine is a line of the ledger.
type LedgerLine struct {
	Day, Hours, What, Why string
	Fix                   *Fix
}

// Fix is the form that puts a line right.
type Fix struct{ ID, Action, Hours, Minutes, Why string }

// Mine is what a person gave, and asked for.
type Mine struct {
	Gauge       *ui.GaugeProps
	Scheme      string // its conditions, sanitised HTML
	SchemeTitle string
	SchemeFacts []ui.Fact
	Claimable   bool
	Why         *ui.ReasonProps
	Claims      []ClaimLine
	Total       string
	Coming      []OwnRow
	Past        []OwnRow
	Invited     []Item
	Lines       ui.TableProps
	Offer       Offer
	Errors      ui.Errors
}

// OwnRow is an inscription in a person's list.
type OwnRow struct {
	Title, Href string
	State       ui.State
	Meta        []ui.Meta
	Leave       string // address that leaves it; none when ""
}

// Offer is the form by which one agrees to be found.
type Offer struct {
	Visible              bool
	Skills, Availability []string
	AllSkills            []ui.ChoiceProps
	AllAvailabilities    []ui.ChoiceProps
	Zone                 string
	Zones                []ui.Option
	Pin                  ui.PinProps
}

// ClaimLine is a claim and where it stands.
type ClaimLine struct {
	Title, Text string
	State       ui.State
	Meta        []ui.Meta
	Decide, Pay string // addresses of the acts that are open; none when ""
	ID          string
	Failed      bool
	Reason      string
}

// Desk is the list of the missions that one leads.
type Desk struct {
	New    []ui.Link
	Items  []Item
	Pager  ui.PagerProps
	Search ui.SearchProps
	Empty  bool
}

// Write is the form of a mission.
type Write struct {
	Title, Host               string
	Back                      ui.Link
	Errors                    ui.Errors
	Version                   string
	Fixed                     bool // it is published: its kind stays
	New                       bool
	HostID                    string
	Name, Body, Pattern       string
	Kind, Theme, Zone         string
	Address, Capacity         string
	Skills                    []string
	Minors, Accessible        bool
	Approval                  bool
	Themes, Zones             []ui.Option
	AllSkills                 []ui.ChoiceProps
	Pin                       ui.PinProps
	ProjectTitle, ProjectHref string
	Stale                     *ui.Link
	Delete                    string
	People                    string // who will be told of a change
}

// Lead is the page from which a mission is run.
type Lead struct {
	Title    string
	Header   ui.HeaderProps
	Public   *ui.Link
	Edit     *ui.Link
	Find     *ui.Link
	Export   *ui.Link
	Errors   ui.Errors
	Failed   string
	Base     string
	Version  string
	Publish  bool
	Why      string // why it cannot be published
	Cancel   bool
	Reason   string
	Slots    []LeadSlot
	AddSlot  *SlotForm
	TimeZone string
}

// LeadSlot is a slot with who asked for it.
type LeadSlot struct {
	ID, When, Left string
	Form           *SlotForm
	Remove         string
	People         []LeadRow
}

// SlotForm is the form of a slot.
type SlotForm struct {
	ID, Action, Starts, Ends, Capacity string
	Dated                              bool
	Errors                             ui.Errors
}

// LeadRow is somebody who asked to help.
type LeadRow struct {
	Name, Href     string
	State          ui.State
	Meta           []ui.Meta
	Accept, Attend string // addresses of the acts that are open; none when ""
}

// People is the search of people for a mission.
type People struct {
	Title               string
	Back                ui.Link
	Skill, Availability string
	Zone, Radius        string
	Skills, Zones       []ui.Option
	Availabilities      []ui.Option
	Radii               []ui.Option // none when the mission is not on the plan
	Found               []Person
	Action              string
	Count               string
}

// Person is somebody who agreed to be found.
type Person struct {
	Name   string
	Skills []string
	Meta   []ui.Meta
	Invite string // address that invites; none when invited already
}

// CheckIn is the page that a pass leads to.
type CheckIn struct {
	Title, Name string
	Facts       []ui.Fact
	Action      string
	Done        bool
	Back        ui.Link
}

// OfficeList is the back office's list.
type OfficeList struct {
	Tabs   []ui.Tab
	Search ui.SearchProps
	Table  ui.TableProps
	Pager  ui.PagerProps
	Desk   *ui.Link
}

// OfficeCancel is the page from which staff cancel somebody's mission.
type OfficeCancel struct {
	Title  string
	Header ui.HeaderProps
	Public ui.Link
	Reason string
	Errors ui.Errors
	Closed string // why it cannot be cancelled
}

// Scheme is the form of the aid.
type Scheme struct {
	Tabs                          []ui.Tab
	Errors                        ui.Errors
	Version, Name, Conditions     string
	AgeFrom, AgeTo, Amount, Hours string
	Open                          bool
	ReadOnly                      bool
}

// Claims is the page of those who ask for the aid.
type Claims struct {
	Tabs   []ui.Tab
	List   []ClaimLine
	Errors ui.Errors
}

// Flags is the page of the messages that moderators are asked to look at.
type Flags struct {
	Tabs []ui.Tab
	List []FlagLine
}

// FlagLine is a flagged message.
type FlagLine struct{ Who, Mission, When, Text, Action string }

// paragraphs splits a plain text at its empty lines, then at its lines.
func paragraphs(text string) [][]string {
	var list [][]string
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.TrimSpace(block); block != "" {
			list = append(list, strings.Split(block, "\n"))
		}
	}
	return list
}

// fixError is what is wrong in the form that corrects a line, when it was sent.
func fixError(p Thread, l LedgerLine, field string) string {
	if p.Failed != l.Fix.ID {
		return ""
	}
	return p.Errors.For(field)
}

// claimError is what is wrong in the form of a claim, when it was sent.
func claimError(c ClaimLine, errs ui.Errors, field string) string {
	if !c.Failed {
		return ""
	}
	return errs.For(field)
}
