package associations

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/keyset"
	"parvis/app/search"
	"parvis/app/tenant"
)

// Query selects associations by name, a page at a time.
type Query struct {
	States []State   // empty: those everybody may see
	Theme  string    // "": all
	Zone   uuid.UUID // zero: all
	Words  string    // "": all
	Cursor keyset.Cursor
	Limit  int
}

// Page is a part of the directory.
type Page struct {
	Items      []*Association
	Next, Prev keyset.Cursor // zero at the ends
}

// list returns the page of the directory that q asks for.
func (store) list(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (Page, error) {
	sel := tx.NewSelect().TableExpr("associations.associations").ColumnExpr(columns).Where("tenant_id = ?", t)
	filter(sel, q)
	keyset.Order{Key: "name_key", Kind: "text", ID: "id"}.Page(sel, q.Cursor, q.Limit)
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the associations: %w", err)
	}
	var page Page
	rows, page.Next, page.Prev = keyset.Cut(rows, q.Limit, q.Cursor, func(r *row) keyset.Cursor { return keyset.Cursor{Key: r.NameKey, ID: r.ID} })
	page.Items = associationsOf(rows)
	return page, nil
}

func filter(sel *bun.SelectQuery, q Query) {
	switch {
	case len(q.States) == 0:
		sel.Where("state IN ('listed', 'verified')")
	case len(q.States) < len(states):
		sel.Where("state IN (?)", bun.List(q.States))
	}
	if q.Theme != "" {
		sel.Where("theme = ?", q.Theme)
	}
	if q.Zone != uuid.Nil {
		sel.Where("zone_id = ?", q.Zone)
	}
	if q.Words != "" { // whole words in any form, or a name typed with a mistake
		sel.Where("(words @@ websearch_to_tsquery('french', ?) OR ? <% name_key)", search.Fold(q.Words), search.Words(q.Words))
	}
}

// count says how many associations a query selects, cursor aside.
func (store) count(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (n int, err error) {
	sel := tx.NewSelect().TableExpr("associations.associations").ColumnExpr("count(*)").Where("tenant_id = ?", t)
	filter(sel, q)
	if err := sel.Scan(ctx, &n); err != nil {
		return 0, fmt.Errorf("count the associations: %w", err)
	}
	return n, nil
}

// byState counts the associations in each state.
func (store) byState(ctx context.Context, tx bun.IDB, t tenant.ID) (map[State]int, error) {
	var rows []struct {
		State State
		N     int
	}
	err := tx.NewRaw(`SELECT state, count(*) AS n FROM associations.associations WHERE tenant_id = ? GROUP BY state`, t).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count the associations: %w", err)
	}
	counts := map[State]int{}
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts, nil
}

// search returns the public associations that hold the words, best first.
func (store) search(ctx context.Context, tx bun.IDB, t tenant.ID, words string, limit int) ([]*Association, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM associations.associations, websearch_to_tsquery('french', ?1) AS query
		WHERE tenant_id = ?0 AND state IN ('listed', 'verified') AND (words @@ query OR ?2 <% name_key)
		ORDER BY ts_rank(words, query) DESC, word_similarity(?2, name_key) DESC, name_key, id
		LIMIT ?3`, t, search.Fold(words), search.Words(words), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("search the associations: %w", err)
	}
	return associationsOf(rows), nil
}

// todo is work that waits, and since when.
type todo struct {
	Count int
	Since time.Time
}

// todos counts the associations to check, and the claims to answer on those
// that were.
func (store) todos(ctx context.Context, tx bun.IDB, t tenant.ID) (pending, claims todo, err error) {
	var r struct {
		Pending, Claims           int
		PendingSince, ClaimsSince bun.NullTime
	}
	err = tx.NewRaw(`
		SELECT (SELECT count(*) FROM associations.associations WHERE tenant_id = ?0 AND state = 'pending') AS pending,
			(SELECT min(created_at) FROM associations.associations WHERE tenant_id = ?0 AND state = 'pending') AS pending_since,
			count(*) AS claims, min(c.asked_at) AS claims_since
		FROM associations.claims c JOIN associations.associations a ON a.tenant_id = c.tenant_id AND a.id = c.association_id
		WHERE c.tenant_id = ?0 AND c.state = 'waiting' AND a.state <> 'pending'`, t).Scan(ctx, &r)
	if err != nil {
		return pending, claims, fmt.Errorf("count what waits: %w", err)
	}
	return todo{r.Pending, r.PendingSince.Time}, todo{r.Claims, r.ClaimsSince.Time}, nil
}

// claimed lists the associations on which a claim waits, the longest first.
func (store) claimed(ctx context.Context, tx bun.IDB, t tenant.ID, limit int) ([]*Association, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM associations.associations
		JOIN (SELECT association_id, min(asked_at) AS since FROM associations.claims WHERE tenant_id = ?0 AND state = 'waiting' GROUP BY 1) AS w
			ON w.association_id = id
		WHERE tenant_id = ?0 ORDER BY w.since, id LIMIT ?1`, t, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the associations claimed: %w", err)
	}
	return associationsOf(rows), nil
}
