// Package formats reads public files of ballots into profiles: Pabulib (.pb), PrefLib (.soc .soi .toc .toi .cat), .blt,
// our own table (.csv), and civic-ballots/1, parvis-ballots/1 and parvis-archive/1 (.json). It never opens a file, never repairs one
// silently and never panics: a bad file is an *Error that names the file, the line and the reason; what is tolerated
// is a warning that the caller must show.
package formats

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"
	"unicode/utf8"

	"parvis/app/voting/counting"
)

// File is what a file of ballots says.
type File struct {
	Name    string
	Format  string
	Profile counting.Profile
	// Envelopes, Seats, MinVotes and Rule are what the file states about the count; zero when it is silent.
	Envelopes []counting.Envelope
	Seats     int
	MinVotes  int64
	// Rule is the whole rule, in formats that carry one.
	Rule     *counting.Rule
	Warnings []Warning
	// Meta and Rows are what a Pabulib file says besides: its META by key, and the columns of each project, in the
	// order of the profile's options.
	Meta map[string]string
	Rows []map[string]string
}

// Warning is something tolerated in a file, with its meaning stated.
type Warning struct {
	Line   int
	Reason string

	// What Pabulib files have, for those who say it in another language.
	Kind        WarningKind
	Project     string
	Said, Found int64 // what the file says of itself, and what is in it
}

// WarningKind is a kind of warning that Reason says in words.
type WarningKind string

// The kinds.
const (
	RepeatedProject  WarningKind = "repeated" // a ballot names Project twice
	OtherBallotCount WarningKind = "ballots"
	OtherVoteCount   WarningKind = "votes" // of Project
)

// Error is why a file cannot be counted. Line is 0 when the fault is of the whole file.
type Error struct {
	File   string
	Line   int
	Reason string
	cause  error
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.Reason)
	}
	return fmt.Sprintf("%s: line %d: %s", e.File, e.Line, e.Reason)
}

// Unwrap gives the counting error behind a fault of the ballots.
func (e *Error) Unwrap() error { return e.cause }

// MaxLine is the longest line read: a longer one is damage, or an attack.
const MaxLine = 4 << 20

// Read reads a file whose name's extension tells the format, or else whose beginning does.
func Read(name string, r io.Reader) (*File, error) {
	in := bufio.NewReaderSize(r, 64<<10)
	head, err := in.Peek(4096)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, &Error{File: name, Reason: err.Error()}
	}
	s := &source{name: name, in: in}
	switch {
	case bytes.HasPrefix(head, []byte{0xFF, 0xFE}), bytes.HasPrefix(head, []byte{0xFE, 0xFF}):
		return nil, s.fault("the file is in UTF-16; save it in UTF-8")
	case len(bytes.TrimSpace(bytes.TrimPrefix(head, []byte(bom)))) == 0:
		return nil, s.fault("the file is empty")
	}
	file := &File{Name: name}
	switch file.Format = detect(name, head); file.Format {
	case "pb":
		err = readPabulib(s, file)
	case "soc", "soi", "toc", "toi", "cat":
		err = readPrefLib(s, file)
	case "blt":
		err = readBLT(s, file)
	case "json":
		err = readCivic(s, file)
	default:
		err = readTable(s, file)
	}
	if err != nil {
		return nil, err
	}
	if err := file.Profile.Validate(); err != nil {
		return nil, &Error{File: name, Reason: err.Error(), cause: err}
	}
	if len(file.Profile.Ballots) == 0 {
		return nil, s.fault("no ballot")
	}
	return file, nil
}

const bom = "\xEF\xBB\xBF"

// detect tells the format: the extension first, then what the file begins with.
func detect(name string, head []byte) string {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	switch ext {
	case "pb", "soc", "soi", "toc", "toi", "cat", "blt", "json", "csv":
		return ext
	}
	text := string(bytes.TrimSpace(bytes.TrimPrefix(head, []byte(bom))))
	first, _, _ := strings.Cut(text, "\n")
	first = strings.TrimSpace(first)
	switch {
	case strings.HasPrefix(text, "{"):
		return "json"
	case strings.EqualFold(first, "META"):
		return "pb"
	case strings.Contains(text, "# DATA TYPE:"):
		_, after, _ := strings.Cut(text, "# DATA TYPE:")
		kind, _, _ := strings.Cut(after, "\n")
		return strings.TrimSpace(kind)
	case isBLT(first):
		return "blt"
	}
	return "csv"
}

