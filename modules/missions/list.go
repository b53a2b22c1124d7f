package missions

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/keyset"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// Query selects what one may join, a page at a time.
type Query struct {
	Kind       Kind
	Theme      string // "": all
	Zone       uuid.UUID
	Words      string
	Minors     bool // only those open to minors
	Accessible bool
	From, To   time.Time    // dated: slots that start in [From, To); zero: whatever is to come
	Around     places.Point // zero: anywhere
	Radius     int          // metres around it
	Cursor     keyset.Cursor
	Limit      int
}

// Page is a part of a list. Each mission comes with one slot: the next one of a
// dated mission.
type Page struct {
	Items      []*Mission
	Next, Prev keyset.Cursor // zero at the ends
	Now        time.Time
}

// order of a query: by distance where there is a middle, then by date, the
// latest published first for regular missions.
func (q Query) order() keyset.Order {
	switch {
	case !q.Around.IsZero():
		key, args := squared(q.Around)
		return keyset.Order{Key: key, Args: args, Kind: "bigint", ID: "m.id"}
	case q.Kind == Regular:
		return keyset.Order{Key: byPublication, Kind: "timestamptz", ID: "m.id", Desc: true}
	}
	return keyset.Order{Key: byStart, Kind: "timestamptz", ID: "m.id"}
}

// What lists are sorted by.
const (
	byStart       = "s.starts_at"    // dated missions
	byPublication = "m.published_at" // regular ones
	byChange      = "m.updated_at"   // those that one runs
)

// squared is how far a mission is from a point, as the square of micro-degrees
// of latitude, in whole numbers: one of longitude is shorter by the cosine,
// taken in thousandths.
func squared(p places.Point) (sql string, args []any) { return squaredOf("m", p) }

func squaredOf(table string, p places.Point) (sql string, args []any) {
	sql = `((m.lat - ?)::bigint * (m.lat - ?) + ((m.lon - ?)::bigint * ? / 1000) * ((m.lon - ?)::bigint * ? / 1000))`
	return strings.ReplaceAll(sql, "m.", table+"."), []any{p.Lat, p.Lat, p.Lon, narrow(p), p.Lon, narrow(p)}
}

// narrow is the cosine of a latitude, in thousandths.
func narrow(p places.Point) int {
	return max(1, int(math.Round(1000*math.Cos(float64(p.Lat)/1e6*math.Pi/180))))
}

// microDegrees is a distance in micro-degrees of latitude.
func microDegrees(metres int) int { return metres * 100_000 / 11_132 }

// list returns the page of missions that q asks for: those that are published,
// not cancelled, and still to come.
func (s store) list(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) (Page, error) {
	now, err := s.now(ctx, tx)
	if err != nil {
		return Page{}, err
	}
	var rows []row
	for _, radius := range q.rings() {
		q.Radius = radius
		if rows, err = s.within(ctx, tx, t, q, now); err != nil {
			return Page{}, err
		}
		if len(rows) > q.Limit {
			break // nobody further away is nearer
		}
	}
	return pageOf(rows, q, now), nil
}

// rings are the distances to look within, one after the other: where there is a
// lot to do, the neighbourhood fills a page.
func (q Query) rings() []int {
	if q.Around.IsZero() || q.Cursor.Before {
		return []int{q.Radius}
	}
	return []int{q.Radius / 8, q.Radius}
}

// within reads the rows of a page, and one more.
func (store) within(ctx context.Context, tx bun.IDB, t tenant.ID, q Query, now time.Time) ([]row, error) {
	by := q.order()
	sel := tx.NewSelect().TableExpr("missions.missions AS m").
		ColumnExpr(columns).
		ColumnExpr("s.id AS slot_id, s.starts_at, s.ends_at, s.capacity, s.capacity - s.taken AS left").
		ColumnExpr("("+by.Key+")::text AS key", by.Args...).
		Where("m.tenant_id = ? AND m.published_at IS NOT NULL AND m.cancelled_at IS NULL", t)
	q.join(sel, t, now)
	filter(sel, q)
	if by.Key == byStart && !q.Cursor.IsZero() { // an index reads on from there: the ID that comes second is of another table
		beyond := ">="
		if q.Cursor.Before {
			beyond = "<="
		}
		sel.Where("s.starts_at "+beyond+" ?::timestamptz", q.Cursor.Key)
	}
	by.Page(sel, q.Cursor, q.Limit)
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the missions: %w", err)
	}
	return rows, nil
}

