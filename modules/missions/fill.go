package missions

import (
	"context"
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

// fillBatch is how many missions one statement writes.
const fillBatch = 1_000

// What the missions of a filled town are made of.
var (
	fillActs   = []string{"Servir", "Préparer", "Animer", "Accompagner", "Planter", "Ranger", "Lire", "Réparer", "Tenir", "Distribuer"}
	fillThings = []string{
		"les repas du samedi", "une haie bocagère", "un atelier vélo", "des personnes âgées", "la bibliothèque", "un stand à la fête",
		"la collecte alimentaire", "le tournoi des jeunes", "les jardins partagés", "une visite du quartier",
	}
)

// Fill gives a town n published missions, the same every time, of the town hall
// and of associations that people answer for: one in four regular, the others
// with two slots in the coming year, to one in three of which somebody comes.
// It is how the lists of a big town are tried: nothing in it goes through the
// pages.
func (m *Module) Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, n int, progress func(done int)) error {
	var hosts []*uuid.UUID
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		hosts, err = filling.Hosts(ctx, tx, m.service.hosts, t, people)
		return err
	})
	if err != nil {
		return fmt.Errorf("fill the missions: %w", err)
	}
	from := filling.New(t, 30_000)
	for done := 0; done < n; {
		part := min(fillBatch, n-done)
		err := m.service.db.InTenant(database.Patiently(ctx, time.Minute), t.ID, func(ctx context.Context, tx bun.Tx) error {
			now, err := m.service.store.now(ctx, tx)
			if err != nil {
				return err
			}
			return newBatch(from, people, hosts, now, done, part).insert(ctx, t.ID)
		})
		if err != nil {
			return fmt.Errorf("fill the missions: %w", err)
		}
		done += part
		progress(done)
	}
	return nil
}

// batch is missions and slots as columns, for unnest: PostgreSQL has no COPY
// into tables with row level security.
type batch struct {
	ids, hosts, zones             []*uuid.UUID
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

// newBatch makes n missions, the first of which is the one of that number.
func newBatch(from *filling.Source, people []citizen.ID, hosts []*uuid.UUID, now time.Time, first, n int) *batch {
	b := &batch{}
	for i := first; i < first+n; i++ {
		id := from.ID("mission", i)
		title := fmt.Sprintf("%s %s, no %d", filling.Pick(from, fillActs), filling.Pick(from, fillThings), i+1)
		b.ids, b.titles = append(b.ids, &id), append(b.titles, title)
		b.bodies = append(b.bodies, "On vous attend : "+title+". Aucune expérience n'est demandée.")
		b.words = append(b.words, search.Fold(title))
		b.hosts, b.zones = append(b.hosts, filling.Pick(from, hosts)), append(b.zones, from.Zone())
		b.themes = append(b.themes, filling.Pick(from, Themes))
		lat, lon := from.Point()
		b.lats, b.lons = append(b.lats, lat), append(b.lons, lon)
		b.minors, b.accessible = append(b.minors, i%3 == 0), append(b.accessible, i%4 == 0)
		if i%4 == 3 {
			b.kinds, b.patterns = append(b.kinds, string(Regular)), append(b.patterns, "une fois par semaine")
			b.slot(id, 0, nil)
			continue
		}
		b.kinds, b.patterns = append(b.kinds, string(Dated)), append(b.patterns, "")
		start := now.Truncate(time.Hour).Add(time.Duration(24+from.IntN(365*24)) * time.Hour)
		again := start.Add(time.Duration(1+from.IntN(60)) * 24 * time.Hour)
		b.slot(id, 0, &start)
		b.slot(id, 1, &again)
		if i%3 == 0 && len(people) > 0 {
			b.comers, b.joined = append(b.comers, uuid.UUID(filling.Pick(from, people))), append(b.joined, len(b.slotIDs)-1)
		}
	}
	return b
}

func (b *batch) slot(mission uuid.UUID, k int, start *time.Time) {
	b.slotIDs = append(b.slotIDs, uuid.NewSHA1(mission, []byte{byte(k)}))
	b.slotMissions, b.starts, b.capacities = append(b.slotMissions, mission), append(b.starts, start), append(b.capacities, int32(2+k*3))
}

func (b *batch) insert(ctx context.Context, t tenant.ID) error {
	tx := database.Tx(ctx)
	_, err := tx.Exec(ctx, `
		INSERT INTO missions.missions (tenant_id, id, association_id, kind, title, body, theme, pattern, zone_id, lat, lon, minors, accessible,
			words, published_at, created_at, updated_at)
		SELECT $1, g.id, g.host, g.kind, g.title, g.body, g.theme, g.pattern, g.zone, g.lat, g.lon, g.minors, g.accessible,
			to_tsvector('french', g.words), core.now(), core.now(), core.now()
		FROM unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::uuid[], $9::int[], $10::int[],
			$11::boolean[], $12::boolean[], $13::text[], $14::uuid[]) AS g (id, kind, title, body, theme, pattern, zone, lat, lon, minors, accessible, words, host)
		ON CONFLICT DO NOTHING`,
		t.String(), b.ids, b.kinds, b.titles, b.bodies, b.themes, b.patterns, b.zones, b.lats, b.lons, b.minors, b.accessible, b.words, b.hosts)
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
