package agenda

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// store holds the module's SQL and nothing else. Every method takes the
// transaction and the tenant: there is no query without them.
type store struct{}

// row is an event as it is stored.
type row struct {
	ID            uuid.UUID
	Version       int64
	AssociationID uuid.NullUUID
	Title         string
	Body          string
	Place         string
	ZoneID        uuid.NullUUID
	Lat, Lon      sql.NullInt64
	StartsAt      time.Time
	EndsAt        time.Time
	AllDay        bool
	CancelledAt   bun.NullTime
	CancelReason  string
	UpdatedAt     time.Time
	Now           time.Time
}

const columns = `id, version, association_id, title, body, place, zone_id, lat, lon, starts_at, ends_at, all_day, cancelled_at, cancel_reason, updated_at`

func (r *row) event() *Event {
	return &Event{
		ID: r.ID, Version: r.Version,
		Details: Details{
			Association: r.AssociationID.UUID, Title: r.Title, Body: r.Body, Place: r.Place, Zone: r.ZoneID.UUID,
			At:     places.Point{Lat: int(r.Lat.Int64), Lon: int(r.Lon.Int64)},
			Starts: r.StartsAt, Ends: r.EndsAt, AllDay: r.AllDay,
		},
		CancelledAt: r.CancelledAt.Time, CancelReason: r.CancelReason, UpdatedAt: r.UpdatedAt, Now: r.Now,
	}
}

func eventsOf(rows []row) []*Event {
	list := make([]*Event, len(rows))
	for i := range rows {
		list[i] = rows[i].event()
	}
	return list
}

// now is what time it is in the town.
func (store) now(ctx context.Context, tx bun.IDB) (now time.Time, err error) {
	if err := tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now); err != nil {
		return now, fmt.Errorf("read the clock: %w", err)
	}
	return now, nil
}

func (store) find(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Event, error) {
	return one(ctx, tx, `SELECT `+columns+`, core.now() AS now FROM agenda.events WHERE tenant_id = ? AND id = ?`, t, id)
}

// lock is find, and keeps others from changing the event until tx ends.
func (store) lock(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Event, error) {
	return one(ctx, tx, `SELECT `+columns+`, core.now() AS now FROM agenda.events WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id)
}

func one(ctx context.Context, tx bun.IDB, query string, t tenant.ID, id uuid.UUID) (*Event, error) {
	var r row
	err := database.Fault(tx.NewRaw(query, t, id).Scan(ctx, &r))
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find an event: %w", err)
	}
	return r.event(), nil
}

// wordsSQL is the text that searches look into: title, then the rest.
var wordsSQL = search.Vector("AC")

func (e *Event) foundBy() (first, rest string) {
	return search.Fold(e.Title + " " + e.Place), search.Fold(markdown.Text(e.Body, maxBody))
}

func (store) insert(ctx context.Context, tx bun.IDB, t tenant.ID, author citizen.ID, e *Event) error {
	first, rest := e.foundBy()
	_, err := tx.NewRaw(`
		INSERT INTO agenda.events (tenant_id, id, association_id, title, body, place, zone_id, lat, lon, starts_at, ends_at, all_day, words,
			created_by, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+wordsSQL+`, ?, core.now(), core.now())`,
		t, e.ID, database.NullID(e.Association), e.Title, e.Body, e.Place, database.NullID(e.Zone), nullPin(e.At, e.At.Lat), nullPin(e.At, e.At.Lon), e.Starts, e.Ends,
		e.AllDay, first, rest, database.NullID(uuid.UUID(author))).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert an event: %w", err)
	}
	return nil
}

// save writes a locked event back, as its next version.
func (store) save(ctx context.Context, tx bun.IDB, t tenant.ID, e *Event) error {
	first, rest := e.foundBy()
	_, err := tx.NewRaw(`
		UPDATE agenda.events SET version = version + 1, title = ?, body = ?, place = ?, zone_id = ?, lat = ?, lon = ?, starts_at = ?, ends_at = ?,
			all_day = ?, cancelled_at = ?, cancel_reason = ?, words = `+wordsSQL+`, updated_at = core.now()
		WHERE tenant_id = ? AND id = ?`,
		e.Title, e.Body, e.Place, database.NullID(e.Zone), nullPin(e.At, e.At.Lat), nullPin(e.At, e.At.Lon), e.Starts, e.Ends, e.AllDay,
		bun.NullTime{Time: e.CancelledAt}, e.CancelReason, first, rest, t, e.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save an event: %w", err)
	}
	return nil
}

// list returns what a part of the agenda holds, by start then ID.
func (store) list(ctx context.Context, tx bun.IDB, t tenant.ID, q module.CalendarQuery) ([]*Event, error) {
	sel := tx.NewSelect().TableExpr("agenda.events").ColumnExpr(columns).Where("tenant_id = ?", t).
		Where("starts_at >= ? AND starts_at < ?", q.From, q.To).OrderExpr("starts_at, id").Limit(int64(q.Limit))
	if q.After != uuid.Nil {
		sel.Where("(starts_at, id) > (?, ?)", q.From, q.After)
	}
	if !q.GoingOnAt.IsZero() {
		sel.Where("(ends_at > ?0 OR starts_at >= ?0)", q.GoingOnAt)
	}
	if q.Zone != uuid.Nil {
		sel.Where("(zone_id = ? OR zone_id IS NULL)", q.Zone)
	}
	if q.Organisation != uuid.Nil {
		sel.Where("association_id = ?", q.Organisation)
	}
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the events: %w", err)
	}
	return eventsOf(rows), nil
}

// recent returns the events of the back office, latest start first, before a place in it.
func (store) recent(ctx context.Context, tx bun.IDB, t tenant.ID, before time.Time, id uuid.UUID, limit int) ([]*Event, error) {
	sel := tx.NewSelect().TableExpr("agenda.events").ColumnExpr(columns).ColumnExpr("core.now() AS now").Where("tenant_id = ?", t).
		OrderExpr("starts_at DESC, id DESC").Limit(int64(limit))
	if !before.IsZero() {
		sel.Where("(starts_at, id) < (?, ?)", before, id)
	}
	var rows []row
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the events: %w", err)
	}
	return eventsOf(rows), nil
}

// search returns the events that hold the words and are not over, best first.
func (store) search(ctx context.Context, tx bun.IDB, t tenant.ID, words string, limit int) ([]*Event, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM agenda.events, websearch_to_tsquery('french', ?1) AS query, (SELECT core.now() AS now) AS clock
		WHERE tenant_id = ?0 AND words @@ query AND ends_at > clock.now AND cancelled_at IS NULL
		ORDER BY ts_rank(words, query) DESC, starts_at, id LIMIT ?2`, t, search.Fold(words), limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("search the events: %w", err)
	}
	return eventsOf(rows), nil
}

func nullPin(p places.Point, coordinate int) sql.NullInt64 {
	return sql.NullInt64{Int64: int64(coordinate), Valid: !p.IsZero()}
}
