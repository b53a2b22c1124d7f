package formats_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"parvis/app/voting/counting"
	"parvis/app/voting/counting/formats"
)

func parse(name, text string) (*formats.File, error) {
	return formats.Read(name, strings.NewReader(text))
}

func mustParse(t *testing.T, name, text string) *formats.File {
	t.Helper()
	file, err := parse(name, text)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

const pb = "META\nkey;value\nnum_projects;2\nnum_votes;2\nbudget;100.50\nvote_type;approval\nPROJECTS\nproject_id;cost;votes;name\n1;40;2;Parc\n2;70.25;1;\"Pont; neuf\"\nVOTES\nvoter_id;vote\na;1,2\nb;1\n"

const soi = "# DATA TYPE: soi\n# NUMBER ALTERNATIVES: 3\n# NUMBER VOTERS: 5\n# NUMBER UNIQUE ORDERS: 2\n# ALTERNATIVE NAME 1: A\n3: 1,{2,3}\n2: 3\n"

const bltText = "3 1\n-3\n2 1 2=3 0\n1 - 2 0\n0\n\"A\"\n\"B \"\"b\"\"\"\n\"C\"\n\"Title\"\n"

const table = "kind;ranks\nseats;2\nid;a;b\nname;Amina;Bruno\n3;1;2\n1;;1\n2;;\n"

const civic = "{\"schema\": \"civic-ballots/1\", \"kind\": \"ranked\",\n \"options\": [{\"id\": \"a\"}, {\"id\": \"b\"}],\n \"ballots\": [\n  {\"n\": 2, \"r\": [[\"a\"], [\"b\"]]},\n  {\"n\": 1, \"r\": []}\n]}\n"

func TestPabulibIsReadAsItIs(t *testing.T) {
	t.Parallel()
	file := mustParse(t, "x.pb", pb)
	o := file.Profile.Options
	if len(o) != 2 || o[0].Cost != 4000 || o[1].Cost != 7025 || o[1].Name != "Pont; neuf" || file.Envelopes[0].Cents != 10050 {
		t.Errorf("options %+v, envelopes %+v", o, file.Envelopes)
	}
	if file.Profile.Total() != 2 || len(file.Warnings) != 0 {
		t.Errorf("%d ballots, warnings %v", file.Profile.Total(), file.Warnings)
	}
}

func TestOrdinalBallotsGivePoints(t *testing.T) {
	t.Parallel()
	text := strings.NewReplacer("approval", "ordinal\nmax_length;3", "a;1,2", "a;2,1").Replace(pb)
	p := mustParse(t, "x.pb", text).Profile
	if p.Kind != counting.Points || p.Ballots[0].Marks[0].Value != 2 || p.Ballots[0].Marks[1].Value != 3 {
		t.Errorf("%s %+v", p.Kind, p.Ballots)
	}
}

// Pabulib holds ballots that name a project twice: it counts once, and the reader is told.
func TestARepeatedProjectCountsOnceAndIsTold(t *testing.T) {
	t.Parallel()
	file := mustParse(t, "x.pb", strings.Replace(pb, "b;1\n", "b;1,1\n", 1))
	if len(file.Warnings) != 1 || file.Warnings[0].Line != 14 || len(file.Profile.Ballots[1].Marks) != 1 {
		t.Errorf("warnings %+v, ballots %+v", file.Warnings, file.Profile.Ballots)
	}
	file = mustParse(t, "x.pb", strings.Replace(pb, "1;40;2;Parc", "1;40;9;Parc", 1))
	if len(file.Warnings) != 1 || !strings.Contains(file.Warnings[0].Reason, "9") {
		t.Errorf("a wrong votes column gives %+v", file.Warnings)
	}
}

func TestPrefLibTiesAndPartialOrders(t *testing.T) {
	t.Parallel()
	p := mustParse(t, "x.toi", strings.Replace(soi, "TYPE: soi", "TYPE: toi", 1)).Profile
	want := []counting.Mark{{Option: 0, Value: 1}, {Option: 1, Value: 2}, {Option: 2, Value: 2}}
	if !slices.Equal(p.Ballots[0].Marks, want) || p.Ballots[0].Weight != 3 || p.Options[0].Name != "A" || len(p.Ballots[1].Marks) != 1 {
		t.Errorf("%+v", p)
	}
}

func TestPrefLibCategoriesAreApprovalsOrGrades(t *testing.T) {
	t.Parallel()
	head := "# DATA TYPE: cat\n# NUMBER ALTERNATIVES: 3\n# NUMBER CATEGORIES: "
	two := mustParse(t, "x.cat", head+"2\n4: {1,2}, 3\n1: {}, {1,2,3}\n").Profile
	if two.Kind != counting.Choices || len(two.Ballots[0].Marks) != 2 || len(two.Ballots[1].Marks) != 0 {
		t.Errorf("%+v", two)
	}
	three := mustParse(t, "x.cat", head+"3\n# CATEGORY NAME 1: Good\n# CATEGORY NAME 3: Bad\n4: 1, {}, {2,3}\n").Profile
	if three.Kind != counting.Grades || three.Ballots[0].Marks[0].Value != 2 || three.Ballots[0].Marks[1].Value != 0 || three.Grades[2] != "Good" {
		t.Errorf("%+v", three)
	}
}

func TestBLTHasWithdrawalsEqualRanksAndSkips(t *testing.T) {
	t.Parallel()
	file := mustParse(t, "x.blt", bltText)
	o, b := file.Profile.Options, file.Profile.Ballots
	if !o[2].Withdrawn || o[1].Withdrawn || o[1].Name != `B "b"` || file.Seats != 1 {
		t.Errorf("%+v", o)
	}
	if want := []counting.Mark{{Option: 0, Value: 1}, {Option: 1, Value: 2}, {Option: 2, Value: 2}}; !slices.Equal(b[0].Marks, want) {
		t.Errorf("%+v", b[0])
	}
	if want := []counting.Mark{{Option: 1, Value: 2}}; !slices.Equal(b[1].Marks, want) {
		t.Errorf("%+v", b[1])
	}
}

func TestOurTable(t *testing.T) {
	t.Parallel()
	file := mustParse(t, "x.csv", table)
	if file.Profile.Kind != counting.Ranks || file.Seats != 2 || file.Profile.Options[1].Name != "Bruno" || file.Profile.Total() != 6 || len(file.Profile.Ballots) != 3 {
		t.Errorf("%+v", file)
	}
}

func TestRawRankingsKeepTheirFaults(t *testing.T) {
	t.Parallel()
	text := `{"schema":"civic-ballots/1","kind":"ranked-raw","options":[{"id":"a"},{"id":"b"}],"ballots":[{"n":1,"r":["OV:a|b",null,"b"]},{"n":1,"r":["OV","UWI","gone"]}]}`
	file := mustParse(t, "x.json", text)
	want := []counting.Mark{{Option: 0, Value: 1}, {Option: 1, Value: 1}, {Option: 1, Value: 3}}
	if !slices.Equal(file.Profile.Ballots[0].Marks, want) {
		t.Errorf("%+v", file.Profile.Ballots[0])
	}
	if o := file.Profile.Options; len(o) != 4 || o[2].ID != "UWI" || !o[3].Withdrawn || len(file.Warnings) != 1 {
		t.Errorf("options %+v, warnings %+v", o, file.Warnings)
	}
}

// Windows line ends, byte order marks and unknown extensions change nothing.
func TestLineEndsMarksAndNamesDoNotMatter(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{"x.pb": pb, "x.soi": soi, "x.blt": bltText, "x.csv": table, "x.json": civic} {
		want := mustParse(t, name, text).Profile
		for _, variant := range []string{strings.ReplaceAll(text, "\n", "\r\n"), "\xEF\xBB\xBF" + text, strings.TrimRight(text, "\n")} {
			got := mustParse(t, name, variant).Profile
			if got.Total() != want.Total() || len(got.Ballots) != len(want.Ballots) || got.Options[0] != want.Options[0] {
				t.Errorf("%s: %+v, expected %+v", name, got, want)
			}
		}
		bare := mustParse(t, "-", text)
		if bare.Profile.Total() != want.Total() || bare.Profile.Kind != want.Kind {
			t.Errorf("%s without its name is read as %s: %+v", name, bare.Format, bare.Profile)
		}
	}
}

func TestBadFilesSayWhereAndWhy(t *testing.T) {
	t.Parallel()
	replace := func(text, from, to string) string { return strings.Replace(text, from, to, 1) }
	for name, c := range map[string]struct {
		file, text string
		line       int
		reason     string
	}{
		"empty":              {"x.pb", " \n", 0, "empty"},
		"utf-16":             {"x.csv", "\xFF\xFEi\x00d\x00", 0, "UTF-16"},
		"mixed encodings":    {"x.pb", replace(pb, "Parc", "Parc \xE9t\xE9"), 9, "UTF-8"},
		"zero byte":          {"x.csv", "id;a\x00;b\n1;1;\n", 1, "zero byte"},
		"long line":          {"x.pb", replace(pb, "Parc", strings.Repeat("x", 10<<20)), 9, "longer"},
		"unknown project":    {"x.pb", replace(pb, "b;1\n", "b;3\n"), 14, "unknown option"},
		"duplicate project":  {"x.pb", replace(pb, "2;70.25", "1;70.25"), 10, "twice"},
		"negative cost":      {"x.pb", replace(pb, "1;40", "1;-40"), 9, "negative"},
		"absurd cost":        {"x.pb", replace(pb, "1;40", "1;40000000000000000"), 9, "absurd"},
		"cost in words":      {"x.pb", replace(pb, "1;40", "1;dear"), 9, "not a number"},
		"tenths of a cent":   {"x.pb", replace(pb, "1;40", "1;40.001"), 9, "fractions of a cent"},
		"zero budget":        {"x.pb", replace(pb, "100.50", "0"), 0, "zero"},
		"no budget":          {"x.pb", replace(pb, "budget;100.50\n", ""), 0, "budget"},
		"strange vote type":  {"x.pb", replace(pb, "approval", "shouting"), 0, "shouting"},
		"truncated ballots":  {"x.pb", replace(pb, "b;1\n", ""), 0, "truncated"},
		"truncated projects": {"x.pb", pb[:strings.Index(pb, "VOTES")], 0, "truncated"},
		"open quote":         {"x.pb", replace(pb, "neuf\"", "neuf"), 10, "quote"},
		"points missing":     {"x.pb", strings.NewReplacer("approval", "cumulative", "voter_id;vote", "voter_id;vote;points", "a;1,2", "a;1,2;3").Replace(pb), 13, "points"},
		"unknown number":     {"x.soi", replace(soi, "2: 3", "2: 4"), 7, "unknown option"},
		"twice in an order":  {"x.soi", replace(soi, "2: 3", "2: 3,3"), 7, "twice"},
		"open brace":         {"x.soi", replace(soi, "{2,3}", "{2,3"), 6, "brace"},
		"wrong total":        {"x.soi", replace(soi, "3: 1", "4: 1"), 0, "NUMBER VOTERS"},
		"truncated orders":   {"x.soi", replace(soi, "2: 3\n", ""), 0, "truncated"},
		"no weight":          {"x.soi", replace(soi, "2: 3", "x: 3"), 7, "whole number"},
		"too many seats":     {"x.blt", replace(bltText, "3 1", "3 4"), 1, "seats"},
		"unknown candidate":  {"x.blt", replace(bltText, "2 1 2=3 0", "2 1 4 0"), 3, "unknown option"},
		"ballot without end": {"x.blt", replace(bltText, "2 1 2=3 0", "2 1 2=3"), 3, "truncated"},
		"truncated names":    {"x.blt", bltText[:strings.Index(bltText, "\"C\"")], 0, "truncated"},
		"no end of ballots":  {"x.blt", "3 1\n1 2 0\n", 0, "truncated"},
		"unknown line":       {"x.csv", "id;a;b\nfoo;1;2\n", 2, "unknown line"},
		"strange kind":       {"x.csv", "kind;songs\nid;a;b\n1;1;\n", 1, "songs"},
		"strange mark":       {"x.csv", "id;a;b\n1;maybe;\n", 2, "maybe"},
		"too many marks":     {"x.csv", "id;a;b\n1;1;;1\n", 2, "unknown option"},
		"twice an id":        {"x.csv", "id;a;a\n1;1;\n", 2, "same id"},
		"weightless":         {"x.csv", "id;a;b\n0;1;\n", 2, "weight"},
		"no ballots":         {"x.csv", "id;a;b\n", 0, "no ballot"},
		"broken json":        {"x.json", replace(civic, "\"n\": 2", "\"n\": "), 4, "invalid character"},
		"json unknown id":    {"x.json", replace(civic, "[\"b\"]]}", "[\"z\"]]}"), 4, "unknown option"},
		"json cut":           {"x.json", civic[:80], 2, "unexpected end"},
		"json other schema":  {"x.json", `{"schema":"x"}`, 0, "civic-ballots/1"},
		"json no ballot":     {"x.json", `{"schema":"civic-ballots/1","kind":"ranked","options":[{"id":"a"}],"ballots":[]}`, 0, "no ballot"},
	} {
		_, err := parse(c.file, c.text)
		var fault *formats.Error
		if !errors.As(err, &fault) {
			t.Errorf("%s: error %v", name, err)
			continue
		}
		if fault.File != c.file || fault.Line != c.line || !strings.Contains(fault.Reason, c.reason) {
			t.Errorf("%s: %v, expected line %d and %q", name, err, c.line, c.reason)
		}
	}
}

func TestAmountsAreExact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int64{"12": 1200, "12.5": 1250, "12,50": 1250, "4000.0": 400000, "0.01": 1, "106165.64": 10616564} {
		if got, err := formats.Cents(text); err != nil || got != want {
			t.Errorf("%q is %d, %v", text, got, err)
		}
	}
}

