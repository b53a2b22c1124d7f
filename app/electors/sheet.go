package electors

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"parvis/app/fault"
	"parvis/app/identity"
	"parvis/app/voting"
)

// Faults of a file. Those of a line say which.
var (
	ErrNoFile   = fault.New(fault.Invalid, "electors.file.missing")
	ErrTooBig   = fault.New(fault.TooLarge, "electors.file.big")
	ErrNotText  = fault.New(fault.Invalid, "electors.file.not_text")
	ErrMixed    = fault.New(fault.Invalid, "electors.file.mixed")
	ErrNoPeople = fault.New(fault.Invalid, "electors.file.empty")
	ErrTooMany  = fault.New(fault.Invalid, "electors.file.too_many")
)

//i18n: electors.file.columns.*

// errColumns: a file without the columns of its kind.
var errColumns = map[voting.ListKind]*fault.Error{
	voting.MailList:  fault.New(fault.Invalid, "electors.file.columns.mail"),
	voting.CivilList: fault.New(fault.Invalid, "electors.file.columns.civil"),
}

// Wrong is what is wrong with a line of the file.
type Wrong struct {
	Line int    // as a text editor or a spreadsheet numbers it
	Key  string // message key of the reason
}

// maxWrong is how many lines are told at once: who has more has another problem.
const maxWrong = 20

// column is what a column of the file holds.
type column string

const (
	family column = "family"
	first  column = "first"
	born   column = "born"
	bornIn column = "born_in"
	mail   column = "mail"
)

// headings are the names of columns as spreadsheets have them, without accents,
// capitals or punctuation.
var headings = map[string]column{
	"nom": family, "nom de naissance": family, "nom de famille": family, "family name": family, "birth name": family,
	"prenom": first, "prenoms": first, "premier prenom": first, "first name": first, "given name": first,
	"date de naissance": born, "naissance": born, "ne e le": born, "nee le": born, "ne le": born, "birth date": born, "date of birth": born,
	"commune de naissance": bornIn, "lieu de naissance": bornIn, "birth place": bornIn,
	"e mail": mail, "email": mail, "mail": mail, "mel": mail, "courriel": mail, "adresse e mail": mail, "adresse email": mail, "adresse mail": mail,
}

// needed are the columns without which a list of a kind is none.
var needed = map[voting.ListKind][]column{
	voting.MailList:  {mail},
	voting.CivilList: {family, first, born},
}

// person is a line of the file.
type person struct {
	line  int
	mail  string
	civil identity.Civil
}

// read takes the people out of a file that a spreadsheet has written: commas,
// semicolons or tabs, in UTF-8, UTF-16 or the encoding of old Windows. Nothing is
// checked of them yet.
func read(raw []byte, kind voting.ListKind) ([]person, error) {
	text, err := decode(raw)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.LazyQuotes, r.ReuseRecord = separator(text), -1, true, true
	head, err := r.Read()
	if err != nil {
		return nil, ErrNoPeople.On("list")
	}
	places, ok := places(head, kind)
	if !ok {
		return nil, errColumns[kind].On("list")
	}
	var people []person
	for {
		fields, err := r.Read()
		switch {
		case errors.Is(err, io.EOF) && len(people) == 0:
			return nil, ErrNoPeople.On("list")
		case errors.Is(err, io.EOF):
			return people, nil
		case err != nil:
			return nil, ErrNotText.Wrap(err).On("list")
		case len(people) == voting.MaxListed:
			return nil, ErrTooMany.With(fault.Args{"Count": voting.MaxListed}).On("list")
		}
		line, _ := r.FieldPos(0)
		if p, filled := personOf(fields, places); filled {
			p.line = line
			people = append(people, p)
		}
	}
}

// places finds the columns of a list of a kind in its first line.
func places(head []string, kind voting.ListKind) (map[column]int, bool) {
	found := map[column]int{}
	for i, name := range head {
		if c, known := headings[identity.NameKey(name)]; known {
			if _, twice := found[c]; !twice {
				found[c] = i
			}
		}
	}
	for _, c := range needed[kind] {
		if _, ok := found[c]; !ok {
			return nil, false
		}
	}
	return found, true
}

// personOf reads a line; an empty one is nobody.
func personOf(fields []string, places map[column]int) (p person, filled bool) {
	get := func(c column) string {
		i, ok := places[c]
		if !ok || i >= len(fields) {
			return ""
		}
		return strings.Clone(strings.TrimSpace(fields[i]))
	}
	p.mail = get(mail)
	p.civil = identity.Civil{FamilyName: get(family), FirstName: get(first), BornOn: dayOf(get(born)), BornIn: get(bornIn)}
	return p, strings.TrimSpace(strings.Join(fields, "")) != ""
}

// dayOf writes a day as "1962-04-30"; what is no day stays as it is, to be
// refused. A year on two digits is none: nobody knows of which century.
func dayOf(text string) string {
	for _, layout := range []string{time.DateOnly, "02/01/2006", "2/1/2006", "02-01-2006", "02.01.2006", "20060102"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Format(time.DateOnly)
		}
	}
	return text
}

// separator is what the first line has most of.
func separator(text string) rune {
	head, _, _ := strings.Cut(text, "\n")
	best := ';'
	for _, r := range []rune{',', '\t'} {
		if strings.Count(head, string(r)) > strings.Count(head, string(best)) {
			best = r
		}
	}
	return best
}

// decode returns the text of a file. What is not UTF-8 is read as Windows does,
// unless some of its lines can only be UTF-8: then two files were put together,
// and names would be spoilt whichever way it is read.
func decode(raw []byte) (string, error) {
	if text, ok := decode16(raw); ok {
		return text, nil
	}
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if bytes.IndexByte(raw, 0) >= 0 {
		return "", ErrNotText.On("list")
	}
	if utf8.Valid(raw) {
		return string(raw), nil
	}
	line := 0
	for part := range bytes.Lines(raw) {
		if line++; utf8.Valid(part) && utf8.RuneCount(part) < len(part) {
			return "", ErrMixed.With(fault.Args{"Line": line}).On("list")
		}
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(raw)
	if err != nil {
		return "", ErrNotText.Wrap(err).On("list")
	}
	return string(text), nil
}

// decode16 reads UTF-16, which says so by its first two bytes.
func decode16(raw []byte) (string, bool) {
	if len(raw) < 2 || len(raw)%2 != 0 || raw[0]^raw[1] != 1 || raw[0]&0xFE != 0xFE {
		return "", false
	}
	big := raw[0] == 0xFE
	units := make([]uint16, 0, len(raw)/2)
	for i := 2; i < len(raw); i += 2 {
		hi, lo := raw[i+1], raw[i]
		if big {
			hi, lo = lo, hi
		}
		units = append(units, uint16(hi)<<8|uint16(lo))
	}
	return string(utf16.Decode(units)), true
}