func isBLT(first string) bool {
	fields := strings.Fields(first)
	if len(fields) != 2 {
		return false
	}
	for _, f := range fields {
		if _, err := strconv.Atoi(f); err != nil {
			return false
		}
	}
	return true
}

// source reads lines, without their ends (LF, CRLF or CR) and without byte order mark.
type source struct {
	name string
	in   *bufio.Reader
	line int
}

func (s *source) fault(format string, args ...any) error {
	return &Error{File: s.name, Reason: fmt.Sprintf(format, args...)}
}

func (s *source) faultHere(format string, args ...any) error {
	return &Error{File: s.name, Line: s.line, Reason: fmt.Sprintf(format, args...)}
}

// ballotFault says why the profile refused a ballot of the present line.
func (s *source) ballotFault(err error) error {
	return &Error{File: s.name, Line: s.line, Reason: err.Error(), cause: err}
}

// next is the next line; io.EOF after the last one.
func (s *source) next() (string, error) {
	var line []byte
	for {
		part, err := s.in.ReadSlice('\n')
		line = append(line, part...)
		if len(line) > MaxLine {
			s.line++
			return "", s.faultHere("the line is longer than %d bytes", MaxLine)
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if errors.Is(err, io.EOF) && len(line) == 0 {
			return "", io.EOF
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return "", s.faultHere("%v", err)
		}
		break
	}
	s.line++
	if s.line == 1 {
		line = bytes.TrimPrefix(line, []byte(bom))
	}
	if !utf8.Valid(line) {
		return "", s.faultHere("not UTF-8: save the file in UTF-8, it may be in Windows-1252 or mix encodings")
	}
	if bytes.IndexByte(line, 0) >= 0 {
		return "", s.faultHere("a zero byte: this is not a text file, or it is damaged")
	}
	return strings.TrimRight(string(line), "\r\n"), nil
}

// Cents reads an amount such as 1200, 1200.5 or 1200,50 exactly. Fractions of a cent are refused, not rounded.
func Cents(text string) (int64, error) {
	text = strings.TrimSpace(text)
	whole, fraction, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > 2 {
		return 0, fmt.Errorf("amount %q has fractions of a cent", text)
	}
	if whole == "" || strings.Trim(whole, "0123456789") != "" || strings.Trim(fraction, "0123456789") != "" {
		if strings.HasPrefix(whole, "-") {
			return 0, fmt.Errorf("amount %q is negative", text)
		}
		return 0, fmt.Errorf("amount %q is not a number", text)
	}
	n, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64)
	if err != nil || n > counting.MaxCost {
		return 0, fmt.Errorf("amount %q is absurd", text)
	}
	return n, nil
}

// whole reads a positive whole number, bounded.
func whole(text string, most int64) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a whole number", strings.TrimSpace(text))
	}
	if n < 0 || n > most {
		return 0, fmt.Errorf("%d is out of range", n)
	}
	return n, nil
}

// fields splits a line of a table. A field may stand in double quotes, and then hold the separator and doubled quotes.
func fields(line string, separator byte) ([]string, error) {
	var out []string
	for {
		field, rest, more, err := field(line, separator)
		if err != nil {
			return nil, err
		}
		out = append(out, field)
		if !more {
			return out, nil
		}
		line = rest
	}
}

func field(line string, separator byte) (text, rest string, more bool, err error) {
	if !strings.HasPrefix(line, `"`) {
		at := strings.IndexByte(line, separator)
		if at < 0 {
			return line, "", false, nil
		}
		return line[:at], line[at+1:], true, nil
	}
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		if line[i] != '"' {
			b.WriteByte(line[i])
			continue
		}
		if i+1 < len(line) && line[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		switch {
		case i+1 == len(line):
			return b.String(), "", false, nil
		case line[i+1] == separator:
			return b.String(), line[i+2:], true, nil
		}
		// A quote inside a field that only happens to begin with one: take the line as it is.
		return bare(line, separator)
	}
	return "", "", false, errors.New("a quote is opened and never closed")
}

func bare(line string, separator byte) (text, rest string, more bool, err error) {
	at := strings.IndexByte(line, separator)
	if at < 0 {
		return line, "", false, nil
	}
	return line[:at], line[at+1:], true, nil
}
