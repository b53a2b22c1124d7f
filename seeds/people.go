package seeds

import (
	"context"
	"fmt"

	"parvis/app/citizen"
	"parvis/app/identity"
	"parvis/app/kernel"
	"parvis/app/tenant"
)

// First and last names, common in France; the people are nobody.
var (
	firstNames = []string{
		"Camille", "Louise", "Inès", "Jade", "Fatou", "Claire", "Monique", "Aïcha", "Manon", "Sarah", "Élodie", "Yasmine", "Chantal", "Rose", "Lina",
		"Gabriel", "Adam", "Jules", "Mehdi", "Thomas", "Bernard", "Ibrahim", "Paul", "Antoine", "Rayan", "Michel", "Léo", "Samuel", "Hugo",
	}
	lastNames = []string{
		"Martin", "Bernard", "Petit", "Robert", "Durand", "Leroy", "Moreau", "Simon", "Laurent", "Lefebvre", "Roux", "Fontaine", "Chevalier", "Girard",
		"Benali", "Diallo", "Nguyen", "Da Silva", "Garnier", "Faure", "Mercier", "Blanc", "Guérin", "Boyer", "Traoré", "Lopez", "Haddad", "Colin", "Vidal",
	}
)

// crowd is how many people the town's ballots need.
func (w town) crowd() int {
	most := 0
	for _, c := range w.Consultations {
		for _, p := range c.Polls {
			if !p.Room {
				most = max(most, len(p.cast()))
			}
		}
	}
	return most
}

// people opens accounts that can vote, the same every time.
func people(ctx context.Context, s kernel.Seeding, t *tenant.Tenant, count int) ([]citizen.ID, error) {
	list := make([]identity.DemoAccount, count)
	for i := range list {
		list[i] = identity.DemoAccount{
			Name:   firstNames[i%len(firstNames)] + " " + lastNames[(i*7+i/len(firstNames))%len(lastNames)],
			Person: citizen.PersonEmail, Residence: citizen.ResidenceDeclared, BornOn: bornOn(i),
		}
		if len(t.Zones) > 0 {
			list[i].Zone = t.Zones[i%len(t.Zones)].ID
		}
	}
	return s.Identity.Demo(ctx, t, list)
}

// bornOn is when the nth of them was born: grown-ups of all ages.
func bornOn(n int) string { return fmt.Sprintf("%d-%02d-%02d", 1946+n*7%60, n%12+1, n%28+1) }
