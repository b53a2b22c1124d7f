package formats

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"parvis/app/voting/counting"
)

// preflib is a PrefLib file being read: a header of "# KEY: value" lines, then "count: preference" lines, where a
// preference lists alternatives by their numbers, best first, and {1,2} are tied (N. Mattei and T. Walsh, 2013).
type preflib struct {
	*source
	file       *File
	names      map[int]string
	options    int
	categories int
	labels     map[int]string
	stated     map[string]int64
	builder    *counting.Builder
	lines      int64
	voters     int64
}

// readPrefLib reads orders (.soc .soi .toc .toi) as rankings, in which missing alternatives are unranked, and
// categories (.cat): with two categories the first is approved; with more they are grades, the first being the best.
func readPrefLib(s *source, file *File) error {
	p := &preflib{source: s, file: file, names: map[int]string{}, labels: map[int]string{}, stated: map[string]int64{}}
	for {
		line, err := s.next()
		if errors.Is(err, io.EOF) {
			return p.finish()
		}
		if err != nil {
			return err
		}
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasPrefix(line, "#"):
			err = p.header(strings.TrimSpace(line[1:]))
		default:
			err = p.preference(line)
		}
		if err != nil {
			return err
		}
	}
}

func (p *preflib) header(line string) error {
	key, value, ok := strings.Cut(line, ":")
	if !ok {
		return nil
	}
	key, value = strings.TrimSpace(key), strings.TrimSpace(value)
	switch key {
	case "NUMBER ALTERNATIVES":
		n, err := whole(value, counting.MaxOptions)
		if err != nil || n == 0 {
			return p.faultHere("NUMBER ALTERNATIVES: %q", short(value))
		}
		p.options = int(n)
	case "NUMBER CATEGORIES":
		n, err := whole(value, 1000)
		if err != nil || n == 0 {
			return p.faultHere("NUMBER CATEGORIES: %q", short(value))
		}
		p.categories = int(n)
	case "NUMBER VOTERS", "NUMBER UNIQUE ORDERS", "NUMBER UNIQUE PREFERENCES":
		n, err := whole(value, counting.MaxBallots)
		if err != nil {
			return p.faultHere("%s: %v", key, err)
		}
		p.stated[key] = n
	}
	var at int
	if n, _ := fmt.Sscanf(key, "ALTERNATIVE NAME %d", &at); n == 1 {
		p.names[at] = value
	}
	if n, _ := fmt.Sscanf(key, "CATEGORY NAME %d", &at); n == 1 {
		p.labels[at] = value
	}
	return nil
}

// start begins the ballots once the header is over.
func (p *preflib) start() error {
	if p.builder != nil {
		return nil
	}
	if p.options == 0 {
		return p.faultHere("ballots before # NUMBER ALTERNATIVES")
	}
	options := make([]counting.Option, p.options)
	for i := range options {
		options[i] = counting.Option{ID: fmt.Sprint(i + 1), Name: p.names[i+1]}
	}
	kind, grades := counting.Ranks, []string(nil)
	if p.file.Format == "cat" {
		kind = counting.Choices
		if p.categories != 2 {
			kind = counting.Grades
			for c := p.categories; c >= 1; c-- {
				grades = append(grades, p.labels[c])
			}
		}
		if p.categories < 2 {
			return p.faultHere("a .cat file needs at least two categories, this one has %d", p.categories)
		}
	}
	var err error
	if p.builder, err = counting.NewBuilder(kind, options, grades...); err != nil {
		return p.ballotFault(err)
	}
	return nil
}

func (p *preflib) preference(line string) error {
	if err := p.start(); err != nil {
		return err
	}
	count, order, ok := strings.Cut(line, ":")
	if !ok {
		return p.faultHere("expected “count: preference”, found %q", short(line))
	}
	weight, err := whole(count, counting.MaxBallots)
	if err != nil || weight == 0 {
		return p.faultHere("count %q is not a positive whole number", short(count))
	}
	groups, err := places(order)
	if err != nil {
		return p.faultHere("%v", err)
	}
	marks, err := p.marks(groups)
	if err != nil {
		return err
	}
	p.lines++
	p.voters += weight
	if err := p.builder.Add(weight, marks...); err != nil {
		return p.ballotFault(err)
	}
	return nil
}

// marks turns groups of alternatives into ranks, choices or grades.
func (p *preflib) marks(groups [][]string) ([]counting.Named, error) {
	if p.file.Format == "cat" && len(groups) > p.categories {
		return nil, p.faultHere("%d categories, %d announced", len(groups), p.categories)
	}
	var marks []counting.Named
	seen := map[string]bool{}
	place := int32(0)
	for at, group := range groups {
		if len(group) > 0 {
			place++
		}
		for _, id := range group {
			if seen[id] {
				return nil, p.faultHere("alternative %q appears twice in the ballot", id)
			}
			seen[id] = true
			value := place
			if p.file.Format == "cat" {
				value = int32(p.categories - 1 - at)
			}
			if p.file.Format == "cat" && p.categories == 2 && at > 0 {
				if err := p.knows(id); err != nil {
					return nil, err
				}
				continue
			}
			marks = append(marks, counting.Named{Option: id, Value: value})
		}
	}
	return marks, nil
}

func (p *preflib) knows(id string) error {
	if n, err := whole(id, int64(p.options)); err != nil || n == 0 {
		return p.faultHere("%q: %v", id, counting.ErrUnknownOption)
	}
	return nil
}

// places splits "1,{2,3},4" into groups; "{}" is an empty one.
func places(order string) ([][]string, error) {
	var groups [][]string
	order = strings.TrimSpace(order)
	for order != "" {
		if order[0] == '{' {
			end := strings.IndexByte(order, '}')
			if end < 0 {
				return nil, errors.New("a brace is opened and never closed")
			}
			groups = append(groups, list(order[1:end]))
			order = strings.TrimSpace(order[end+1:])
			if order != "" && order[0] != ',' {
				return nil, errors.New("a comma is missing after a brace")
			}
			order = strings.TrimSpace(strings.TrimPrefix(order, ","))
			continue
		}
		one, rest, _ := strings.Cut(order, ",")
		if one = strings.TrimSpace(one); one == "" || strings.ContainsAny(one, "{}") {
			return nil, fmt.Errorf("cannot read %q", short(order))
		}
		groups = append(groups, []string{one})
		order = strings.TrimSpace(rest)
	}
	return groups, nil
}

func (p *preflib) finish() error {
	if p.builder == nil {
		return p.fault("no ballot: the file is truncated or is not PrefLib")
	}
	for _, key := range []string{"NUMBER UNIQUE ORDERS", "NUMBER UNIQUE PREFERENCES"} {
		if n, ok := p.stated[key]; ok && n != p.lines {
			return p.fault("%s is %d, the file has %d: it is truncated or wrong", key, n, p.lines)
		}
	}
	if n, ok := p.stated["NUMBER VOTERS"]; ok && n != p.voters {
		return p.fault("NUMBER VOTERS is %d, the ballots add up to %d: the file is truncated or wrong", n, p.voters)
	}
	p.file.Profile = p.builder.Profile()
	return nil
}
