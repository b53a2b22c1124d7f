package count

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/urfave/cli/v3"

	"parvis/app/voting/counting"
)

// parvis runs the command as the program does, and gives what it writes.
func parvis(stdin string, args ...string) (out, warnings string, err error) {
	var stdout, stderr bytes.Buffer
	root := &cli.Command{Name: "parvis", Reader: io.NopCloser(strings.NewReader(stdin)), Writer: &stdout, ErrWriter: &stderr,
		ExitErrHandler: func(context.Context, *cli.Command, error) {}, Commands: []*cli.Command{Command()}}
	err = root.Run(context.Background(), append([]string{"parvis", "count"}, args...))
	return stdout.String(), stderr.String(), err
}

func data(name string) string {
	return filepath.Join("..", "voting", "counting", "testdata", name)
}

type answer struct {
	Rule    string
	Winners []string
	Ranking [][]string
	Totals  map[string]string
	Ties    []counting.Tie
}

func countJSON(t *testing.T, args ...string) answer {
	t.Helper()
	out, _, err := parvis("", append(args, "--json")...)
	if err != nil {
		t.Fatalf("%v: %v", args, err)
	}
	var a answer
	if err := json.Unmarshal([]byte(out), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestTheMachineAnswerHasItsFiveKeys(t *testing.T) {
	t.Parallel()
	out, _, err := parvis("", data("tennessee.soi"), "--rule", "borda", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal([]byte(out), &keys); err != nil {
		t.Fatal(err)
	}
	if got := slices.Sorted(maps.Keys(keys)); !slices.Equal(got, []string{"ranking", "rule", "ties", "totals", "winners"}) {
		t.Errorf("keys %v", got)
	}
	want := `{"rule":"borda","winners":["2"],"ranking":[["2"],["3"],["1"],["4"]],"totals":{"1":"126","2":"194","3":"173","4":"107"},"ties":[]}`
	if strings.TrimSpace(out) != want {
		t.Errorf("%s", out)
	}
	out, _, err = parvis("", "--json", "--explain", "--rule", "schulze", data("tennessee.soi"))
	if err != nil || !strings.Contains(out, `"steps":[{"step":"compare","a":"1","b":"2"`) {
		t.Errorf("%s %v", out, err)
	}
}

func TestEveryMethodAndOptionIsReachable(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args    string
		winners string
	}{
		{"village.pb --rule greedy", "B A"},
		{"village.pb --rule greedy --no-skip --ties lexicographic", "A B"},
		{"village.pb --rule greedy --threshold", "B A"},
		{"village.pb --rule greedy --min-votes 7", ""},
		{"village.pb --rule greedy --budget 45.50", "B"},
		{"village.pb --rule greedy --incompatible A+B", "B C D"},
		{"village.pb --rule equal-shares --completion none", "B C D"},
		{"village.pb --rule equal-shares --completion add1 --step 0.5", "B C D"},
		{"village.pb --rule equal-shares --utility votes", "C D B"},
		{"village.pb --rule phragmen", "C B D"},
		{"village.pb --rule knapsack --utility cost", "B A"},
		{"tennessee.soi --rule plurality", "1"},
		{"tennessee.soi --rule plurality --absolute-majority", ""},
		{"tennessee.soi --rule borda --unranked zero", "2"},
		{"tennessee.soi --rule irv", "4"},
		{"tennessee.soi --rule irv --overvotes skip --skipped-ranks 0 --exhaust-on-duplicate --batch --until-two", "4"},
		{"tennessee.soi --rule irv --first-out 4", "3"},
		{"tennessee.soi --rule schulze --margins", "2"},
		{"tennessee.soi --rule schulze --default 1 --supermajority 2=2:1 --default-quorum 10", "3"},
		{"tennessee.soi --rule stv --seats 2", "1 2"},
		{"council.blt --rule stv", "1 3"},
		{"withdrawn.blt --rule irv", "2"},
		{"approbation.cat --rule approval --seats 2", "1 2"},
		{"place.csv --rule majority-judgment", "jeux"},
		{"place.csv --rule majority-judgment --unmarked 1", "jeux"},
		{"place.csv --rule score --mean", "jeux"},
		{"points.csv --rule points --points 10", "b"},
		{"terrasses.csv --rule yes-no-abstain --quorum 1/4 --entitled 50", "terrasses"},
		{"terrasses.csv --rule yes-no-abstain --majority 2/3 --at-least", "terrasses"},
		{"terrasses.csv --rule yes-no-abstain --base present --present 18", ""},
		{"quartiers.csv --rule greedy", "n a"},
		{"quartiers.csv --rule greedy --budget 50 --budget Nord=31", "m b"},
		{"archive.json --rule plurality", "a b"},
		{"archive.json --rule plurality --ties lot --seed 00 --root 01", "a"},
		{"archive.json", "a"},
	} {
		args := strings.Fields(c.args)
		args[0] = data(args[0])
		if got := strings.Join(countJSON(t, args...).Winners, " "); got != c.winners {
			t.Errorf("%s: %q, by hand %q", c.args, got, c.winners)
		}
	}
}

func TestAPersonReadsWhoWonAndWhy(t *testing.T) {
	t.Parallel()
	out, _, err := parvis("", data("village.pb"), "--rule", "equal-shares", "--explain")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"3\u00a0projets", "Chaque bulletin dispose d’une part égale", "Potager", "Rang  Projet"} {
		if !strings.Contains(strings.ReplaceAll(out, "3 projets", "3\u00a0projets"), want) {
			t.Errorf("%q is missing from\n%s", want, out)
		}
	}
	brief, _, err := parvis("", data("village.pb"), "--rule", "equal-shares", "--lang", "en", "--currency", "zł")
	if err != nil || strings.Contains(brief, "equal share") || !strings.Contains(brief, "80\u00a0zł") || !strings.Contains(brief, "are funded") {
		t.Errorf("%s %v", brief, err)
	}
}

func TestFaultsNameTheFileTheLineAndTheReason(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ stdin, args, want string }{
		{"id;a;b\n1;?;\n", "- --rule approval", `-: line 2: mark "?"`},
		{"", "absent.pb --rule greedy", "absent.pb"},
		{"", data("village.pb"), "--rule"},
		{"", "", "FICHIER"},
		{"", data("village.pb") + " --rule monarchy", `"monarchy": unknown method`},
		{"", data("tennessee.soi") + " --rule greedy", "--budget"},
		{"", data("tennessee.soi") + " --rule stv --seats 9", "9 seats for 4 options"},
		{"", data("tennessee.soi") + " --rule majority-judgment", `needs ballots of kind "grades", not "ranks"`},
		{"", data("village.pb") + " --rule greedy --budget 0", "invalid budget"},
		{"", data("village.pb") + " --rule greedy --step x", "--step"},
		{"", data("village.pb") + " --rule greedy --ties coin", `"coin"`},
		{"", data("village.pb") + " --rule greedy --ties lot", "seed"},
		{"", data("village.pb") + " --rule greedy --ties lot --seed zz", "--seed"},
		{"", data("village.pb") + " --rule equal-shares --completion add2", `"add2"`},
		{"", data("village.pb") + " --rule greedy --lang de", "--lang"},
		{"", data("tennessee.soi") + " --rule schulze --supermajority 2", "--supermajority"},
	} {
		out, _, err := parvis(c.stdin, strings.Fields(c.args)...)
		if err == nil || !strings.Contains(err.Error(), c.want) || out != "" {
			t.Errorf("%q: %v, expected %q; wrote %q", c.args, err, c.want, out)
		}
	}
}

