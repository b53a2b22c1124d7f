package associations

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/filling"
	"parvis/app/search"
	"parvis/app/tenant"
)

// fillBatch is how many associations one transaction writes.
const fillBatch = 1_000

// What the associations of a filled town are made of.
var (
	fillWhats = []string{"Amicale", "Club", "Les Amis", "Chorale", "Union sportive", "Atelier", "Comité", "Compagnie", "Foyer", "Cercle", "Harmonie", "Les Jardins"}
	fillOfs   = []string{"du canal", "des Tilleuls", "de la gare", "du moulin", "de la rivière", "des Hauts", "du vieux pont", "de la halle", "du lavoir", "des deux rives",
		"du parc", "de la fontaine", "des Écoles", "du faubourg"}
	fillFors = []string{"Se retrouver chaque semaine autour du chant.", "Faire découvrir le vélo à tous les âges.", "Accompagner les devoirs des enfants du quartier.",
		"Cultiver des parcelles et partager la récolte.", "Rendre visite aux personnes isolées.", "Réparer plutôt que jeter.", "Faire vivre la mémoire du quartier."}
	fillNews = []string{"Les inscriptions sont ouvertes", "Une nouvelle salle", "Merci à tous", "Assemblée générale", "Journée d’essai"}
)

// Fill gives a town n public associations, the same every time: four in five
// verified, each with somebody of people who answers for it and two pieces of
// news. It is how the directory of a big town is tried: nothing in it goes
// through the pages.
func (m *Module) Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, n int, progress func(done int)) error {
	if len(people) == 0 {
		return errors.New("fill the directory: nobody to answer for an association")
	}
	from := filling.New(t, 2500)
	for done := 0; done < n; {
		part := newBatch(from, people, done, min(fillBatch, n-done))
		err := m.service.db.InTenant(database.Patiently(ctx, time.Minute), t.ID, func(ctx context.Context, _ bun.Tx) error { return part.insert(ctx) })
		if err != nil {
			return fmt.Errorf("fill the directory: %w", err)
		}
		done += len(part.ids)
		progress(done)
	}
	return nil
}

// batch is associations, who answers for them and their news, as columns.
type batch struct {
	ids, zones                               []*uuid.UUID
	names, keys, purposes, themes, addresses []string
	words, rest, states, rnas                []string
	lats, lons                               []int32
	answering, answerers                     []uuid.UUID
	posts, posting                           []uuid.UUID
	titles                                   []string
	ages                                     []int32 // of the news, in minutes
}

// newBatch makes n associations, the first of which is the one of that number.
func newBatch(from *filling.Source, people []citizen.ID, first, n int) *batch {
	b := &batch{}
	for i := first; i < first+n; i++ {
		id := from.ID("association", i)
		sheet := Sheet{
			Name:    fmt.Sprintf("%s %s, no %d", filling.Pick(from, fillWhats), filling.Pick(from, fillOfs), i+1),
			Purpose: filling.Pick(from, fillFors), Theme: filling.Pick(from, Themes).Name, Address: fmt.Sprintf("%d rue %s", 1+from.IntN(120), filling.Pick(from, fillOfs)),
		}
		words := sheet.foundBy()
		b.ids, b.zones = append(b.ids, &id), append(b.zones, from.Zone())
		b.names, b.keys, b.purposes = append(b.names, sheet.Name), append(b.keys, search.Words(sheet.Name)), append(b.purposes, sheet.Purpose)
		b.themes, b.addresses = append(b.themes, sheet.Theme), append(b.addresses, sheet.Address)
		b.words, b.rest = append(b.words, words[0]), append(b.rest, words[1])
		lat, lon := from.Point()
		b.lats, b.lons = append(b.lats, lat), append(b.lons, lon)
		if i%5 == 4 {
			b.states, b.rnas = append(b.states, string(Listed)), append(b.rnas, "")
			continue
		}
		b.states, b.rnas = append(b.states, string(Verified)), append(b.rnas, fmt.Sprintf("W52%07d", i+1))
		b.answering, b.answerers = append(b.answering, id), append(b.answerers, uuid.UUID(people[i%len(people)]))
		for k := range 2 {
			b.posts, b.posting = append(b.posts, uuid.NewSHA1(id, []byte{byte(k)})), append(b.posting, id)
			b.titles, b.ages = append(b.titles, filling.Pick(from, fillNews)), append(b.ages, int32(from.IntN(365*24*60)))
		}
	}
	return b
}

// insert writes a batch; what is there already stays.
func (b *batch) insert(ctx context.Context) error {
	tx := database.Tx(ctx)
	_, err := tx.Exec(ctx, `
		INSERT INTO associations.associations (tenant_id, id, name, name_key, purpose, theme, zone_id, address, lat, lon, rna, state, verified_at, words,
			created_at, updated_at)
		SELECT core.tenant_id(), g.id, g.name, g.key, g.purpose, g.theme, g.zone, g.address, g.lat, g.lon, g.rna, g.state,
			CASE WHEN g.state = 'verified' THEN core.now() END,
			setweight(to_tsvector('french', g.words), 'A') || setweight(to_tsvector('french', g.rest), 'B'), core.now(), core.now()
		FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::text[], $8::int[], $9::int[], $10::text[], $11::text[],
			$12::text[], $13::text[]) AS g (id, name, key, purpose, theme, zone, address, lat, lon, rna, state, words, rest)
		ON CONFLICT DO NOTHING`,
		b.ids, b.names, b.keys, b.purposes, b.themes, b.zones, b.addresses, b.lats, b.lons, b.rnas, b.states, b.words, b.rest)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO associations.responsibles (tenant_id, association_id, citizen_id, position, since)
		SELECT core.tenant_id(), g.association, g.citizen, $3, core.now() FROM unnest($1::uuid[], $2::uuid[]) AS g (association, citizen)
		ON CONFLICT DO NOTHING`, b.answering, b.answerers, Positions[0])
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO associations.posts (tenant_id, id, association_id, title, body, published_at)
		SELECT core.tenant_id(), g.id, g.association, g.title, g.title || '.', core.now() - make_interval(mins => g.age)
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::int[]) AS g (id, association, title, age)
		ON CONFLICT DO NOTHING`, b.posts, b.posting, b.titles, b.ages)
	return err
}
