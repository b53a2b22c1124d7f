package proof

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"slices"

	"parvis/app/voting/counting"
)

// document is a JSON text of the log, by the exact names of its fields: the
// standard library would take "Lot" for "lot", and another reader would not.
type document map[string]json.RawMessage

func readDocument(text string) (document, bool) {
	var d document
	err := json.Unmarshal([]byte(text), &d)
	return d, err == nil && d != nil
}

// get reads one field; a missing one is its zero value.
func get[T any](d document, name string) (value T, ok bool) {
	raw, there := d[name]
	if !there || string(raw) == "null" {
		return value, true
	}
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}

// ruleset is a version of the règlement, as far as it decides what a ballot
// may say and how ballots are counted.
type ruleset struct {
	version     int64
	poll        string
	question    string
	options     []option
	method      counting.Method
	maxChoices  int64
	rule        counting.Rule
	allowChange bool
	entitled    int64
	paper       string // how paper ballots are typed, "" where there are none
}

type option struct {
	id, label string
	cost      int64 // of a project, in cents
	zone      string
	withdrawn bool
}

const (
	rulesetFormat = "parvis-ruleset/1"
	resultFormat  = "parvis-result/1"
)

func readRuleset(text string) (*ruleset, bool) {
	d, ok := readDocument(text)
	if !ok {
		return nil, false
	}
	r := &ruleset{}
	var format string
	var options []document
	for _, read := range []func() bool{
		field(d, "format", &format), field(d, "version", &r.version), field(d, "poll", &r.poll), field(d, "question", &r.question),
		field(d, "options", &options), field(d, "method", &r.method), field(d, "max_choices", &r.maxChoices),
		field(d, "rule", &r.rule), field(d, "allow_change", &r.allowChange), field(d, "entitled", &r.entitled),
		field(d, "paper", &r.paper),
	} {
		if !read() {
			return nil, false
		}
	}
	for _, o := range options {
		var one option
		for _, read := range []func() bool{
			field(o, "id", &one.id), field(o, "label", &one.label), field(o, "cost", &one.cost),
			field(o, "zone", &one.zone), field(o, "withdrawn", &one.withdrawn),
		} {
			if !read() {
				return nil, false
			}
		}
		r.options = append(r.options, one)
	}
	return r, format == rulesetFormat && r.method == r.rule.Method && r.known() && r.tiesAreKnown() && r.rule.PointsPerBallot >= 0
}

func field[T any](d document, name string, into *T) func() bool {
	return func() (ok bool) {
		*into, ok = get[T](d, name)
		return ok
	}
}

// known: the methods that this version of the format can hold.
func (r *ruleset) known() bool {
	switch r.method {
	case counting.Plurality, counting.Approval, counting.YesNoAbstain, counting.Greedy, counting.EqualShares:
		return true
	}
	return false
}

// tiesAreKnown: the public lot, which the rules do not spell out; or, in a
// budget, criteria that anyone can apply and that always decide.
func (r *ruleset) tiesAreKnown() bool {
	ties := r.rule.Ties
	if len(ties.Seed)+len(ties.Root) > 0 || len(ties.Keys) > 0 && !r.method.Budget() {
		return false
	}
	for i, key := range ties.Keys {
		last := i == len(ties.Keys)-1
		if key != counting.TieCost && key != counting.TieVotes && key != counting.TieID || last != (key == counting.TieID) {
			return false
		}
	}
	return true
}

// points is how many points a ballot may give; 0 where it chooses.
func (r *ruleset) points() int64 {
	if !r.method.Budget() {
		return 0
	}
	return r.rule.PointsPerBallot
}

// same reports whether another version keeps what is frozen by the first ballot.
func (r *ruleset) same(other *ruleset) bool {
	if len(r.options) != len(other.options) {
		return false
	}
	for i, o := range r.options {
		o.withdrawn = o.withdrawn || other.options[i].withdrawn // a project may be withdrawn, and never comes back
		if o != other.options[i] {
			return false
		}
	}
	a, errA := json.Marshal(r.rule)
	b, errB := json.Marshal(other.rule)
	return errA == nil && errB == nil && bytes.Equal(a, b) && r.question == other.question && r.method == other.method &&
		r.maxChoices == other.maxChoices && r.allowChange == other.allowChange && r.entitled == other.entitled && r.paper == other.paper
}

