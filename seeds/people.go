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
		"Benali", "Diallo", "Nguyen", "Ferreira", "Garnier", "Faure", "Mercier", "Blanc", "Guérin", "Boyer", "Traoré", "Lopez", "Haddad", "Colin", "Vidal",
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

// proven is how many of them have shown who they are and where they live, at
// the desk, as some polls ask.
func (w town) proven() int {
	most := 0
	for _, c := range w.Consultations {
		for _, p := range c.Polls {
			if p.Person == "desk" || p.Residence == "desk" {
				most = max(most, len(p.cast())+p.Handed, p.Listed)
			}
		}
	}
	return most
}

// people opens accounts that can vote, the same every time.
func people(ctx context.Context, s kernel.Seeding, t *tenant.Tenant, count int) ([]citizen.ID, error) {
	return s.Identity.Demo(ctx, t, inhabitants(t, count, 0))
}

// inhabitants are the town's people; the first ones have come to the desk.
func inhabitants(t *tenant.Tenant, count, proven int) []identity.DemoAccount {
	list := make([]identity.DemoAccount, max(count, proven))
	for i := range list {
		list[i] = identity.DemoAccount{Name: nameOf(i), Person: citizen.PersonEmail, Residence: citizen.ResidenceDeclared, BornOn: bornOn(i)}
		if i < proven {
			list[i].Person, list[i].Residence = citizen.PersonDesk, citizen.ResidenceDesk
		}
		if len(t.Zones) > 0 {
			list[i].Zone = t.Zones[i%len(t.Zones)].ID
		}
	}
	return list
}

// nameOf is the name of the nth of them.
func nameOf(n int) string { return firstNames[n%len(firstNames)] + " " + lastName(n) }

func lastName(n int) string { return lastNames[(n*7+n/len(firstNames))%len(lastNames)] }

// bornOn is when the nth of them was born: grown-ups of all ages.
func bornOn(n int) string { return fmt.Sprintf("%d-%02d-%02d", 1946+n*7%60, n%12+1, n%28+1) }
