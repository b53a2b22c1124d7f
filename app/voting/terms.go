package voting

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"parvis/app/fault"
	"parvis/app/voting/counting"
)

// normalize fills in what may be left out, in place.
func (t *Terms) normalize() {
	t.Question = strings.TrimSpace(t.Question)
	t.Options = slices.Clone(t.Options)
	if t.Visibility == "" {
		t.Visibility = Turnout
	}
	if t.Release == "" {
		t.Release = AtClosing
	}
	t.Rule.Method = t.Method
	t.Rule.MaxMarks = 0
	if t.Method == Approval || t.Method.Budget() {
		t.Rule.MaxMarks = t.MaxChoices
	}
	t.Room = t.Room.normal()
	if t.Method.Budget() {
		t.Rule.MinVotes = max(t.Rule.MinVotes, 1) // what nobody chose does not win
	}
	t.Rule.Ties.Seed, t.Rule.Ties.Root = nil, nil // the lot's seed is the box's, and comes at closing
	if !t.Electorate.Imported || !t.Method.Budget() {
		t.Rule.Ties.Keys, t.Rule.PointsPerBallot = nil, 0
	}
	t.Opens, t.Closes = t.Opens.UTC(), t.Closes.UTC()
	t.nameOptions()
}

// normal is a room as it is kept: by device unless it says otherwise.
func (r Room) normal() Room {
	if r.Voter == "" || !r.Open {
		r.Voter = DeviceVoter
	}
	return r
}

// nameOptions gives an ID to the options that have none.
func (t *Terms) nameOptions() {
	used := map[OptionID]bool{}
	for _, o := range t.Options {
		used[o.ID] = true
	}
	next := 0
	for i := range t.Options {
		t.Options[i].Label = strings.TrimSpace(t.Options[i].Label)
		for t.Options[i].ID == "" {
			id := letters(next)
			next++
			if !used[id] {
				t.Options[i].ID = id
			}
		}
	}
}

// letters writes n as a, b … z, aa, ab …
func letters(n int) string {
	var id []byte
	for n++; n > 0; n = (n - 1) / 26 {
		id = append(id, byte('a'+(n-1)%26))
	}
	slices.Reverse(id)
	return string(id)
}

// Check says what is wrong with the terms, field by field; the names of the
// fields are those below, for the module's form to match.
func (t Terms) Check() error {
	t.normalize()
	var wrong []fault.Field
	refuse := func(bad bool, field, key string) {
		if bad {
			wrong = append(wrong, fault.Field{Name: field, Key: key})
		}
	}
	refuse(t.Question == "", "question", "voting.terms.question_missing")
	refuse(utf8.RuneCountInString(t.Question) > 300, "question", "voting.terms.question_long")
	known := slices.Contains(Methods, t.Method) || slices.Contains(BudgetMethods, t.Method)
	refuse(!known, "method", "voting.terms.method")
	refuse(len(t.Options) < t.minOptions(), "options", "voting.terms.options_few")
	refuse(len(t.Options) > MaxOptions, "options", "voting.terms.options_many")
	refuse(!t.optionsAreDistinct(), "options", "voting.terms.options_same")
	refuse(t.MaxChoices < 0, "max_choices", "voting.terms.max_choices_none")
	refuse(t.MaxChoices > len(t.Options), "max_choices", "voting.terms.max_choices")
	refuse(!slices.Contains([]Visibility{Live, Turnout, Hidden}, t.Visibility), "visibility", "voting.terms.visibility")
	refuse(t.Visibility == Live && !t.Method.Live(), "visibility", "voting.terms.not_live")
	refuse(t.Release != AtClosing && t.Release != ByAct, "release", "voting.terms.release")
	refuse(!slices.Contains(Typings, t.Paper), "paper", "voting.terms.paper")
	refuse(t.Paper != NoPaper && !t.mayHavePaper(), "paper", "voting.terms.paper_identity")
	refuse(!slices.Contains(ListKinds, t.Electorate.List), "list", "voting.terms.list")
	refuse(t.Electorate.List == MailList && t.Electorate.Person < MailList.proof(), "person", "voting.terms.list_mail")
	refuse(t.Electorate.List == CivilList && t.Electorate.Person < CivilList.proof(), "person", "voting.terms.list_civil")
	refuse(t.Electorate.Later && t.Method.Budget(), "later", "voting.terms.later_budget")
	refuse(t.Entitled < 0, "entitled", "voting.terms.entitled")
	refuse(!slices.Contains([]VoterKind{DeviceVoter, TicketVoter, AccountVoter}, t.Room.Voter), "room", "voting.terms.room")
	t.checkQuorum(refuse)
	refuse(t.Method == YesNoAbstain && t.Rule.Base == counting.Enrolled && t.Entitled == 0, "entitled", "voting.terms.base_entitled")
	refuse(!t.Opens.IsZero() && !t.Closes.IsZero() && !t.Closes.After(t.Opens), "closes", "voting.terms.dates_reversed")
	refuse(known && t.Rule.Validate() != nil, "method", "voting.terms.rule")
	refuse(known && !t.costsAreSound(), "options", "voting.terms.costs")
	if len(wrong) > 0 {
		return fault.OnFields(wrong...)
	}
	return nil
}

