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

// insertHours adds a line to the ledger. The database has the last word: once,
// in one place at a time, within a day, never by the person themselves.
func (store) insertHours(ctx context.Context, tx bun.IDB, t tenant.ID, of, by citizen.ID, l HoursLine) error {
	corrects := any(nil)
	if l.Corrects != 0 {
		corrects = l.Corrects
	}
	_, err := tx.NewRaw(`
		INSERT INTO missions.hours (tenant_id, citizen_id, inscription_id, corrects, day, starts_at, minutes, source, reason, validated_by, at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, core.now())`,
		t, of, l.Inscription, corrects, l.Day.Format(time.DateOnly), l.StartsAt, l.Minutes, l.Source, l.Reason, by).Exec(ctx)
	switch database.Constraint(err) {
	case "same_hours_once":
		return ErrHoursTwice.Wrap(err)
	case "nobody_validates_their_own_hours":
		return ErrOwnHours.Wrap(err)
	case "a_day_has_24_hours":
		return ErrLongDay.Wrap(err).On("hours")
	case "in_one_place_at_a_time":
		return ErrTwoPlaces.Wrap(err).On("from")
	case "correction_within_the_hours":
		return ErrNoSuchHours.Wrap(err).On("becomes")
	}
	return err
}

type hoursRow struct {
	ID            int64
	InscriptionID uuid.UUID
	Corrects      int64
	Day           time.Time
	StartsAt      time.Time
	Minutes       int64
	Source        string
	Reason        string
	At            time.Time
	MissionID     uuid.UUID
	Title         string
	AssociationID uuid.NullUUID
}

const hoursColumns = `
	SELECT h.id, h.inscription_id, coalesce(h.corrects, 0) AS corrects, h.day, h.starts_at, h.minutes, h.source, h.reason, h.at,
		m.id AS mission_id, m.title, m.association_id
	FROM missions.hours h
	JOIN missions.inscriptions i ON i.tenant_id = h.tenant_id AND i.id = h.inscription_id
	JOIN missions.missions m ON m.tenant_id = i.tenant_id AND m.id = i.mission_id `

func scanHours(ctx context.Context, q *bun.RawQuery) ([]HoursLine, error) {
	var rows []hoursRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("read the ledger of hours: %w", err)
	}
	list := make([]HoursLine, len(rows))
	for i, r := range rows {
		list[i] = HoursLine{
			ID: r.ID, Inscription: r.InscriptionID, Corrects: r.Corrects, Day: r.Day, StartsAt: r.StartsAt, Minutes: r.Minutes, Source: r.Source,
			Reason: r.Reason, At: r.At, Mission: r.MissionID, Title: r.Title, Host: r.AssociationID.UUID,
		}
	}
	return list, nil
}

// hoursOf lists the lines of an inscription, in the order they were written.
func (store) hoursOf(ctx context.Context, tx bun.IDB, t tenant.ID, inscription uuid.UUID) ([]HoursLine, error) {
	return scanHours(ctx, tx.NewRaw(hoursColumns+`WHERE h.tenant_id = ? AND h.inscription_id = ? ORDER BY h.id`, t, inscription))
}

// hoursBy lists a person's lines, the newest first.
func (store) hoursBy(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID, limit int) ([]HoursLine, error) {
	return scanHours(ctx, tx.NewRaw(hoursColumns+`WHERE h.tenant_id = ? AND h.citizen_id = ? ORDER BY h.day DESC, h.id DESC LIMIT ?`, t, c, limit))
}

// minutes is what a person has had validated, all hosts together.
func (store) minutes(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (int64, error) {
	var sum int64
	err := tx.NewRaw(`SELECT coalesce(sum(minutes), 0) FROM missions.hours WHERE tenant_id = ? AND citizen_id = ?`, t, c).Scan(ctx, &sum)
	if err != nil {
		return 0, fmt.Errorf("add up the hours: %w", err)
	}
	return sum, nil
}

type schemeRow struct {
	Version       int64
	Name          string
	Conditions    string
	AgeFrom       int
	AgeTo         int
	AmountCents   int64
	TargetMinutes int64
	Open          bool
}

// scheme returns the town's aid, and whether there is one.
func (store) scheme(ctx context.Context, tx bun.IDB, t tenant.ID) (Scheme, bool, error) {
	var r schemeRow
	err := database.Fault(tx.NewRaw(`
		SELECT version, name, conditions, age_from, age_to, amount_cents, target_minutes, open
		FROM missions.schemes WHERE tenant_id = ?`, t).Scan(ctx, &r))
	if fault.KindOf(err) == fault.NotFound {
		return Scheme{}, false, nil
	}
	if err != nil {
		return Scheme{}, false, fmt.Errorf("read the scheme: %w", err)
	}
	return r.scheme(), true, nil
}

// saveScheme writes the town's aid over the version that was read.
func (store) saveScheme(ctx context.Context, tx bun.IDB, t tenant.ID, s Scheme) error {
	res, err := tx.NewRaw(`
		INSERT INTO missions.schemes (tenant_id, name, conditions, age_from, age_to, amount_cents, target_minutes, open, updated_at)
		VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, core.now())
		ON CONFLICT (tenant_id) DO UPDATE SET version = missions.schemes.version + 1, name = ?1, conditions = ?2, age_from = ?3, age_to = ?4,
			amount_cents = ?5, target_minutes = ?6, open = ?7, updated_at = core.now()
		WHERE missions.schemes.version = ?8`,
		t, s.Name, s.Conditions, s.AgeFrom, s.AgeTo, int64(s.Amount), s.Target, s.Open, s.Version).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save the scheme: %w", err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return ErrStale.Wrap(err)
	}
	return nil
}

