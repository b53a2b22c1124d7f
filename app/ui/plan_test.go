package ui

import "testing"

// One kilometre to the east and one to the north of Saint-Dizier's town hall.
func TestAPlanKeepsDistances(t *testing.T) {
	t.Parallel()
	places := []Place{{Name: "Mairie", Lat: 48.6377, Lon: 4.9488}, {Name: "Est", Lat: 48.6377, Lon: 4.96239}, {Name: "Nord", Lat: 48.64668, Lon: 4.9488}, {Name: "Sans lieu"}}
	plan := MapProps{Places: places}.plan()
	if len(plan.pins) != 3 || plan.pins[2].n != 3 {
		t.Fatalf("pins: %+v", plan.pins)
	}
	hall, east, north := plan.pins[0], plan.pins[1], plan.pins[2]
	if d := (east.x - hall.x) - (hall.y - north.y); east.y != hall.y || north.x != hall.x || d < -2 || d > 2 {
		t.Errorf("a kilometre east and a kilometre north differ: %+v", plan.pins)
	}
	if plan.distance != "200\u00a0m" && plan.distance != "500\u00a0m" {
		t.Errorf("scale: %d is %s", plan.length, plan.distance)
	}
}

func TestAPlanOfOnePlaceIsCentred(t *testing.T) {
	t.Parallel()
	plan := MapProps{Places: []Place{{Lat: -20.88, Lon: 55.45}}}.plan()
	if len(plan.pins) != 1 || plan.pins[0] != (pin{300, 200, 1}) {
		t.Errorf("pins: %+v", plan.pins)
	}
	if got := (MapProps{}).plan(); len(got.pins) != 0 {
		t.Errorf("a plan of nothing: %+v", got)
	}
}
