package missions

import (
	"context"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/keyset"
	"parvis/app/module"
	"parvis/app/places"
)

// TestListsReadByIndex reads the plans of the public lists as the application
// role does: none goes through a whole table of a big town.
func TestListsReadByIndex(t *testing.T) {
	s := newSquare(t)
	_, err := s.db.Superuser(t).Exec(t.Context(), `UPDATE core.tenants SET center_lat = 48628010, center_lon = 4949235, radius_m = 9000 WHERE id = $1`, s.town.ID.String())
	s.must(err)
	s.town.Territory.CenterLat, s.town.Territory.CenterLon = 48_628_010, 4_949_235
	people := []citizen.ID{s.citizen(s.town, "Ana", "1990-01-01").ID, s.citizen(s.town, "Bo", "1990-01-01").ID}
	s.must(s.Fill(s.ctx, s.town, people, 6000, func(int) {}))
	s.consistent()
	for _, table := range []string{"missions", "slots"} {
		_, err := s.db.Superuser(t).Exec(t.Context(), `ANALYZE missions.`+table)
		s.must(err)
	}
	around := places.Center(s.town)
	queries := map[string]func(ctx context.Context, tx bun.Tx) error{}
	for what, q := range map[string]Query{
		"dated":     {Kind: Dated, Limit: perPage},
		"regular":   {Kind: Regular, Limit: perPage},
		"themed":    {Kind: Dated, Theme: "culture", Minors: true, Limit: perPage},
		"a day":     {Kind: Dated, From: time.Now().Add(240 * time.Hour), To: time.Now().Add(264 * time.Hour), Limit: perPage},
		"near":      {Kind: Dated, Around: around, Radius: 1000, Limit: perPage},
		"by words":  {Kind: Dated, Words: "haie bocagère", Limit: perPage},
		"a page on": {Kind: Dated, Limit: perPage, Cursor: keyset.Cursor{Key: time.Now().Add(1000 * time.Hour).Format(time.RFC3339), ID: s.assoc}},
	} {
		queries[what] = func(ctx context.Context, tx bun.Tx) error {
			page, err := s.service.store.list(ctx, tx, s.town.ID, q)
			if err == nil && len(page.Items) == 0 {
				t.Errorf("%s: nothing found", what)
			}
			return err
		}
	}
	queries["the agenda"] = func(ctx context.Context, tx bun.Tx) error {
		_, err := s.service.store.calendar(ctx, tx, s.town.ID, module.CalendarQuery{From: time.Now(), To: time.Now().Add(7 * 24 * time.Hour), Limit: 50})
		return err
	}
	for what, query := range queries {
		s.must(s.db.ReadTenant(s.ctx, s.town.ID, func(ctx context.Context, tx bun.Tx) error {
			if err := query(ctx, tx); err != nil {
				return err
			}
			// What this transaction has read from end to end so far.
			var scanned []string
			err := tx.NewRaw(`SELECT relname FROM pg_stat_xact_user_tables WHERE schemaname = 'missions' AND relname IN ('missions', 'slots') AND seq_scan > 0`).
				Scan(ctx, &scanned)
			if len(scanned) > 0 {
				t.Errorf("%s goes through the whole of %v", what, scanned)
			}
			return err
		}))
	}
}
