package voting

import (
	"time"

	"parvis/realtime"
)

// MinShown is the number of ballots under which no count per option is shown
// while a poll is open, and under which no part of a result (a channel, a
// zone) is shown by itself: a single ballot would show through.
const MinShown = 10

// View is what somebody may see of how a poll stands, as it travels to pages
// and screens. What may not be seen is absent, not zero.
type View struct {
	Poll      PollID     `json:"poll"`
	State     State      `json:"state"`
	Face      string     `json:"face"` // changes when a page must be drawn anew: the state, and which numbers are shown
	Rev       int64      `json:"rev"`
	Turnout   *int64     `json:"turnout,omitempty"`  // ballots in the box
	Present   int64      `json:"present,omitempty"`  // people in the room
	Entitled  int64      `json:"entitled,omitempty"` // people who may vote
	Quorum    int64      `json:"quorum,omitempty"`   // ballots that make the result valid, where the rules say so
	Reached   bool       `json:"reached,omitempty"`  // the quorum is, as far as the turnout may be seen
	Counts    []Cell     `json:"counts,omitzero"`
	Base      *int64     `json:"base,omitempty"` // what percentages are of: ballots that mark something
	Opens     *time.Time `json:"opens_at,omitempty"`
	Closes    *time.Time `json:"closes_at,omitempty"`
	ServerNow time.Time  `json:"server_now"`
}

// Visible is the one place that decides what may be seen of a poll, by whom
// and when. The page, the API, the export and the live topic all ask it.
func Visible(p *Poll, h Head, as realtime.Audience, now time.Time) View {
	state := p.StateAt(now)
	v := View{
		Poll: p.ID, State: state, Rev: p.revisionFor(state, as, h)*int64(len(states)) + int64(state.order()),
		Present: h.Present, Entitled: p.Entitled,
		Opens: moment(p.Opens), Closes: moment(p.Closes), ServerNow: now,
	}
	v.Face = string(state)
	if p.turnoutVisible(state, as) {
		v.Turnout = &h.Participants
		v.Face += "+turnout"
	}
	p.showQuorum(&v, h)
	if p.countsVisible(state, as, h.Participants) {
		base := h.Participants - h.Blank - h.Spoiled
		v.Counts, v.Base = h.Counts.Cells(), &base
		v.Face += "+counts"
	}
	return v
}

// showQuorum adds the quorum to a view. Of a share of the people present
// nothing is known before they are counted.
func (p *Poll) showQuorum(v *View, h Head) {
	present := h.Present
	if v.State.Over() && v.Turnout != nil {
		present = p.presentFor(&h)
	}
	q := p.QuorumOf(present)
	if v.Quorum = q.Needed; q.Needed > 0 && v.Turnout != nil && *v.Turnout >= q.Needed {
		v.Reached = true
		v.Face += "+quorum"
	}
}

// revisionFor numbers what an audience sees. Where the turnout is hidden it
// stands still while ballots come in: it would count them.
func (p *Poll) revisionFor(state State, as realtime.Audience, h Head) int64 {
	if p.Visibility == Hidden && as != realtime.Host && !p.released(state) {
		return p.Revision
	}
	return p.Revision + h.Revision
}

// turnoutVisible: the host always knows whether ballots come in.
func (p *Poll) turnoutVisible(state State, as realtime.Audience) bool {
	switch {
	case state == Draft:
		return false
	case as == realtime.Host:
		return true
	case state == Cancelled:
		return false
	case state.Over():
		return p.released(state) || p.Visibility != Hidden
	default:
		return p.Visibility != Hidden
	}
}

// countsVisible: while the poll is open, only if its rules chose so, for a
// method whose winner such counts can tell, and never for a few ballots.
func (p *Poll) countsVisible(state State, as realtime.Audience, ballots int64) bool {
	if !p.Shown && as != realtime.Host && state != Published {
		return false
	}
	if state == Open {
		return p.Visibility == Live && p.Method.Live() && ballots >= MinShown
	}
	return p.resultsVisible(state, as)
}

// resultsVisible: once closed, to the office; to everybody when released.
func (p *Poll) resultsVisible(state State, as realtime.Audience) bool {
	if !state.Over() || p.PaperPending() {
		return false
	}
	if as == realtime.Host || state == Published {
		return true
	}
	return p.released(state) && p.Shown
}

// released: results belong to everybody from the closing on, unless the rules
// keep them for the office to publish, or paper ballots are still to come.
func (p *Poll) released(state State) bool {
	return state == Published || state.Over() && p.Release == AtClosing && !p.PaperPending()
}
