package formats

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"parvis/app/voting/counting"
)

// pabulib is a .pb file being read: sections META, PROJECTS and VOTES, each a table with ";" (D. Stolicki, S. Szufa
// and N. Talmon, "Pabulib: A Participatory Budgeting Library", 2020).
type pabulib struct {
	*source
	file     *File
	meta     map[string]string
	columns  map[string]int
	options  []counting.Option
	stated   map[string]int64 // votes column
	builder  *counting.Builder
	voteType string
	longest  int32 // 0: the file does not say
	votes    int64
}

// readPabulib reads approval, choose-1, cumulative, ordinal and scoring files. Ordinal ballots become points, as in
// Pabulib's own score column: the first place is worth max_length, or the ballot's own length when the file does not
// state one; the next is worth one less, and so on.
func readPabulib(s *source, file *File) error {
	p := &pabulib{source: s, file: file, meta: map[string]string{}, stated: map[string]int64{}}
	section, header := "", false
	for {
		line, err := s.next()
		if errors.Is(err, io.EOF) {
			return p.finish(section)
		}
		if err != nil {
			return err
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		switch name := strings.ToUpper(strings.TrimSpace(line)); name {
		case "META", "PROJECTS", "VOTES":
			if err := p.open(name); err != nil {
				return err
			}
			section, header = name, false
			continue
		}
		row, err := fields(line, ';')
		if err != nil {
			return s.faultHere("%v", err)
		}
		if !header {
			header = true
			if err := p.head(section, row); err != nil {
				return err
			}
			continue
		}
		if err := p.row(section, row); err != nil {
			return err
		}
	}
}

// open checks what the previous section was for.
func (p *pabulib) open(section string) error {
	if section != "VOTES" {
		return nil
	}
	if len(p.options) == 0 {
		return p.faultHere("VOTES before any project")
	}
	if n, ok := p.meta["num_projects"]; ok && n != strconv.Itoa(len(p.options)) {
		return p.faultHere("META says %s projects, PROJECTS has %d: the file is truncated or wrong", n, len(p.options))
	}
	kind := counting.Points
	switch p.voteType = strings.ToLower(p.meta["vote_type"]); p.voteType {
	case "approval", "choose-1":
		kind = counting.Choices
	case "cumulative", "scoring", "ordinal":
	case "":
		return p.fault("META has no vote_type")
	default:
		return p.fault("vote_type %q is not approval, choose-1, cumulative, ordinal or scoring", p.voteType)
	}
	if text, ok := p.meta["max_length"]; ok && text != "" {
		n, err := whole(text, int64(counting.MaxOptions))
		if err != nil {
			return p.fault("max_length: %v", err)
		}
		p.longest = int32(n)
	}
	var err error
	if p.builder, err = counting.NewBuilder(kind, p.options); err != nil {
		return p.ballotFault(err)
	}
	return nil
}

func (p *pabulib) head(section string, row []string) error {
	p.columns = map[string]int{}
	for i, name := range row {
		p.columns[strings.ToLower(strings.TrimSpace(name))] = i
	}
	needed := map[string][]string{"PROJECTS": {"project_id", "cost"}, "VOTES": {"vote"}}[section]
	if section == "" {
		return p.faultHere("expected a line META, found %q", short(row[0]))
	}
	for _, name := range needed {
		if _, ok := p.columns[name]; !ok {
			return p.faultHere("section %s has no column %s", section, name)
		}
	}
	return nil
}

func short(text string) string {
	if len(text) > 40 {
		return strings.ToValidUTF8(text[:40], "") + "…"
	}
	return text
}

func (p *pabulib) cell(row []string, column string) string {
	at, ok := p.columns[column]
	if !ok || at >= len(row) {
		return ""
	}
	return strings.TrimSpace(row[at])
}

func (p *pabulib) row(section string, row []string) error {
	switch section {
	case "META":
		if len(row) >= 2 {
			p.meta[strings.ToLower(strings.TrimSpace(row[0]))] = strings.TrimSpace(row[1])
		}
		return nil
	case "PROJECTS":
		return p.project(row)
	}
	return p.ballot(row)
}

func (p *pabulib) project(row []string) error {
	id := p.cell(row, "project_id")
	cost, err := Cents(p.cell(row, "cost"))
	if err != nil {
		return p.faultHere("project %q: cost: %v", id, err)
	}
	if id == "" {
		return p.faultHere("a project without project_id")
	}
	for _, o := range p.options {
		if o.ID == id {
			return p.faultHere("project %q appears twice", id)
		}
	}
	if n, err := whole(p.cell(row, "votes"), counting.MaxBallots); err == nil {
		p.stated[id] = n
	}
	p.options = append(p.options, counting.Option{ID: id, Name: p.cell(row, "name"), Cost: cost})
	columns := make(map[string]string, len(p.columns))
	for name := range p.columns {
		columns[name] = p.cell(row, name)
	}
	p.file.Rows = append(p.file.Rows, columns)
	return nil
}

func (p *pabulib) ballot(row []string) error {
	ids := list(p.cell(row, "vote"))
	points := list(p.cell(row, "points"))
	byPoints := p.voteType == "cumulative" || p.voteType == "scoring"
	if byPoints && len(points) != len(ids) {
		return p.faultHere("%d projects and %d points", len(ids), len(points))
	}
	var marks []counting.Named
	seen := map[string]bool{}
	for i, id := range ids {
		if seen[id] {
			p.warn(Warning{Kind: RepeatedProject, Project: id}, "project %q is repeated in the ballot: counted once", id)
			continue
		}
		seen[id] = true
		value := int32(1)
		switch {
		case byPoints:
			n, err := strconv.ParseInt(points[i], 10, 32)
			if err != nil {
				return p.faultHere("points %q are not a whole number", short(points[i]))
			}
			value = int32(n)
		case p.voteType == "ordinal":
			value = p.longest - int32(i)
			if p.longest == 0 {
				value = int32(len(ids) - i)
			}
			if value <= 0 {
				return p.faultHere("%d projects ranked, max_length is %d", len(ids), p.longest)
			}
		}
		marks = append(marks, counting.Named{Option: id, Value: value})
	}
	p.votes++
	if err := p.builder.Add(1, marks...); err != nil {
		return p.ballotFault(err)
	}
	return nil
}

// list splits on commas; an empty cell is an empty list.
func list(cell string) []string {
	if cell == "" {
		return nil
	}
	parts := strings.Split(cell, ",")
	out := parts[:0]
	for _, part := range parts {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

func (p *pabulib) warn(w Warning, format string, args ...any) {
	w.Line, w.Reason = p.line, fmt.Sprintf(format, args...)
	p.file.Warnings = append(p.file.Warnings, w)
}

func (p *pabulib) finish(section string) error {
	if section != "VOTES" || p.builder == nil {
		return p.fault("the file ends before its section VOTES: it is truncated")
	}
	if text, ok := p.meta["num_votes"]; ok {
		if n, err := whole(text, counting.MaxBallots); err != nil || n > p.votes {
			return p.fault("META says %s ballots, VOTES has %d: the file is truncated or wrong", text, p.votes)
		} else if n < p.votes {
			p.line = 0
			p.warn(Warning{Kind: OtherBallotCount, Said: n, Found: p.votes}, "META says %d ballots, VOTES has %d: all are counted", n, p.votes)
		}
	}
	budget, err := Cents(p.meta["budget"])
	if err != nil {
		return p.fault("META: budget: %v", err)
	}
	if budget == 0 {
		return p.fault("META: the budget is zero")
	}
	p.file.Envelopes = []counting.Envelope{{Cents: budget}}
	if text := p.meta["min_project_score_threshold"]; text != "" {
		if p.file.MinVotes, err = whole(text, counting.MaxBallots); err != nil {
			return p.fault("META: min_project_score_threshold: %v", err)
		}
	}
	p.file.Profile, p.file.Meta = p.builder.Profile(), p.meta
	p.compareVotes()
	return nil
}

// compareVotes warns when the votes column differs from the ballots: the ballots decide.
func (p *pabulib) compareVotes() {
	p.line = 0
	counted := make([]int64, len(p.options))
	for _, b := range p.file.Profile.Ballots {
		for _, m := range b.Marks {
			counted[m.Option] += b.Weight
		}
	}
	for i, o := range p.options {
		if stated, ok := p.stated[o.ID]; ok && stated != counted[i] {
			p.warn(Warning{Kind: OtherVoteCount, Project: o.ID, Said: stated, Found: counted[i]}, "project %q: the file says %d votes, its ballots give %d: the ballots are counted", o.ID, stated, counted[i])
		}
	}
}
