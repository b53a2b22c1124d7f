package associations

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/tenant"
)

// Responsible is somebody who answers for an association.
type Responsible struct {
	Citizen  citizen.ID
	Position string
	Since    time.Time
}

// Claim is somebody's request to answer for an association.
type Claim struct {
	ID          uuid.UUID
	Association uuid.UUID
	Citizen     citizen.ID // zero once the account is erased
	Position    string
	Message     string
	State       ClaimState
	Reason      string
	AskedAt     time.Time
}

type claimRow struct {
	ID            uuid.UUID
	AssociationID uuid.UUID
	CitizenID     uuid.NullUUID
	Position      string
	Message       string
	State         ClaimState
	Reason        string
	AskedAt       time.Time
	Name          string // of the association, in lists
}

func (r claimRow) claim() Claim {
	return Claim{
		ID: r.ID, Association: r.AssociationID, Citizen: citizen.ID(r.CitizenID.UUID), Position: r.Position, Message: r.Message,
		State: r.State, Reason: r.Reason, AskedAt: r.AskedAt,
	}
}

const claimColumns = `c.id, c.association_id, c.citizen_id, c.position, c.message, c.state, c.reason, c.asked_at`

// responsibles lists who answers for an association, the first one first.
func (store) responsibles(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]Responsible, error) {
	var list []Responsible
	err := tx.NewRaw(`
		SELECT citizen_id AS citizen, position, since FROM associations.responsibles
		WHERE tenant_id = ? AND association_id = ? ORDER BY since, citizen_id`, t, id).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list who answers for an association: %w", err)
	}
	return list, nil
}

func (store) answersFor(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, c citizen.ID) (bool, error) {
	var yes bool
	err := tx.NewRaw(`SELECT EXISTS (SELECT FROM associations.responsibles WHERE tenant_id = ? AND association_id = ? AND citizen_id = ?)`, t, id, c).Scan(ctx, &yes)
	if err != nil {
		return false, fmt.Errorf("find whether somebody answers for an association: %w", err)
	}
	return yes, nil
}

// of lists the associations that somebody answers for, by name.
func (store) of(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]*Association, error) {
	var rows []row
	err := tx.NewRaw(`
		SELECT `+columns+` FROM associations.associations
		WHERE tenant_id = ?0 AND id IN (SELECT association_id FROM associations.responsibles WHERE tenant_id = ?0 AND citizen_id = ?1)
		ORDER BY name_key, id`, t, c).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the associations of somebody: %w", err)
	}
	return associationsOf(rows), nil
}

func (store) insertResponsible(ctx context.Context, tx bun.IDB, t tenant.ID, association uuid.UUID, c citizen.ID, position string) error {
	_, err := tx.NewRaw(`
		INSERT INTO associations.responsibles (tenant_id, association_id, citizen_id, position, since) VALUES (?, ?, ?, ?, core.now())
		ON CONFLICT ON CONSTRAINT responsible_once DO NOTHING`, t, association, c, position).Exec(ctx)
	if err != nil {
		return fmt.Errorf("let somebody answer for an association: %w", err)
	}
	return nil
}

func (store) deleteResponsible(ctx context.Context, tx bun.IDB, t tenant.ID, association uuid.UUID, c citizen.ID) error {
	res, err := tx.NewRaw(`DELETE FROM associations.responsibles WHERE tenant_id = ? AND association_id = ? AND citizen_id = ?`, t, association, c).Exec(ctx)
	if err != nil {
		return fmt.Errorf("stop somebody answering for an association: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrNotFound.Wrap(err)
	}
	return nil
}

// waiting lists the claims on an association that nobody has answered, oldest first.
func (store) waiting(ctx context.Context, tx bun.IDB, t tenant.ID, association uuid.UUID) ([]Claim, error) {
	var rows []claimRow
	err := tx.NewRaw(`
		SELECT `+claimColumns+` FROM associations.claims c
		WHERE c.tenant_id = ? AND c.association_id = ? AND c.state = 'waiting' ORDER BY c.asked_at, c.id`, t, association).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the claims: %w", err)
	}
	list := make([]Claim, len(rows))
	for i, r := range rows {
		list[i] = r.claim()
	}
	return list, nil
}

// claimsOf lists what somebody asked for, newest first, each with the name of
// the association.
func (store) claimsOf(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID, limit int) ([]claimRow, error) {
	var rows []claimRow
	err := tx.NewRaw(`
		SELECT `+claimColumns+`, a.name FROM associations.claims c
		JOIN associations.associations a ON a.tenant_id = c.tenant_id AND a.id = c.association_id
		WHERE c.tenant_id = ? AND c.citizen_id = ? ORDER BY c.asked_at DESC, c.id LIMIT ?`, t, c, limit).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list what somebody claimed: %w", err)
	}
	return rows, nil
}

// claim returns a claim on an association, locked.
func (store) claim(ctx context.Context, tx bun.IDB, t tenant.ID, association, id uuid.UUID) (Claim, error) {
	var r claimRow
	err := database.Fault(tx.NewRaw(`
		SELECT `+claimColumns+` FROM associations.claims c
		WHERE c.tenant_id = ? AND c.association_id = ? AND c.id = ? FOR UPDATE`, t, association, id).Scan(ctx, &r))
	if isNotFound(err) {
		return Claim{}, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return Claim{}, fmt.Errorf("find a claim: %w", err)
	}
	return r.claim(), nil
}

// waitingOf returns the claim of somebody that waits on an association, the
// zero value when there is none.
func (s store) waitingOf(ctx context.Context, tx bun.IDB, t tenant.ID, association uuid.UUID, c citizen.ID) (Claim, error) {
	list, err := s.waiting(ctx, tx, t, association)
	for _, claim := range list {
		if claim.Citizen == c {
			return claim, err
		}
	}
	return Claim{}, err
}

// waitingCount is how many claims of somebody wait, on all associations.
func (store) waitingCount(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (n int, err error) {
	err = tx.NewRaw(`SELECT count(*) FROM associations.claims WHERE tenant_id = ? AND citizen_id = ? AND state = 'waiting'`, t, c).Scan(ctx, &n)
	if err != nil {
		return 0, fmt.Errorf("count the claims of somebody: %w", err)
	}
	return n, nil
}

func (store) insertClaim(ctx context.Context, tx bun.IDB, t tenant.ID, c Claim) error {
	_, err := tx.NewRaw(`
		INSERT INTO associations.claims (tenant_id, id, association_id, citizen_id, position, message, asked_at)
		VALUES (?, ?, ?, ?, ?, ?, core.now())`, t, c.ID, c.Association, c.Citizen, c.Position, c.Message).Exec(ctx)
	if database.Constraint(err) == "one_waiting_claim_each" {
		return ErrAlreadyAsked.Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("insert a claim: %w", err)
	}
	return nil
}

// answerClaim writes what became of a claim that waits.
func (store) answerClaim(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, state ClaimState, reason string) error {
	_, err := tx.NewRaw(`
		UPDATE associations.claims SET state = ?, reason = ?, decided_at = core.now()
		WHERE tenant_id = ? AND id = ? AND state = 'waiting'`, state, reason, t, id).Exec(ctx)
	if err != nil {
		return fmt.Errorf("answer a claim: %w", err)
	}
	return nil
}
