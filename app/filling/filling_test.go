package filling_test

import (
	"testing"

	"github.com/google/uuid"

	"parvis/app/filling"
	"parvis/app/tenant"
)

// TestASourceSaysTheSameEachTime: two sources of one seed make the same things,
// in the town; another seed makes others.
func TestASourceSaysTheSameEachTime(t *testing.T) {
	town := &tenant.Tenant{ID: tenant.ID(uuid.New()), Zones: []tenant.Zone{{ID: uuid.New()}, {ID: uuid.New()}, {ID: uuid.New()}}}
	town.Territory = tenant.Territory{CenterLat: 48_628_010, CenterLon: 4_949_235, Radius: 20_000}
	made := func(seed uint64) (all [100][4]any) {
		s := filling.New(town, seed)
		for i := range all {
			lat, lon := s.Point()
			all[i] = [4]any{lat, lon, *s.Zone(), filling.Pick(s, []string{"a", "b", "c"})}
			if far := lat - 48_628_010; far < -60_000 || far >= 60_000 {
				t.Fatalf("%d is out of town", lat)
			}
		}
		return all
	}
	if made(1) != made(1) {
		t.Error("not the same each time")
	}
	if made(1) == made(2) {
		t.Error("every seed makes the same")
	}
	first, second := filling.New(town, 1), filling.New(town, 2)
	if first.ID("mission", 4) != second.ID("mission", 4) || first.ID("mission", 4) == first.ID("mission", 5) || first.ID("mission", 4) == first.ID("event", 4) {
		t.Error("an ID hangs on more than the town, the kind and the number")
	}
	if filling.New(&tenant.Tenant{}, 1).Zone() != nil {
		t.Error("a town without zones has one")
	}
}
