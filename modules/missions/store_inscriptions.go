package missions

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
)

type inscriptionRow struct {
	ID, MissionID, SlotID uuid.UUID
	CitizenID             citizen.ID
	Name                  string
	BornOn                string
	State                 State
	Intro                 string
	Reason                string
	AskedAt               bun.NullTime
	UpdatedAt             time.Time
	Attendance            string
	AttendedBy            string
	Minutes               int64
}

// inscriptionColumns never holds an address of mail, nor a telephone: what is
// not read cannot leak.
const inscriptionColumns = `i.id, i.mission_id, i.slot_id, i.citizen_id, c.name, coalesce(c.born_on::text, '') AS born_on, i.state, i.intro,
	i.reason, i.asked_at, i.updated_at, i.attendance, i.attended_by,
	(SELECT coalesce(sum(h.minutes), 0) FROM missions.hours h WHERE h.tenant_id = i.tenant_id AND h.inscription_id = i.id) AS minutes`

const inscriptionsFrom = ` FROM missions.inscriptions i JOIN core.citizens c ON c.tenant_id = i.tenant_id AND c.id = i.citizen_id `

func (r inscriptionRow) inscription() Inscription {
	return Inscription{
		ID: r.ID, Mission: r.MissionID, Slot: r.SlotID, Citizen: r.CitizenID, Name: r.Name, BornOn: r.BornOn, State: r.State, Intro: r.Intro,
		Reason: r.Reason, AskedAt: r.AskedAt.Time, UpdatedAt: r.UpdatedAt, Attendance: r.Attendance, AttendedBy: r.AttendedBy, Minutes: r.Minutes,
	}
}

func (store) inscription(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (Inscription, error) {
	var r inscriptionRow
	err := database.Fault(tx.NewRaw(`SELECT `+inscriptionColumns+inscriptionsFrom+`WHERE i.tenant_id = ? AND i.id = ?`, t, id).Scan(ctx, &r))
	if fault.KindOf(err) == fault.NotFound {
		return Inscription{}, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return Inscription{}, fmt.Errorf("find an inscription: %w", err)
	}
	return r.inscription(), nil
}

func scanInscriptions(ctx context.Context, q *bun.RawQuery) ([]Inscription, error) {
	var rows []inscriptionRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the inscriptions: %w", err)
	}
	list := make([]Inscription, len(rows))
	for i, r := range rows {
		list[i] = r.inscription()
	}
	return list, nil
}

// inscriptionsOf lists those of a mission that were sent, by slot and by age.
func (store) inscriptionsOf(ctx context.Context, tx bun.IDB, t tenant.ID, mission uuid.UUID) ([]Inscription, error) {
	return scanInscriptions(ctx, tx.NewRaw(`SELECT `+inscriptionColumns+inscriptionsFrom+`
		JOIN missions.slots s ON s.tenant_id = i.tenant_id AND s.id = i.slot_id
		WHERE i.tenant_id = ? AND i.mission_id = ? AND i.state <> 'draft'
		ORDER BY s.starts_at, s.id, i.asked_at, i.id`, t, mission))
}

// inscriptionsBy lists a person's own, the latest first.
func (store) inscriptionsBy(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID, limit int) ([]Inscription, error) {
	return scanInscriptions(ctx, tx.NewRaw(`SELECT `+inscriptionColumns+inscriptionsFrom+`
		WHERE i.tenant_id = ? AND i.citizen_id = ? ORDER BY i.updated_at DESC, i.id LIMIT ?`, t, c, limit))
}

// own lists what a person has in a mission.
func (store) own(ctx context.Context, tx bun.IDB, t tenant.ID, mission uuid.UUID, c citizen.ID) ([]Inscription, error) {
	return scanInscriptions(ctx, tx.NewRaw(`SELECT `+inscriptionColumns+inscriptionsFrom+`
		WHERE i.tenant_id = ? AND i.mission_id = ? AND i.citizen_id = ? ORDER BY i.updated_at DESC, i.id`, t, mission, c))
}

// draft begins an inscription, or begins it again: one line per person and slot.
func (store) draft(ctx context.Context, tx bun.IDB, t tenant.ID, s Slot, c citizen.ID) error {
	_, err := tx.NewRaw(`
		INSERT INTO missions.inscriptions (tenant_id, id, mission_id, slot_id, citizen_id, state, updated_at)
		VALUES (?, ?, ?, ?, ?, 'draft', core.now())
		ON CONFLICT (tenant_id, slot_id, citizen_id) DO UPDATE SET
			state = CASE WHEN missions.inscriptions.state IN ('refused', 'withdrawn') THEN 'draft' ELSE missions.inscriptions.state END,
			updated_at = core.now()`,
		t, uuid.New(), s.Mission, s.ID, c).Exec(ctx)
	if err != nil {
		return fmt.Errorf("begin an inscription: %w", err)
	}
	// Choosing another slot leaves the one begun before.
	_, err = tx.NewRaw(`
		DELETE FROM missions.inscriptions i WHERE i.tenant_id = ? AND i.mission_id = ? AND i.citizen_id = ? AND i.slot_id <> ? AND i.state = 'draft'
			AND i.asked_at IS NULL`,
		t, s.Mission, c, s.ID).Exec(ctx)
	return err
}

