package budgets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parvis/app/tenant"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/counting/formats"
)

// election is written by hand: three ballots for the square, two for the tree,
// one for the pool. The envelope pays the square and the tree; the town has
// published the square and the pool.
const election = `META
key;value
description;Budget d'une ville
country;France
unit;Exemple
instance;2024
num_projects;3
num_votes;4
budget;1000.50
vote_type;approval
rule;greedy
date_begin;01.03.2024
date_end;15.03.2024
currency;EUR
PROJECTS
project_id;cost;votes;name;category;selected;latitude;longitude
P1;700.50;3;Une place;public space;1;48.6280;4.9492
P2;300;2;Un arbre;urban greenery;0;;
P3;900;1;Un bassin;sport;1;;
VOTES
voter_id;vote
a;P1,P2
b;P1
c;P1,P2
d;P3
`

// importing is a town that takes elections.
func importing(t *testing.T) (*Module, *tenant.Tenant) {
	t.Parallel()
	db := testkit.Database(t)
	box := voting.New(voting.Deps{DB: db.DB})
	t.Cleanup(func() {
		if err := box.Drain(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return New(Deps{DB: db.DB, Box: box}), db.Tenant(t, testkit.WithModules(name))
}

func readElection(t *testing.T, file, text string) *formats.File {
	t.Helper()
	read, err := formats.Read(file, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// resultOf is the result of the edition that an import leads to.
func resultOf(t *testing.T, m *Module, town *tenant.Tenant, path string) *Counted {
	t.Helper()
	id, err := uuid.Parse(strings.Split(strings.TrimPrefix(path, sitePath+"/"), "/")[0])
	if err != nil {
		t.Fatal(err)
	}
	d, err := m.service.published(t.Context(), town.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	counted, err := m.service.counted(t.Context(), town.ID, d)
	if err != nil {
		t.Fatal(err)
	}
	return counted
}

func TestAPublishedElectionBecomesAClosedEdition(t *testing.T) {
	m, town := importing(t)
	var done, total int64
	path, err := m.Import(t.Context(), town, readElection(t, "exemple.pb", election), strings.Repeat("ab", 32), func(d, n int64) { done, total = d, n })
	if err != nil {
		t.Fatal(err)
	}
	if done != 4 || total != 4 {
		t.Errorf("told %d of %d", done, total)
	}
	c := resultOf(t, m, town, path)
	if won := c.Result.Outcome.Winners; !slices.Equal(won, []string{"1", "2"}) || c.Result.Ballots != 4 {
		t.Errorf("%d ballots, winners %v", c.Result.Ballots, won)
	}
	if c.Phase() != Delivery || c.Title != "Exemple 2024" || c.Pending || len(c.Others) != 1 {
		t.Errorf("phase %s, title %q, others %v", c.Phase(), c.Title, c.Others)
	}
	if p := c.Projects["1"]; p.Cost != 700_50 || p.Point.Lat != 48_628_000 || p.Rank != 1 || c.Projects["2"].Rank != 0 {
		t.Errorf("%+v", p)
	}
	source := sourceView(t.Context(), c)
	if len(source.Apart) != 2 || source.Apart[0].Title != "Un bassin" || source.Apart[1].Title != "Un arbre" {
		t.Errorf("differences: %+v", source.Apart)
	}
}

func TestAnElectionIsImportedOnce(t *testing.T) {
	m, town := importing(t)
	for i := range 2 {
		_, err := m.Import(t.Context(), town, readElection(t, "exemple.pb", election), strings.Repeat("ab", 32), func(int64, int64) {})
		if i == 0 && err != nil || i == 1 && !errors.Is(err, ErrAlreadyImported) {
			t.Errorf("%d: %v", i, err)
		}
	}
}

// points is a town whose people share three points, or put projects in order.
const points = `META
key;value
country;France
unit;Exemple
instance;2025
num_projects;3
num_votes;4
budget;1000
vote_type;%s
rule;greedy
max_length;2
date_begin;2025
date_end;2025
PROJECTS
project_id;cost;name;selected
10;500;Une place;1
9;500;Un arbre;1
11;500;Un bassin;2
VOTES
voter_id;vote;points
a;10,9;2,1
b;10;3
c;11,9;1,2
d;11;2
`

func TestPointsAndRanksAreImportedToo(t *testing.T) {
	for kind, want := range map[string]map[string]int64{
		"cumulative": {"10": 5, "9": 3, "11": 3}, // of two that are level, the smaller name
		"ordinal":    {"10": 4, "11": 4, "9": 2},
	} {
		t.Run(kind, func(t *testing.T) {
			m, town := importing(t)
			path, err := m.Import(t.Context(), town, readElection(t, "points.pb", fmt.Sprintf(points, kind)), strings.Repeat("cd", 32), func(int64, int64) {})
			if err != nil {
				t.Fatal(err)
			}
			c := resultOf(t, m, town, path)
			for id, p := range c.Projects {
				name := map[string]string{"Un arbre": "9", "Une place": "10", "Un bassin": "11"}[p.Title]
				if got := votesOf(c.Result.Outcome, id); got != want[name] {
					t.Errorf("%s has %d points, want %d", p.Title, got, want[name])
				}
			}
			won := []string{"1", "2"} // the tree, then the square, by their names in the file
			if kind == "ordinal" {
				won = []string{"2", "3"}
			}
			if got := slices.Sorted(slices.Values(c.Result.Outcome.Winners)); !slices.Equal(got, won) {
				t.Errorf("winners %v, want %v", got, won)
			}
			source := sourceView(t.Context(), c)
			if len(source.BesidesList) != 1 || source.BesidesList[0] != "Un bassin" || len(source.Table.Rows) < 2 {
				t.Errorf("beside the vote %v, compared %v", source.BesidesList, source.Table.Rows)
			}
		})
	}
}

func TestWhatIsNoBudgetIsNotImported(t *testing.T) {
	m, town := importing(t)
	negative := strings.Replace(fmt.Sprintf(points, "cumulative"), "11;2\n", "11;-2\n", 1)
	if _, err := m.Import(t.Context(), town, readElection(t, "points.pb", negative), strings.Repeat("cd", 32), nil); !errors.Is(err, ErrOddPoints) {
		t.Errorf("points taken away: %v", err)
	}
	if _, err := m.Import(t.Context(), town, &formats.File{Name: "x.blt", Format: "blt"}, strings.Repeat("ef", 32), nil); !errors.Is(err, ErrNotBudget) {
		t.Errorf("a table: %v", err)
	}
}

// elections is the folder of real elections, where there is one.
func elections() string {
	folder := os.Getenv("PARVIS_ELECTIONS")
	if folder == "" {
		folder = filepath.Join("..", "..", "..", "shared", "data")
	}
	return filepath.Join(folder, "pb")
}

// TestRealCitiesAreCountedAsPublished imports real elections, where they are:
// people approve, choose one, share points, put in order; some have ties.
func TestRealCitiesAreCountedAsPublished(t *testing.T) {
	for _, file := range []string{
		"Poland_Warszawa_2021_Bemowo.pb", "Poland_Swiecie_2023.pb", "Poland_Warszawa_2023_Ursus.pb", "Poland_Warszawa_2019_Okecie.pb",
		"Poland_Wroclaw_2018_Rejon_nr_11_750.pb", "Poland_Katowice_2022_Koszutka.pb", "Poland_Krakow_2019_Swoszowice.pb",
	} {
		body, err := os.ReadFile(filepath.Join(elections(), file))
		if errors.Is(err, os.ErrNotExist) {
			t.Logf("%s is not here", file)
			continue
		}
		t.Run(file, func(t *testing.T) {
			if err != nil {
				t.Fatal(err)
			}
			m, town := importing(t)
			path, err := m.Import(t.Context(), town, readElection(t, file, string(body)), strings.Repeat("ab", 32), func(int64, int64) {})
			if err != nil {
				t.Fatal(err)
			}
			c := resultOf(t, m, town, path)
			missing, extra := apart(c.Source.Published, c.Result.Outcome.Winners), apart(c.Result.Outcome.Winners, c.Source.Published)
			if len(missing)+len(extra) > 0 || !c.Source.Known {
				t.Errorf("published and not counted %v, counted and not published %v", c.labels(missing), c.labels(extra))
			}
		})
	}
}

// TestTheRuleOfAFileIsItsTowns counts every real election whose published
// winners some rule is known to find, by the rule that an import reads.
func TestTheRuleOfAFileIsItsTowns(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(elections(), "*.pb"))
	if err != nil {
		t.Fatal(err)
	}
	known := 0
	for _, file := range files {
		var told struct {
			Official *struct {
				Winners      []string
				ReproducedBy []string `json:"reproduced_by"`
			}
		}
		body, err := os.ReadFile(filepath.Join(elections(), "expected", strings.TrimSuffix(filepath.Base(file), ".pb")+".json"))
		if err == nil {
			err = json.Unmarshal(body, &told)
		}
		if err != nil {
			t.Fatal(err)
		}
		if told.Official == nil || len(told.Official.ReproducedBy) == 0 {
			continue
		}
		known++
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		read := readElection(t, filepath.Base(file), string(text))
		in, err := readFile(read, "")
		if err != nil {
			t.Errorf("%s: %v", read.Name, err)
			continue
		}
		outcome, err := counting.Count(read.Profile, in.rule())
		if err != nil {
			t.Errorf("%s: %v", read.Name, err)
			continue
		}
		slices.Sort(outcome.Winners)
		slices.Sort(told.Official.Winners)
		if !slices.Equal(outcome.Winners, told.Official.Winners) {
			t.Errorf("%s (%s): published and not counted %v, counted and not published %v", read.Name, read.Meta["rule"],
				apart(told.Official.Winners, outcome.Winners), apart(outcome.Winners, told.Official.Winners))
		}
	}
	t.Logf("%d real elections compared", known)
}

// rule is the rule of the poll that the import makes.
func (in *incoming) rule() counting.Rule {
	rule := in.terms.Rule
	rule.Method = in.terms.Method
	return rule
}
