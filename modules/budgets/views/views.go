// Package views renders the pages of the budgets module. It knows neither the
// database nor Fiber, and takes no decision: every page is a function of a
// struct declared here, whose values are already those to show.
package views

import "parvis/app/ui"

// Edition is an edition in a list.
type Edition struct {
	Title, Href, Summary string
	State                ui.State
	Meta                 []ui.Meta
	Accent               bool
}

// Index is the page of all editions.
type Index struct {
	Editions []Edition
	Staff    *ui.Link // to open one
}

// Home is the page of an edition.
type Home struct {
	Title, Description string
	Header             ui.HeaderProps
	Preview            *ui.Link // back to the back office; the page is not public yet
	Staff              *ui.Link
	Now                string   // what happens now, in a sentence
	Action             *ui.Link // what one can do now
	More               *ui.Link
	EasyLink           *ui.Link
	Easy               string // the summary in plain words, when asked for
	Mine               []Project
	Winners            []Project
	Projects           []Project
	ProjectsTitle      string
	AllProjects        *ui.Link
	Body               string // sanitised HTML
	Outcome            *Outcome
	Stats              []ui.Stat
	Timeline           []ui.Moment
	Money              []ui.Fact
	Count              []ui.Fact // how it is counted
	Rules              ui.Link
	Changes            []Note
}

// Outcome is what the council decided.
type Outcome struct {
	Body  string // sanitised HTML
	Facts []ui.Fact
	Link  *ui.Link
}

// Note is a dated sentence.
type Note struct{ When, Title, Text string }

// Rules is the page of the règlement.
type Rules struct {
	Title, Edition, Href string
	Body                 string // sanitised HTML
	Facts                []ui.Fact
	Link                 *ui.Link // to the délibération
}

// Project is a project in a list.
type Project struct {
	Title, Href, Summary string
	Image, ImageAlt      string
	State                ui.State
	Meta                 []ui.Meta
	Lat, Lon             float64
	Accent               bool
}

// List is the page of the projects of an edition.
type List struct {
	Edition, Href string
	Lead          string
	Tabs          []ui.Tab
	Filters       Filters
	AsMap         *ui.Link // the same list on a map, or back
	Map           bool
	Projects      []Project
	Sorts         []ui.Tab
	Pager         ui.PagerProps
	Any           bool // whether the edition has any project at all
	Deposit       *ui.Link
	NoIndex       bool
}

// Filters are what the list is narrowed by.
type Filters struct {
	Action, Words, Theme, Zone string
	Themes, Zones              []ui.Option
	Hidden                     []ui.Option // other parameters to keep
	Active                     []ui.Link   // what narrows the list now; the address is without it
}

// Show is the page of a project.
type Show struct {
	Title, Description string
	Header             ui.HeaderProps
	Edition            ui.Link
	List               ui.Link
	Image, ImageAlt    string
	Body               string // sanitised HTML
	Notice             *ui.NoticeProps
	Edit, Staff        *ui.Link
	Withdraw           string // address that takes it back; none when ""
	WithdrawText       string
	Facts              []ui.Fact
	Place              *ui.Place
	Progress           *ui.ProgressProps
	Promise            []ui.Fact
	Steps              []Step
	Followed           bool      // it is being built: the steps are shown, were there none yet
	Missions           []ui.Link // that help it along
}

// Step is a step of a realisation.
type Step struct {
	Title, When, Text, Stage string
	Image, ImageAlt          string
	Moved, MovedWhy          string
	Remove                   string
}

// ProjectForm is the form of a project.
type ProjectForm struct {
	Title, Lead             string // of the page
	Edition                 ui.Link
	Errors                  ui.Errors
	Stale                   *ui.Link
	Version                 int64
	Name, Text, Theme, Zone string
	Place, Pin, Estimate    string
	PhotoAlt, Photo         string // Photo: the address of the one that is kept
	Named                   bool
	Author                  string
	Themes, Zones           []ui.Option
	ZoneRequired            bool
	ZoneEmpty               string
	Lat, Lon                float64
	Radius                  int
	Deposited               bool
	Deadline                string
	Withdraw                string
	Rules                   ui.Link
	PhotoLimit              string
}

// Card is a card of the home page.
type Card struct {
	Edition
	Eyebrow, Action string
}

// Office is what every page of an edition's back office has around it.
type Office struct {
	Title  string
	Header ui.HeaderProps
	Tabs   []ui.Tab
	Errors ui.Errors
	Public *ui.Link // the page as citizens see it, or will
	Stale  *ui.Link // somebody saved meanwhile: where to read what they saved
	Locked string   // why nothing can be changed here now
}

// OfficeIndex is the back office's list of editions.
type OfficeIndex struct {
	New   ui.Link
	Table ui.TableProps
}

// TextForm is the form of an edition's texts.
type TextForm struct {
	Office
	Version                                            int64
	Named, Summary, Easy, Body, Rules, On, Number, URL string
	Reason                                             string
	Published                                          bool
	Delete                                             string
}

// DatesForm is the form of an edition's calendar.
type DatesForm struct {
	Office
	Version   int64
	Phases    []PhaseField
	TimeZone  string
	Reason    string
	Published bool
}

// PhaseField is the beginning of a phase.
type PhaseField struct {
	Name, Label, Hint, Value string
	Fixed                    string // when it began, if it cannot move any more
}

// TermsForm is the form of an edition's money and count.
type TermsForm struct {
	Office
	Version   int64
	Amounts   []AmountField
	Method    string
	MinVotes  string
	Reason    string
	Published bool
}

// AmountField is an envelope.
type AmountField struct{ Name, Label, Hint, Value string }

// Overview is the page from which an edition is published and led.
type Overview struct {
	Office
	Version  int64
	Base     string
	Next     string
	Do       *ui.Link // what waits
	Lacks    []Check
	Publish  bool // the checklist is shown, with its button
	MayOpen  bool // the reader may publish
	Ready    bool
	Stats    []ui.Stat
	Timeline []ui.Moment
	Money    []ui.Fact
	Changes  []Note
}

// Check is a line of the checklist.
type Check struct{ Text, Href string }

// OfficeProjects is the table of an edition's projects.
type OfficeProjects struct {
	Office
	Tabs   []ui.Tab
	Search ui.SearchProps
	Table  ui.TableProps
	Pager  ui.PagerProps
	Export *ui.Link
}

// StudyForm is the form of the study of a project.
type StudyForm struct {
	Office
	Project                            Show
	Version                            int64
	Admissible, Favourable             string // "yes", "no", ""
	AdmissibleReason, FavourableReason string
	Cost, Notes                        string
	Estimate                           string
	Remove                             string // address that takes the project away
	RemoveReason                       string
	Updated                            string
	Study                              bool // the study is still to be written
}

// DecisionsPage is what is about to be published, all together.
type DecisionsPage struct {
	Office
	Version   int64
	Rows      ui.TableProps
	Ready     bool
	Missing   string
	Published string
	Action    string
}

// OutcomeForm is the form of what the council decided.
type OutcomeForm struct {
	Office
	Version               int64
	Text, On, Number, URL string
	Reason                string
	Published             string
	Choices               []ui.ChoiceProps
	Values                []string
	Hint                  string
}

// DeliveryForm tells a step of a realisation.
type DeliveryForm struct {
	Office
	Project                                 Show
	Action                                  string
	Name, Text, On, Stage, Percent          string
	Promised, MovedWhy, PhotoAlt, PhotoHint string
	Stages                                  []ui.Option
}
