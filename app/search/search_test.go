package search

import "testing"

func TestWhatPeopleTypeFindsWhatTheyMean(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"écoles", "ecole"}, {"VÉLOS", "vélo"}, {"bœufs", "boeuf"}, {"Jeux", "jeu"}, {"e\u0301cole", "école"}, {"l’été", "l'ete"},
	} {
		if Fold(pair[0]) != Fold(pair[1]) {
			t.Errorf("%q gives %q, %q gives %q", pair[0], Fold(pair[0]), pair[1], Fold(pair[1]))
		}
	}
	if Fold("bus") != "bus" {
		t.Errorf("short words lose nothing: %q", Fold("bus"))
	}
}

func TestAQueryForAnyWordHoldsNothingButWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Des bancs au parc !":           "des | banc | parc",
		"":                              "",
		"a & b | c":                     "",
		"'); DROP TABLE ideas & !x:*":   "drop | table | idea",
		"un deux trois quatre":          "deu | troi | quatre",
		"é":                             "",
		"rue-du-Bac, n°12 : l'horloge…": "rue | bac | horloge",
	} {
		if got := AnyOf(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestAVectorHasAPlaceForEachWeight(t *testing.T) {
	if got := Vector("AC"); got != `setweight(to_tsvector('french', ?), 'A') || setweight(to_tsvector('french', ?), 'C')` {
		t.Error(got)
	}
}
