package places

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCommuneByCode(t *testing.T) {
	// INSEE, populations légales; La Poste, base officielle des codes postaux.
	got, ok, err := ByINSEE("52448")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	want := Commune{INSEE: "52448", Name: "Saint-Dizier", DepartmentCode: "52", Department: "Haute-Marne", Population: 22858, Postcodes: []string{"52100"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if c, ok, _ := ByINSEE(" 2a004 "); !ok || c.Name != "Ajaccio" {
		t.Errorf("2A004: %v %v", c, ok)
	}
	for _, unknown := range []string{"", "99999", "52 448", "52241"} {
		if c, ok, err := ByINSEE(unknown); ok || err != nil {
			t.Errorf("%q: %v %v", unknown, c, err)
		}
	}
}

func TestSlugIsAHostLabel(t *testing.T) {
	for name, want := range map[string]string{
		"Saint-Dizier": "saint-dizier", "L'Haÿ-les-Roses": "l-hay-les-roses", "Œting": "oeting", "Élancourt": "elancourt", "  ": "",
	} {
		if got := Slug(name); got != want {
			t.Errorf("Slug(%q) = %q, want %q", name, got, want)
		}
	}
}
