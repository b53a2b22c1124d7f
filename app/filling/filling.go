// Package filling is what the modules fill a big town with: things that look
// alright, the same every time, to try the lists on.
package filling

import (
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"parvis/app/places"
	"parvis/app/tenant"
)

// Source makes things up for one town. What it makes hangs on its seed, and on
// the order in which it is asked.
type Source struct {
	*rand.Rand

	town   *tenant.Tenant
	center places.Point
}

// New returns a source for a town.
func New(t *tenant.Tenant, seed uint64) *Source {
	return &Source{Rand: rand.New(rand.NewPCG(2026, seed)), town: t, center: places.Center(t)}
}

// ID is that of the nth thing of a kind, whatever was asked before.
func (s *Source) ID(kind string, n int) uuid.UUID {
	return uuid.NewSHA1(uuid.UUID(s.town.ID), fmt.Appendf(nil, "%s %d", kind, n))
}

// Zone is one of the town's; nil when it has none.
func (s *Source) Zone() *uuid.UUID {
	if len(s.town.Zones) == 0 {
		return nil
	}
	id := Pick(s, s.town.Zones).ID
	return &id
}

// Point is somewhere in the town, a few kilometres around its middle.
func (s *Source) Point() (lat, lon int32) {
	return int32(s.center.Lat + s.IntN(120_000) - 60_000), int32(s.center.Lon + s.IntN(180_000) - 90_000)
}

// Pick is one of a list.
func Pick[T any](s *Source, list []T) T { return list[s.IntN(len(list))] }
