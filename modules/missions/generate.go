package missions

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// generatedAtOnce is how many missions one statement writes.
const generatedAtOnce = 1000

// Fill gives a town n published missions of the town hall, the same every time:
// one in four regular, the others with two slots in the coming year, to one in
// three of which somebody comes. It says how many are written as it goes. It is
// for measuring, not for showing.
func (m *Module) Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, n int, progress func(done int)) error {
	random := rand.New(rand.NewPCG(20261111, 30000))
	for done := 0; done < n; {
		part := min(generatedAtOnce, n-done)
		batch := newBatch(random, t, people, done, part)
		err := m.service.db.InTenant(ctx, t.ID, func(ctx context.Context, _ bun.Tx) error { return batch.insert(ctx, t.ID) })
		if err != nil {
			return fmt.Errorf("generate missions: %w", err)
		}
		done += part
		progress(done)
	}
	return nil
}

// batch is missions and slots as columns, for unnest: PostgreSQL has no COPY
// into tables with row level security.
type batch struct {
	ids, zones                    []*uuid.UUID
	kinds, titles, bodies, themes []string
	patterns, words               []string
	lats, lons                    []int32
	minors, accessible            []bool
	slotIDs, slotMissions         []uuid.UUID
	starts                        []*time.Time
	capacities                    []int32
	comers                        []uuid.UUID // who comes to the slots that joined names
	joined                        []int
}

var (
	generatedActs   = []string{"Servir", "Préparer", "Animer", "Accompagner", "Planter", "Ranger", "Lire", "Réparer", "Tenir", "Distribuer"}
	generatedThings = []string{
		"les repas du samedi", "une haie bocagère", "un atelier vélo", "des personnes âgées", "la bibliothèque", "un stand à la fête",
		"la collecte alimentaire", "le tournoi des jeunes", "les jardins partagés", "une visite du quartier",
	}
)

func newBatch(random *rand.Rand, t *tenant.Tenant, people []citizen.ID, from, n int) *batch {
	b := &batch{}
	center, now := places.Center(t), time.Now().Truncate(time.Hour)
	for i := from; i < from+n; i++ {
		id := uuid.NewSHA1(uuid.UUID(t.ID), fmt.Appendf(nil, "mission %d", i))
		title := fmt.Sprintf("%s %s, no %d", generatedActs[random.IntN(len(generatedActs))], generatedThings[random.IntN(len(generatedThings))], i+1)
		b.ids, b.titles = append(b.ids, &id), append(b.titles, title)
		b.bodies = append(b.bodies, "On vous attend : "+title+". Aucune expérience n'est demandée.")
		b.words = append(b.words, search.Fold(title))
		b.zones = append(b.zones, pickZone(random, t))
		b.themes = append(b.themes, Themes[random.IntN(len(Themes))])
		b.lats = append(b.lats, int32(center.Lat+random.IntN(120_000)-60_000))
		b.lons = append(b.lons, int32(center.Lon+random.IntN(180_000)-90_000))
		b.minors, b.accessible = append(b.minors, i%3 == 0), append(b.accessible, i%4 == 0)
		if i%4 == 3 {
			b.kinds, b.patterns = append(b.kinds, string(Regular)), append(b.patterns, "une fois par semaine")
			b.slot(id, 0, nil)
			continue
		}
		b.kinds, b.patterns = append(b.kinds, string(Dated)), append(b.patterns, "")
		for k := range 2 {
			start := now.Add(time.Duration(24+random.IntN(365*24)) * time.Hour)
			b.slot(id, k, &start)
		}
		if i%3 == 0 && len(people) > 0 {
			b.comers, b.joined = append(b.comers, uuid.UUID(people[random.IntN(len(people))])), append(b.joined, len(b.slotIDs)-1)
		}
	}
	return b
}

func pickZone(random *rand.Rand, t *tenant.Tenant) *uuid.UUID {
	if len(t.Zones) == 0 {
		return nil
	}
	return &t.Zones[random.IntN(len(t.Zones))].ID
}

func (b *batch) slot(mission uuid.UUID, k int, start *time.Time) {
	b.slotIDs = append(b.slotIDs, uuid.NewSHA1(mission, []byte{byte(k)}))
	b.slotMissions, b.starts, b.capacities = append(b.slotMissions, mission), append(b.starts, start), append(b.capacities, int32(2+k*3))
}

func (b *batch) insert(ctx context.Context, t tenant.ID) error {
	tx := database.Tx(ctx)
	_, err := tx.Exec(ctx, `
		INSERT INTO missions.missions (tenant_id, id, kind, title, body, theme, pattern, zone_id, lat, lon, minors, accessible,
			words, published_at, created_at, updated_at)
		SELECT $1, g.id, g.kind, g.title, g.body, g.theme, g.pattern, g.zone, g.lat, g.lon, g.minors, g.accessible,
			to_tsvector('french', g.words), core.now(), core.now(), core.now()
		FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::int[], $10::int[],
			$11::boolean[], $12::boolean[], $13::text[]) AS g (id, kind, title, body, theme, pattern, zone, lat, lon, minors, accessible, words)
		ON CONFLICT DO NOTHING`,
		t.String(), b.ids, b.kinds, b.titles, b.bodies, b.themes, b.patterns, b.zones, b.lats, b.lons, b.minors, b.accessible, b.words)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO missions.slots (tenant_id, id, mission_id, starts_at, ends_at, capacity)
		SELECT $1, g.id, g.mission, g.starts, g.starts + interval '2 hours', g.capacity
		FROM unnest($2::uuid[], $3::uuid[], $4::timestamptz[], $5::int[]) AS g (id, mission, starts, capacity)
		ON CONFLICT DO NOTHING`, t.String(), b.slotIDs, b.slotMissions, b.starts, b.capacities)
	if err != nil {
		return err
	}
	ids, missions, slots := make([]uuid.UUID, len(b.joined)), make([]uuid.UUID, len(b.joined)), make([]uuid.UUID, len(b.joined))
	for i, at := range b.joined {
		slots[i], missions[i] = b.slotIDs[at], b.slotMissions[at]
		ids[i] = uuid.NewSHA1(slots[i], b.comers[i][:])
	}
	_, err = tx.Exec(ctx, `
		WITH come AS (
			INSERT INTO missions.inscriptions (tenant_id, id, mission_id, slot_id, citizen_id, state, asked_at, updated_at)
			SELECT $1, g.id, g.mission, g.slot, g.citizen, 'accepted', core.now(), core.now()
			FROM unnest($2::uuid[], $3::uuid[], $4::uuid[], $5::uuid[]) AS g (id, mission, slot, citizen)
			ON CONFLICT DO NOTHING
			RETURNING slot_id)
		UPDATE missions.slots s SET taken = s.taken + 1 FROM come WHERE s.tenant_id = $1 AND s.id = come.slot_id`,
		t.String(), ids, missions, slots, b.comers)
	return err
}
