package voting

import (
	"slices"
	"strings"

	"parvis/app/fault"
)

// Typing is how a poll's paper ballots are typed.
type Typing string

// The typings.
const (
	NoPaper      Typing = ""       // there are none
	DoubleTyping Typing = "double" // by two people who do not see each other's
	SimpleTyping Typing = "simple" // by one; a public sample is read again
)

// Typings lists them in the order they are offered.
var Typings = []Typing{NoPaper, DoubleTyping, SimpleTyping}

// MaxSheets bounds a batch of paper ballots.
const MaxSheets = 500

// NullReason is why a paper ballot is null.
type NullReason string

// NullReasons lists them in the order they are offered; the messages
// "voting.null.<reason>" name them.
var NullReasons = []NullReason{"too_many", "illegible", "sign", "damaged", "not_a_ballot"}

// Sheet is what a paper ballot says, in the form that is logged: its marks as
// EncodeMarks writes them, or "!" and why it is null.
type Sheet string

// MarkedSheet is a sheet that says something, or is blank.
func MarkedSheet(marks []Mark) (Sheet, error) {
	text, err := EncodeMarks(marks)
	return Sheet(text), err
}

// NullSheet is a sheet that cannot be counted.
func NullSheet(r NullReason) Sheet { return Sheet("!" + string(r)) }

// Null returns why the sheet is null, "" when it is not.
func (s Sheet) Null() NullReason {
	reason, null := strings.CutPrefix(string(s), "!")
	if !null {
		return ""
	}
	return NullReason(reason)
}

// Marks returns what a sheet that is not null says.
func (s Sheet) Marks() ([]Mark, error) { return DecodeMarks(string(s)) }

// CheckSheet says what is wrong with a sheet, by the same rules as a ballot
// cast on the web.
func (p *Poll) CheckSheet(s Sheet) error {
	if reason := s.Null(); reason != "" {
		if !slices.Contains(NullReasons, reason) {
			return ErrNullReason
		}
		return nil
	}
	marks, err := s.Marks()
	if err != nil {
		return err
	}
	return p.validate(marks)
}

// Faults of paper ballots.
var (
	ErrNoPaper      = fault.New(fault.Conflict, "voting.paper.none")
	ErrHandedIn     = fault.New(fault.Conflict, "voting.paper.handed_in")
	ErrVotedAlready = fault.New(fault.Conflict, "voting.paper.other_channel")
	ErrNullReason   = fault.New(fault.Invalid, "voting.paper.null_reason")
	ErrPaperOver    = fault.New(fault.Closed, "voting.paper.over")
	ErrPaperPending = fault.New(fault.Conflict, "voting.paper.pending")
	ErrDifference   = fault.New(fault.Invalid, "voting.paper.difference")
	ErrBatchLogged  = fault.New(fault.Conflict, "voting.paper.batch_logged")
	ErrSheetUnknown = fault.New(fault.NotFound, "voting.paper.sheet_unknown")
)

// PaperPending reports whether the poll has closed and its paper ballots are
// not all in: there is no result before they are.
func (p *Poll) PaperPending() bool { return p.Paper != NoPaper && p.PaperDoneAt.IsZero() }

// TakesSheets says whether batches may be logged now: while ballots are cast,
// and after, until somebody has said that they are all in.
func (p *Poll) TakesSheets() error {
	switch {
	case p.Paper == NoPaper:
		return ErrNoPaper
	case !p.State.Over() && p.State != Open:
		return p.State.MayVote()
	case !p.PaperPending():
		return ErrPaperOver
	}
	return nil
}

// mayHavePaper: the roll can only be marked for people whose identity is
// checked, whatever account they have.
func (t *Terms) mayHavePaper() bool { return t.VoterKind() == IdentityVoter }
