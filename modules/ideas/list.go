package ideas

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/keyset"
	"parvis/app/search"
	"parvis/app/tenant"
)

// Query selects public ideas, a page at a time.
type Query struct {
	Words   string // "": all
	Near    bool   // words that resemble, for typos
	Theme   string
	Zone    uuid.UUID
	State   State // "": all but the merged ones
	Sort    string
	Cursor  keyset.Cursor
	Limit   int
	Located bool // only those with a point
}

// Page is a part of a list.
type Page struct {
	Items      []*Idea
	Next, Prev keyset.Cursor // zero at the ends
}

// readCursor reads the place in a list in some order that an address names. A
// place in another order is the beginning of the list.
func readCursor(sort, after, before string) keyset.Cursor {
	c := keyset.Read(after, before)
	if !sorts[sort].valid(c.Key) {
		return keyset.Cursor{}
	}
	return c
}

// sorts are the orders, newest, largest or liveliest first, by the word in the
// address: each has an index.
var sorts = map[string]struct {
	column, kind string
	valid        func(key string) bool
}{
	"recentes":   {"published_at", "timestamptz", isMoment},
	"soutenues":  {"supports", "int", isCount},
	"discutees":  {"stirred_at", "timestamptz", isMoment},
	"anciennete": {"published_at", "timestamptz", isMoment}, // the back office: what has waited longest first
}

const (
	bySupports = "soutenues"
	byDate     = "recentes"
	byStir     = "discutees"
	byAge      = "anciennete"
)

func isMoment(key string) bool {
	_, err := time.Parse("2006-01-02 15:04:05.999999Z07", key)
	return err == nil && len(key) <= 48 // PostgreSQL takes fewer digits of a second than Go
}

func isCount(key string) bool {
	return key != "" && len(key) <= 9 && strings.Trim(key, "0123456789") == ""
}

// list returns the page of ideas that q asks for.
func (s store) list(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (Page, error) {
	sort, known := sorts[q.Sort]
	if !known {
		q.Sort, sort = byDate, sorts[byDate]
	}
	sel := tx.NewSelect().TableExpr("ideas.ideas").
		ColumnExpr(columns).ColumnExpr("core.now() AS now")
	if sort.kind == "int" {
		sel.ColumnExpr(sort.column + "::text AS key")
	} else {
		sel.ColumnExpr(`to_char(` + sort.column + ` AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"Z"') AS key`)
	}
	narrow(sel, t, q)
	keyset.Order{Key: sort.column, Kind: sort.kind, ID: "id", Desc: q.Sort != byAge}.Page(sel, q.Cursor, q.Limit)
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the ideas: %w", err)
	}
	var page Page
	rows, page.Next, page.Prev = keyset.Cut(rows, q.Limit, q.Cursor, func(r *row) keyset.Cursor { return keyset.Cursor{Key: r.Key, ID: r.ID} })
	page.Items = ideasOf(rows)
	return page, nil
}

// narrow keeps the ideas that q asks for.
func narrow(sel *bun.SelectQuery, t tenant.ID, q Query) {
	sel.Where("tenant_id = ?", t).Where("visibility = 'visible'")
	if q.State != "" {
		sel.Where("state = ?", string(q.State))
	} else {
		sel.Where("state <> 'merged'")
	}
	if q.Theme != "" {
		sel.Where("theme = ?", q.Theme)
	}
	if q.Zone != uuid.Nil {
		sel.Where("zone_id = ?", q.Zone)
	}
	if q.Located {
		sel.Where("lat <> 0")
	}
	switch {
	case q.Words == "":
	case q.Near:
		sel.Where("folded %> ?", search.Words(q.Words))
	default:
		sel.Where("words @@ websearch_to_tsquery('french', ?)", search.Fold(q.Words))
	}
}

// count says how many ideas q selects, whatever its page.
func (store) count(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (n int, err error) {
	sel := tx.NewSelect().TableExpr("ideas.ideas").ColumnExpr("count(*)")
	narrow(sel, t, q)
	if err := sel.Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("count the ideas: %w", err)
	}
	return n, nil
}

// totals counts the public ideas in each state.
func (store) totals(ctx context.Context, tx bun.IDB, t tenant.ID) (map[State]int, error) {
	var rows []struct {
		State State
		N     int
	}
	err := tx.NewRaw(`SELECT state, count(*) AS n FROM ideas.ideas WHERE tenant_id = ? AND visibility = 'visible' GROUP BY state`, t).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count the ideas by state: %w", err)
	}
	totals := map[State]int{}
	for _, r := range rows {
		totals[r.State] = r.N
	}
	return totals, nil
}