type claimRow struct {
	ID            uuid.UUID
	CitizenID     citizen.ID
	Name          string
	Scheme        string
	AmountCents   int64
	TargetMinutes int64
	Minutes       int64
	State         ClaimState
	Reason        string
	Payment       string
	FiledAt       time.Time
	DecidedAt     bun.NullTime
	PaidAt        bun.NullTime
}

const claimColumns = `
	SELECT k.id, k.citizen_id, c.name, k.scheme, k.amount_cents, k.target_minutes, k.minutes, k.state, k.reason, k.payment, k.filed_at,
		k.decided_at, k.paid_at
	FROM missions.claims k JOIN core.citizens c ON c.tenant_id = k.tenant_id AND c.id = k.citizen_id `

func scanClaims(ctx context.Context, q *bun.RawQuery) ([]Claim, error) {
	var rows []claimRow
	if err := q.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("list the claims: %w", err)
	}
	list := make([]Claim, len(rows))
	for i, r := range rows {
		list[i] = r.claim()
	}
	return list, nil
}

// claimsOf lists a person's claims, the newest first.
func (store) claimsOf(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]Claim, error) {
	return scanClaims(ctx, tx.NewRaw(claimColumns+`WHERE k.tenant_id = ? AND k.citizen_id = ? ORDER BY k.filed_at DESC, k.id`, t, c))
}

// claims lists those of a town, what waits first.
func (store) claims(ctx context.Context, tx bun.IDB, t tenant.ID, limit int) ([]Claim, error) {
	return scanClaims(ctx, tx.NewRaw(claimColumns+`WHERE k.tenant_id = ?
		ORDER BY array_position(ARRAY['filed', 'granted', 'paid', 'refused'], k.state), k.filed_at, k.id LIMIT ?`, t, limit))
}

func (store) lockClaim(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) (Claim, error) {
	list, err := scanClaims(ctx, tx.NewRaw(claimColumns+`WHERE k.tenant_id = ? AND k.id = ? FOR UPDATE OF k`, t, id))
	if err != nil {
		return Claim{}, err
	}
	if len(list) == 0 {
		return Claim{}, ErrNotFound
	}
	return list[0], nil
}

func (store) insertClaim(ctx context.Context, tx bun.IDB, t tenant.ID, c Claim) error {
	_, err := tx.NewRaw(`
		INSERT INTO missions.claims (tenant_id, id, citizen_id, scheme, amount_cents, target_minutes, minutes, state, filed_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, 'filed', core.now())`,
		t, c.ID, c.Citizen, c.Scheme, int64(c.Amount), c.Target, c.Minutes).Exec(ctx)
	switch database.Constraint(err) {
	case "one_aid_per_person":
		return ErrClaimedTwice.Wrap(err)
	case "claimed_at_the_target":
		return ErrBelowTarget.Wrap(err)
	}
	return err
}

// saveClaim writes what was decided or paid of a locked claim.
func (store) saveClaim(ctx context.Context, tx bun.IDB, t tenant.ID, c Claim, by citizen.ID) error {
	_, err := tx.NewRaw(`
		UPDATE missions.claims SET state = ?0, reason = ?1, payment = ?2, decided_at = coalesce(decided_at, core.now()),
			decided_by = coalesce(decided_by, ?3), paid_at = CASE WHEN ?0 = 'paid' THEN core.now() END
		WHERE tenant_id = ?4 AND id = ?5`, string(c.State), c.Reason, c.Payment, by, t, c.ID).Exec(ctx)
	if database.Constraint(err) == "nobody_decides_their_own_claim" {
		return ErrOwnClaim.Wrap(err)
	}
	return err
}
