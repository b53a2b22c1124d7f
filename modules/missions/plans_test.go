package missions

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/testkit"
)

// bigTown is a town with many missions, a middle, and somebody who answers for
// an association; it stands today.
func bigTown(t *testing.T, n int) *square {
	t.Helper()
	s := newSquare(t)
	_, err := s.db.Superuser(t).Exec(t.Context(), `UPDATE core.tenants SET center_lat = 48628010, center_lon = 4949235, radius_m = 9000 WHERE id = $1`, s.town.ID.String())
	s.must(err)
	s.town.Territory.CenterLat, s.town.Territory.CenterLon = 48_628_010, 4_949_235
	s.town.Modules = append(s.town.Modules, "associations")
	people := []citizen.ID{s.host.ID, s.citizen(s.town, "Ana", "1990-01-01").ID, s.citizen(s.town, "Bo", "1990-01-01").ID}
	last := 0
	s.must(s.Fill(s.ctx, s.town, people, n, func(done int) { last = done }))
	if last != n {
		t.Fatalf("progress ended at %d", last)
	}
	s.consistent()
	_, err = s.db.Superuser(t).Exec(t.Context(), `VACUUM ANALYZE missions.missions, missions.slots, missions.inscriptions`)
	s.must(err)
	return s
}

// TestAFilledTownIsTheSameEachTime: filled twice, it has the missions it had,
// of the town hall and of the association.
func TestAFilledTownIsTheSameEachTime(t *testing.T) {
	s := bigTown(t, 400)
	s.must(s.Fill(s.ctx, s.town, []citizen.ID{s.staff.ID}, 400, func(int) {}))
	s.consistent()
	var r struct{ All, Regular, Hosted, Slots int }
	s.must(s.db.ReadTenant(s.ctx, s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT count(*) AS all, count(*) FILTER (WHERE kind = 'regular') AS regular, count(*) FILTER (WHERE association_id = ?) AS hosted,
			(SELECT count(*) FROM missions.slots) AS slots FROM missions.missions`, s.assoc).Scan(ctx, &r)
	}))
	if r.All != 400 || r.Regular != 100 || r.Slots != 700 || r.Hosted == 0 {
		t.Errorf("%+v", r)
	}
}

// TestListsOfABigTownUseIndexes: no list goes through a whole table. With
// PARVIS_LONG, the town has the size that the design promises to serve in 50 ms.
func TestListsOfABigTownUseIndexes(t *testing.T) {
	n := 6_000
	if os.Getenv("PARVIS_LONG") != "" {
		n = 30_000
	}
	s := bigTown(t, n)
	zone, now := s.town.Zones[0].ID, noon
	asking := func(q Query) func() error {
		return func() error {
			q.Limit = perPage
			l, err := s.service.list(s.ctx, s.town, q)
			if err == nil && len(l.Items) == 0 {
				t.Errorf("%+v: nothing found", q)
			}
			if err == nil && !l.Next.IsZero() {
				q.Cursor = l.Next
				_, err = s.service.list(s.ctx, s.town, q)
			}
			return err
		}
	}
	of := func(q module.CalendarQuery) func() error {
		return func() error { _, err := s.Calendar(s.ctx, s.town, s.staff, q); return err }
	}
	week := module.CalendarQuery{From: now.Add(-module.LongestEntry), To: now.Add(7 * 24 * time.Hour), GoingOnAt: now, Limit: 50}
	reads := []testkit.Read{
		{Name: "dated ones", Do: asking(Query{Kind: Dated})},
		{Name: "regular ones", Do: asking(Query{Kind: Regular})},
		{Name: "a theme, open to minors", Do: asking(Query{Kind: Dated, Theme: "culture", Minors: true})},
		{Name: "a theme, regular", Do: asking(Query{Kind: Regular, Theme: "culture"})},
		{Name: "a zone, accessible", Do: asking(Query{Kind: Dated, Zone: zone, Accessible: true})},
		{Name: "a day", Do: asking(Query{Kind: Dated, From: now.Add(240 * time.Hour), To: now.Add(264 * time.Hour)})},
		{Name: "near", Do: asking(Query{Kind: Dated, Around: places.Center(s.town), Radius: 2000})},
		{Name: "words", Do: asking(Query{Kind: Dated, Words: "haie bocagère"})},
		{Name: "words, regular", Do: asking(Query{Kind: Regular, Words: "haie bocagère"})},
		{Name: "the plan", Do: func() error {
			_, err := s.service.list(s.ctx, s.town, Query{Kind: Dated, Limit: mapAtOnce})
			return err
		}},
		{Name: "the agenda of a week", Do: of(week)},
		{Name: "of an association", Do: of(module.CalendarQuery{From: now, To: now.AddDate(1, 0, 0), Organisation: s.assoc, Limit: 50})},
		{Name: "the search", Do: func() error { _, err := s.Search(s.ctx, s.town, s.staff, "collecte", 10); return err }},
		{Name: "the home page", Do: func() error { _, err := s.Cards(s.ctx, s.town, s.staff); return err }},
		{Name: "the counter", Do: func() error { _, err := s.Counters(s.ctx, s.town); return err }},
		{Name: "what one did", Do: func() error { _, err := s.Activity(s.ctx, s.town, s.staff); return err }},
		{Name: "the desk", Do: func() error {
			_, err := s.service.desk(s.ctx, s.town, s.host, Query{Limit: perPage})
			return err
		}},
	}
	if n == 30_000 { // in a smaller town, reading everything is the best way to look far around
		reads = append(reads, testkit.Read{Name: "not so near", Do: asking(Query{Kind: Dated, Around: places.Center(s.town), Radius: 10_000})})
	}
	tables := []string{"missions.missions", "missions.inscriptions"}
	if n == 30_000 { // a few slots are now and then rightly read whole
		tables = append(tables, "missions.slots")
	}
	slowest := s.db.ReadByIndex(t, tables, reads)
	if n == 30_000 && slowest > 50*time.Millisecond {
		t.Errorf("the slowest list takes %s", slowest)
	}
}
