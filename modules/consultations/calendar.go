package consultations

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
)

var _ module.Calendarer = (*Module)(nil)

// moment is where a consultation opens, or closes.
type moment struct {
	ID        uuid.UUID
	Title     string
	Summary   string
	At        time.Time
	Closing   bool
	Open      bool // answers are taken now
	Cancelled bool
	Version   int64
	UpdatedAt time.Time
}

// Calendar puts the openings and the closings of published consultations in
// the town's agenda.
func (m *Module) Calendar(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, q module.CalendarQuery) ([]module.CalendarEntry, error) {
	if q.Organisation != uuid.Nil || q.Limit <= 0 {
		return nil, nil
	}
	var list []moment
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = m.service.store.moments(ctx, tx, t.ID, q)
		return err
	})
	if err != nil {
		return nil, err
	}
	var entries []module.CalendarEntry
	for _, one := range list {
		key, part := "consultations.calendar.opens", "opens"
		if one.Closing {
			key, part = "consultations.calendar.closes", "closes"
		}
		//i18n: consultations.calendar.*
		entry := module.CalendarEntry{
			ID: uuid.NewSHA1(one.ID, []byte(part)), Kind: "consultations.one", Icon: "messages-square", Title: i18n.Message(ctx, key, map[string]any{"Title": one.Title}),
			Text: markdown.Text(one.Summary, 300), Href: href(one.ID), Starts: one.At, Ends: one.At, Cancelled: one.Cancelled, Revision: one.Version, ChangedAt: one.UpdatedAt,
		}
		if one.Open {
			entry.Action = "consultations.calendar.answer"
		}
		if q.Reaches(entry.ID, one.At, one.At) {
			entries = append(entries, entry)
		}
	}
	slices.SortFunc(entries, func(a, b module.CalendarEntry) int {
		if !a.Starts.Equal(b.Starts) {
			return a.Starts.Compare(b.Starts)
		}
		return bytes.Compare(a.ID[:], b.ID[:])
	})
	return entries[:min(len(entries), q.Limit)], nil
}

// moments lists openings and closings that q reaches, at least as many as it
// asks for and all those of the same moment: their order there is that of IDs
// the database does not know. Of the moment where a page begins, all are
// listed: some may have been on the page before.
func (store) moments(ctx context.Context, tx bun.IDB, t tenant.ID, q module.CalendarQuery) (list []moment, err error) {
	from := q.From
	if q.GoingOnAt.After(from) {
		from = q.GoingOnAt
	}
	const of = `SELECT id, title, summary, version, updated_at, cancelled_at IS NOT NULL AS cancelled,
		cancelled_at IS NULL AND opens_at <= core.now() AND closes_at > core.now() AS open, `
	const where = ` FROM consultations.consultations WHERE tenant_id = ?0 AND published_at IS NOT NULL AND (zone_id IS NULL OR ?3 OR zone_id = ?4) AND `
	err = tx.NewRaw(`
		(`+of+`opens_at AS at, false AS closing`+where+`opens_at = ?1)
		UNION ALL (`+of+`closes_at AS at, true AS closing`+where+`closes_at = ?1)
		UNION ALL (`+of+`opens_at AS at, false AS closing`+where+`opens_at > ?1 AND opens_at < ?2 ORDER BY opens_at FETCH FIRST ?5 ROWS WITH TIES)
		UNION ALL (`+of+`closes_at AS at, true AS closing`+where+`closes_at > ?1 AND closes_at < ?2 ORDER BY closes_at FETCH FIRST ?5 ROWS WITH TIES)`,
		t, from, q.To, q.Zone == uuid.Nil, q.Zone, q.Limit).Scan(ctx, &list)
	if err != nil {
		return nil, fmt.Errorf("list the openings and closings: %w", err)
	}
	return list, nil
}
