// Package views renders the pages of the consultations module. It knows neither
// the database nor Fiber, and takes no decision: every page is a function of a
// struct declared here, whose values are already those to show.
package views

import (
	"slices"

	"parvis/app/ui"
)

// Item is a consultation in a list.
type Item struct {
	Title, Href, Summary string
	State                ui.State
	Meta                 []ui.Meta
	Action               string // label of the button; none when ""
	Accent               bool
}

// Index is the page of all consultations.
type Index struct {
	Tabs    []ui.Tab
	Filters Filters
	Open    []Item
	Coming  []Item
	Over    []Item
	Pager   ui.PagerProps
	MoreOff *ui.Link // to all that is over, when only the first are here
	Total   int      // how many match
	Any     bool     // whether the site has any consultation at all
	Staff   *ui.Link // to write one
}

// Filters are what the list is narrowed by.
type Filters struct {
	Action string
	Words  string
	Zone   string
	Zones  []ui.Option
	State  string    // kept while filtering
	Active []ui.Link // what narrows the list now; the address is without it
}

// Show is the page of a consultation.
type Show struct {
	ID          string
	Title       string
	Description string
	Header      ui.HeaderProps
	Preview     *ui.Link // back to the back office; the page is not public yet
	Cancelled   string   // the reason, when it was called off
	Easy        string   // the summary in plain words; shown first when EasyFirst
	EasyFirst   bool
	EasyLink    *ui.Link
	Waiting     string // why there is nothing to do yet, or any more
	PollsTitle  string
	Polls       []Poll
	Outcome     *Outcome
	FollowUps   []Note
	Body        string // sanitised HTML
	Documents   []Document
	Promise     string
	Timeline    []ui.Moment
	Changes     []Note
	Facts       []ui.Fact
	Staff       *ui.Link
}

// Poll is one question of a consultation, and what the reader may do about it.
type Poll struct {
	ID          string
	Question    string
	Description string
	State       ui.State
	Rules       []ui.Meta // how to answer, who may
	Choices     []string  // the options' labels
	Action      *ui.Link  // vote, change one's vote, see the results
	Primary     bool
	Done        string // what the reader has done already
	Reasons     *ui.ReasonProps
	Note        string // what can be seen of it now, in words
	Turnout     *ui.Stat
	Live        *Live
	Results     *ui.Link // while the poll is open
	Screen      *ui.Link
	Host        *ui.Link
}

// Live makes a part of a page follow a poll where there is a script.
type Live struct {
	Topic, Rev, State string
	Page              string // where the part is fetched again when the state changes
}

// Outcome is what was decided.
type Outcome struct {
	Body  string // sanitised HTML
	When  string
	Facts []ui.Fact
	Link  *ui.Link
}

// Note is a dated sentence.
type Note struct {
	When, Title, Text string
	Remove            string // address that takes it away; none when ""
}

// Document is a piece of the dossier.
type Document struct {
	Title, Href, Kind, Size, Added string
	Remove                         string
}

// Home is a card of the home page.
type Home struct {
	Item
	Eyebrow string
}

// Office is what every page of a consultation's back office has around it.
type Office struct {
	Title  string
	Header ui.HeaderProps
	Tabs   []ui.Tab
	Errors ui.Errors
	Public *ui.Link // the page as citizens see it, or will
	Stale  *ui.Link // somebody saved meanwhile: where to read what they saved
}

// Table is the back office's list.
type Table struct {
	Tabs    []ui.Tab
	Search  ui.SearchProps
	Table   ui.TableProps
	Pager   ui.PagerProps
	New     ui.Link
	Export  ui.Link
	Nothing bool // the site has no consultation yet
}

// TextForm is the form of a consultation's text and dates.
type TextForm struct {
	Office
	New                                bool
	Version                            int64
	Question, Summary, Easy            string
	Body, Promise, Zone, Opens, Closes string
	Reason                             string
	Zones                              []ui.Option
	Fixed                              bool // it is open: its title and dates stay, changes have a reason
	Locked                             string
	Preview                            *Preview
	TimeZone                           string
	Delete                             string // address that deletes the draft; none when ""
}

// Preview is what the Markdown becomes.
type Preview struct {
	HTML string // sanitised
}

// DocumentsForm is the page of the dossier's documents.
type DocumentsForm struct {
	Office
	Documents []Document
	Title     string
	Action    string
	MayAdd    bool
	Accept    string
	Limit     string
}

// PollsPage lists the polls of a consultation in its back office.
type PollsPage struct {
	Office
	Polls []OfficePoll
	New   *ui.Link
	Why   string // why none can be added
}

// OfficePoll is a poll in the back office.
type OfficePoll struct {
	Question, Href        string
	State                 ui.State
	Meta                  []ui.Meta
	Edit, Remove, Move    string // addresses; none when ""
	First, Last           bool
	Host, Screen, Results *ui.Link
	List                  *ui.Link // where its list of voters is imported
	Incomplete            string
	ID                    string
}

// PollForm is the form of a poll.
type PollForm struct {
	Office
	New                               bool
	Action                            string
	Revision                          int64
	Question, Description             string
	Method                            string
	MaxChoices                        string
	Options                           []OptionForm
	Visibility                        string
	Paper                             string // how paper ballots are typed, "" where there are none
	AllowChange                       bool
	Room                              string // what makes a voter in the room; "" when there is none
	Entitled, Quorum, QuorumOf        string
	Person, Residence, AgeFrom, AgeTo string
	AgeOn, List                       string
	Later                             bool
	Roles                             []string
	Zones                             []string
	AllZones                          []ui.ChoiceProps
	Locked                            string
	Back                              string
}

// asksQuorum reports whether something is said of a quorum, or wrong in it.
func (f PollForm) asksQuorum() bool {
	return f.Quorum != "" || f.Entitled != "" || f.wrong("quorum", "quorum_of", "entitled")
}

// narrows reports whether the poll is for fewer people than the proofs say, or
// whether something is wrong there.
func (f PollForm) narrows() bool {
	return f.AgeFrom != "" || f.AgeTo != "" || f.AgeOn != "" || f.List != "" || f.Later || len(f.Zones)+len(f.Roles) > 0 ||
		f.wrong("age_from", "age_to", "age_on", "zones", "list", "roles", "later")
}

func (f PollForm) wrong(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return f.Errors.For(name) != "" })
}

// OptionForm is a line of the choices.
type OptionForm struct {
	ID, Label, Description string
	Number                 int // from 1
	First, Last            bool
}

// Overview is the page from which a consultation is published and led.
type Overview struct {
	Office
	Phase    string // decided value of data, for tests and styles
	Lacks    []Check
	Advice   []Check
	Ready    bool
	Acts     Acts
	Version  int64
	Until    string
	Reasons  map[string]string // what was typed, by act
	Failed   string            // the act whose form has errors
	TimeZone string
	Timeline []ui.Moment
	Facts    []ui.Fact
	Base     string // address of the consultation's back office
	Next     string // what to do now, in a sentence
	Polls    []OfficePoll
}

// Acts are the doors that are open.
type Acts struct {
	Publish, Open, Close, Extend, Cancel, Decide bool
}

// Check is a line of the checklist.
type Check struct {
	Text string
	Href string
}

// FollowForm is the page of the decision and of what became of it.
type FollowForm struct {
	Office
	Version         int64
	Text, Number    string
	On, URL         string
	Published       string // when the decision was; "" before
	Notes           []Note
	Note            string
	MayDecide       bool
	Why             string
	Preview         *Preview
	Action, NotesTo string
}