// accepts reports whether a ballot may hold these marks.
func (r *ruleset) accepts(marks []counting.Named) bool {
	most := len(r.options)
	switch {
	case r.method == counting.Plurality:
		most = 1
	case (r.method == counting.Approval || r.method.Budget()) && r.maxChoices > 0:
		most = int(r.maxChoices)
	}
	if len(marks) > most {
		return false
	}
	points := int64(0)
	for _, m := range marks {
		if !r.has(m.Option) || !r.allows(m.Value) {
			return false
		}
		points += int64(m.Value)
	}
	if most := r.points(); most > 0 && points > most {
		return false
	}
	return !r.rule.WithinEnvelope || !slices.ContainsFunc(r.purses(marks), counting.Purse.Over)
}

// purses is what a ballot would spend of each envelope.
func (r *ruleset) purses(marks []counting.Named) []counting.Purse {
	return r.rule.Purses(r.counted(), func(id string) bool {
		return slices.ContainsFunc(marks, func(m counting.Named) bool { return m.Option == id })
	})
}

// counted is the options as the count reads them.
func (r *ruleset) counted() []counting.Option {
	options := make([]counting.Option, len(r.options))
	for i, o := range r.options {
		options[i] = counting.Option{ID: o.id, Name: o.label, Cost: o.cost, Zone: o.zone, Withdrawn: o.withdrawn}
	}
	return options
}

func (r *ruleset) has(id string) bool {
	for _, o := range r.options {
		if o.id == id {
			return true
		}
	}
	return false
}

func (r *ruleset) allows(value int32) bool {
	switch {
	case r.method == counting.YesNoAbstain:
		return value >= counting.No && value <= counting.Yes
	case r.points() > 0:
		return value > 0
	}
	return value == 1
}

// closing is what the log says when the poll closes.
type closing struct {
	at      string
	ballots int64
	size    int64
	root    string
	lot     string
}

func readClosing(text string) (c closing, ok bool) {
	d, ok := readDocument(text)
	if !ok {
		return c, false
	}
	for _, read := range []func() bool{
		field(d, "at", &c.at), field(d, "ballots", &c.ballots), field(d, "size", &c.size), field(d, "root", &c.root), field(d, "lot", &c.lot),
	} {
		if !read() {
			return c, false
		}
	}
	return c, true
}

// rule is the rule of the ruleset with what was known at closing only.
func (c closing) rule(r *ruleset, present int64) (counting.Rule, bool) {
	seed, err1 := hex.DecodeString(c.lot)
	root, err2 := hex.DecodeString(c.root)
	rule := r.rule
	if len(rule.Ties.Keys) == 0 {
		rule.Ties = counting.Ties{Keys: []counting.TieKey{counting.TieLot}, Seed: seed, Root: root}
	}
	rule.Present, rule.Entitled = present, r.entitled
	return rule, err1 == nil && err2 == nil
}

// result is what was published.
type result struct {
	version  int64
	poll     string
	closedAt string
	size     int64
	root     string
	rule     counting.Rule
	ballots  int64
	blank    int64
	null     int64
	base     int64
	present  int64
	entitled int64
	counts   []cell
	outcome  counting.Outcome
}

type cell struct {
	Option string `json:"option"`
	Value  int32  `json:"value"`
	Votes  int64  `json:"votes"`
}

func readResult(text string) (*result, bool) {
	d, ok := readDocument(text)
	if !ok {
		return nil, false
	}
	r := &result{}
	var format string
	for _, read := range []func() bool{
		field(d, "format", &format), field(d, "version", &r.version), field(d, "poll", &r.poll), field(d, "closed_at", &r.closedAt),
		field(d, "log_size", &r.size), field(d, "root", &r.root), field(d, "rule", &r.rule), field(d, "ballots", &r.ballots),
		field(d, "blank", &r.blank), field(d, "null", &r.null), field(d, "base", &r.base), field(d, "present", &r.present), field(d, "entitled", &r.entitled),
		field(d, "counts", &r.counts), field(d, "outcome", &r.outcome),
	} {
		if !read() {
			return nil, false
		}
	}
	return r, format == resultFormat
}