func TestWhatAFileGetsWrongIsToldBesideTheResult(t *testing.T) {
	t.Parallel()
	text := "META\nkey;value\nbudget;10\nvote_type;approval\nPROJECTS\nproject_id;cost;votes\n1;5;7\nVOTES\nvoter_id;vote\na;1,1\n"
	out, warnings, err := parvis(text, "-", "--rule", "greedy", "--json")
	if err != nil || !strings.Contains(out, `"winners":["1"]`) {
		t.Fatalf("%s %v", out, err)
	}
	for _, want := range []string{"-: line 10: project \"1\" is repeated", "-: project \"1\": the file says 7 votes, its ballots give 1"} {
		if !strings.Contains(warnings, want) {
			t.Errorf("%q is missing from %q", want, warnings)
		}
	}
}

func TestTheBarShowsAShareOrACounter(t *testing.T) {
	t.Parallel()
	if got := line(counting.Progress{Method: counting.Knapsack, Done: 50, Total: 100}, 3*time.Second); !strings.Contains(got, "50 %") || strings.Count(got, "█") != width/2 {
		t.Errorf("%q", got)
	}
	if got := line(counting.Progress{Method: counting.EqualShares, Done: 278}, time.Second); !strings.Contains(got, "278") {
		t.Errorf("%q", got)
	}
	var out bytes.Buffer
	b := newBar(&out)
	b.started = time.Now().Add(-time.Hour)
	b.watch(counting.Progress{Done: 1})
	b.clear()
	if out.Len() != 0 {
		t.Errorf("a bar was drawn outside a terminal: %q", out.String())
	}
}
