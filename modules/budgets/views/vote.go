package views

import (
	"github.com/a-h/templ"

	"parvis/app/ui"
)

// VoteBox is the part of an edition's page about its vote.
type VoteBox struct {
	ID      string
	Title   string
	Note    string // how many projects
	Who     string // who may vote
	Turnout *ui.Stat
	Live    *Live
	Action  *ui.Link
	Primary bool   // the action is the thing to do
	Done    string // what is so: voted, not open yet
	Reasons *ui.ReasonProps
	Screen  *ui.Link // for staff
}

// Live makes a part of a page follow a poll.
type Live struct{ Topic, Rev, State, Page string }

func (l *Live) attrs() templ.Attributes {
	if l == nil {
		return nil
	}
	return templ.Attributes{
		"data-live": l.Topic, "data-live-rev": l.Rev, "data-live-swap": l.Page, "data-live-swap-on": "state", "data-live-was": l.State,
	}
}

func (b *VoteBox) kind() ui.Kind {
	if b.Primary {
		return ui.Primary
	}
	return ui.Secondary
}

// VoteForm is the form of who votes and how.
type VoteForm struct {
	Office
	Version                                int64
	Facts                                  []ui.Fact
	Person, Residence, AgeFrom, MaxChoices string
	AllowChange, Hidden                    bool
	Screen, Result                         *ui.Link
}

// Winners is the page of the count.
type Winners struct {
	Title, Edition, Href, Lead string
	Facts                      []ui.Fact
	Envelopes                  []Envelope
	Map                        *ui.MapProps
	Others                     []Other
	Pending                    string // other rules are being counted
	Source                     *Source
	Rules                      ui.Link
	Links                      []ui.Link
	Steps                      []string
}

// Envelope is the replay of one envelope.
type Envelope struct {
	Name, Summary string
	Funded        ui.TableProps
	Others        []Loser
}

// Loser is a project that the vote does not fund, and why.
type Loser struct {
	ID, Title, Href, Votes, Cost string
	Why                          []string
}

// Other is what another rule would give.
type Other struct {
	Method, Summary, Same string
	More, Less            []string
}

// Source is where an imported edition comes from, and how its published
// winners compare with the count.
type Source struct {
	Text     string
	Facts    []ui.Fact
	Compared string
	Table    *ui.TableProps // published and counted, side by side
	Apart    []Difference
	Warnings []string

	Besides     string // that some projects were paid for by other money
	BesidesList []string
}

// Difference is a project of which the file says other than the count.
type Difference struct{ Title, Text string }
