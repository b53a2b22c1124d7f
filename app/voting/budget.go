package voting

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

// The methods of a vote on projects that share envelopes. Their options have a
// cost and a zone; the envelopes stand in the rule.
const (
	Greedy      = counting.Greedy      // by votes, what fits
	EqualShares = counting.EqualShares // each ballot has an equal part of the money
)

// BudgetMethods lists them in the order they are offered.
var BudgetMethods = []Method{Greedy, EqualShares}

// Projects is the options as the count reads them.
func (p *Poll) Projects() []counting.Option {
	options := make([]counting.Option, len(p.Options))
	for i, o := range p.Options {
		options[i] = counting.Option{ID: o.ID, Name: o.Label, Cost: o.Cost, Zone: o.Zone, Withdrawn: o.Withdrawn}
	}
	return options
}

// Purses returns what a ballot would spend of each envelope, in the order of
// the count: zones, then the town.
func (p *Poll) Purses(marks []Mark) []counting.Purse {
	return p.Rule.Purses(p.Projects(), func(id OptionID) bool {
		return slices.ContainsFunc(marks, func(m Mark) bool { return m.Option == id })
	})
}

// fits refuses a ballot that would spend more than there is, where the rules do.
func (p *Poll) fits(marks []Mark) error {
	if p.Rule.WithinEnvelope && slices.ContainsFunc(p.Purses(marks), counting.Purse.Over) {
		return ErrOverEnvelope
	}
	return nil
}

// costsAreSound: in a vote on a budget every project costs something and has
// an envelope; elsewhere nothing costs anything.
func (t Terms) costsAreSound() bool {
	zones := map[string]bool{}
	for _, e := range t.Rule.Envelopes {
		zones[e.Zone] = true
	}
	for _, o := range t.Options {
		if t.Method.Budget() && (o.Cost <= 0 || o.Cost > counting.MaxCost || !zones[o.Zone]) {
			return false
		}
		if !t.Method.Budget() && (o.Cost != 0 || o.Zone != "" || o.Withdrawn) {
			return false
		}
	}
	return true
}

// sameOption: an option may be withdrawn, and never comes back.
func sameOption(was, next Option) bool {
	was.Withdrawn = was.Withdrawn || next.Withdrawn
	return was == next
}

// Recount counts the ballots of a poll that has closed by another rule: what
// would have won, had it been that one. The lot is the same, so that two rules
// that meet the same tie settle it alike. It changes and logs nothing; the
// result of the poll is Results.
func (b *Box) Recount(ctx context.Context, t tenant.ID, id PollID, as realtime.Audience, rule counting.Rule) (outcome counting.Outcome, err error) {
	result, err := b.Results(ctx, t, id, as)
	if err != nil {
		return outcome, err
	}
	rule.Ties, rule.Present, rule.Entitled = result.Rule.Ties, result.Rule.Present, result.Rule.Entitled
	var profile counting.Profile
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		poll, err := selectPoll(ctx, tx, t, id)
		if err != nil {
			return err
		}
		profile, _, err = selectProfile(ctx, tx, poll)
		return err
	})
	if err != nil {
		return outcome, err
	}
	return counting.Count(profile, rule)
}

// Counted returns the result of a poll that has been counted, in the caller's
// transaction, for the office; nil while it has not.
func (b *Box) Counted(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Result, error) {
	r, err := selectResult(ctx, tx, t, id)
	if isNotFound(err) {
		return nil, nil
	}
	return r, err
}
