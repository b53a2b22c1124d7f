package booth_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

// table reads a CSV answer.
func (a answer) table(t *testing.T) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(a.want(t, http.StatusOK).body)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// TestHiddenCountsAreNowhere looks for the counts of an open poll wherever
// they could show: 14 ballots, 9 of them for one option.
func TestHiddenCountsAreNowhere(t *testing.T) {
	s := newSquare(t)
	for name, visibility := range map[string]func(*voting.Terms){"hidden": hidden, "turnout": func(*voting.Terms) {}} {
		id := s.open(terms(visibility))
		s.fill(id, "aaaaaaaaabbbbc")
		who := s.as("")
		results := who.get(path(id)+"/resultats").want(t, 200, "à la clôture").without(t, "data-live-count", "data-live-percent", "64 %", "tally")
		screen := who.get("/ecran/"+id.String()).want(t, 200).without(t, "data-live-count", "data-live-percent", "64 %", "tally")
		who.get(path(id)+"/resultats.csv").want(t, http.StatusForbidden).without(t, "jardin", ";9", ",9")
		who.get(path(id)+"/bulletins.csv").want(t, http.StatusGone).without(t, "a=1")
		who.get(path(id)+"/resultats.json").want(t, http.StatusGone).without(t, "a=1", `"counts"`)
		state, err := s.booth.Snapshot(t.Context(), voting.Topic(s.town.ID, id), realtime.Screen)
		s.must(err)
		if strings.Contains(string(state.Body), "counts") {
			t.Errorf("%s: the live state is %s", name, state.Body)
		}
		if shown := strings.Contains(results.main(), `data-live-bind="turnout"`); shown != (name == "turnout") {
			t.Errorf("%s: turnout shown on the results page: %v", name, shown)
		}
		if shown := strings.Contains(screen.main(), `data-live-bind="turnout"`); shown != (name == "turnout") {
			t.Errorf("%s: turnout shown on the screen: %v", name, shown)
		}
	}
}

func TestResultsWaitForTheOfficeWhereTheRulesSaySo(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(func(t *voting.Terms) { t.Release = voting.ByAct }))
	s.fill(id, "aaaaaaaaabbbbc")
	s.as("").get(path(id)+"/resultats").want(t, 200, "quand la collectivité les publiera")
	s.close(id)
	who := s.as("")
	who.get(path(id)+"/resultats").want(t, 200, "quand la collectivité les publiera").without(t, "tally", "arrive en tête", "64 %")
	for _, file := range []string{"/resultats.csv", "/resultats.json", "/bulletins.csv"} {
		who.get(path(id)+file).want(t, http.StatusForbidden).without(t, "a=1", "jardin")
	}
	s.citizen("Olga", official)
	host := s.as("Olga")
	host.get(desk(id)).want(t, 200, "Publier les résultats", "64 %")
	host.post(desk(id), "acte", "publier").leads(t)
	who.get(path(id)+"/resultats").want(t, 200, "« Un jardin partagé » arrive en tête avec 9 voix, soit 64 % des 14 bulletins exprimés.", "Publication des résultats")
}

func TestOneBallotIsNotSpokenOfAsSeveral(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(between(-time.Hour, time.Hour)))
	s.fill(id, "a")
	s.at(noon.Add(time.Hour))
	s.as("").get(path(id)+"/resultats").want(t, 200, "arrive en tête : c'est la réponse du seul bulletin exprimé.").without(t, "des 1 bulletins")
}

