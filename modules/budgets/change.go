package budgets

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// Change is a line of the public register: what changed once people could see
// the edition, and why.
type Change struct {
	At     time.Time
	Kind   ChangeKind
	Reason string
}

// ChangeKind is what a change did.
type ChangeKind string

// The kinds of changes.
//
// i18n: budgets.change.*
const (
	WasPublished   ChangeKind = "published"
	WasEdited      ChangeKind = "edited"
	WasRescheduled ChangeKind = "rescheduled"
	WasGivenTerms  ChangeKind = "terms"
	WasDecided     ChangeKind = "decided"     // the decisions of the study were published
	LostProject    ChangeKind = "withdrawn"   // a project was withdrawn after the decisions
	WasDeliberated ChangeKind = "deliberated" // the council's choice was published
	WasCorrected   ChangeKind = "corrected"   // and corrected
)

// changes lists the public register, oldest first.
func (store) changes(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) ([]Change, error) {
	var list []Change
	err := tx.NewRaw(`
		SELECT at, kind, reason
		FROM budgets.changes
		WHERE tenant_id = ? AND edition_id = ?
		ORDER BY id`, t, edition).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the changes: %w", err)
	}
	return list, nil
}

func (store) insertChange(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID, c Change) error {
	_, err := tx.NewRaw(`INSERT INTO budgets.changes (tenant_id, edition_id, at, kind, reason) VALUES (?, ?, core.now(), ?, ?)`,
		t, edition, string(c.Kind), c.Reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("register a change: %w", err)
	}
	return nil
}