// checkQuorum: a share must be of people whose number somebody knows.
func (t Terms) checkQuorum(refuse func(bad bool, field, key string)) {
	quorum := t.Rule.Quorum
	if quorum.Share == (counting.Fraction{}) {
		return
	}
	refuse(quorum.Share.Num <= 0 || quorum.Share.Num > quorum.Share.Den, "quorum", "voting.terms.quorum")
	refuse(quorum.Of == counting.Attending && !t.Room.Open, "quorum_of", "voting.terms.quorum_room")
	refuse(quorum.Of != counting.Attending && t.Entitled == 0, "entitled", "voting.terms.quorum_entitled")
}

func (t Terms) minOptions() int {
	if t.Method == YesNoAbstain || t.Method.Budget() {
		return 1
	}
	return 2
}

func (t Terms) optionsAreDistinct() bool {
	ids, labels := map[string]bool{}, map[string]bool{}
	for _, o := range t.Options {
		if !optionRE.MatchString(o.ID) || o.Label == "" || ids[o.ID] || labels[o.Label] {
			return false
		}
		ids[o.ID], labels[o.Label] = true, true
	}
	return true
}

// mayBecome says whether the terms of a poll may be replaced, given whether
// somebody has voted. Before opening everything may change. From opening on,
// what voters were told holds: dates move only by Extend, nothing becomes
// visible earlier, the kind of voter stays. From the first ballot on, the
// question itself, what the ballots mean and who may vote are frozen; a project
// may still be withdrawn, for good.
func (p *Poll) mayBecome(next Terms, voted bool) error {
	switch p.State {
	case Draft, Scheduled:
		return nil
	case Open:
	default:
		return ErrWrongState
	}
	was := p.Terms
	if visibilityOrder(next.Visibility) < visibilityOrder(was.Visibility) {
		return ErrOneWay.On("visibility")
	}
	frozen := map[string]bool{
		"opens":   !was.Opens.Equal(next.Opens),
		"closes":  !was.Closes.Equal(next.Closes),
		"release": was.Release != next.Release,
		"room":    was.Room.Open != next.Room.Open || was.Room.Voter != next.Room.Voter,
		// Between an account and a checked identity, the keys are not the same.
		"electorate": was.VoterKind() != next.VoterKind() || was.Electorate.List != next.Electorate.List ||
			was.Electorate.Later && !next.Electorate.Later,
	}
	if voted {
		frozen["question"] = was.Question != next.Question
		frozen["method"] = was.Method != next.Method || !sameJSON(was.Rule, next.Rule)
		frozen["max_choices"] = was.MaxChoices != next.MaxChoices
		frozen["options"] = !slices.EqualFunc(was.Options, next.Options, sameOption)
		frozen["allow_change"] = was.AllowChange != next.AllowChange
		frozen["electorate"] = frozen["electorate"] || !sameJSON(was.Electorate, next.Electorate)
		frozen["entitled"] = was.Entitled != next.Entitled
		frozen["paper"] = was.Paper != next.Paper
	}
	for _, field := range []string{"opens", "closes", "release", "room", "question", "method", "max_choices", "options", "allow_change", "electorate", "entitled", "paper"} {
		if frozen[field] {
			return ErrFrozen.On(field)
		}
	}
	return nil
}

// visibilityOrder grows with secrecy: while a poll is open it may only grow.
func visibilityOrder(v Visibility) int { return slices.Index([]Visibility{Live, Turnout, Hidden}, v) }

// sameJSON compares what is stored as JSON, where an empty list and none are one.
func sameJSON(a, b any) bool {
	textA, errA := json.Marshal(a)
	textB, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}
