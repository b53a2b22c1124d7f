package ideas

import (
	"context"
	"maps"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
)

// filled is a town with many ideas, and people who wrote them.
func filled(t testing.TB, ideas, comments int) *square {
	t.Helper()
	s := newSquare(t)
	people := make([]citizen.ID, 300)
	for n := range people {
		people[n] = s.citizen().ID
	}
	last := 0
	s.must(s.Fill(s.ctx(), s.town, people, ideas, comments, func(done int) { last = done }))
	if last != ideas+comments {
		t.Fatalf("progress ended at %d", last)
	}
	_, err := s.db.Superuser(t).Exec(context.Background(), `VACUUM ANALYZE ideas.ideas, discussion.comments, discussion.supports`)
	s.must(err)
	return s
}

// TestAFilledTownIsTheSameEachTime and keeps its promises: what is counted is there.
func TestAFilledTownIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	s := filled(t, 500, 900)
	var r struct{ Ideas, Wrong, Comments int }
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT (SELECT count(*) FROM ideas.ideas) AS ideas, (SELECT count(*) FROM discussion.comments) AS comments,
			(SELECT count(*) FROM ideas.ideas i WHERE supports <> (SELECT count(*) FROM discussion.supports WHERE subject_id = i.id)
				OR comments <> (SELECT count(*) FROM discussion.comments WHERE subject_id = i.id)) AS wrong`).Scan(ctx, &r)
	}))
	if r.Ideas != 500 || r.Comments != 900 || r.Wrong != 0 {
		t.Errorf("%+v", r)
	}
	first := newFiller(s.town, []citizen.ID{{1}}).id()
	if _, err := s.service.read(s.ctx(), s.town.ID, first); err != nil {
		t.Errorf("the first idea has another name this time: %v", err)
	}
}

// TestListsOfABigTownUseIndexes reads the plans of the lists as the application
// role makes them: none goes through a whole table. With PARVIS_LONG, the town
// has the size that the design promises to serve in 50 ms.
func TestListsOfABigTownUseIndexes(t *testing.T) {
	t.Parallel()
	ideas, comments := 6_000, 12_000
	if os.Getenv("PARVIS_LONG") != "" {
		ideas, comments = 50_000, 200_000
	}
	s := filled(t, ideas, comments)
	zone := s.town.Zones[0].ID
	var busiest uuid.UUID
	s.must(s.db.InTenant(s.ctx(), s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id FROM ideas.ideas ORDER BY comments DESC LIMIT 1`).Scan(ctx, &busiest)
	}))
	var slowest time.Duration
	for _, c := range []struct {
		name string
		read func() error
	}{
		{"the list", s.asking(Query{Sort: byDate})},
		{"the most supported", s.asking(Query{Sort: bySupports})},
		{"the discussed ones", s.asking(Query{Sort: byStir})},
		{"a theme", s.asking(Query{Theme: "nature"})},
		{"a theme, the most supported", s.asking(Query{Theme: "nature", Sort: bySupports})},
		{"a zone and a state", s.asking(Query{Zone: zone, State: Refused})},
		{"words", s.asking(Query{Words: "fontaine rivière"})},
		{"words of nobody's", s.asking(Query{Words: "xylophone"})},
		{"a typo", s.asking(Query{Words: "fontene"})},
		{"the plan", s.asking(Query{Located: true})},
		{"similar ones", func() error {
			_, err := s.service.similarTo(s.ctx(), s.town.ID, "Installer une fontaine dans le parc", uuid.Nil)
			return err
		}},
		{"an idea and its discussion", func() error {
			_, err := s.service.page(s.ctx(), s.town, s.staff, busiest, "")
			return err
		}},
		{"the search", func() error { _, err := s.Search(s.ctx(), s.town, s.staff, "kiosque", 10); return err }},
		{"the home page", func() error { _, err := s.Cards(s.ctx(), s.town, s.staff); return err }},
		{"what waits", func() error { _, err := s.Todos(s.ctx(), s.town, s.staff); return err }},
		{"what one did", func() error { _, err := s.Activity(s.ctx(), s.town, s.staff); return err }},
	} {
		watched := watch(t, s)
		var took []time.Duration
		for range 20 {
			start := time.Now()
			s.must(c.read())
			took = append(took, time.Since(start))
		}
		slices.Sort(took)
		p95 := took[18]
		slowest = max(slowest, p95)
		t.Logf("%-30s p95 %s", c.name, p95.Round(100*time.Microsecond))
		for _, table := range watched() {
			t.Errorf("%s: the whole of %s is read", c.name, table)
		}
	}
	if ideas == 50_000 && slowest > 50*time.Millisecond {
		t.Errorf("the slowest list takes %s", slowest)
	}
}

// watch counts how often the big tables are read from end to end from now on,
// by the statistics that PostgreSQL keeps of each; the function that it returns
// names those that were.
func watch(t *testing.T, s *square) func() []string {
	t.Helper()
	scans := func() map[string]int64 {
		s.db.Pool.Reset() // a connection hands in what it has counted when it ends
		rows, err := s.db.Superuser(t).Query(context.Background(), `
			SELECT schemaname || '.' || relname, seq_scan FROM pg_stat_user_tables WHERE schemaname IN ('ideas', 'discussion') AND relname <> 'cases'`)
		s.must(err)
		found := map[string]int64{}
		var table string
		var n int64
		_, err = pgx.ForEachRow(rows, []any{&table, &n}, func() error { found[table] = n; return nil })
		s.must(err)
		return found
	}
	before := settled(scans)
	return func() (read []string) {
		for table, n := range settled(scans) {
			if n > before[table] {
				read = append(read, table)
			}
		}
		return read
	}
}

// settled asks until two answers agree: the statistics follow within a moment.
func settled(scans func() map[string]int64) map[string]int64 {
	last := scans()
	for range 50 {
		<-time.After(100 * time.Millisecond)
		next := scans()
		if maps.Equal(last, next) {
			return next
		}
		last = next
	}
	return last
}

// asking reads a list as its page does, with a place in the middle of it.
func (s *square) asking(q Query) func() error {
	return func() error {
		q.Limit = perPage
		f, err := s.service.front(s.ctx(), s.town.ID, q)
		if err == nil && !f.page.Next.IsZero() {
			next := q
			next.Cursor = f.page.Next
			_, err = s.service.front(s.ctx(), s.town.ID, next)
		}
		return err
	}
}