// fuzz feeds a reader with damaged files: whatever comes, it reads or it explains, and what it read can be counted.
func fuzz(f *testing.F, name string, method counting.Method, seeds ...string) {
	for _, s := range seeds {
		f.Add(s)
	}
	files, err := filepath.Glob(filepath.Join("..", "testdata", "*"+filepath.Ext(name)))
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		text, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := parse(name, text)
		if err != nil {
			var fault *formats.Error
			if !errors.As(err, &fault) || fault.File != name || fault.Reason == "" {
				t.Fatalf("error without file or reason: %v", err)
			}
			return
		}
		if err := file.Profile.Validate(); err != nil {
			t.Fatalf("an invalid profile was accepted: %v", err)
		}
		if len(file.Profile.Options) > 50 {
			return
		}
		_, _ = counting.Count(file.Profile, counting.Rule{Method: method, Seats: min(file.Seats, len(file.Profile.Options)), Envelopes: file.Envelopes})
	})
}

func FuzzPabulib(f *testing.F) { fuzz(f, "x.pb", counting.EqualShares, pb) }

func FuzzPrefLib(f *testing.F) { fuzz(f, "x.toi", counting.Schulze, soi) }

func FuzzCategories(f *testing.F) {
	fuzz(f, "x.cat", counting.Approval, "# NUMBER ALTERNATIVES: 2\n# NUMBER CATEGORIES: 2\n3: {1},2\n")
}

func FuzzBLT(f *testing.F) { fuzz(f, "x.blt", counting.STV, bltText) }

func FuzzTable(f *testing.F) { fuzz(f, "x.csv", counting.IRV, table) }

func FuzzCivic(f *testing.F) {
	fuzz(f, "x.json", counting.IRV, civic, `{"schema":"civic-ballots/1","kind":"grades","options":[{"id":"a"}],"ballots":[{"n":1,"g":[1]}]}`)
}