func pageOf(rows []row, q Query, now time.Time) Page {
	page := Page{Now: now}
	rows, page.Next, page.Prev = keyset.Cut(rows, q.Limit, q.Cursor, func(r *row) keyset.Cursor { return keyset.Cursor{Key: r.Key, ID: r.ID} })
	page.Items = make([]*Mission, len(rows))
	for i := range rows {
		page.Items[i] = rows[i].mission(now)
	}
	return page
}

// join adds to each mission its slot: its one, or the first that is asked for.
func (q Query) join(sel *bun.SelectQuery, t tenant.ID, now time.Time) {
	from := now
	if q.From.After(now) {
		from = q.From
	}
	if q.Kind == Dated && q.Around.IsZero() { // slots in their order, each that is the first of its mission
		sel.Join("JOIN missions.slots AS s ON s.tenant_id = m.tenant_id AND s.mission_id = m.id").
			Where("s.starts_at > ?", from).Where(`NOT EXISTS (SELECT FROM missions.slots e
			WHERE e.tenant_id = ? AND e.mission_id = m.id AND e.starts_at > ? AND (e.starts_at, e.id) < (s.starts_at, s.id))`, t, from)
	} else { // missions in their order: slots are looked for until the page is full
		sel.Join(`CROSS JOIN LATERAL (SELECT e.* FROM missions.slots e
			WHERE e.tenant_id = ? AND e.mission_id = m.id AND (? OR e.starts_at > ?) ORDER BY e.starts_at, e.id LIMIT 1) AS s`,
			t, q.Kind == Regular, from).Where("m.kind = ?", q.Kind)
	}
	if q.Kind == Dated && !q.To.IsZero() {
		sel.Where("s.starts_at < ?", q.To)
	}
}

// filter leaves out the missions that are not asked for.
func filter(sel *bun.SelectQuery, q Query) {
	if q.Theme != "" {
		sel.Where("m.theme = ?", q.Theme)
	}
	if q.Zone != uuid.Nil {
		sel.Where("(m.zone_id = ? OR m.zone_id IS NULL)", q.Zone)
	}
	if q.Minors {
		sel.Where("m.minors")
	}
	if q.Accessible {
		sel.Where("m.accessible")
	}
	if q.Words != "" {
		sel.Where("m.words @@ websearch_to_tsquery('french', ?)", search.Fold(q.Words))
	}
	if !q.Around.IsZero() {
		// A box first, which an index finds, then the circle in it.
		tall := microDegrees(q.Radius)
		wide := tall * 1000 / narrow(q.Around)
		within, args := squared(q.Around)
		sel.Where("m.lat BETWEEN ? AND ? AND m.lon BETWEEN ? AND ?", q.Around.Lat-tall, q.Around.Lat+tall, q.Around.Lon-wide, q.Around.Lon+wide).
			Where(within+" <= ?", append(args, int64(tall)*int64(tall))...)
	}
}

// led lists the missions of some hosts, the latest changed first; of every host
// when hosts is nil.
func (s store) led(ctx context.Context, tx bun.IDB, t tenant.ID, hosts []uuid.UUID, q Query) (Page, error) {
	now, err := s.now(ctx, tx)
	if err != nil {
		return Page{}, err
	}
	// The date that tells where a mission stands is that of its last slot.
	sel := tx.NewSelect().TableExpr("missions.missions AS m").ColumnExpr(columns).ColumnExpr("m.updated_at::text AS key").
		ColumnExpr("s.id AS slot_id, s.starts_at, s.ends_at, s.capacity, s.capacity - s.taken AS left").
		Join(`LEFT JOIN LATERAL (SELECT id, starts_at, ends_at, capacity, taken FROM missions.slots
			WHERE tenant_id = m.tenant_id AND mission_id = m.id ORDER BY starts_at DESC NULLS FIRST LIMIT 1) AS s ON true`).
		Where("m.tenant_id = ?", t)
	if hosts != nil {
		sel.WhereGroup(" AND ", func(sel *bun.SelectQuery) *bun.SelectQuery {
			if len(hosts) > 0 {
				sel.WhereOr("m.association_id IN (?)", bun.List(hosts))
			}
			if slices.Contains(hosts, uuid.Nil) {
				sel.WhereOr("m.association_id IS NULL")
			}
			return sel
		})
	}
	if q.Words != "" {
		sel.Where("m.words @@ websearch_to_tsquery('french', ?)", search.Fold(q.Words))
	}
	keyset.Order{Key: byChange, Kind: "timestamptz", ID: "m.id", Desc: true}.Page(sel, q.Cursor, q.Limit)
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the missions of a host: %w", err)
	}
	return pageOf(rows, q, now), nil
}

