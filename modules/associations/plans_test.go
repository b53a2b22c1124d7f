package associations

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/testkit"
)

// bigTown is a town with many associations, and people who answer for them.
func bigTown(t *testing.T, n int) *square {
	t.Helper()
	s := newSquare(t)
	people := make([]citizen.ID, 50)
	for i := range people {
		people[i] = s.citizen(s.town, "Habitante").ID
	}
	last := 0
	s.must(s.Fill(t.Context(), s.town, people, n, func(done int) { last = done }))
	if last != n {
		t.Fatalf("progress ended at %d", last)
	}
	_, err := s.db.Superuser(t).Exec(t.Context(), `VACUUM ANALYZE associations.associations, associations.posts, associations.responsibles`)
	s.must(err)
	return s
}

// TestAFilledDirectoryIsTheSameEachTime: filled twice, it holds what it held,
// and each verified association has somebody and its news.
func TestAFilledDirectoryIsTheSameEachTime(t *testing.T) {
	s := bigTown(t, 300)
	someone := []citizen.ID{s.citizen(s.town, "Autre").ID}
	s.must(s.Fill(t.Context(), s.town, someone, 300, func(int) {}))
	var r struct{ All, Verified, Alone, Silent int }
	s.must(s.db.ReadTenant(t.Context(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT count(*) AS all, count(*) FILTER (WHERE state = 'verified') AS verified,
			count(*) FILTER (WHERE state = 'verified' AND NOT EXISTS (SELECT FROM associations.responsibles WHERE association_id = id)) AS alone,
			count(*) FILTER (WHERE state = 'verified' AND 2 <> (SELECT count(*) FROM associations.posts p WHERE p.association_id = a.id)) AS silent
			FROM associations.associations a`).Scan(ctx, &r)
	}))
	if r.All != 300 || r.Verified != 240 || r.Alone != 0 || r.Silent != 0 {
		t.Errorf("%+v", r)
	}
}

// TestListsOfABigTownUseIndexes: no list goes through a whole table, in a
// directory of the size that the design promises to serve in 50 ms. With
// PARVIS_LONG, it has to.
func TestListsOfABigTownUseIndexes(t *testing.T) {
	s := bigTown(t, 2_500) // and no fewer: of a smaller table, reading the whole is best
	ctx, zone := t.Context(), s.town.Zones[0].ID
	asking := func(q Query) func() error {
		return func() error {
			q.Limit = perPage
			page, total, err := s.service.directory(ctx, s.town.ID, q)
			if err == nil && total > perPage {
				q.Cursor = page.Next
				_, _, err = s.service.directory(ctx, s.town.ID, q)
			}
			return err
		}
	}
	slowest := s.db.ReadByIndex(t, []string{"associations.associations", "associations.posts", "associations.responsibles"}, []testkit.Read{
		{Name: "the directory", Do: asking(Query{})},
		{Name: "a theme", Do: asking(Query{Theme: "sport"})},
		{Name: "a zone", Do: asking(Query{Zone: zone})},
		{Name: "words", Do: asking(Query{Words: "chorale rivière"})},
		{Name: "a typo", Do: asking(Query{Words: "chorrale"})},
		{Name: "the search", Do: func() error { _, err := s.Search(ctx, s.town, s.staff, "chorale", 10); return err }},
		{Name: "the home page", Do: func() error { _, err := s.Cards(ctx, s.town, s.staff); return err }},
		{Name: "the counter", Do: func() error { _, err := s.Counters(ctx, s.town); return err }},
		{Name: "what waits", Do: func() error { _, err := s.Todos(ctx, s.town, s.staff); return err }},
		{Name: "what one did", Do: func() error { _, err := s.Activity(ctx, s.town, s.staff); return err }},
	})
	if os.Getenv("PARVIS_LONG") != "" && slowest > 50*time.Millisecond {
		t.Errorf("the slowest list takes %s", slowest)
	}
}
