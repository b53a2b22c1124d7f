package formats

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"parvis/app/voting/counting"
)

// sealed is an archive written by hand: five ballots, of which one was
// replaced and says nothing, and no result yet.
const sealed = `{"format":"parvis-archive/1","origin":"a.example/votes/1/journal","poll":"1","key":"k","leaves":7,"checkpoints":0}
{"leaf":0,"kind":"ruleset","data":"{}","text":"{\"format\":\"parvis-ruleset/1\",\"options\":[{\"id\":\"a\",\"label\":\"Verger\"},{\"id\":\"b\",\"label\":\"Halle\"}],\"method\":\"plurality\",\"rule\":{\"method\":\"plurality\"}}"}
{"leaf":1,"kind":"opened","data":"{}"}
{"leaf":2,"kind":"ballot","key":"01","seq":1,"inner":"00"}
{"leaf":3,"kind":"ballot","key":"02","seq":1,"inner":"00","nonce":"00","marks":"b=1"}
{"leaf":4,"kind":"ballot","key":"01","seq":2,"inner":"00","nonce":"01","marks":"b=1"}
{"leaf":5,"kind":"ballot","key":"03","seq":1,"inner":"00","nonce":"02","marks":"a=1"}
{"leaf":6,"kind":"ballot","key":"04","seq":1,"inner":"00","nonce":"03","marks":""}
`

func TestArchiveIsCountedByItsLastBallots(t *testing.T) {
	file, err := Read("vote.parvis-archive", strings.NewReader(sealed))
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := counting.Count(file.Profile, *file.Rule)
	if err != nil {
		t.Fatal(err)
	}
	if file.Format != sealedFormat || outcome.Ballots != 4 || outcome.Blank != 1 || !slices.Equal(outcome.Winners, []string{"b"}) || outcome.Totals["b"].RatString() != "2" {
		t.Errorf("%s: %d ballots, %d blank, winners %v, totals %v", file.Format, outcome.Ballots, outcome.Blank, outcome.Winners, outcome.Totals)
	}
}

func TestDamagedArchiveNamesTheLine(t *testing.T) {
	for name, tt := range map[string]struct {
		damage func(string) string
		line   int
	}{
		"unknown option": {func(s string) string { return strings.Replace(s, `"marks":"a=1"`, `"marks":"z=1"`, 1) }, 7},
		"cut line":       {func(s string) string { return strings.Replace(s, `,"seq":2,`, `,"se`, 1) }, 6},
		"bad ruleset":    {func(s string) string { return strings.Replace(s, `\"options\":[`, `\"options\":`, 1) }, 2},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read("vote.parvis-archive", strings.NewReader(tt.damage(sealed)))
			if e, ok := errors.AsType[*Error](err); !ok || e.Line != tt.line {
				t.Errorf("got %v, want a fault on line %d", err, tt.line)
			}
		})
	}
}