// byIDs returns missions by their IDs, without their slots.
func (s store) byIDs(ctx context.Context, tx bun.IDB, t tenant.ID, ids []uuid.UUID) (map[uuid.UUID]*Mission, error) {
	found := map[uuid.UUID]*Mission{}
	if len(ids) == 0 {
		return found, nil
	}
	now, err := s.now(ctx, tx)
	if err != nil {
		return nil, err
	}
	var rows []row
	if err := tx.NewRaw(`SELECT `+columns+` FROM missions.missions m WHERE m.tenant_id = ? AND m.id IN (?)`, t, bun.List(ids)).Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find missions: %w", err)
	}
	for i := range rows {
		found[rows[i].ID] = rows[i].mission(now)
	}
	var slots []slotRow
	err = tx.NewRaw(`SELECT id, mission_id, starts_at, ends_at, capacity, taken FROM missions.slots
		WHERE tenant_id = ? AND mission_id IN (?) ORDER BY starts_at, id`, t, bun.List(ids)).Scan(ctx, &slots)
	if err != nil {
		return nil, fmt.Errorf("find the slots of missions: %w", err)
	}
	for _, r := range slots {
		found[r.MissionID].Slots = append(found[r.MissionID].Slots, r.slot())
	}
	return found, nil
}

// search finds published missions that hold the words, the best first.
func (s store) search(ctx context.Context, tx bun.IDB, t tenant.ID, query string, limit int) ([]*Mission, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM missions.missions m, websearch_to_tsquery('french', ?) AS asked
		WHERE m.tenant_id = ? AND m.published_at IS NOT NULL AND m.cancelled_at IS NULL AND m.words @@ asked
		ORDER BY ts_rank(m.words, asked) DESC, m.published_at DESC, m.id LIMIT ?`, search.Fold(query), t, limit).Scan(ctx, &rows)
	return s.missions(ctx, tx, rows, err)
}

// calendar lists the slots that an agenda asks for, each with its mission.
func (s store) calendar(ctx context.Context, tx bun.IDB, t tenant.ID, q module.CalendarQuery) ([]*Mission, error) {
	sel := tx.NewSelect().TableExpr("missions.slots AS s").ColumnExpr(columns).
		ColumnExpr("s.id AS slot_id, s.starts_at, s.ends_at, s.capacity, s.capacity - s.taken AS left").
		Join("JOIN missions.missions AS m ON m.tenant_id = s.tenant_id AND m.id = s.mission_id").
		Where("s.tenant_id = ? AND m.published_at IS NOT NULL AND s.starts_at >= ? AND s.starts_at < ?", t, q.From, q.To).
		OrderExpr("s.starts_at, s.id").Limit(int64(q.Limit))
	if q.After != uuid.Nil {
		sel.Where("(s.starts_at, s.id) > (?, ?)", q.From, q.After)
	}
	if !q.GoingOnAt.IsZero() { // a slot lasts a day at most: what goes on began within it
		sel.Where("(s.ends_at > ?0 OR s.starts_at >= ?0) AND s.starts_at > ?0::timestamptz - interval '24 hours'", q.GoingOnAt)
	}
	if q.Zone != uuid.Nil {
		sel.Where("(m.zone_id = ? OR m.zone_id IS NULL)", q.Zone)
	}
	if q.Organisation != uuid.Nil {
		sel.Where("m.association_id = ?", q.Organisation)
	}
	var rows []row
	err := sel.Scan(ctx, &rows)
	return s.missions(ctx, tx, rows, err)
}

// forProject lists the published missions that name the page of a project.
func (s store) forProject(ctx context.Context, tx bun.IDB, t tenant.ID, page string) ([]*Mission, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM missions.missions m
		WHERE m.tenant_id = ? AND m.project_href = ? AND m.project_href <> '' AND m.published_at IS NOT NULL AND m.cancelled_at IS NULL
		ORDER BY m.published_at DESC, m.id LIMIT 20`, t, page).Scan(ctx, &rows)
	return s.missions(ctx, tx, rows, err)
}

// missions turns rows into missions, read now.
func (s store) missions(ctx context.Context, tx bun.IDB, rows []row, err error) ([]*Mission, error) {
	if err != nil {
		return nil, fmt.Errorf("read missions: %w", err)
	}
	now, err := s.now(ctx, tx)
	if err != nil {
		return nil, err
	}
	list := make([]*Mission, len(rows))
	for i := range rows {
		list[i] = rows[i].mission(now)
	}
	return list, nil
}
