package budgets

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/keyset"
	"parvis/app/search"
	"parvis/app/tenant"
)

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
	Cursor  keyset.Cursor
	Limit   int
}

// Page is a part of a list.
type Page struct {
	Items      []*Project
	Next, Prev keyset.Cursor // zero at the ends
}

// projects returns the page of deposited projects that q asks for.
func (store) projects(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (Page, error) {
	sort, known := sorts[q.Sort]
	if !known {
		sort = sorts[ByNumber]
	}
	var args []any
	for range strings.Count(sort.key, "?") {
		args = append(args, search.Fold(q.Words))
	}
	sel := tx.NewSelect().TableExpr("budgets.projects").
		ColumnExpr(projectColumns).ColumnExpr("("+sort.key+")::text AS key", args...).
		Where("tenant_id = ?", t).Where("edition_id = ?", q.Edition).Where("deposited_at IS NOT NULL")
	q.narrow(sel)
	keyset.Order{Key: sort.key, Args: args, Kind: sort.kind, ID: "id", Desc: sort.desc}.Page(sel, q.Cursor, q.Limit)
	var rows []projectRow
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the projects: %w", err)
	}
	var page Page
	rows, page.Next, page.Prev = keyset.Cut(rows, q.Limit, q.Cursor, func(r *projectRow) keyset.Cursor { return keyset.Cursor{Key: r.Key, ID: r.ID} })
	page.Items = projectsOf(rows)
	return page, nil
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
