// Package views renders what is said of things, and the pages of moderation. It
// takes no decision: every value is already the one to show.
package views

import "parvis/app/ui"

// Thread is what was said below a thing.
type Thread struct {
	Title    string // with the number of comments
	Comments []Comment
	Form     *CommentForm // nil: nothing can be said
	Why      string       // why not
	SignIn   *ui.Link
	Newer    string // address of the newest comments, from a later page
	Older    string
	Rules    ui.Link // the public numbers of moderation
}

// Comment is a comment as it is shown.
type Comment struct {
	ID                    string
	Author, When, ISO     string
	HTML                  string // sanitised
	Gone                  string // what to say instead of what cannot be seen
	Case                  string // its author's way to the decision
	Official              bool
	Reply, Flag, Withdraw string // addresses; none when ""
	Answers               []Comment
}

// CommentForm is the form of a comment.
type CommentForm struct {
	Action, Body, Parent  string
	MayOfficial, Official bool
	Errors                ui.Errors
}

// Write is the page of one comment: an answer, or one that was refused.
type Write struct {
	Title  string // of the thing
	Href   string
	Answer *Comment // what it answers
	Form   CommentForm
}

// FlagForm is the page that flags a content.
type FlagForm struct {
	Title, Href string
	Text        string // sanitised: what is flagged
	Action      string
	Comment     string
	Kind, Note  string
	Kinds       []ui.ChoiceProps
	Proven      bool // the reader's flag counts towards hiding
	Errors      ui.Errors
}

// Numbers is the public page of moderation.
type Numbers struct {
	Stats []ui.Stat
	Kinds ui.TableProps
	Since string
}

// Case is the page of a decision, for the author of what it is about.
type Case struct {
	Title    string // of the thing
	Href     string
	Text     string // sanitised
	State    ui.State
	Timeline []ui.Moment
	Reason   string
	Appeal   string // what the author has said
	Ruling   string
	Action   string // of the form that appeals; none when ""
	Typed    string
	Until    string
	Errors   ui.Errors
}

// Queue is the list of cases in the back office.
type Queue struct {
	Tabs  []ui.Tab
	Cases []QueueRow
	Pager ui.PagerProps
}

// QueueRow is a case of the list.
type QueueRow struct {
	Title, Href, Summary string
	State                ui.State
	Meta                 []ui.Meta
}

// Judge is the page of a case in the back office.
type Judge struct {
	Case
	Facts   []ui.Fact
	Flags   []FlagLine
	Decide  bool // it waits for a decision
	Rule    bool // it waits for an answer to an appeal
	Notice  string
	Choice  string
	Because string
}

// FlagLine is a flag, without its author.
type FlagLine struct{ Kind, Note, When string }
