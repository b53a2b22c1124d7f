package budgets

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/search"
	"parvis/app/tenant"
)

// Cursor is a place in a list: after a row, or before it.
type Cursor struct {
	Key    string
	ID     uuid.UUID
	Before bool
}

// IsZero reports whether c is the beginning of the list.
func (c Cursor) IsZero() bool { return c.ID == uuid.Nil }

// String writes c for an address.
func (c Cursor) String() string {
	if c.IsZero() {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(append(c.ID[:], c.Key...))
}

// parseCursor reads what String wrote. A text that it cannot have written is
// the beginning of the list: old addresses lead somewhere.
func parseCursor(text string, before bool) Cursor {
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) <= len(uuid.UUID{}) {
		return Cursor{}
	}
	return Cursor{ID: uuid.UUID(raw[:16]), Key: strings.ToValidUTF8(string(raw[16:]), ""), Before: before}
}

// Group is a part of the projects of an edition that people look for.
type Group string

// The groups.
const (
	AllDeposited Group = ""
	Waiting      Group = "waiting"   // deposited, without a decision
	ToVote       Group = "to_vote"   // accepted
	Refused      Group = "refused"   // inadmissible or unfavourable
	Won          Group = "won"       // chosen by the council
	Withdrawn    Group = "withdrawn" // by its author or by staff
)

// groupSQL says which projects are in a group.
var groupSQL = map[Group]string{
	Waiting:   `verdict = '' AND withdrawn_at IS NULL`,
	ToVote:    `verdict = 'accepted' AND withdrawn_at IS NULL`,
	Refused:   `verdict IN ('inadmissible', 'unfavourable') AND withdrawn_at IS NULL`,
	Won:       `won_at IS NOT NULL`,
	Withdrawn: `withdrawn_at IS NOT NULL`,
}

// Sort is an order of the projects.
type Sort string

// The orders.
const (
	ByNumber Sort = "number" // of deposit
	ByNewest Sort = "newest"
	ByCost   Sort = "cost"  // the dearest first
	ByRank   Sort = "rank"  // of the winners
	ByMatch  Sort = "match" // of the words searched, the best first
)

// sorts are the orders, each with what makes its key, the type to read it back
// and its direction. ? stands for the words searched.
var sorts = map[Sort]struct {
	key, kind string
	desc      bool
}{
	ByNumber: {"number", "int", false},
	ByNewest: {"deposited_at", "timestamptz", true},
	ByCost:   {"coalesce(cost, estimate, 0)", "bigint", true},
	ByRank:   {"coalesce(rank, 1000000)", "int", false},
	ByMatch:  {matchSQL, "int", true},
}

// matchSQL is how well a project matches words: by its words' stems first,
// then by letters that look alike, for words typed wrong.
const matchSQL = `(CASE WHEN words @@ websearch_to_tsquery('french', ?) THEN 1000 + (1000 * ts_rank(words, websearch_to_tsquery('french', ?)))::int
	ELSE (1000 * word_similarity(?, folded))::int END)`

// alike is the least similarity, in thousandths, of words typed wrong.
const alike = 450

// Query selects deposited projects of an edition, a page at a time.
type Query struct {
	Edition uuid.UUID
	Group   Group
	Theme   Theme
	Zone    uuid.UUID
	Words   string
	Placed  bool // only those on the map
	Sort    Sort
	Cursor  Cursor
	Limit   int
}

// Page is a part of a list.
type Page struct {
	Items      []*Project
	Next, Prev Cursor // zero at the ends
}

// projects returns the page of deposited projects that q asks for.
func (store) projects(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (Page, error) {
	sort, known := sorts[q.Sort]
	if !known {
		sort = sorts[ByNumber]
	}
	down := sort.desc != q.Cursor.Before // going back reads the list the other way
	direction, beyond := "ASC", ">"
	if down {
		direction, beyond = "DESC", "<"
	}
	var args []any
	for range strings.Count(sort.key, "?") {
		args = append(args, search.Fold(q.Words))
	}
	sel := tx.NewSelect().TableExpr("budgets.projects").
		ColumnExpr(projectColumns).ColumnExpr("("+sort.key+")::text AS key", args...).
		Where("tenant_id = ?", t).Where("edition_id = ?", q.Edition).Where("deposited_at IS NOT NULL").
		OrderExpr(sort.key+" "+direction+", id "+direction, args...).
		Limit(int64(q.Limit) + 1)
	q.narrow(sel)
	if !q.Cursor.IsZero() {
		sel.Where("("+sort.key+", id) "+beyond+" (?::"+sort.kind+", ?)", append(slices.Clone(args), q.Cursor.Key, q.Cursor.ID)...)
	}
	var rows []projectRow
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the projects: %w", err)
	}
	return cutPage(rows, q), nil
}