func (store) write(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, intro string) error {
	_, err := tx.NewRaw(`UPDATE missions.inscriptions SET intro = ?, updated_at = core.now() WHERE tenant_id = ? AND id = ? AND state = 'draft'`,
		intro, t, id).Exec(ctx)
	return err
}

// settle moves an inscription to a state. Being sent sets its place in line.
func (store) settle(ctx context.Context, tx bun.IDB, t tenant.ID, i Inscription, to State, reason string) error {
	_, err := tx.NewRaw(`
		UPDATE missions.inscriptions SET state = ?0, reason = ?1, updated_at = core.now(),
			asked_at = CASE WHEN state = 'draft' THEN core.now() ELSE asked_at END,
			intro = CASE WHEN state = 'draft' THEN '' ELSE intro END,
			decided_at = CASE WHEN state = 'draft' THEN NULL ELSE core.now() END,
			attendance = CASE WHEN ?0 = 'accepted' THEN attendance ELSE '' END, attended_by = CASE WHEN ?0 = 'accepted' THEN attended_by ELSE '' END
		WHERE tenant_id = ?2 AND id = ?3`, string(to), reason, t, i.ID).Exec(ctx)
	if err != nil {
		return fmt.Errorf("settle an inscription: %w", err)
	}
	return nil
}

// firstWaiting returns who has waited longest for a slot.
func (store) firstWaiting(ctx context.Context, tx bun.IDB, t tenant.ID, slot uuid.UUID) (i Inscription, found bool, err error) {
	list, err := scanInscriptions(ctx, tx.NewRaw(`SELECT `+inscriptionColumns+inscriptionsFrom+`
		WHERE i.tenant_id = ? AND i.slot_id = ? AND i.state = 'waiting' ORDER BY i.asked_at, i.id LIMIT 1`, t, slot))
	if err != nil || len(list) == 0 {
		return i, false, err
	}
	return list[0], true, nil
}

// attend notes who came, and how that is known.
func (store) attend(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, attendance, by string) error {
	_, err := tx.NewRaw(`
		UPDATE missions.inscriptions SET attendance = ?, attended_by = ?, attended_at = core.now(), updated_at = core.now()
		WHERE tenant_id = ? AND id = ?`, attendance, by, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("note who came: %w", err)
	}
	return nil
}

// messages lists a thread, oldest first.
func (store) messages(ctx context.Context, tx bun.IDB, t tenant.ID, inscription uuid.UUID) ([]Message, error) {
	var rows []messageRow
	err := tx.NewRaw(`
		SELECT id, from_host, author_id, body, at, flagged_at IS NOT NULL AS flagged, hidden
		FROM missions.messages WHERE tenant_id = ? AND inscription_id = ? ORDER BY at, id LIMIT 500`, t, inscription).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read a thread: %w", err)
	}
	list := make([]Message, len(rows))
	for i, r := range rows {
		list[i] = r.message()
	}
	return list, nil
}

type messageRow struct {
	ID       uuid.UUID
	FromHost bool
	AuthorID uuid.NullUUID
	Body     string
	At       time.Time
	Flagged  bool
	Hidden   bool
}

func (r messageRow) message() Message {
	return Message{ID: r.ID, FromHost: r.FromHost, Author: citizen.ID(r.AuthorID.UUID), Body: r.Body, At: r.At, Flagged: r.Flagged, Hidden: r.Hidden}
}

func (store) insertMessage(ctx context.Context, tx bun.IDB, t tenant.ID, inscription uuid.UUID, m Message) error {
	_, err := tx.NewRaw(`
		INSERT INTO missions.messages (tenant_id, id, inscription_id, from_host, author_id, body, at)
		VALUES (?, ?, ?, ?, ?, ?, core.now())`, t, m.ID, inscription, m.FromHost, database.NullID(uuid.UUID(m.Author)), m.Body).Exec(ctx)
	if err != nil {
		return fmt.Errorf("add a message: %w", err)
	}
	return nil
}

