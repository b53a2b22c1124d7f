package associations

import "testing"

func TestRNAIsReadHoweverItIsTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"W521001234": "W521001234", "w521 001 234": "W521001234", " w 521 00 12 34 ": "W521001234", "W2A1001234": "W2A1001234", "": "",
	} {
		if got, ok := parseRNA(typed); !ok || got != want {
			t.Errorf("%q is read as %q, %v", typed, got, ok)
		}
	}
	for _, typed := range []string{"521001234", "W52100123", "W5210012345", "X521001234", "WA21001234", "W521O01234", "W521001234\x00", "association"} {
		if got, ok := parseRNA(typed); ok {
			t.Errorf("%q is taken for %q", typed, got)
		}
	}
}

// The numbers are those that the Python library stdnum publishes as examples,
// and La Poste's head office.
func TestSIRETHasItsKey(t *testing.T) {
	for _, typed := range []string{"73282932000074", "732 829 320 00074", "35600000000048", "35600000049837", "356 000 000 49837", ""} {
		if _, ok := parseSIRET(typed); !ok {
			t.Errorf("%q is refused", typed)
		}
	}
	for _, typed := range []string{"73282932000079", "35600000049836", "7328293200007", "732829320000740", "7328293200007A", "W521001234"} {
		if got, ok := parseSIRET(typed); ok {
			t.Errorf("%q is taken for %q", typed, got)
		}
	}
}

func TestEveryFamilyOfTheNationalDirectoryHasOneTheme(t *testing.T) {
	seen := map[string]string{}
	for _, theme := range Themes {
		for _, family := range theme.Families {
			if other, twice := seen[family]; twice {
				t.Errorf("family %s is in %s and %s", family, other, theme.Name)
			}
			seen[family] = theme.Name
		}
	}
	for object, want := range map[string]string{"011075": "sport", "006": "culture", "019": "solidarite", "024000": "environnement", "999": "autre"} {
		if got := ThemeOf(object); got != want {
			t.Errorf("%s is about %s, want %s", object, got, want)
		}
	}
}
