package consultations

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/fault"
	"parvis/app/keyset"
	"parvis/app/search"
	"parvis/app/tenant"
)

// Query selects consultations, a page at a time.
type Query struct {
	Phases []Phase   // empty: all
	Zone   uuid.UUID // zero: the whole territory and each of its parts
	Words  string    // "": all
	Sort   Sort
	Cursor keyset.Cursor
	Limit  int
	Reach  []uuid.UUID // the only zones whose drafts are listed; nil: all
}

// Page is a part of a list.
type Page struct {
	Items      []Consultation // without the long texts
	Next, Prev keyset.Cursor  // zero at the ends
	Now        time.Time
}

// Sort is an order of the list.
type Sort struct {
	By   string // "opens", "closes", "updated", "title"
	Desc bool
}

// sorts are the orders, each with what makes its key and the type to read it back.
var sorts = map[string]struct{ key, kind string }{
	"opens":   {"coalesce(opens_at, 'infinity')", "timestamptz"},
	"closes":  {"coalesce(closes_at, 'infinity')", "timestamptz"},
	"updated": {"updated_at", "timestamptz"},
	"title":   {"title", "text"},
}

// phaseSQL is PhaseAt, said to PostgreSQL; ? is the moment.
var phaseSQL = map[Phase]string{
	Draft:     `published_at IS NULL`,
	Upcoming:  `published_at IS NOT NULL AND cancelled_at IS NULL AND outcome_at IS NULL AND opens_at > ?now`,
	Open:      `published_at IS NOT NULL AND cancelled_at IS NULL AND outcome_at IS NULL AND opens_at <= ?now AND closes_at > ?now`,
	Closed:    `published_at IS NOT NULL AND cancelled_at IS NULL AND outcome_at IS NULL AND closes_at <= ?now`,
	Decided:   `published_at IS NOT NULL AND cancelled_at IS NULL AND outcome_at IS NOT NULL`,
	Cancelled: `cancelled_at IS NOT NULL`,
}

// list returns the page of consultations that q asks for.
func (s store) list(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (Page, error) {
	now, err := s.now(ctx, tx)
	if err != nil {
		return Page{}, err
	}
	sort, known := sorts[q.Sort.By]
	if !known {
		sort = sorts["updated"]
	}
	sel := tx.NewSelect().TableExpr("consultations.consultations").
		ColumnExpr("id, version, title, summary, zone_id, opens_at, closes_at, published_at, cancelled_at, outcome_at, updated_at").
		ColumnExpr("("+sort.key+")::text AS key").
		Where("tenant_id = ?", t)
	filter(sel, q, now)
	keyset.Order{Key: sort.key, Kind: sort.kind, ID: "id", Desc: q.Sort.Desc}.Page(sel, q.Cursor, q.Limit)
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the consultations: %w", err)
	}
	for i := range rows {
		rows[i].Now = now
	}
	page := Page{Now: now}
	rows, page.Next, page.Prev = keyset.Cut(rows, q.Limit, q.Cursor, func(r *row) keyset.Cursor { return keyset.Cursor{Key: r.Key, ID: r.ID} })
	page.Items = consultationsOf(rows)
	return page, nil
}

func filter(sel *bun.SelectQuery, q Query, now time.Time) {
	if len(q.Phases) > 0 {
		sel.WhereGroup(" AND ", func(sel *bun.SelectQuery) *bun.SelectQuery {
			for _, p := range q.Phases {
				condition := phaseSQL[p]
				var args []any
				for range strings.Count(condition, "?now") {
					args = append(args, now)
				}
				sel.WhereOr(strings.ReplaceAll(condition, "?now", "?"), args...)
			}
			return sel
		})
	}
	if q.Zone != uuid.Nil {
		sel.Where("(zone_id = ? OR zone_id IS NULL)", q.Zone)
	}
	if q.Reach != nil {
		sel.Where("(published_at IS NOT NULL OR zone_id = ANY (?::uuid[]))", pgdialect.Array(textsOf(q.Reach)))
	}
	if q.Words != "" {
		sel.Where("words @@ websearch_to_tsquery('french', ?)", search.Fold(q.Words))
	}
}

// count says how many consultations are in each phase at this moment.
func (s store) count(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (map[Phase]int, error) {
	now, err := s.now(ctx, tx)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		Phase Phase
		N     int
	}
	sel := tx.NewSelect().TableExpr("consultations.consultations").
		ColumnExpr(`CASE WHEN published_at IS NULL THEN 'draft' WHEN cancelled_at IS NOT NULL THEN 'cancelled'
			WHEN outcome_at IS NOT NULL THEN 'decided' WHEN opens_at > ?0 THEN 'upcoming' WHEN closes_at > ?0 THEN 'open' ELSE 'closed' END AS phase`, now).
		ColumnExpr("count(*) AS n").
		Where("tenant_id = ?", t).GroupExpr("1")
	filter(sel, Query{Zone: q.Zone, Words: q.Words, Reach: q.Reach}, now)
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("count the consultations: %w", err)
	}
	counts := map[Phase]int{}
	for _, r := range rows {
		counts[r.Phase] = r.N
	}
	return counts, nil
}

// search returns the published consultations that hold the words, best first.
func (s store) search(ctx context.Context, tx bun.IDB, t tenant.ID, words string, limit int) ([]Consultation, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT id, title, summary, opens_at, closes_at, published_at, cancelled_at, outcome_at, core.now() AS now
		FROM consultations.consultations, websearch_to_tsquery('french', ?) AS query
		WHERE tenant_id = ? AND published_at IS NOT NULL AND words @@ query
		ORDER BY ts_rank(words, query) DESC, closes_at DESC, id
		LIMIT ?`, search.Fold(words), t, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("search the consultations: %w", err)
	}
	return consultationsOf(rows), nil
}

// todo is work that waits, and since when.
type todo struct {
	Count int
	Since time.Time
}

// todos counts the consultations that ended without a decision, and the drafts
// that were to be open by now.
func (store) todos(ctx context.Context, tx bun.IDB, t tenant.ID, reach []uuid.UUID) (undecided, late todo, err error) {
	var r struct {
		Undecided, Late           int
		UndecidedSince, LateSince bun.NullTime
	}
	err = tx.NewRaw(`
		SELECT count(*) FILTER (WHERE published_at IS NOT NULL) AS undecided, min(closes_at) FILTER (WHERE published_at IS NOT NULL) AS undecided_since,
			count(*) FILTER (WHERE published_at IS NULL) AS late, min(opens_at) FILTER (WHERE published_at IS NULL) AS late_since
		FROM consultations.consultations, (SELECT core.now() AS now) AS clock
		WHERE tenant_id = ? AND cancelled_at IS NULL AND outcome_at IS NULL AND (published_at IS NOT NULL OR ? OR zone_id = ANY (?::uuid[]))
			AND (CASE WHEN published_at IS NULL THEN opens_at ELSE closes_at END) <= clock.now`, t, reach == nil, pgdialect.Array(textsOf(reach))).Scan(ctx, &r)
	if err != nil {
		return undecided, late, fmt.Errorf("count what waits: %w", err)
	}
	return todo{r.Undecided, r.UndecidedSince.Time}, todo{r.Late, r.LateSince.Time}, nil
}

func textsOf(ids []uuid.UUID) []string {
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return texts
}

func consultationsOf(rows []row) []Consultation {
	list := make([]Consultation, len(rows))
	for i := range rows {
		list[i] = *rows[i].consultation()
	}
	return list
}

// isNotFound reports whether the database had no such row.
func isNotFound(err error) bool { return err != nil && fault.KindOf(err) == fault.NotFound }
