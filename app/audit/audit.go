// Package audit keeps the journal of every power used: who did what to what,
// and when. Entries are written in the transaction of the act itself, so that
// neither exists without the other, and the database refuses to change or
// remove them. They name people by id alone, never by what they are called.
package audit

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Entry is a line of the journal.
type Entry struct {
	Tenant  tenant.ID
	Actor   citizen.ID     // zero: the platform itself
	Action  string         // "consultations.publish"; on screen, the message "audit.action.<Action>"
	Subject string         // "citizen/<id>", "poll/<id>", "" when the action says it all
	Details map[string]any // small facts about the act; no personal data
}

// Line is an entry as read back.
type Line struct {
	Entry
	ID int64
	At time.Time
}

// Record writes an entry in the transaction tx.
func Record(ctx context.Context, tx bun.IDB, e Entry) error {
	details, err := json.Marshal(e.Details)
	if err != nil {
		return fmt.Errorf("write the details of %s: %w", e.Action, err)
	}
	if e.Details == nil {
		details = []byte("{}")
	}
	actor := uuid.NullUUID{UUID: uuid.UUID(e.Actor), Valid: !e.Actor.IsZero()}
	_, err = tx.NewRaw(`
		INSERT INTO core.audit_entries (tenant_id, actor, action, subject, details)
		VALUES (?, ?, ?, ?, ?::jsonb)`,
		e.Tenant, actor, e.Action, e.Subject, string(details)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("record %s in the journal: %w", e.Action, err)
	}
	return nil
}

// Query selects lines of the journal, newest first.
type Query struct {
	Actor   citizen.ID // zero: anyone
	Subject string     // "": anything
	Before  int64      // lines older than this one; 0: from the newest
	Limit   int64
}

// Read returns the lines that q selects.
func Read(ctx context.Context, tx bun.IDB, t tenant.ID, q Query) ([]Line, error) {
	var rows []struct {
		ID      int64
		At      time.Time
		Actor   uuid.NullUUID
		Action  string
		Subject string
		Details json.RawMessage
	}
	sel := tx.NewSelect().TableExpr("core.audit_entries").
		Column("id", "at", "actor", "action", "subject", "details").
		Where("tenant_id = ?", t).OrderExpr("id DESC").Limit(q.Limit)
	if !q.Actor.IsZero() {
		sel.Where("actor = ?", q.Actor)
	}
	if q.Subject != "" {
		sel.Where("subject = ?", q.Subject)
	}
	if q.Before > 0 {
		sel.Where("id < ?", q.Before)
	}
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the journal: %w", err)
	}
	lines := make([]Line, len(rows))
	for i, row := range rows {
		lines[i] = Line{ID: row.ID, At: row.At, Entry: Entry{
			Tenant: t, Actor: citizen.ID(row.Actor.UUID), Action: row.Action, Subject: row.Subject,
		}}
		if err := json.Unmarshal(row.Details, &lines[i].Details); err != nil {
			return nil, fmt.Errorf("read line %d of the journal: %w", row.ID, err)
		}
	}
	return lines, nil
}