func TestTheResultIsSaidDrawnAndGivenAway(t *testing.T) {
	s := newSquare(t)
	s.citizen("Alice")
	id := s.open(terms(between(-time.Hour, time.Hour)))
	s.fill(id, "aaabbbbbccb")
	s.as("Alice").vote(id, "choix", "blanc")
	s.at(noon.Add(time.Hour))
	who := s.as("")
	page := who.get(path(id)+"/resultats").want(t, 200, "« Une halle couverte » arrive en tête avec 6 voix, soit 55 % des 11 bulletins exprimés.",
		"1 bulletin blanc, compté à part.", "Part des 11 bulletins exprimés.", "En tête", "En ligne", "12 bulletins", "pas à pas", "12 bulletins, dont 1 blanc", "Recompter", "Qui peut voter", "Registre du vote").
		without(t, "Voter</span>")
	if strings.Index(page.body, "Une halle couverte</span>") > strings.Index(page.body, "Un jardin partagé</span>") {
		t.Error("the winner is not drawn first")
	}
	want := [][]string{
		{"proposition", "réponse", "voix", "bulletins exprimés"},
		{"Une halle couverte", "", "6", "11"}, {"Un jardin partagé", "", "3", "11"}, {"Une place sans voitures", "", "2", "11"},
	}
	if diff := cmp.Diff(want, who.get(path(id)+"/resultats.csv").table(t)); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	if rows := who.get(path(id) + "/bulletins.csv").table(t); len(rows) != 13 {
		t.Errorf("%d rows for a heading and 12 ballots", len(rows))
	}
	var file struct {
		Ballots []voting.PublishedBallot
		Result  struct{ Outcome counting.Outcome }
	}
	s.must(json.Unmarshal([]byte(who.get(path(id)+"/resultats.json").want(t, 200).body), &file))
	if len(file.Ballots) != 12 || file.Result.Outcome.Winners[0] != "b" {
		t.Errorf("%d ballots, winners %v", len(file.Ballots), file.Result.Outcome.Winners)
	}
}

func TestATieIsExplained(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms())
	s.fill(id, "aabb")
	s.close(id)
	s.as("").get(path(id)+"/resultats").want(t, 200, "Égalité entre « Un jardin partagé » et « Une halle couverte » : le tirage au sort public a désigné «")
}

func TestNobodyVotedIsSaid(t *testing.T) {
	s := newSquare(t)
	for _, method := range []func(*voting.Terms){func(*voting.Terms) {}, upToTwo, answers} {
		id := s.open(terms(method))
		s.close(id)
		s.as("").get(path(id)+"/resultats").want(t, 200, "Aucun bulletin n'a été déposé.")
	}
}

// TestLiveSharesAreOfEveryBallot: the page gives the shares that the live
// script computes, n out of the base of the state.
func TestLiveSharesAreOfEveryBallot(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(answers, shownLive))
	s.fill(id, "yyyyynnn----") // "a": 5 for, 3 against, 4 abstentions
	page := s.as("").get(path(id)+"/resultats").want(t, 200, "Part des 12 bulletins exprimés, abstentions comprises.", "42 %", "25 %", "33 %")
	for _, cell := range []string{`data-live-percent="a=1">42`, `data-live-percent="a=-1">25`, `data-live-percent="a=0">33`, `data-live-percent="b=-1">100`} {
		if !strings.Contains(page.body, cell) {
			t.Errorf("the page has no %s", cell)
		}
	}
	want := []string{"Un jardin partagé", "Pour", "5", "12"}
	if diff := cmp.Diff(want, s.as("").get(path(id) + "/resultats.csv").table(t)[1]); diff != "" {
		t.Errorf("CSV (-want +got):\n%s", diff)
	}
	s.close(id)
	s.as("").get(path(id)+"/resultats").want(t, 200, "Sur 3 propositions, une recueille la majorité demandée : « Un jardin partagé ».")
}

// The rules that a poll opens with were called a new version of themselves.
func TestTheFirstRulesAreNoNewVersion(t *testing.T) {
	s := newSquare(t)
	id := s.open(terms(openToRoom, between(-time.Hour, time.Hour)))
	register := path(id) + "/resultats"
	s.as("").get(register).want(t, 200, "Ouverture du vote").without(t, "Nouvelle version du règlement")
	s.must(s.box.Extend(t.Context(), s.town.ID, id, noon.Add(2*time.Hour), voting.Act{Reason: "La pluie."}))
	s.as("").get(register).want(t, 200, "Nouvelle version du règlement", "La pluie.")
}
