package missions

import (
	"context"
	"fmt"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
)

// remindAt is the hour of the town at which those who come the day after are
// reminded, remindAtOnce how many a transaction tells.
const (
	remindAt     = 9
	remindAtOnce = 200
)

// Remind writes to those who are expected on the next day, by mail and in their
// news. Each inscription is reminded of once; those who joined since the
// morning remember.
func (m *Module) Remind(ctx context.Context, t *tenant.Tenant) error {
	for {
		n, err := m.service.remind(ctx, t)
		if err != nil {
			return fmt.Errorf("remind of missions: %w", err)
		}
		if n < remindAtOnce {
			return nil
		}
	}
}

// remind tells some of those whom it is time to tell, and returns how many.
func (s *service) remind(ctx context.Context, t *tenant.Tenant) (n int, err error) {
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		due, err := s.store.due(ctx, tx, t)
		if err != nil {
			return err
		}
		n = len(due)
		ids := make([]uuid.UUID, n)
		for i, d := range due {
			ids[i] = d.MissionID
		}
		missions, err := s.store.byIDs(ctx, tx, t.ID, ids)
		if err != nil {
			return err
		}
		for _, d := range due {
			m := missions[d.MissionID]
			slot, _ := m.slot(d.SlotID)
			if err := s.people.Tell(ctx, tx, t, []citizen.ID{d.CitizenID}, reminderLetter(t, m, slot, d.ID, s.url)); err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

// dueRow is an inscription to remind somebody of.
type dueRow struct {
	ID, MissionID, SlotID uuid.UUID
	CitizenID             citizen.ID
}

// due marks as reminded, and returns, inscriptions to slots of the next day, or
// of today if nobody was there to remind in time.
func (store) due(ctx context.Context, tx bun.IDB, t *tenant.Tenant) ([]dueRow, error) {
	const morning = `(date_trunc('day', s.starts_at AT TIME ZONE ?1) - interval '1 day' + make_interval(hours => ?2)) AT TIME ZONE ?1`
	var rows []dueRow
	err := tx.NewRaw(`
		UPDATE missions.inscriptions AS i SET reminded_at = core.now()
		FROM (SELECT i.id FROM missions.slots s
			JOIN missions.missions m ON m.tenant_id = s.tenant_id AND m.id = s.mission_id AND m.published_at IS NOT NULL AND m.cancelled_at IS NULL
			JOIN missions.inscriptions i ON i.tenant_id = s.tenant_id AND i.slot_id = s.id AND i.state = 'accepted' AND i.reminded_at IS NULL
			WHERE s.tenant_id = ?0 AND s.starts_at > core.now() AND s.starts_at < core.now() + interval '2 days'
				AND core.now() >= `+morning+` AND i.asked_at < `+morning+`
			ORDER BY s.starts_at, i.id LIMIT ?3 FOR UPDATE OF i SKIP LOCKED) AS d
		WHERE i.tenant_id = ?0 AND i.id = d.id
		RETURNING i.id, i.mission_id, i.slot_id, i.citizen_id`, t.ID, t.TimeZone.String(), remindAt, remindAtOnce).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("find whom to remind: %w", err)
	}
	return rows, nil
}

func reminderLetter(t *tenant.Tenant, m *Mission, slot Slot, inscription uuid.UUID, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		l := mail.Letter{
			Subject:    i18n.T(ctx, "missions.letter.reminder.subject", "Mission", m.Title),
			Paragraphs: []string{i18n.T(ctx, "missions.letter.reminder.text", "Mission", m.Title, "When", slotWords(ctx, m, slot))},
			Button:     mail.Button{Label: i18n.T(ctx, "missions.letter.see"), Href: url(t, inscriptionHref(inscription))},
			After:      []string{i18n.T(ctx, "missions.letter.leave")},
			Until:      slot.StartsAt,
		}
		if place := placeWords(t, m); place != "" {
			l.Paragraphs = append(l.Paragraphs, i18n.T(ctx, "missions.letter.reminder.place", "Place", place))
		}
		return l
	}
}
