package formats

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"parvis/app/voting/counting"
)

// table is our own CSV, made to be written in a spreadsheet: a column per option and a line per distinct ballot, with
// "," or ";" between cells. The first cell of a line says what the line is:
//
//	kind     choices (the default), ranks, grades, points or answers
//	budget   the envelope of the whole town; "budget,5000,Nord" is a zone's
//	seats    the number of winners
//	min      the votes under which a project is not funded
//	grades   the names of the grades, worst first
//	id       the ids of the options: the line that everything below follows
//	name     their names
//	cost     their costs, in units of currency
//	zone     their zones; empty is the whole town
//	withdrawn  "x" under each withdrawn option
//	12       twelve ballots, with a mark under each option: 1 or x (choices), a place (ranks), a grade's name (grades),
//	         a number (points), yes/oui, no/non or abstain/abstention (answers); an empty cell is no mark
//
// Lines that begin with "#" and empty lines are passed over. An unknown first cell is an error.
type table struct {
	*source
	file      *File
	separator byte
	kind      counting.Kind
	grades    []string
	options   []counting.Option
	builder   *counting.Builder
}

func readTable(s *source, file *File) error {
	t := &table{source: s, file: file, kind: counting.Choices}
	for {
		line, err := s.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if t.separator == 0 {
			t.separator = separatorOf(line)
		}
		row, err := fields(line, t.separator)
		if err != nil {
			return s.faultHere("%v", err)
		}
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if err := t.row(row); err != nil {
			return err
		}
	}
	if t.builder == nil {
		return s.fault("no ballot: a table needs a line of ids and at least one line of ballots")
	}
	file.Profile = t.builder.Profile()
	return nil
}

func separatorOf(line string) byte {
	if strings.Contains(line, ";") {
		return ';'
	}
	return ','
}

func (t *table) row(row []string) error {
	word := strings.ToLower(row[0])
	if weight, err := strconv.ParseInt(word, 10, 64); err == nil {
		return t.ballot(weight, row[1:])
	}
	if t.builder != nil {
		return t.faultHere("line %q after the first ballot", short(row[0]))
	}
	switch word {
	case "kind", "budget", "seats", "min", "grades":
		return t.setting(word, trimEmpty(row[1:]))
	case "id":
		if t.options != nil {
			return t.faultHere("a second line of ids")
		}
		for _, id := range trimEmpty(row[1:]) {
			t.options = append(t.options, counting.Option{ID: id})
		}
		return nil
	case "name", "cost", "zone", "withdrawn":
		return t.describe(word, row[1:])
	}
	return t.faultHere("unknown line %q: expected kind, budget, seats, min, grades, id, name, cost, zone, withdrawn or a number of ballots", short(row[0]))
}

func trimEmpty(row []string) []string {
	for len(row) > 0 && row[len(row)-1] == "" {
		row = row[:len(row)-1]
	}
	return row
}

func (t *table) setting(word string, cells []string) error {
	if len(cells) == 0 {
		return t.faultHere("%s without a value", word)
	}
	switch word {
	case "kind":
		t.kind = counting.Kind(strings.ToLower(cells[0]))
		switch t.kind {
		case counting.Choices, counting.Ranks, counting.Grades, counting.Points, counting.Answers:
			return nil
		}
		return t.faultHere("kind %q is not choices, ranks, grades, points or answers", short(cells[0]))
	case "grades":
		t.grades = cells
		return nil
	case "budget":
		amount, err := Cents(cells[0])
		if err != nil || amount == 0 {
			return t.faultHere("budget %q is not a positive amount", short(cells[0]))
		}
		e := counting.Envelope{Cents: amount}
		if len(cells) > 1 {
			e.Zone = cells[1]
		}
		t.file.Envelopes = append(t.file.Envelopes, e)
		return nil
	}
	n, err := whole(cells[0], counting.MaxBallots)
	if err != nil {
		return t.faultHere("%s: %v", word, err)
	}
	if word == "seats" {
		if n == 0 || n > counting.MaxOptions {
			return t.faultHere("%d seats", n)
		}
		t.file.Seats = int(n)
		return nil
	}
	t.file.MinVotes = n
	return nil
}

func (t *table) describe(word string, cells []string) error {
	if t.options == nil {
		return t.faultHere("line %q before the line of ids", word)
	}
	if len(trimEmpty(cells)) > len(t.options) {
		return t.faultHere("more cells than options")
	}
	for i := range t.options {
		if i >= len(cells) || cells[i] == "" {
			continue
		}
		switch o := &t.options[i]; word {
		case "name":
			o.Name = cells[i]
		case "zone":
			o.Zone = cells[i]
		case "withdrawn":
			o.Withdrawn = true
		case "cost":
			cost, err := Cents(cells[i])
			if err != nil {
				return t.faultHere("option %q: %v", o.ID, err)
			}
			o.Cost = cost
		}
	}
	return nil
}

func (t *table) ballot(weight int64, cells []string) error {
	if t.builder == nil {
		if t.options == nil {
			return t.faultHere("ballots before the line of ids")
		}
		var err error
		if t.builder, err = counting.NewBuilder(t.kind, t.options, t.grades...); err != nil {
			return t.ballotFault(err)
		}
	}
	if len(trimEmpty(cells)) > len(t.options) {
		return t.faultHere("%d marks for %d options: %v", len(trimEmpty(cells)), len(t.options), counting.ErrUnknownOption)
	}
	var marks []counting.Named
	for i, cell := range cells {
		if cell == "" {
			continue
		}
		value, marked, err := t.value(cell)
		if err != nil {
			return err
		}
		if marked {
			marks = append(marks, counting.Named{Option: t.options[i].ID, Value: value})
		}
	}
	if err := t.builder.Add(weight, marks...); err != nil {
		return t.ballotFault(err)
	}
	return nil
}

// value reads one mark.
func (t *table) value(cell string) (value int32, marked bool, err error) {
	switch t.kind {
	case counting.Choices:
		switch strings.ToLower(cell) {
		case "1", "x", "oui", "yes":
			return 1, true, nil
		case "0", "non", "no":
			return 0, false, nil
		}
		return 0, false, t.faultHere("mark %q: expected 1, x, or nothing", short(cell))
	case counting.Answers:
		switch strings.ToLower(cell) {
		case "1", "oui", "yes", "pour":
			return counting.Yes, true, nil
		case "-1", "non", "no", "contre":
			return counting.No, true, nil
		case "0", "abstain", "abstention":
			return counting.Abstain, true, nil
		}
		return 0, false, t.faultHere("answer %q: expected yes, no or abstain", short(cell))
	case counting.Grades:
		for i, g := range t.grades {
			if strings.EqualFold(g, cell) {
				return int32(i), true, nil
			}
		}
	}
	n, err := strconv.ParseInt(cell, 10, 32)
	if err != nil {
		return 0, false, t.faultHere("mark %q cannot be read as %s", short(cell), t.kind)
	}
	return int32(n), true, nil
}
