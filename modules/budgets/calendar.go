package budgets

import (
	"bytes"
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
)

var _ module.Calendarer = (*Module)(nil)

// moments are the dates of an edition that one notes down: what opens, what
// closes, and when the council decides. Each is where a phase begins.
//
// i18n: budgets.calendar.*
var moments = []struct {
	at     Phase
	key    string
	action string // what one can do from then on, "" to read only
}{
	{Deposit, "budgets.calendar.deposit", "budgets.card.deposit"},
	{Study, "budgets.calendar.deposit_ends", ""},
	{Vote, "budgets.calendar.vote", "budgets.card.vote"},
	{Result, "budgets.calendar.vote_ends", ""},
	{Deliberation, "budgets.calendar.deliberation", ""},
}

// Calendar puts the moments of the published editions in the town's agenda.
// Imported elections stay out: their dates are those of another town.
func (m *Module) Calendar(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, q module.CalendarQuery) ([]module.CalendarEntry, error) {
	if q.Organisation != uuid.Nil {
		return nil, nil
	}
	var list []*Edition
	err := m.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if list, err = m.service.store.editions(ctx, tx, t.ID, false); err != nil {
			return err
		}
		return m.service.store.tellImported(ctx, tx, t.ID, list...)
	})
	if err != nil {
		return nil, err
	}
	var entries []module.CalendarEntry
	for _, e := range list {
		if e.Imported {
			continue
		}
		for _, one := range moments {
			at := e.Start(one.at)
			entry := module.CalendarEntry{
				ID: uuid.NewSHA1(e.ID, []byte(one.at)), Kind: "budgets.title", Icon: "euro", Title: i18n.Message(ctx, one.key, map[string]any{"Title": e.Title}),
				Text: markdown.Text(e.Summary, 300), Href: href(e.ID), Starts: at, Ends: at, Revision: e.Version, ChangedAt: e.UpdatedAt,
			}
			if e.Phase() == one.at {
				entry.Action = one.action
			}
			if q.Reaches(entry.ID, at, at) {
				entries = append(entries, entry)
			}
		}
	}
	slices.SortFunc(entries, inOrder)
	return entries[:min(len(entries), q.Limit)], nil
}

// inOrder is the order of the agenda: by start, then ID.
func inOrder(a, b module.CalendarEntry) int {
	if !a.Starts.Equal(b.Starts) {
		return a.Starts.Compare(b.Starts)
	}
	return bytes.Compare(a.ID[:], b.ID[:])
}
