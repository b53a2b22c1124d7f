package voting

import (
	"cmp"
	"crypto/sha256"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"parvis/app/fault"
)

// Mark is what a ballot says of one option.
type Mark struct {
	Option OptionID `json:"option"`
	Value  int      `json:"value"`
}

// Bounds of a ballot and of a poll.
const (
	MaxOptions = 500
	MaxMark    = 1_000_000 // the highest value of a mark
)

var optionRE = regexp.MustCompile(`^[a-z0-9]{1,8}$`)

// EncodeMarks writes marks in their only form, "a=1;c=1": sorted by option, no
// option twice. It is what the log commits to and what is published after
// closing, so that anyone can check a ballot with a text editor and a SHA-256.
// A blank ballot is the empty text.
func EncodeMarks(marks []Mark) (string, error) {
	sorted := slices.Clone(marks)
	slices.SortFunc(sorted, func(a, b Mark) int { return strings.Compare(a.Option, b.Option) })
	var text strings.Builder
	for i, m := range sorted {
		if i > 0 {
			if m.Option == sorted[i-1].Option {
				return "", ErrInvalidMark
			}
			text.WriteByte(';')
		}
		if !optionRE.MatchString(m.Option) {
			return "", ErrUnknownOption
		}
		if m.Value < -MaxMark || m.Value > MaxMark {
			return "", ErrInvalidMark
		}
		text.WriteString(m.Option)
		text.WriteByte('=')
		text.WriteString(strconv.Itoa(m.Value))
	}
	return text.String(), nil
}

// DecodeMarks reads the canonical form, and refuses any other writing of the
// same marks: two texts never mean one ballot.
func DecodeMarks(text string) ([]Mark, error) {
	if text == "" {
		return nil, nil
	}
	if len(text) > MaxOptions*(8+1+8+1) {
		return nil, ErrInvalidMark
	}
	parts := strings.Split(text, ";")
	marks := make([]Mark, 0, len(parts))
	for _, part := range parts {
		option, digits, ok := strings.Cut(part, "=")
		value, err := strconv.Atoi(digits)
		if !ok || err != nil || strconv.Itoa(value) != digits {
			return nil, ErrInvalidMark
		}
		marks = append(marks, Mark{Option: option, Value: value})
	}
	again, err := EncodeMarks(marks)
	if err != nil {
		return nil, err
	}
	if again != text {
		return nil, ErrInvalidMark
	}
	return marks, nil
}

// validate checks marks against the poll: the same rules whatever the channel.
func (p *Poll) validate(marks []Mark) error {
	seen := make(map[OptionID]bool, len(marks))
	points := int64(0)
	for _, m := range marks {
		o, ok := p.Option(m.Option)
		switch {
		case !ok:
			return ErrUnknownOption
		case o.Withdrawn:
			return ErrWithdrawn.With(fault.Args{"Name": o.Label})
		}
		if seen[m.Option] || !p.allows(m.Value) {
			return ErrInvalidMark
		}
		seen[m.Option] = true
		points += int64(m.Value)
	}
	if most := p.Rule.PointsPerBallot; most > 0 && points > most {
		return ErrInvalidMark
	}
	if limit := p.MaxMarks(); len(marks) > limit {
		return ErrTooManyOptions.With(fault.Args{"Count": limit})
	}
	return p.fits(marks)
}

func (p *Poll) allows(value int) bool {
	switch {
	case p.Method == YesNoAbstain:
		return value == Yes || value == No || value == Abstain
	case p.Rule.PointsPerBallot > 0:
		return value > 0
	}
	return value == Chosen
}

// MaxMarks is how many options one ballot may mark.
func (p *Poll) MaxMarks() int {
	switch {
	case p.Method == Plurality:
		return 1
	case (p.Method == Approval || p.Method.Budget()) && p.MaxChoices > 0:
		return p.MaxChoices
	default:
		return len(p.Options)
	}
}

// Counts is how many ballots hold each mark: all that plurality, approval and
// yes-no-abstain need to be shown live.
type Counts map[Mark]int64

// add counts a ballot's marks n times; n is -1 for a ballot that is replaced.
func (c Counts) add(marks []Mark, n int64) {
	for _, m := range marks {
		c[m] += n
		if c[m] == 0 {
			delete(c, m)
		}
	}
}

// Cell is one count, in the form that is stored and sent.
type Cell struct {
	Option OptionID `json:"option"`
	Value  int      `json:"value"`
	Votes  int64    `json:"votes"`
}

// Cells lists the counts by option and value.
func (c Counts) Cells() []Cell {
	cells := make([]Cell, 0, len(c))
	for m, votes := range c {
		cells = append(cells, Cell{m.Option, m.Value, votes})
	}
	slices.SortFunc(cells, func(a, b Cell) int {
		return cmp.Or(strings.Compare(a.Option, b.Option), cmp.Compare(b.Value, a.Value))
	})
	return cells
}

func countsOf(cells []Cell) Counts {
	c := make(Counts, len(cells))
	for _, cell := range cells {
		c[Mark{cell.Option, cell.Value}] = cell.Votes
	}
	return c
}

// inner is the hash that hides a ballot's content inside its commitment.
func inner(n Nonce, marks string) [32]byte {
	h := sha256.New()
	h.Write(n[:])
	h.Write([]byte(marks))
	return [32]byte(h.Sum(nil))
}
