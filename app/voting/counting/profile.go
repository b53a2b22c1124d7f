package counting

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sort"
)

// Limits that keep every sum of the package far from the bounds of int64. No town comes near them; a file that does
// is damaged or hostile.
const (
	MaxOptions = 10_000
	MaxBallots = int64(1) << 40
	MaxCost    = int64(100_000_000_000_000) // cents: a thousand billion euros
	MaxValue   = int32(1_000_000_000)
)

// Faults of a profile. Each is wrapped with the option or the ballot concerned.
var (
	ErrNoOptions       = errors.New("no option to choose from")
	ErrTooManyOptions  = errors.New("too many options")
	ErrDuplicateOption = errors.New("two options have the same id")
	ErrUnknownOption   = errors.New("unknown option")
	ErrBallot          = errors.New("invalid ballot")
	ErrCost            = errors.New("invalid cost")
)

// Kind says what the values of the marks mean.
type Kind string

// The kinds of ballots.
const (
	Choices Kind = "choices" // value 1: this option is chosen, or approved
	Ranks   Kind = "ranks"   // value 1: first place, 2: second …; equal values are equal ranks, gaps are allowed
	Grades  Kind = "grades"  // value: position in Profile.Grades, 0 being the worst
	Points  Kind = "points"  // value: a number of points or a score given to the option
	Answers Kind = "answers" // value: Yes, No or Abstain
)

// The values of an Answers ballot.
const (
	No      int32 = -1
	Abstain int32 = 0
	Yes     int32 = 1
)

// Overvote stands in a Ranks ballot for a place that held several options nobody wrote down.
const Overvote int32 = -1

// OvervoteID names such a place to a Builder.
const OvervoteID = "OV"

// Option is one thing that ballots speak of: a candidate, an answer, a project.
type Option struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
	// Cost in cents and Zone matter to budget methods only; an empty zone is the whole town.
	Cost int64  `json:"cost,omitempty"`
	Zone string `json:"zone,omitempty"`
	// Withdrawn options stay on the ballots, where they are passed over, and can never win.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Label is what a reader should see: the name, or the id of a nameless option.
func (o Option) Label() string {
	if o.Name == "" {
		return o.ID
	}
	return o.Name
}

// Mark is what one ballot says of one option, by its position in Profile.Options.
type Mark struct {
	Option int32
	Value  int32
}

// Ballot is one distinct way of voting and the number of voters who voted so. No marks: a blank ballot.
type Ballot struct {
	Weight int64
	Marks  []Mark
}

// Profile is everything a count reads: the options and the distinct ballots with their weights.
type Profile struct {
	Kind    Kind
	Options []Option
	// Grades names the grades of a Grades profile, worst first.
	Grades  []string
	Ballots []Ballot
}

// Total is the number of ballots, blank ones included.
func (p Profile) Total() int64 {
	var n int64
	for _, b := range p.Ballots {
		n += b.Weight
	}
	return n
}

// Validate refuses a profile that no method could count honestly: nothing is ever silently repaired or dropped.
func (p Profile) Validate() error {
	if err := validateOptions(p.Options); err != nil {
		return err
	}
	var total int64
	seen := make([]int, len(p.Options))
	for i, b := range p.Ballots {
		if b.Weight <= 0 || b.Weight > MaxBallots {
			return fmt.Errorf("ballot %d: weight %d: %w", i+1, b.Weight, ErrBallot)
		}
		if total += b.Weight; total > MaxBallots {
			return fmt.Errorf("more than %d ballots: %w", MaxBallots, ErrBallot)
		}
		if err := p.validateMarks(b, seen, i+1); err != nil {
			return fmt.Errorf("ballot %d: %w", i+1, err)
		}
	}
	return nil
}

func validateOptions(options []Option) error {
	if len(options) == 0 {
		return ErrNoOptions
	}
	if len(options) > MaxOptions {
		return fmt.Errorf("%d options: %w", len(options), ErrTooManyOptions)
	}
	seen := make(map[string]bool, len(options))
	for _, o := range options {
		if o.ID == "" {
			return fmt.Errorf("option without id: %w", ErrUnknownOption)
		}
		if seen[o.ID] {
			return fmt.Errorf("%q: %w", o.ID, ErrDuplicateOption)
		}
		seen[o.ID] = true
		if o.Cost < 0 || o.Cost > MaxCost {
			return fmt.Errorf("%q costs %s: %w", o.ID, Cents(o.Cost), ErrCost)
		}
	}
	return nil
}

