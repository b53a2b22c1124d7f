package agenda

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/testkit"
)

// bigTown is a town with many events, some of which are Louise's association's.
func bigTown(t *testing.T, n int) *square {
	t.Helper()
	s := newSquare(t)
	last := 0
	s.must(s.Fill(t.Context(), s.town, []citizen.ID{s.louise.ID}, n, func(done int) { last = done }))
	if last != n {
		t.Fatalf("progress ended at %d", last)
	}
	_, err := s.db.Superuser(t).Exec(t.Context(), `VACUUM ANALYZE agenda.events`)
	s.must(err)
	return s
}

// TestAFilledAgendaIsTheSameEachTime: filled twice, it holds what it held, in
// the name of the town hall and of verified associations alone.
func TestAFilledAgendaIsTheSameEachTime(t *testing.T) {
	s := bigTown(t, 300)
	s.must(s.Fill(t.Context(), s.town, []citizen.ID{s.agent.ID}, 300, func(int) {}))
	var r struct{ All, Hosted, Town, Whole int }
	s.must(s.db.ReadTenant(t.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT count(*) AS all, count(*) FILTER (WHERE association_id = ?) AS hosted, count(*) FILTER (WHERE association_id IS NULL) AS town,
			count(*) FILTER (WHERE all_day) AS whole FROM agenda.events`, s.verified.ID).Scan(ctx, &r)
	}))
	if r.All != 300 || r.Hosted == 0 || r.Hosted+r.Town != 300 || r.Whole != 30 {
		t.Errorf("%+v", r)
	}
}

// TestListsOfABigTownUseIndexes: no view goes through the whole table. With
// PARVIS_LONG, each has to be ready in the 50 ms that the design promises.
func TestListsOfABigTownUseIndexes(t *testing.T) {
	s := bigTown(t, 10_000)
	ctx, today := t.Context(), dayOf(noon, s.town.TimeZone)
	asking := func(q module.CalendarQuery) func() error {
		return func() error {
			list, err := s.Calendar(ctx, s.town, s.agent, q)
			if len(list) == 0 {
				t.Error("nothing found")
			}
			return err
		}
	}
	list := module.CalendarQuery{From: today.Add(-module.LongestEntry), To: today.Add(listAhead), GoingOnAt: today, Limit: perPage + 1}
	zone, one, month, feed, further := list, list, list, list, list
	zone.Zone = s.town.Zones[0].ID
	one.Organisation = s.verified.ID
	month.To, month.Limit = nextDay(today, 42), perGrid
	feed.Limit = inFeed
	further.From = nextDay(today, 200)
	slowest := s.db.ReadByIndex(t, []string{"agenda.events"}, []testkit.Read{
		{Name: "the list", Do: asking(list)},
		{Name: "a zone", Do: asking(zone)},
		{Name: "an association", Do: asking(one)},
		{Name: "a month", Do: asking(month)},
		{Name: "a page far on", Do: asking(further)},
		{Name: "the subscription", Do: asking(feed)},
		{Name: "the search", Do: func() error { _, err := s.Search(ctx, s.town, s.agent, "concert", 10); return err }},
		{Name: "the home page", Do: func() error { _, err := s.Cards(ctx, s.town, s.agent); return err }},
	})
	if os.Getenv("PARVIS_LONG") != "" && slowest > 50*time.Millisecond {
		t.Errorf("the slowest list takes %s", slowest)
	}
}
