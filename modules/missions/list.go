package missions

import (
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

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
	Cursor     Cursor
	Limit      int
}

// Page is a part of a list. Each mission comes with one slot: the next one of a
// dated mission.
type Page struct {
	Items      []*Mission
	Next, Prev Cursor // zero at the ends
	Now        time.Time
}

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

// order is what a list is sorted by, and the type to read its key back.
type order struct {
	key  string
	args []any
	kind string
	desc bool
}

// order of a query: by distance where there is a middle, then by date, the
// latest published first for regular missions.
func (q Query) order() order {
	switch {
	case !q.Around.IsZero():
		key, args := squared(q.Around)
		return order{key: key, args: args, kind: "bigint"}
	case q.Kind == Regular:
		return order{key: "m.published_at", kind: "timestamptz", desc: true}
	}
	return order{key: "s.starts_at", kind: "timestamptz"}
}

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
	by := q.order()
	direction, beyond := "ASC", ">"
	if by.desc != q.Cursor.Before { // going back reads the list the other way
		direction, beyond = "DESC", "<"
	}
	sel := tx.NewSelect().TableExpr("missions.missions AS m").
		ColumnExpr(columns).
		ColumnExpr("s.id AS slot_id, s.starts_at, s.ends_at, s.capacity, s.capacity - s.taken AS left").
		ColumnExpr("("+by.key+")::text AS key", by.args...).
		Join("JOIN missions.slots AS s ON s.tenant_id = m.tenant_id AND s.mission_id = m.id").
		Where("m.tenant_id = ? AND m.published_at IS NOT NULL AND m.cancelled_at IS NULL", t).
		OrderExpr(by.key+" "+direction, by.args...).OrderExpr("m.id " + direction).
		Limit(int64(q.Limit) + 1)
	filter(sel, t, q, now)
	if !q.Cursor.IsZero() {
		args := append(slices.Clone(by.args), q.Cursor.Key, q.Cursor.ID)
		sel.Where("("+by.key+", m.id) "+beyond+" (?::"+by.kind+", ?)", args...)
	}
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the missions: %w", err)
	}
	return cutPage(rows, q, now), nil
}

func filter(sel *bun.SelectQuery, t tenant.ID, q Query, now time.Time) {
	if q.Kind == Regular {
		sel.Where("m.kind = 'regular'")
	} else {
		from := now
		if q.From.After(now) {
			from = q.From
		}
		// Each mission once, at its first slot that is asked for.
		sel.Where("s.starts_at > ?", from).Where(`NOT EXISTS (SELECT FROM missions.slots e
			WHERE e.tenant_id = ? AND e.mission_id = m.id AND e.starts_at > ? AND (e.starts_at, e.id) < (s.starts_at, s.id))`, t, from)
		if !q.To.IsZero() {
			sel.Where("s.starts_at < ?", q.To)
		}
	}
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

// cutPage keeps the rows of the page in reading order, and says where the
// neighbours begin.
func cutPage(rows []row, q Query, now time.Time) Page {
	more := len(rows) > q.Limit
	if more {
		rows = rows[:q.Limit]
	}
	if q.Cursor.Before {
		slices.Reverse(rows)
	}
	page := Page{Now: now, Items: make([]*Mission, len(rows))}
	for i := range rows {
		page.Items[i] = rows[i].mission(now)
	}
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

// led lists the missions of some hosts, the latest changed first; of every host
// when hosts is nil.
func (s store) led(ctx context.Context, tx bun.IDB, t tenant.ID, hosts []uuid.UUID, q Query) (Page, error) {
	now, err := s.now(ctx, tx)
	if err != nil {
		return Page{}, err
	}
	direction, beyond := "DESC", "<"
	if q.Cursor.Before {
		direction, beyond = "ASC", ">"
	}
	// The date that tells where a mission stands is that of its last slot.
	sel := tx.NewSelect().TableExpr("missions.missions AS m").ColumnExpr(columns).ColumnExpr("m.updated_at::text AS key").
		ColumnExpr("s.id AS slot_id, s.starts_at, s.ends_at, s.capacity, s.capacity - s.taken AS left").
		Join(`LEFT JOIN LATERAL (SELECT id, starts_at, ends_at, capacity, taken FROM missions.slots
			WHERE tenant_id = m.tenant_id AND mission_id = m.id ORDER BY starts_at DESC NULLS FIRST LIMIT 1) AS s ON true`).
		Where("m.tenant_id = ?", t).OrderExpr("m.updated_at " + direction).OrderExpr("m.id " + direction).Limit(int64(q.Limit) + 1)
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
	if !q.Cursor.IsZero() {
		sel.Where("(m.updated_at, m.id) "+beyond+" (?::timestamptz, ?)", q.Cursor.Key, q.Cursor.ID)
	}
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return Page{}, fmt.Errorf("list the missions of a host: %w", err)
	}
	return cutPage(rows, q, now), nil
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
	if !q.GoingOnAt.IsZero() {
		sel.Where("(s.ends_at > ? OR s.starts_at >= ?)", q.GoingOnAt, q.GoingOnAt)
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
