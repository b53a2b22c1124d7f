package agenda

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
	"parvis/app/tenant"
)

// fillBatch is how many events one transaction writes.
const fillBatch = 1_000

// What the events of a filled town are made of.
var (
	fillWhats = []string{"Concert", "Repas partagé", "Tournoi", "Atelier vélo", "Lecture", "Brocante", "Visite", "Conférence", "Collecte", "Répétition ouverte", "Loto", "Fête"}
	fillSpots = []string{"au parc", "à la halle", "à la médiathèque", "au centre social", "sur la place", "au stade", "à la salle des fêtes", "au bord du canal"}
	fillTexts = []string{"Entrée libre, sans inscription.", "On vient quand on veut, on repart quand on veut.", "Pensez à apporter votre gobelet.", "Ouvert à tous les âges."}
)

// Fill gives a town n events, the same every time: from half a year ago to a
// year ahead, of the town hall and of associations that people answer for, one
// in ten for whole days. It is how the agenda of a big town is tried: nothing
// in it goes through the pages.
func (m *Module) Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, n int, progress func(done int)) error {
	if len(people) == 0 {
		return errors.New("fill the agenda: nobody to announce anything")
	}
	var hosts []*uuid.UUID
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		hosts, err = filling.Hosts(ctx, tx, m.service.organisations, t, people)
		return err
	})
	if err != nil {
		return fmt.Errorf("fill the agenda: %w", err)
	}
	from := filling.New(t, 10_000)
	for done := 0; done < n; {
		part := min(fillBatch, n-done)
		err := m.service.db.InTenant(database.Patiently(ctx, time.Minute), t.ID, func(ctx context.Context, tx bun.Tx) error {
			now, err := m.service.store.now(ctx, tx)
			if err != nil {
				return err
			}
			return newBatch(from, t, hosts, now, done, part).insert(ctx)
		})
		if err != nil {
			return fmt.Errorf("fill the agenda: %w", err)
		}
		done += part
		progress(done)
	}
	return nil
}

// batch is events as columns.
type batch struct {
	ids                                 []uuid.UUID
	hosts, zones                        []*uuid.UUID
	titles, bodies, places, words, rest []string
	lats, lons                          []int32
	starts, ends                        []time.Time
	whole                               []bool
}

// newBatch makes n events, the first of which is the one of that number.
func newBatch(from *filling.Source, t *tenant.Tenant, hosts []*uuid.UUID, now time.Time, first, n int) *batch {
	b := &batch{}
	oldest := nextDay(dayOf(now, t.TimeZone), -183)
	for i := first; i < first+n; i++ {
		e := &Event{ID: from.ID("event", i)}
		day := nextDay(oldest, from.IntN(548))
		e.Details = Details{
			Title: fmt.Sprintf("%s %s, no %d", filling.Pick(from, fillWhats), filling.Pick(from, fillSpots), i+1), Body: filling.Pick(from, fillTexts),
			Place: "Salle " + filling.Pick(from, fillSpots), Starts: day.Add(time.Duration(9+from.IntN(12)) * time.Hour), AllDay: i%10 == 9,
		}
		e.Details = e.trimmed(t)
		words, rest := e.foundBy()
		b.ids, b.hosts, b.zones = append(b.ids, e.ID), append(b.hosts, filling.Pick(from, hosts)), append(b.zones, from.Zone())
		b.titles, b.bodies, b.places = append(b.titles, e.Title), append(b.bodies, e.Body), append(b.places, e.Place)
		b.words, b.rest = append(b.words, words), append(b.rest, rest)
		lat, lon := from.Point()
		b.lats, b.lons = append(b.lats, lat), append(b.lons, lon)
		b.starts, b.ends, b.whole = append(b.starts, e.Starts), append(b.ends, e.Ends), append(b.whole, e.AllDay)
	}
	return b
}

// insert writes a batch; what is there already stays.
func (b *batch) insert(ctx context.Context) error {
	_, err := database.Tx(ctx).Exec(ctx, `
		INSERT INTO agenda.events (tenant_id, id, association_id, title, body, place, zone_id, lat, lon, starts_at, ends_at, all_day, words, created_at, updated_at)
		SELECT core.tenant_id(), g.id, g.host, g.title, g.body, g.place, g.zone, g.lat, g.lon, g.starts, g.ends, g.whole,
			setweight(to_tsvector('french', g.words), 'A') || setweight(to_tsvector('french', g.rest), 'C'), core.now(), core.now()
		FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::uuid[], $7::int[], $8::int[], $9::timestamptz[], $10::timestamptz[],
			$11::boolean[], $12::text[], $13::text[]) AS g (id, host, title, body, place, zone, lat, lon, starts, ends, whole, words, rest)
		ON CONFLICT DO NOTHING`,
		b.ids, b.hosts, b.titles, b.bodies, b.places, b.zones, b.lats, b.lons, b.starts, b.ends, b.whole, b.words, b.rest)
	return err
}
