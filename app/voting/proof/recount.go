package proof

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"parvis/app/voting/counting"
)

// tally is how many ballots hold each text of marks.
type tally map[string]int64

func (t tally) ballots() (n int64) {
	for _, of := range t {
		n += of
	}
	return n
}

// cells counts each value of each option, as a result lists them.
func (t tally) cells() []cell {
	votes := map[counting.Named]int64{}
	for text, n := range t {
		marks, _ := parseMarks(text) // read before
		for _, m := range marks {
			votes[m] += n
		}
	}
	cells := make([]cell, 0, len(votes))
	for m, n := range votes {
		cells = append(cells, cell{m.Option, m.Value, n})
	}
	slices.SortFunc(cells, func(a, b cell) int {
		if a.Option != b.Option {
			return strings.Compare(a.Option, b.Option)
		}
		return int(b.Value - a.Value)
	})
	return cells
}

// profile is the tally as the counting methods read it.
func (t tally) profile(r *ruleset) (counting.Profile, error) {
	kind := counting.Choices
	switch {
	case r.method == counting.YesNoAbstain:
		kind = counting.Answers
	case r.points() > 0:
		kind = counting.Points
	}
	builder, err := counting.NewBuilder(kind, r.counted())
	if err != nil {
		return counting.Profile{}, err
	}
	for _, text := range slices.Sorted(maps.Keys(t)) {
		marks, _ := parseMarks(text)
		if err := builder.Add(t[text], marks...); err != nil {
			return counting.Profile{}, err
		}
	}
	return builder.Profile(), nil
}

// recount counts the ballots again and compares with the last result.
func (v *verifier) recount() *Fault {
	wrong := v.where
	wrong.Check, wrong.Code = CheckCount, "count.stale"
	if v.stale {
		return &wrong
	}
	wrong.Code = "count.other"
	null := v.addPaper()
	rule, ok := v.closed.rule(v.rules, v.last.present)
	if rule.Base == counting.Enrolled { // never fewer than have voted
		rule.Entitled = max(rule.Entitled, v.tally.ballots()+null)
	}
	profile, err := v.tally.profile(v.rules)
	if !ok || err != nil {
		return &wrong
	}
	outcome, err := counting.Count(profile, rule)
	if err != nil || !sameOutcome(outcome, v.last.outcome) || !slices.Equal(v.tally.cells(), v.last.counts) {
		return &wrong
	}
	v.done(CheckCount)
	v.report.Outcome, v.report.Winners = &outcome, outcome.Winners
	wrong.Check, wrong.Code = CheckResult, "result.fields"
	if !v.sameFields(rule, null) {
		return &wrong
	}
	v.done(CheckResult)
	return nil
}

// sameOutcome compares all but the steps, which explain the count and decide
// nothing: whoever verifies writes their own.
func sameOutcome(a, b counting.Outcome) bool {
	a.Steps, b.Steps = nil, nil
	return sameJSON(a, b)
}

func sameJSON(a, b any) bool {
	textA, errA := json.Marshal(a)
	textB, errB := json.Marshal(b)
	return errA == nil && errB == nil && bytes.Equal(textA, textB)
}

func (v *verifier) sameFields(rule counting.Rule, null int64) bool {
	r, c := v.last, v.closed
	return r.poll == v.header.Poll && r.closedAt == c.at && r.size == c.size && r.root == c.root && sameJSON(r.rule, rule) &&
		r.ballots == v.tally.ballots()+null && r.blank == v.tally[""] && r.null == null && r.base == r.ballots-r.blank-null && r.entitled == v.rules.entitled
}
