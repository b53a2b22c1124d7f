package places

import (
	"errors"
	"testing"

	"parvis/app/tenant"
)

func TestPointsAreReadAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	want := Point{48_628_010, 4_949_235}
	for _, text := range []string{"48.628010, 4.949235", "48,62801 4,949235", " 48.62801;4.9492351 ", "48.62801° 4.949235°", "48.62801,4.949235"} {
		if got, err := ParsePoint(text); err != nil || got != want {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
	if got, err := ParsePoint("-21.3393, 55.4781"); err != nil || got != (Point{-21_339_300, 55_478_100}) || got.String() != "-21.339300, 55.478100" {
		t.Errorf("Saint-Pierre is at %v (%v)", got, err)
	}
	if got, err := ParsePoint("  "); err != nil || !got.IsZero() {
		t.Errorf("nothing is %v (%v)", got, err)
	}
	for _, text := range []string{"48", "48.1", "quai des Ursulines", "91.5, 2.1", "48.1, 181.5", "1e3, 2.0", "0.0, 0.0", "48.1, 2.1, 3.1", "48..1, 2.1"} {
		if got, err := ParsePoint(text); !errors.Is(err, ErrPoint) {
			t.Errorf("%q was read as %v", text, got)
		}
	}
}

func TestPinsLieInTheTerritory(t *testing.T) {
	t.Parallel()
	town := &tenant.Tenant{Territory: tenant.Territory{CenterLat: 48_628_010, CenterLon: 4_949_235, Radius: 9_000}}
	if _, err := Place(town, "48.6375, 4.9600"); err != nil {
		t.Error(err)
	}
	if _, err := Place(town, "48.7433, -3.4616"); !errors.Is(err, ErrOutside) {
		t.Errorf("Lannion lies in Saint-Dizier: %v", err)
	}
	if _, err := Place(&tenant.Tenant{}, "48.7433, -3.4616"); err != nil {
		t.Errorf("without a territory nothing is outside: %v", err)
	}
}

func TestDistances(t *testing.T) {
	t.Parallel()
	// Notre-Dame to the Eiffel Tower: 4.1 km on every map.
	if m := (Point{48_852_968, 2_349_902}).Metres(Point{48_858_370, 2_294_481}); m < 4_050 || m > 4_150 {
		t.Errorf("%d m", m)
	}
}
