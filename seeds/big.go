package seeds

import (
	"context"
	"fmt"
	"time"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/identity"
	"parvis/app/kernel"
	"parvis/app/site"
	"parvis/app/tenant"
)

// Size is how much of everything a big town has.
type Size struct{ People, Projects, Ballots, Ideas, Comments, Associations, Events, Missions int }

// BigTown is the size at which every list must still be quick.
var BigTown = Size{
	People: 100_000, Projects: 500, Ballots: 200_000, Ideas: 50_000, Comments: 200_000, Associations: 2_500, Events: 10_000, Missions: 30_000,
}

// bigHost is where the big town answers.
const bigHost = "grande-ville.localhost"

// Load adds a town of that size, the same each time, to try the lists on. It
// goes step by step, each told to progress. A town that is there is left as it
// is.
func (size Size) Load(ctx context.Context, s kernel.Seeding, progress func(step string, done, total int)) error {
	if _, err := s.Directory.ByHost(ctx, bigHost); err == nil {
		return nil
	}
	var names []string
	for _, m := range s.Modules {
		names = append(names, m.Manifest().Name)
	}
	t, err := site.Add(ctx, s.DB, site.NewTenant{
		Slug: "grande-ville", Name: "Grande Ville", SiteName: "Grande Ville", Hosts: []string{bigHost}, Color: "#5b3f8c", Modules: names, Demo: true,
		Zones:     []string{"Centre", "Nord", "Sud", "Est", "Ouest", "Les Hauts", "Le Port", "La Gare", "Le Canal", "Les Jardins"},
		Territory: tenant.Territory{CenterLat: 48_628_010, CenterLon: 4_949_235, Radius: 20_000},
	})
	if err != nil {
		return err
	}
	crowd, err := bigCrowd(ctx, s, t, size.People, progress)
	if err != nil {
		return err
	}
	one := map[string]int{"associations": size.Associations, "agenda": size.Events, "missions": size.Missions}
	two := map[string][2]int{"budgets": {size.Projects, size.Ballots}, "ideas": {size.Ideas, size.Comments}}
	for _, m := range s.Modules {
		name := m.Manifest().Name
		step := func(total int) func(int) { return func(done int) { progress(name, done, total) } }
		switch m := m.(type) {
		case filler2:
			n := two[name]
			err = m.Fill(ctx, t, crowd, n[0], n[1], step(n[0]+n[1]))
		case filler1:
			err = m.Fill(ctx, t, crowd, one[name], step(one[name]))
		}
		if err != nil {
			return fmt.Errorf("fill %s: %w", name, err)
		}
	}
	_, err = s.Identity.Demo(ctx, t, []identity.DemoAccount{{Name: "Alix Grandet", Note: "administration du site", Person: citizen.PersonDesk, Grants: founder.Grants}})
	return err
}

// A module that can be filled with things of one kind, or of two.
type (
	filler1 interface {
		Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, n int, progress func(done int)) error
	}
	filler2 interface {
		Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, things, answers int, progress func(done int)) error
	}
)

// bigCrowd opens the accounts, some at a time.
func bigCrowd(ctx context.Context, s kernel.Seeding, t *tenant.Tenant, n int, progress func(string, int, int)) ([]citizen.ID, error) {
	const some = 2_000
	crowd := make([]citizen.ID, 0, n)
	for len(crowd) < n {
		more, err := people(database.Patiently(ctx, time.Minute), s, t, min(some, n-len(crowd)))
		if err != nil {
			return nil, err
		}
		crowd = append(crowd, more...)
		progress("habitants", len(crowd), n)
	}
	return crowd, nil
}
