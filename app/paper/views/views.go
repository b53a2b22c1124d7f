// Package views is what the pages of paper ballots and of the kiosk look like:
// decided values in, HTML out.
package views

import (
	"github.com/a-h/templ"

	"parvis/app/ui"
)

// Overview is how the paper ballots of a poll stand, and what is to be done.
type Overview struct {
	Question, Self, Public string
	Back                   ui.Link
	State                  ui.State
	Typing                 string // how ballots are typed, in a sentence
	Numbers                []ui.Stat
	Todo                   []ui.Reason
	Done                   string // when and why it was said complete, "" before
	Batches                ui.TableProps
	Corrections            []Correction
	CanPrepare, CanFinish  bool
	Desk                   string // its address, "" for those who do not receive
	SignIn, Minutes        string
	NeedsReason            string // why a reason is asked, "" when it is not
	Reason                 string // as typed
	Errors                 ui.Errors
}

// Correction is a line of the corrections.
type Correction struct {
	Title, Text, Reason, Action string
	State                       ui.State
	CanSign, CanDrop            bool
	About                       *ui.Link // to whom it concerns, for those who receive people
}

// Batch is one batch.
type Batch struct {
	Question, Self, Title, Code string
	Back                        ui.Link
	State                       ui.State
	Facts                       []ui.Fact
	Notes                       []Note
	Print, Type                 string // addresses, "" when there is nothing to print or to type
	TypeLabel                   string
	Others                      bool // what is left to type is others' to read
	CanCount, CanSeal           bool
	Counted                     string // as typed
	Sheets                      ui.TableProps
	Sealed                      bool
	Correct                     *Sheet // the form of a correction
	Errors                      ui.Errors
}

// isCounted reports whether the envelope of a batch was opened: its sheets are
// being read, or wait for the seal.
func (b Batch) isCounted() bool { return len(b.Facts) > 1 }

// countKind makes counting the first thing to do where nobody has counted.
func countKind(b Batch) ui.Kind {
	if b.isCounted() {
		return ui.Secondary
	}
	return ui.Primary
}

// Note is something to know about a batch.
type Note struct {
	Tone  ui.Tone
	Title string
	Text  string
}

// Sheet is the form in which what a ballot says is typed.
type Sheet struct {
	Action       string
	Choices      *ui.ChoiceGroupProps  // plurality, approval
	Answers      []ui.ChoiceGroupProps // yes, no, abstention
	Null         *ui.SelectProps       // why it is null; none where people vote themselves
	Number       string                // of the sheet
	NumberError  string
	Reason       string
	ReasonError  string
	AsksNumber   bool
	Submit, Icon string
	Large        bool
}

// Focus puts the keyboard on the first choice.
func (s *Sheet) Focus() {
	group := s.Choices
	if len(s.Answers) > 0 {
		group = &s.Answers[0]
	}
	group.Options[0].Attrs = templ.Attributes{"autofocus": true}
}

// Typing is the page on which a sheet is typed.
type Typing struct {
	Question, Batch, Left, Title string
	Back                         ui.Link
	Sheet                        *Sheet // nil when nothing waits for the reader
	Errors                       ui.Errors
}

// Desk is where somebody who came is looked for.
type Desk struct {
	Question, Self, Query string
	Back                  ui.Link
	Found                 []ui.RowProps
	Searched              bool
	Notice                string // why nobody can vote now, "" when they can
	New                   string // address where an account is opened
	Errors                ui.Errors
}

// Visitor is somebody who came.
type Visitor struct {
	Question, Self, Name string
	Back                 ui.Link
	Who                  []ui.Fact
	Voted                string // how they have voted already, "" when they have not
	Reasons              []ui.Reason
	Paper, Kiosk         bool // what may be offered
	Undo                 *Undo
	PaperHint            string
	Errors               ui.Errors
}

// Code is the code to type on the kiosk.
type Code struct {
	Question, Name, Code, Address string
	Back                          ui.Link
}

// Assisted is the ballot that an agent types for somebody.
type Assisted struct {
	Question, Name string
	Back           ui.Link
	Sheet          *Sheet
	ToldError      string
	Told           bool
	Errors         ui.Errors
}

// Printed is what is printed of a batch.
type Printed struct {
	Town, Question, Rule, Code, Address, Poll, Batch, Closes string
	Back                                                     ui.Link
	Options                                                  []string
	Answers                                                  bool
	Copies                                                   int
	CopiesField                                              string
	Errors                                                   ui.Errors
}

// SignIn is the sheet that people sign.
type SignIn struct {
	Town, Question, Poll, Closes, Address string
	Back                                  ui.Link
	Rows                                  []int
}

// Minutes are those of the counting of paper ballots.
type Minutes struct {
	Town, Question, Poll, At string
	Back                     ui.Link
	Facts                    []ui.Fact
	Table                    ui.TableProps
	Batches                  ui.TableProps
	Corrections              []string
	Roles                    []string // who signs
}

// Public is the comparison that everybody may read.
type Public struct {
	Question, Lead string
	Back           ui.Link
	Notes          []Note
	Table          ui.TableProps
	Batches        ui.TableProps
	Corrections    []ui.Moment
	How            []string
}

// Kiosk is a page of the tablet.
type Kiosk struct {
	Question, Description, Title, Text string
	Code                               string // as typed
	SignedIn                           bool
	Sheet                              *Sheet
	Choices                            []string
	Hidden                             []Hidden
	Receipt                            *Receipt
	Errors                             ui.Errors
}

// Hidden is a field that travels with a form.
type Hidden struct{ Name, Value string }

// Receipt is what is printed for whoever voted at the kiosk: never the choice.
type Receipt struct {
	Index, Number, Commitment, Address string
}