// flag asks a moderator to look at a message of the other side.
func (store) flag(ctx context.Context, tx bun.IDB, t tenant.ID, inscription, message uuid.UUID, fromHost bool, by citizen.ID) error {
	res, err := tx.NewRaw(`
		UPDATE missions.messages SET flagged_at = coalesce(flagged_at, core.now()), flagged_by = coalesce(flagged_by, ?)
		WHERE tenant_id = ? AND inscription_id = ? AND id = ? AND from_host = ?`, by, t, inscription, message, fromHost).Exec(ctx)
	if err != nil {
		return fmt.Errorf("flag a message: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound.Wrap(err)
	}
	return nil
}

// dropAll ends every inscription under way for a locked slot.
func (store) dropAll(ctx context.Context, tx bun.IDB, t tenant.ID, slot uuid.UUID) error {
	_, err := tx.NewRaw(`
		UPDATE missions.inscriptions SET state = 'cancelled', attendance = '', attended_by = '', decided_at = core.now(), updated_at = core.now()
		WHERE tenant_id = ? AND slot_id = ? AND state IN ('pending', 'accepted', 'waiting')`, t, slot).Exec(ctx)
	if err == nil {
		_, err = tx.NewRaw(`UPDATE missions.slots SET taken = 0 WHERE tenant_id = ? AND id = ?`, t, slot).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("end the inscriptions of a slot: %w", err)
	}
	return nil
}

// inscribed lists who means to come: to one slot, or to any when it is zero.
func (store) inscribed(ctx context.Context, tx bun.IDB, t tenant.ID, mission, slot uuid.UUID) ([]citizen.ID, error) {
	var ids []citizen.ID
	err := tx.NewRaw(`
		SELECT DISTINCT i.citizen_id
		FROM missions.inscriptions i JOIN missions.slots s ON s.tenant_id = i.tenant_id AND s.id = i.slot_id
		WHERE i.tenant_id = ? AND i.mission_id = ? AND (?::uuid IS NULL OR i.slot_id = ?::uuid)
			AND i.state IN ('pending', 'accepted', 'waiting') AND (s.ends_at IS NULL OR s.ends_at > core.now())`,
		t, mission, database.NullID(slot), database.NullID(slot)).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("list who means to come: %w", err)
	}
	return ids, nil
}

func (store) flagged(ctx context.Context, tx bun.IDB, t tenant.ID, limit int) ([]Flagged, error) {
	var rows []struct {
		messageRow
		Title string
		Name  string
	}
	err := tx.NewRaw(`
		SELECT g.id, g.from_host, g.author_id, g.body, g.at, true AS flagged, g.hidden, m.title, c.name
		FROM missions.messages g
		JOIN missions.inscriptions i ON i.tenant_id = g.tenant_id AND i.id = g.inscription_id
		JOIN missions.missions m ON m.tenant_id = i.tenant_id AND m.id = i.mission_id
		JOIN core.citizens c ON c.tenant_id = i.tenant_id AND c.id = i.citizen_id
		WHERE g.tenant_id = ? AND g.flagged_at IS NOT NULL AND g.settled_at IS NULL
		ORDER BY g.flagged_at, g.id LIMIT ?`, t, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the flagged messages: %w", err)
	}
	list := make([]Flagged, len(rows))
	for i, r := range rows {
		list[i] = Flagged{Message: r.message(), Mission: r.Title, Name: r.Name}
	}
	return list, nil
}

func (store) settleFlag(ctx context.Context, tx bun.IDB, t tenant.ID, message uuid.UUID, hide bool) error {
	res, err := tx.NewRaw(`
		UPDATE missions.messages SET settled_at = core.now(), hidden = ?
		WHERE tenant_id = ? AND id = ? AND flagged_at IS NOT NULL AND settled_at IS NULL`, hide, t, message).Exec(ctx)
	if err != nil {
		return fmt.Errorf("settle a flagged message: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound.Wrap(err)
	}
	return nil
}

// waitingFor counts what waits for the answer of a host, by mission.
func (store) waitingFor(ctx context.Context, tx bun.IDB, t tenant.ID, of []*Mission) (map[uuid.UUID]int, error) {
	counts := map[uuid.UUID]int{}
	if len(of) == 0 {
		return counts, nil
	}
	ids := make([]uuid.UUID, len(of))
	for i, m := range of {
		ids[i] = m.ID
	}
	var rows []struct {
		MissionID uuid.UUID
		N         int
	}
	err := tx.NewRaw(`SELECT mission_id, count(*) AS n FROM missions.inscriptions WHERE tenant_id = ? AND mission_id IN (?) AND state = 'pending' GROUP BY 1`,
		t, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	for _, r := range rows {
		counts[r.MissionID] = r.N
	}
	return counts, nil
}
