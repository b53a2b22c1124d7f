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
	"parvis/app/places"
	"parvis/app/tenant"
)

type volunteerRow struct {
	CitizenID    citizen.ID
	Name         string
	Visible      bool
	Skills       []string `bun:",array"`
	Availability []string `bun:",array"`
	ZoneID       uuid.NullUUID
	Lat, Lon     int
	BornOn       string
	Invited      bool
}

const volunteerColumns = `o.citizen_id, c.name, o.visible, o.skills, o.availability, o.zone_id, coalesce(o.lat, 0) AS lat, coalesce(o.lon, 0) AS lon,
	coalesce(c.born_on::text, '') AS born_on`

const volunteersFrom = ` FROM missions.volunteers o JOIN core.citizens c ON c.tenant_id = o.tenant_id AND c.id = o.citizen_id `

func (r volunteerRow) volunteer() Volunteer {
	return Volunteer{
		Citizen: r.CitizenID, Name: r.Name, Visible: r.Visible, Skills: r.Skills, Availability: r.Availability, Zone: r.ZoneID.UUID,
		Place: places.Point{Lat: r.Lat, Lon: r.Lon}, BornOn: r.BornOn, Invited: r.Invited,
	}
}

// volunteer returns what somebody said of themselves; nothing when they did not.
func (store) volunteer(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (Volunteer, error) {
	var rows []volunteerRow
	err := tx.NewRaw(`SELECT `+volunteerColumns+volunteersFrom+`WHERE o.tenant_id = ? AND o.citizen_id = ?`, t, c).Scan(ctx, &rows)
	if err != nil {
		return Volunteer{}, fmt.Errorf("read a volunteer: %w", err)
	}
	if len(rows) == 0 {
		return Volunteer{}, nil
	}
	return rows[0].volunteer(), nil
}

// lockVolunteer is volunteer, and makes those who invite the same person come
// one after the other.
func (s store) lockVolunteer(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (Volunteer, error) {
	_, err := tx.NewRaw(`SELECT 1 FROM missions.volunteers WHERE tenant_id = ? AND citizen_id = ? FOR UPDATE`, t, c).Exec(ctx)
	if err != nil {
		return Volunteer{}, fmt.Errorf("lock a volunteer: %w", err)
	}
	return s.volunteer(ctx, tx, t, c)
}

func (store) saveVolunteer(ctx context.Context, tx bun.IDB, t tenant.ID, o Volunteer) error {
	_, err := tx.NewRaw(`
		INSERT INTO missions.volunteers (tenant_id, citizen_id, visible, skills, availability, zone_id, lat, lon, updated_at)
		VALUES (?0, ?1, ?2, ?3, ?4, ?5, ?6, ?7, core.now())
		ON CONFLICT (tenant_id, citizen_id) DO UPDATE SET visible = ?2, skills = ?3, availability = ?4, zone_id = ?5, lat = ?6, lon = ?7, updated_at = core.now()`,
		t, o.Citizen, o.Visible, pgdialect.Array(append([]string{}, o.Skills...)), pgdialect.Array(append([]string{}, o.Availability...)),
		database.NullID(o.Zone), nullInt(o.Place.Lat, o.Place), nullInt(o.Place.Lon, o.Place)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("save a volunteer: %w", err)
	}
	return nil
}

// volunteers lists who agreed to be found and is not yet in the mission: the
// nearest first when it is on the plan, else the latest to have said so.
func (store) volunteers(ctx context.Context, tx bun.IDB, t tenant.ID, m *Mission, w Wanted, limit int) ([]Volunteer, error) {
	sel := tx.NewSelect().TableExpr("missions.volunteers AS o").Join("JOIN core.citizens AS c ON c.tenant_id = o.tenant_id AND c.id = o.citizen_id").
		ColumnExpr(volunteerColumns).
		ColumnExpr("EXISTS (SELECT FROM missions.invitations v WHERE v.tenant_id = o.tenant_id AND v.mission_id = ? AND v.citizen_id = o.citizen_id) AS invited", m.ID).
		Where("o.tenant_id = ? AND o.visible AND c.erased_at IS NULL", t).
		Where(`NOT EXISTS (SELECT FROM missions.inscriptions i WHERE i.tenant_id = o.tenant_id AND i.mission_id = ? AND i.citizen_id = o.citizen_id
			AND i.state <> 'draft')`, m.ID).
		Limit(int64(limit))
	if w.Skill != "" {
		sel.Where("? = ANY (o.skills)", w.Skill)
	}
	if w.Availability != "" {
		sel.Where("? = ANY (o.availability)", w.Availability)
	}
	if w.Zone != uuid.Nil {
		sel.Where("o.zone_id = ?", w.Zone)
	}
	if !m.Place.IsZero() {
		from, args := squaredOf("o", m.Place)
		if w.Radius > 0 {
			tall := int64(microDegrees(w.Radius))
			sel.Where(from+" <= ?", append(append([]any{}, args...), tall*tall)...)
		}
		sel.OrderExpr(from+" ASC NULLS LAST", args...)
	}
	sel.OrderExpr("o.updated_at DESC, o.citizen_id")
	var rows []volunteerRow
	if err := sel.Scan(ctx, &rows); err != nil {
		return nil, fmt.Errorf("find volunteers: %w", err)
	}
	list := make([]Volunteer, len(rows))
	for i, r := range rows {
		list[i] = r.volunteer()
	}
	return list, nil
}

// invitations counts those sent to somebody since a moment.
func (store) invitations(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID, since time.Time) (n int, err error) {
	err = tx.NewRaw(`SELECT count(*) FROM missions.invitations WHERE tenant_id = ? AND citizen_id = ? AND at >= ?`, t, c, since).Scan(ctx, &n)
	return n, err
}

func (store) insertInvitation(ctx context.Context, tx bun.IDB, t tenant.ID, mission uuid.UUID, c citizen.ID) error {
	_, err := tx.NewRaw(`INSERT INTO missions.invitations (tenant_id, mission_id, citizen_id, at) VALUES (?, ?, ?, core.now())`, t, mission, c).Exec(ctx)
	if database.Constraint(err) == "invited_once" {
		return ErrInvitedTwice.Wrap(err)
	}
	return err
}

// invitedTo lists the missions somebody was invited to, the latest first.
func (store) invitedTo(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) ([]uuid.UUID, error) {
	var ids []uuid.UUID
	err := tx.NewRaw(`SELECT mission_id FROM missions.invitations WHERE tenant_id = ? AND citizen_id = ? ORDER BY at DESC LIMIT 20`, t, c).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("list the invitations: %w", err)
	}
	return ids, nil
}
