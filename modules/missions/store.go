package missions

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/markdown"
	"parvis/app/places"
	"parvis/app/search"
	"parvis/app/tenant"
)

// store holds the module's SQL and nothing else. Every method takes the
// transaction and the tenant: there is no query without them.
type store struct{}

// row is a mission as it is stored.
type row struct {
	ID            uuid.UUID
	Version       int64
	AssociationID uuid.NullUUID
	Kind          Kind
	Title         string
	Body          string
	Theme         string
	Skills        []string `bun:",array"`
	Pattern       string
	ZoneID        uuid.NullUUID
	Address       string
	Lat, Lon      int
	Minors        bool
	Accessible    bool
	Approval      bool
	ProjectTitle  string
	ProjectHref   string
	PublishedAt   bun.NullTime
	CancelledAt   bun.NullTime
	CancelReason  string
	CreatedBy     uuid.NullUUID
	UpdatedAt     time.Time

	// Lists: the slot that the line is about, and what it is sorted by.
	SlotID         uuid.NullUUID
	StartsAt       bun.NullTime
	EndsAt         bun.NullTime
	Capacity, Left int
	Key            string
}

const columns = `m.id, m.version, m.association_id, m.kind, m.title, m.body, m.theme, m.skills, m.pattern, m.zone_id, m.address,
	coalesce(m.lat, 0) AS lat, coalesce(m.lon, 0) AS lon, m.minors, m.accessible, m.approval, m.project_title, m.project_href,
	m.published_at, m.cancelled_at, m.cancel_reason, m.created_by, m.updated_at`

func (r *row) mission(now time.Time) *Mission {
	m := &Mission{
		ID: r.ID, Version: r.Version, Host: r.AssociationID.UUID, CreatedBy: citizen.ID(r.CreatedBy.UUID),
		Text: Text{
			Kind: r.Kind, Title: r.Title, Body: r.Body, Theme: r.Theme, Skills: r.Skills, Pattern: r.Pattern, Zone: r.ZoneID.UUID,
			Address: r.Address, Place: places.Point{Lat: r.Lat, Lon: r.Lon}, Minors: r.Minors, Accessible: r.Accessible, Approval: r.Approval,
			Project: Project{Title: r.ProjectTitle, Href: r.ProjectHref},
		},
		Published: !r.PublishedAt.IsZero(), PublishedAt: r.PublishedAt.Time, CancelledAt: r.CancelledAt.Time,
		CancelReason: r.CancelReason, UpdatedAt: r.UpdatedAt, Now: now,
	}
	if r.SlotID.Valid {
		m.Slots = []Slot{{ID: r.SlotID.UUID, Mission: r.ID, StartsAt: r.StartsAt.Time, EndsAt: r.EndsAt.Time, Capacity: r.Capacity, Taken: r.Capacity - r.Left}}
	}
	return m
}

// now is the time by which missions begin and end.
func (store) now(ctx context.Context, tx bun.IDB) (time.Time, error) {
	var now time.Time
	if err := tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now); err != nil {
		return now, fmt.Errorf("read the clock: %w", err)
	}
	return now, nil
}

// find returns a mission, draft or not, with its slots.
func (s store) find(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Mission, error) {
	return s.one(ctx, tx, t, id, "")
}