// candidates is how many ideas with a word in common, the newest, are compared
// at most.
const candidates = 400

// similar finds the ideas that most resemble a title: those that share words
// with it or are written nearly alike.
func (store) similar(ctx context.Context, tx bun.IDB, t tenant.ID, title string, but uuid.UUID, limit int) ([]*Idea, error) {
	any := search.AnyOf(title)
	if any == "" {
		return nil, nil
	}
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+`, core.now() AS now FROM (
			(SELECT * FROM ideas.ideas WHERE tenant_id = ?0 AND visibility = 'visible' AND state <> 'merged' AND words @@ to_tsquery('french', ?1)
				ORDER BY published_at DESC, id DESC LIMIT ?2)
			UNION
			(SELECT * FROM ideas.ideas WHERE tenant_id = ?0 AND visibility = 'visible' AND state <> 'merged' AND folded %> ?3 LIMIT 50)
		) AS near
		WHERE id <> ?4 AND (similarity(folded, ?3) >= 0.3 OR ts_rank('{0,0,0.2,1}', words, to_tsquery('french', ?1)) >= 0.3)
		ORDER BY similarity(folded, ?3) + ts_rank('{0,0,0.2,1}', words, to_tsquery('french', ?1)) DESC, supports DESC, id LIMIT ?5`,
		t, any, candidates, search.Words(title), but, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find similar ideas: %w", err)
	}
	return ideasOf(rows), nil
}

// found returns the public ideas that hold the words, best first.
func (store) found(ctx context.Context, tx bun.IDB, t tenant.ID, words string, limit int) ([]*Idea, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+`, core.now() AS now
		FROM (SELECT * FROM ideas.ideas WHERE tenant_id = ?0 AND visibility = 'visible' AND words @@ websearch_to_tsquery('french', ?1)
			ORDER BY published_at DESC, id DESC LIMIT ?2) AS found
		ORDER BY ts_rank(words, websearch_to_tsquery('french', ?1)) DESC, supports DESC, id LIMIT ?3`,
		t, search.Fold(words), candidates, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("search the ideas: %w", err)
	}
	return ideasOf(rows), nil
}

// of lists the ideas of an account, newest first, whoever may see them.
func (store) of(ctx context.Context, tx bun.IDB, t tenant.ID, by citizen.ID, limit int) ([]*Idea, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+`, core.now() AS now FROM ideas.ideas
		WHERE tenant_id = ? AND author_id = ? ORDER BY created_at DESC LIMIT ?`, t, by, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the ideas of an account: %w", err)
	}
	return ideasOf(rows), nil
}

// byIDs returns the public ideas of a list of IDs.
func (store) byIDs(ctx context.Context, tx bun.IDB, t tenant.ID, ids []uuid.UUID) (map[uuid.UUID]*Idea, error) {
	var rows []row
	if len(ids) > 0 {
		err := tx.NewSelect().TableExpr("ideas.ideas").ColumnExpr(columns).Where("tenant_id = ?", t).Where("visibility = 'visible'").
			Where("id = ANY (?::uuid[])", pgdialect.Array(ids)).Scan(ctx, &rows)
		if err != nil {
			return nil, fmt.Errorf("find ideas: %w", err)
		}
	}
	byID := map[uuid.UUID]*Idea{}
	for n := range rows {
		byID[rows[n].ID] = rows[n].idea()
	}
	return byID, nil
}

// waiting counts the ideas that the town hall has said nothing about for two
// weeks, and since when the oldest waits.
func (store) waiting(ctx context.Context, tx bun.IDB, t tenant.ID) (n int, since time.Time, err error) {
	var r struct {
		N     int
		Since bun.NullTime
	}
	err = tx.NewRaw(`
		SELECT count(*) AS n, min(published_at) AS since FROM ideas.ideas
		WHERE tenant_id = ? AND visibility = 'visible' AND state = 'deposited' AND published_at < (SELECT core.now()) - interval '14 days'`, t).Scan(ctx, &r)
	if err != nil {
		return 0, since, fmt.Errorf("count the ideas that wait: %w", err)
	}
	return r.N, r.Since.Time, nil
}
