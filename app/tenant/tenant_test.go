package tenant

import (
	"testing"

	"github.com/google/uuid"
)

func TestATownKnowsItsZones(t *testing.T) {
	zone := Zone{ID: uuid.New(), Name: "La Noue"}
	town := &Tenant{Zones: []Zone{{ID: uuid.New(), Name: "Centre"}, zone}}
	if town.ZoneName(zone.ID) != zone.Name || !town.HasZone(zone.ID) {
		t.Error("a zone of the town is not found")
	}
	if other := uuid.New(); town.ZoneName(other) != "" || town.HasZone(other) || town.HasZone(uuid.Nil) {
		t.Error("a zone of nobody is found")
	}
}
