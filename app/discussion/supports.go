package discussion

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Support adds the support of an account, and reports whether it is new: twice,
// even at once, is once. Whoever keeps a count changes it in the same
// transaction, when it is.
func (s *Service) Support(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject, by citizen.ID) (added bool, err error) {
	return changed(ctx, tx, "support", `
		INSERT INTO discussion.supports (tenant_id, module, subject_id, citizen_id, created_at)
		VALUES (?, ?, ?, ?, core.now()) ON CONFLICT ON CONSTRAINT one_support_per_citizen DO NOTHING`, t, of.Module, of.ID, by)
}

// Unsupport takes a support back, and reports whether there was one.
func (s *Service) Unsupport(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject, by citizen.ID) (removed bool, err error) {
	return changed(ctx, tx, "take a support back", `
		DELETE FROM discussion.supports WHERE tenant_id = ? AND module = ? AND subject_id = ? AND citizen_id = ?`, t, of.Module, of.ID, by)
}

// Follow says whether a supporter wants to know what becomes of the thing.
func (s *Service) Follow(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject, by citizen.ID, told bool) error {
	found, err := changed(ctx, tx, "follow", `
		UPDATE discussion.supports SET told = ? WHERE tenant_id = ? AND module = ? AND subject_id = ? AND citizen_id = ?`,
		told, t, of.Module, of.ID, by)
	if err == nil && !found {
		return ErrNotFound
	}
	return err
}

func changed(ctx context.Context, tx bun.IDB, what, statement string, args ...any) (bool, error) {
	res, err := tx.NewRaw(statement, args...).Exec(ctx)
	if err != nil {
		return false, fmt.Errorf("%s: %w", what, err)
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// Supported says which of the things an account supports, and whether it wants
// news of each.
func (s *Service) Supported(ctx context.Context, tx bun.IDB, t tenant.ID, module string, by citizen.ID, ids ...uuid.UUID) (told map[uuid.UUID]bool, err error) {
	told = map[uuid.UUID]bool{}
	if by.IsZero() || len(ids) == 0 {
		return told, nil
	}
	var rows []struct {
		SubjectID uuid.UUID
		Told      bool
	}
	err = tx.NewRaw(`
		SELECT subject_id, told FROM discussion.supports
		WHERE tenant_id = ? AND module = ? AND citizen_id = ? AND subject_id = ANY (?::uuid[])`,
		t, module, by, pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find what an account supports: %w", err)
	}
	for _, r := range rows {
		told[r.SubjectID] = r.Told
	}
	return told, nil
}

// Followers lists who wants to know what becomes of a thing.
func (s *Service) Followers(ctx context.Context, tx bun.IDB, t tenant.ID, of Subject) ([]citizen.ID, error) {
	var ids []citizen.ID
	err := tx.NewRaw(`
		SELECT citizen_id FROM discussion.supports
		WHERE tenant_id = ? AND module = ? AND subject_id = ? AND told ORDER BY citizen_id`, t, of.Module, of.ID).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("list the followers: %w", err)
	}
	return ids, nil
}

// Unite gives the supports of one thing to another, once each: who supported
// both supports one. It returns how many the other has won.
func (s *Service) Unite(ctx context.Context, tx bun.IDB, t tenant.ID, from, into Subject) (won int, err error) {
	res, err := tx.NewRaw(`
		INSERT INTO discussion.supports (tenant_id, module, subject_id, citizen_id, told, created_at)
		SELECT tenant_id, ?, ?, citizen_id, told, created_at FROM discussion.supports
		WHERE tenant_id = ? AND module = ? AND subject_id = ?
		ON CONFLICT ON CONSTRAINT one_support_per_citizen DO NOTHING`, into.Module, into.ID, t, from.Module, from.ID).Exec(ctx)
	if err != nil {
		return 0, fmt.Errorf("unite supports: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, err
	}
	_, err = tx.NewRaw(`DELETE FROM discussion.supports WHERE tenant_id = ? AND module = ? AND subject_id = ?`, t, from.Module, from.ID).Exec(ctx)
	return int(n), err
}

// Act is something that an account supported, commented on or flagged.
type Act struct {
	Subject uuid.UUID
	At      time.Time
}

// SupportsOf lists the newest supports of an account in a module.
func (s *Service) SupportsOf(ctx context.Context, tx bun.IDB, t tenant.ID, module string, by citizen.ID, limit int) ([]Act, error) {
	return acts(ctx, tx, `
		SELECT subject_id AS subject, created_at AS at FROM discussion.supports
		WHERE tenant_id = ? AND module = ? AND citizen_id = ? ORDER BY created_at DESC LIMIT ?`, t, module, by, limit)
}

// CommentsOf lists where an account commented last in a module, each thing once.
func (s *Service) CommentsOf(ctx context.Context, tx bun.IDB, t tenant.ID, module string, by citizen.ID, limit int) ([]Act, error) {
	return acts(ctx, tx, `
		SELECT subject_id AS subject, max(created_at) AS at FROM discussion.comments
		WHERE tenant_id = ? AND module = ? AND author_id = ? AND state = 'visible'
		GROUP BY subject_id ORDER BY 2 DESC LIMIT ?`, t, module, by, limit)
}

func acts(ctx context.Context, tx bun.IDB, query string, args ...any) (list []Act, err error) {
	if err = tx.NewRaw(query, args...).Scan(ctx, &list); err != nil {
		return nil, fmt.Errorf("list what an account did: %w", err)
	}
	return list, nil
}
