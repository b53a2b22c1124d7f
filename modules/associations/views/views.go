// Package views renders the pages of the associations module. It knows neither
// the database nor Fiber, and takes no decision: every page is a function of a
// struct declared here, whose values are already those to show.
package views

import "parvis/app/ui"

// Index is the directory.
type Index struct {
	Action            string
	Words, Theme      string
	Zone, View        string
	Themes, Zones     []ui.Option
	Active            []ui.Link // what narrows the list; the address is without it
	Narrowed, NoIndex bool
	Count             string
	Tabs              []ui.Tab
	Map               bool
	Items             []ui.RowProps
	Places            []ui.Place
	Desks             []ui.Link // of the associations that the reader answers for
	Propose           ui.Link
	Staff             *ui.Link
	Pager             ui.PagerProps
}

// Show is the page of an association.
type Show struct {
	Title, Description string
	Header             ui.HeaderProps
	Logo               string // address; none when ""
	Body               string // sanitised HTML
	Facts              []ui.Fact
	Places             []ui.Place
	Posts              []Post
	Soon               []ui.RowProps
	Pending            bool   // not public: only those who have to do with it see it
	Reason             string // why it was refused
	Desk, Claim, Staff *ui.Link
	Asked, Withdraw    string // the reader has asked to answer for it; where that is taken back
}

// Post is a piece of news.
type Post struct {
	ID, Title, When string
	Body            string // sanitised HTML
	Remove          string // address that takes it away; none when ""
}

// SheetForm is the form of an association's sheet.
type SheetForm struct {
	Title, Desk                  string // of an association that exists
	Version                      int64
	Name, Acronym, Purpose, Body string
	Theme, Zone, Address         string
	Email, Phone, Website        string
	RNA, SIRET                   string
	Position, Message            string
	Zones, Themes, Positions     []ui.Option
	Pin                          ui.PinProps
	Logo                         string
	Fixed                        bool // the town hall has checked name and numbers: they stay
	Errors                       ui.Errors
}

// ClaimForm is the form by which somebody asks to answer for an association.
type ClaimForm struct {
	Name, Href        string
	Position, Message string
	Positions         []ui.Option
	Errors            ui.Errors
}

// Claim is somebody's request, with the form that answers it.
type Claim struct {
	ID, Name, Position, Message, When string
	Action                            string
	Own                               bool // the reader's: somebody else decides
	Failed                            bool // its form has errors
	Reason                            string
}

// DeskPage is the page of those who answer for an association.
type DeskPage struct {
	Name, Public, Leave string
	Header              ui.HeaderProps
	Pending, Listed     bool
	Reason              string
	Todos, Doors        []ui.RowProps
	Claims              []Claim
	People              []ui.Fact
	Errors              ui.Errors
}

// NewsPage is where an association publishes its news.
type NewsPage struct {
	Name, Desk, Action string
	PostTitle, Body    string
	Posts              []Post
	Errors             ui.Errors
}

// Table is the back office's list.
type Table struct {
	Tabs   []ui.Tab
	Search ui.SearchProps
	Table  ui.TableProps
	Pager  ui.PagerProps
	New    ui.Link
	Export ui.Link
}

// LeadPage is the page from which the town hall leads an association.
type LeadPage struct {
	Name, Base, Journal                                 string
	Version                                             int64
	Header                                              ui.HeaderProps
	Public                                              *ui.Link
	Facts                                               []ui.Fact
	Claims                                              []Claim
	People                                              []Person
	Posts                                               []Post
	MayVerify, MayRefuse, MayClose, MayReopen, MayWrite bool
	Numberless                                          bool // it has neither RNA nor SIRET
	Proposed                                            bool // a citizen proposed it
	Reason                                              string
	Failed, Typed                                       string // the act whose form has errors, and what was typed there
	Errors                                              ui.Errors
}

// Person is somebody who answers for an association.
type Person struct {
	ID, Name, Position, Since, Dismiss string
	Failed                             bool // the form that ends it has errors
}

// fieldID is the id of a field that several forms of a page have: the one with
// the error keeps the usual id, which the summary of errors links to.
func fieldID(name, of string, failed bool) string {
	if failed {
		return ui.FieldID(name)
	}
	return ui.FieldID(name) + "-" + of
}

// errorOf is what is wrong with a field of the form that failed.
func errorOf(errs ui.Errors, name string, failed bool) string {
	if !failed {
		return ""
	}
	return errs.For(name)
}

// kept is what was typed in the form that failed.
func kept(text string, failed bool) string {
	if !failed {
		return ""
	}
	return text
}
