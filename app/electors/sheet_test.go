package electors

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"parvis/app/voting"
)

const names = "Nom;Prénom;Date de naissance\nLefèvre;Zoé, Marie;30/04/1962\n\n\"Le Goff\";Anne-Marie;1980-12-01\n"

func TestSpreadsheetsAreReadAsTheyAreSaved(t *testing.T) {
	encode := func(e interface{ Bytes([]byte) ([]byte, error) }) []byte {
		out, err := e.Bytes([]byte(names))
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	for name, raw := range map[string][]byte{
		"utf-8": []byte(names), "with its mark": []byte("\uFEFF" + names),
		"old windows": encode(charmap.Windows1252.NewEncoder()),
		"utf-16":      encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder()),
		"utf-16 be":   encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder()),
		"commas":      []byte("nom de naissance,prénoms,né(e) le,commune\nLefèvre,\"Zoé, Marie\",30/04/1962,Brest\nLe Goff,Anne-Marie,1/12/1980,\n"),
		"tabs":        []byte("NOM\tPRENOM\tDATE_DE_NAISSANCE\r\nLefèvre\tZoé\t30.04.1962\r\nLe Goff\tAnne-Marie\t01-12-1980\r\n"),
	} {
		people, err := read(raw, voting.CivilList)
		if err != nil || len(people) != 2 {
			t.Errorf("%s: %+v, %v", name, people, err)
			continue
		}
		if c := people[0].civil; c.FamilyName != "Lefèvre" || !strings.HasPrefix(c.FirstName, "Zoé") || c.BornOn != "1962-04-30" {
			t.Errorf("%s: %+v", name, c)
		}
		if c := people[1].civil; c.FamilyName != "Le Goff" || c.FirstName != "Anne-Marie" || c.BornOn != "1980-12-01" {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestABadFileIsRefusedWithItsReason(t *testing.T) {
	latin, err := charmap.Windows1252.NewEncoder().Bytes([]byte("Hervé;Zoé;1962-04-30\n"))
	if err != nil {
		t.Fatal(err)
	}
	mixed := append([]byte("nom;prénom;date de naissance\n"), latin...)
	for name, c := range map[string]struct {
		raw  []byte
		kind voting.ListKind
		want error
	}{
		"two encodings":   {mixed, voting.CivilList, ErrMixed},
		"no columns":      {[]byte("a;b\nc;d\n"), voting.MailList, errColumns[voting.MailList]},
		"other columns":   {[]byte("e-mail\nx@exemple.fr\n"), voting.CivilList, errColumns[voting.CivilList]},
		"nothing":         {nil, voting.MailList, ErrNoPeople},
		"titles only":     {[]byte("e-mail\n"), voting.MailList, ErrNoPeople},
		"a spreadsheet":   {append([]byte("PK\x03\x04"), make([]byte, 100)...), voting.MailList, ErrNotText},
		"half a utf-16":   {[]byte("\xff\xfea"), voting.MailList, errColumns[voting.MailList]},
		"too many people": {[]byte("mail\n" + strings.Repeat("a@b.fr\n", voting.MaxListed+1)), voting.MailList, ErrTooMany},
	} {
		if _, err := read(c.raw, c.kind); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestALineKeepsItsNumber(t *testing.T) {
	people, err := read([]byte("e-mail;note\n\na@exemple.fr;\"deux\nlignes\"\nb@exemple.fr;\n"), voting.MailList)
	if err != nil || len(people) != 2 || people[0].line != 3 || people[1].line != 5 {
		t.Errorf("%+v, %v", people, err)
	}
}

func TestTenMegabytesAreRead(t *testing.T) {
	var file bytes.Buffer
	file.WriteString("nom;prénom;date de naissance;adresse\n")
	people := 0
	for file.Len() < 10<<20 {
		fmt.Fprintf(&file, "Lefèvre%06d;Zoé;30/04/1962;12 rue du Général-Maistre\n", people)
		people++
	}
	if people > voting.MaxListed {
		t.Fatalf("%d people are too many for a list", people)
	}
	got, err := read(file.Bytes(), voting.CivilList)
	if err != nil || len(got) != people || got[people-1].civil.BornOn != "1962-04-30" {
		t.Errorf("%d of %d people, %v", len(got), people, err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(names))
	f.Add([]byte("e-mail\n\"a"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, kind := range []voting.ListKind{voting.MailList, voting.CivilList} {
			people, err := read(raw, kind)
			if err == nil && len(people) == 0 {
				t.Error("a list of nobody")
			}
		}
	})
}