// lock is find, and keeps others from changing the mission until tx ends. The
// slots are read and the clock told after the lock is held.
func (s store) lock(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (*Mission, error) {
	return s.one(ctx, tx, t, id, " FOR UPDATE")
}

func (s store) one(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, lock string) (*Mission, error) {
	var r row
	err := database.Fault(tx.NewRaw(`SELECT `+columns+` FROM missions.missions m WHERE m.tenant_id = ? AND m.id = ?`+lock, t, id).Scan(ctx, &r))
	if fault.KindOf(err) == fault.NotFound {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("find a mission: %w", err)
	}
	now, err := s.now(ctx, tx)
	if err != nil {
		return nil, err
	}
	m := r.mission(now)
	m.Slots, err = s.slots(ctx, tx, t, id)
	return m, err
}

// insert writes a new draft.
func (store) insert(ctx context.Context, tx bun.IDB, t tenant.ID, m *Mission) error {
	_, err := tx.NewRaw(`
		INSERT INTO missions.missions (tenant_id, id, association_id, kind, title, body, theme, skills, pattern, zone_id, address, lat, lon,
			minors, accessible, approval, project_title, project_href, words, created_by, created_at, updated_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, `+wordsSQL+`, ?, core.now(), core.now())`,
		append([]any{t, m.ID, database.NullID(m.Host)}, append(m.Text.values(), database.NullID(uuid.UUID(m.CreatedBy)))...)...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("insert a mission: %w", err)
	}
	return nil
}

// values are those of the columns that hold what a mission says, in the order
// of insert and save.
func (t Text) values() []any {
	return []any{
		t.Kind, t.Title, t.Body, t.Theme, pgdialect.Array(append([]string{}, t.Skills...)), t.Pattern, database.NullID(t.Zone), t.Address,
		nullInt(t.Place.Lat, t.Place), nullInt(t.Place.Lon, t.Place), t.Minors, t.Accessible, t.Approval, t.Project.Title, t.Project.Href,
		search.Fold(t.Title), search.Fold(t.Pattern + " " + t.Address), search.Fold(markdown.Text(t.Body, maxBody)),
	}
}

// save writes a locked mission back, as its next version.
func (store) save(ctx context.Context, tx bun.IDB, t tenant.ID, m *Mission) error {
	res, err := tx.NewRaw(`
		UPDATE missions.missions SET version = version + 1, kind = ?, title = ?, body = ?, theme = ?, skills = ?, pattern = ?, zone_id = ?,
			address = ?, lat = ?, lon = ?, minors = ?, accessible = ?, approval = ?, project_title = ?, project_href = ?,
			words = `+wordsSQL+`, published_at = ?, cancelled_at = ?, cancel_reason = ?, updated_at = core.now()
		WHERE tenant_id = ? AND id = ? AND version = ?`,
		append(m.Text.values(), database.NullTime(m.PublishedAt), database.NullTime(m.CancelledAt), m.CancelReason, t, m.ID, m.Version)...).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save a mission: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n != 1 {
		return ErrStale.Wrap(err)
	}
	m.Version++
	return nil
}

// delete throws a draft away, with its slots.
func (store) delete(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM missions.missions WHERE tenant_id = ? AND id = ? AND published_at IS NULL`, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("delete a draft mission: %w", err)
	}
	return nil
}

type slotRow struct {
	ID, MissionID    uuid.UUID
	StartsAt, EndsAt bun.NullTime
	Capacity, Taken  int
}

func (r slotRow) slot() Slot {
	return Slot{ID: r.ID, Mission: r.MissionID, StartsAt: r.StartsAt.Time, EndsAt: r.EndsAt.Time, Capacity: r.Capacity, Taken: r.Taken}
}

func (store) slots(ctx context.Context, tx bun.IDB, t tenant.ID, mission uuid.UUID) ([]Slot, error) {
	var rows []slotRow
	err := tx.NewRaw(`
		SELECT id, mission_id, starts_at, ends_at, capacity, taken
		FROM missions.slots
		WHERE tenant_id = ? AND mission_id = ?
		ORDER BY starts_at, id`, t, mission).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the slots: %w", err)
	}
	list := make([]Slot, len(rows))
	for i, r := range rows {
		list[i] = r.slot()
	}
	return list, nil
}

// lockSlot keeps others from taking or leaving places of a slot until tx ends.
func (store) lockSlot(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (Slot, error) {
	var r slotRow
	err := database.Fault(tx.NewRaw(`
		SELECT id, mission_id, starts_at, ends_at, capacity, taken FROM missions.slots
		WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id).Scan(ctx, &r))
	if fault.KindOf(err) == fault.NotFound {
		return Slot{}, ErrNoSlot.Wrap(err)
	}
	if err != nil {
		return Slot{}, fmt.Errorf("lock a slot: %w", err)
	}
	return r.slot(), nil
}

// slotFault says what the database refused of a slot.
func slotFault(err error) error {
	switch database.Constraint(err) {
	case "one_slot_per_moment":
		return ErrSlotTwice.Wrap(err).On("starts")
	case "never_overbooked":
		return ErrTooSmall.Wrap(err).On("capacity")
	case "inscription_is_for_a_slot":
		return ErrSlotTaken.Wrap(err)
	}
	return err
}

func (store) insertSlot(ctx context.Context, tx bun.IDB, t tenant.ID, s Slot) error {
	_, err := tx.NewRaw(`
		INSERT INTO missions.slots (tenant_id, id, mission_id, starts_at, ends_at, capacity)
		VALUES (?, ?, ?, ?, ?, ?)`, t, s.ID, s.Mission, database.NullTime(s.StartsAt), database.NullTime(s.EndsAt), s.Capacity).Exec(ctx)
	return slotFault(err)
}

// saveSlot writes the dates and the capacity of a locked slot.
func (store) saveSlot(ctx context.Context, tx bun.IDB, t tenant.ID, s Slot, moved bool) error {
	_, err := tx.NewRaw(`
		UPDATE missions.slots SET starts_at = ?, ends_at = ?, capacity = ?, moved_at = CASE WHEN ? THEN core.now() ELSE moved_at END
		WHERE tenant_id = ? AND id = ?`, database.NullTime(s.StartsAt), database.NullTime(s.EndsAt), s.Capacity, moved, t, s.ID).Exec(ctx)
	if err != nil || !moved {
		return slotFault(err)
	}
	// The day before another day is another reminder.
	_, err = tx.NewRaw(`UPDATE missions.inscriptions SET reminded_at = NULL WHERE tenant_id = ? AND slot_id = ?`, t, s.ID).Exec(ctx)
	return err
}

func (store) deleteSlot(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) error {
	_, err := tx.NewRaw(`DELETE FROM missions.slots WHERE tenant_id = ? AND id = ?`, t, id).Exec(ctx)
	return slotFault(err)
}

// take adds by to the places taken of a slot; the constraint never_overbooked
// is the last word.
func (store) take(ctx context.Context, tx bun.IDB, t tenant.ID, slot uuid.UUID, by int) error {
	_, err := tx.NewRaw(`UPDATE missions.slots SET taken = taken + ? WHERE tenant_id = ? AND id = ?`, by, t, slot).Exec(ctx)
	if database.Constraint(err) == "never_overbooked" {
		return ErrNoPlace.Wrap(err)
	}
	return err
}

// wordsSQL is the text that searches look into: title, when and where, body.
var wordsSQL = search.Vector("ABC")

// nullInt is a coordinate of a place, null when there is no place.
func nullInt(n int, p places.Point) any {
	if p.IsZero() {
		return nil
	}
	return n
}