// validateMarks checks one ballot; seen remembers, option by option, the last ballot that marked it.
func (p Profile) validateMarks(b Ballot, seen []int, number int) error {
	for _, m := range b.Marks {
		if p.Kind == Ranks && m.Option == Overvote && m.Value >= 1 {
			continue
		}
		if m.Option < 0 || int(m.Option) >= len(p.Options) {
			return fmt.Errorf("option %d: %w", m.Option, ErrUnknownOption)
		}
		id := p.Options[m.Option].ID
		if !p.allows(m.Value) {
			return fmt.Errorf("value %d for %q: %w", m.Value, id, ErrBallot)
		}
		// A raw ranking may name an option twice; the method says what that does (Rule.ExhaustOnDuplicate).
		if seen[m.Option] == number && p.Kind != Ranks {
			return fmt.Errorf("%q marked twice: %w", id, ErrBallot)
		}
		seen[m.Option] = number
	}
	return nil
}

func (p Profile) allows(value int32) bool {
	switch p.Kind {
	case Choices:
		return value == 1
	case Ranks:
		return value >= 1 && value <= MaxValue
	case Grades:
		return value >= 0 && int(value) < len(p.Grades)
	case Points:
		return value >= -MaxValue && value <= MaxValue
	case Answers:
		return value >= No && value <= Yes
	}
	return false
}

// Named is a mark by the option's id, as files and ballot boxes hold it.
type Named struct {
	Option string
	Value  int32
}

// Builder gathers ballots into a profile, merging identical ones so that memory follows the distinct ballots.
type Builder struct {
	profile Profile
	byID    map[string]int32
	byMarks map[string]int
	key     []byte
}

// NewBuilder starts a profile. Grades are named worst first, for Grades ballots only.
func NewBuilder(kind Kind, options []Option, grades ...string) (*Builder, error) {
	if err := validateOptions(options); err != nil {
		return nil, err
	}
	b := &Builder{
		profile: Profile{Kind: kind, Options: append([]Option(nil), options...), Grades: grades},
		byID:    make(map[string]int32, len(options)),
		byMarks: map[string]int{},
	}
	for i, o := range options {
		b.byID[o.ID] = int32(i)
	}
	return b, nil
}

// Add counts weight ballots with these marks. It refuses an unknown option, a value out of range and an option
// marked twice, and then leaves the profile as it was.
func (b *Builder) Add(weight int64, marks ...Named) error {
	list := make([]Mark, len(marks))
	for i, m := range marks {
		at, ok := b.byID[m.Option]
		if !ok && m.Option == OvervoteID && b.profile.Kind == Ranks {
			at, ok = Overvote, true
		}
		if !ok {
			return fmt.Errorf("%q: %w", m.Option, ErrUnknownOption)
		}
		list[i] = Mark{Option: at, Value: m.Value}
	}
	return b.AddMarks(weight, list)
}

// AddMarks is Add for marks that already point at options by position. It keeps the slice.
func (b *Builder) AddMarks(weight int64, marks []Mark) error {
	if weight <= 0 || weight > MaxBallots {
		return fmt.Errorf("weight %d: %w", weight, ErrBallot)
	}
	sort.Slice(marks, func(i, j int) bool {
		if marks[i].Option != marks[j].Option {
			return marks[i].Option < marks[j].Option
		}
		return marks[i].Value < marks[j].Value
	})
	for i, m := range marks {
		if m.Option != Overvote && (m.Option < 0 || int(m.Option) >= len(b.profile.Options)) {
			return fmt.Errorf("option %d: %w", m.Option, ErrUnknownOption)
		}
		if m.Option == Overvote && b.profile.Kind != Ranks || !b.profile.allows(m.Value) {
			return fmt.Errorf("value %d: %w", m.Value, ErrBallot)
		}
		if i > 0 && marks[i-1].Option == m.Option && b.profile.Kind != Ranks {
			return fmt.Errorf("%q marked twice: %w", b.profile.Options[m.Option].ID, ErrBallot)
		}
	}
	b.merge(weight, marks)
	return nil
}

func (b *Builder) merge(weight int64, marks []Mark) {
	b.key = b.key[:0]
	for _, m := range marks {
		b.key = binary.AppendVarint(b.key, int64(m.Option))
		b.key = binary.AppendVarint(b.key, int64(m.Value))
	}
	if at, ok := b.byMarks[string(b.key)]; ok {
		b.profile.Ballots[at].Weight += weight
		return
	}
	b.byMarks[string(b.key)] = len(b.profile.Ballots)
	b.profile.Ballots = append(b.profile.Ballots, Ballot{Weight: weight, Marks: marks})
}

// Profile returns what was gathered. The builder must not be used afterwards.
func (b *Builder) Profile() Profile { return b.profile }

// Cents writes an amount of cents as a decimal number of units, "12.50", or "12" when there are no cents.
func Cents(amount int64) string {
	sign, n := "", uint64(amount)
	if amount < 0 {
		sign, n = "-", uint64(-amount)
	}
	if n%100 == 0 {
		return fmt.Sprintf("%s%d", sign, n/100)
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}
