package formats

import (
	"errors"
	"io"
	"strconv"
	"strings"

	"parvis/app/voting/counting"
)

// blt is a .blt file being read (Hill, Wichmann and Woodall, 1987, as OpenSTV and OpaVote write it): candidates and
// seats; withdrawn candidates as negative numbers; a ballot a line, "weight a b c 0", where "2=3" are equal and "-"
// skips a place; a line "0"; the candidates' names, one a line in quotes; a title.
type blt struct {
	*source
	file      *File
	options   int
	withdrawn map[int]bool
	ballots   []bltBallot
	names     []string
}

type bltBallot struct {
	line   int
	weight int64
	marks  []counting.Named
}

func readBLT(s *source, file *File) error {
	b := &blt{source: s, file: file, withdrawn: map[int]bool{}}
	if err := b.size(); err != nil {
		return err
	}
	ended := false
	for {
		line, err := s.next()
		if errors.Is(err, io.EOF) {
			return b.finish(ended)
		}
		if err != nil {
			return err
		}
		if !ended || !strings.Contains(line, `"`) {
			line, _, _ = strings.Cut(line, "#")
		}
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case ended:
			b.names = append(b.names, unquote(line))
		case line == "0":
			ended = true
		default:
			err = b.entry(line)
		}
		if err != nil {
			return err
		}
	}
}

// size reads the first line: candidates and seats.
func (b *blt) size() error {
	for {
		line, err := b.next()
		if errors.Is(err, io.EOF) {
			return b.fault("the file is empty")
		}
		if err != nil {
			return err
		}
		line, _, _ = strings.Cut(line, "#")
		parts := strings.Fields(line)
		if len(parts) == 0 {
			continue
		}
		if len(parts) != 2 {
			return b.faultHere("expected the number of candidates and of seats, found %q", short(line))
		}
		options, err := whole(parts[0], counting.MaxOptions)
		if err != nil || options == 0 {
			return b.faultHere("number of candidates: %q", short(parts[0]))
		}
		seats, err := whole(parts[1], counting.MaxOptions)
		if err != nil || seats == 0 || seats > options {
			return b.faultHere("%s seats for %d candidates", short(parts[1]), options)
		}
		b.options, b.file.Seats = int(options), int(seats)
		return nil
	}
}

// entry reads withdrawals or a ballot.
func (b *blt) entry(line string) error {
	parts := strings.Fields(line)
	if strings.HasPrefix(parts[0], "-") && parts[len(parts)-1] != "0" {
		return b.withdraw(parts)
	}
	// Some files write "(id) weight …": the ballot's own number is not ours to keep.
	if strings.HasPrefix(parts[0], "(") {
		parts = parts[1:]
	}
	if len(parts) < 2 || parts[len(parts)-1] != "0" {
		return b.faultHere("a ballot must end with 0: the line or the file is truncated")
	}
	weight, err := whole(parts[0], counting.MaxBallots)
	if err != nil || weight == 0 {
		return b.faultHere("weight %q is not a positive whole number", short(parts[0]))
	}
	ballot := bltBallot{line: b.line, weight: weight}
	seen := map[string]bool{}
	for at, part := range parts[1 : len(parts)-1] {
		if part == "-" {
			continue // a place left empty
		}
		for _, id := range strings.Split(part, "=") {
			n, err := whole(id, int64(b.options))
			if err != nil || n == 0 {
				return b.faultHere("candidate %q: %v", short(id), counting.ErrUnknownOption)
			}
			id = strconv.FormatInt(n, 10)
			if seen[id] {
				return b.faultHere("candidate %s appears twice in the ballot", id)
			}
			seen[id] = true
			ballot.marks = append(ballot.marks, counting.Named{Option: id, Value: int32(at + 1)})
		}
	}
	b.ballots = append(b.ballots, ballot)
	return nil
}

func (b *blt) withdraw(parts []string) error {
	for _, part := range parts {
		n, err := whole(strings.TrimPrefix(part, "-"), int64(b.options))
		if err != nil || n == 0 || !strings.HasPrefix(part, "-") {
			return b.faultHere("withdrawn candidate %q: %v", short(part), counting.ErrUnknownOption)
		}
		b.withdrawn[int(n)] = true
	}
	return nil
}

// unquote takes the quotes off a name; doubled quotes inside it are one.
func unquote(line string) string {
	if len(line) >= 2 && line[0] == '"' && line[len(line)-1] == '"' {
		return strings.ReplaceAll(line[1:len(line)-1], `""`, `"`)
	}
	return line
}

func (b *blt) finish(ended bool) error {
	if !ended {
		return b.fault("the file ends before the line 0 that closes the ballots: it is truncated")
	}
	if len(b.names) < b.options {
		return b.fault("%d candidates, %d names: the file is truncated", b.options, len(b.names))
	}
	options := make([]counting.Option, b.options)
	for i := range options {
		options[i] = counting.Option{ID: strconv.Itoa(i + 1), Name: b.names[i], Withdrawn: b.withdrawn[i+1]}
	}
	builder, err := counting.NewBuilder(counting.Ranks, options)
	if err != nil {
		return b.ballotFault(err)
	}
	for _, ballot := range b.ballots {
		b.line = ballot.line
		if err := builder.Add(ballot.weight, ballot.marks...); err != nil {
			return b.ballotFault(err)
		}
	}
	b.file.Profile = builder.Profile()
	return nil
}