// narrow keeps what q asks for of the projects of its edition.
func (q Query) narrow(sel *bun.SelectQuery) {
	if condition, ok := groupSQL[q.Group]; ok {
		sel.Where(condition)
	}
	if q.Theme != "" {
		sel.Where("theme = ?", string(q.Theme))
	}
	if q.Zone != uuid.Nil {
		sel.Where("zone_id = ?", q.Zone)
	}
	if q.Placed {
		sel.Where("lat IS NOT NULL")
	}
	if q.Words != "" {
		words := search.Fold(q.Words)
		sel.Where(matchSQL+" >= ?", words, words, words, alike)
	}
}

// cutPage keeps the rows of the page in reading order, and says where the
// neighbours begin.
func cutPage(rows []projectRow, q Query) Page {
	more := len(rows) > q.Limit
	if more {
		rows = rows[:q.Limit]
	}
	if q.Cursor.Before {
		slices.Reverse(rows)
	}
	page := Page{Items: projectsOf(rows)}
	if len(rows) == 0 {
		return page
	}
	if more || q.Cursor.Before {
		last := rows[len(rows)-1]
		page.Next = Cursor{Key: last.Key, ID: last.ID}
	}
	if (more && q.Cursor.Before) || (!q.Cursor.IsZero() && !q.Cursor.Before) {
		page.Prev = Cursor{Key: rows[0].Key, ID: rows[0].ID, Before: true}
	}
	return page
}

// count says how many deposited projects are in each group, among those that q
// asks for.
func (store) count(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (map[Group]int, error) {
	var r struct{ All, Waiting, ToVote, Refused, Won, Withdrawn int }
	sel := tx.NewSelect().TableExpr("budgets.projects").
		ColumnExpr("count(*) AS all").
		Where("tenant_id = ?", t).Where("edition_id = ?", q.Edition).Where("deposited_at IS NOT NULL")
	for group, condition := range groupSQL {
		sel.ColumnExpr("count(*) FILTER (WHERE " + condition + ") AS " + string(group))
	}
	q.Group = AllDeposited
	q.narrow(sel)
	if err := sel.Scan(ctx, &r); err != nil {
		return nil, fmt.Errorf("count the projects: %w", err)
	}
	return map[Group]int{AllDeposited: r.All, Waiting: r.Waiting, ToVote: r.ToVote, Refused: r.Refused, Won: r.Won, Withdrawn: r.Withdrawn}, nil
}

// editionsAtOnce bounds the list of editions: a town has one a year.
const editionsAtOnce = 60

// editions lists the editions, the newest first; drafts only if asked.
func (s store) editions(ctx context.Context, tx bun.IDB, t tenant.ID, drafts bool) ([]*Edition, error) {
	var rows []editionRow
	err := tx.NewRaw(`
		SELECT `+editionColumns+`, core.now() AS now
		FROM budgets.editions
		WHERE tenant_id = ? AND (published_at IS NOT NULL OR ?)
		ORDER BY information_at DESC NULLS FIRST, id
		LIMIT ?`, t, drafts, editionsAtOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the editions: %w", err)
	}
	list := make([]*Edition, len(rows))
	for i := range rows {
		list[i] = rows[i].edition()
		if list[i].Envelopes, err = s.envelopes(ctx, tx, t, list[i].ID); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// badCursor reports whether a list was refused because its cursor, which anyone
// may type, is not one of its sort's.
func badCursor(err error) bool {
	f, ok := errors.AsType[*fault.Error](err)
	return ok && f.Kind == fault.Invalid
}
