package missions

import (
	"context"
	"fmt"
	"time"

	"github.com/a-h/templ"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/modules/missions/views"
)

// homeCards is how many missions the home page shows.
const homeCards = 3

// Cards shows missions near the reader: in their neighbourhood where there are
// some, else the next ones of the town.
func (m *Module) Cards(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Card, error) {
	q := Query{Kind: Dated, Zone: v.Zone, Limit: homeCards}
	l, err := m.service.list(ctx, t, q)
	if err == nil && len(l.Items) < homeCards {
		var regular listed
		regular, err = m.service.list(ctx, t, Query{Kind: Regular, Zone: v.Zone, Limit: homeCards - len(l.Items)})
		l.Items = append(l.Items, regular.Items...)
		for id, host := range regular.hosts {
			l.hosts[id] = host
		}
	}
	if err != nil {
		return nil, err
	}
	cards := make([]module.Card, len(l.Items))
	for i, one := range l.Items {
		cards[i] = module.Card{Section: module.SectionHelp, Urgency: l.Now.Add(365 * 24 * time.Hour), Body: views.HomeCard(item(ctx, t, one, l.hosts))}
		if len(one.Slots) > 0 && !one.Slots[0].StartsAt.IsZero() {
			cards[i].Urgency = one.Slots[0].StartsAt
		}
	}
	return cards, nil
}

// Counters says how many hours were given.
func (m *Module) Counters(ctx context.Context, t *tenant.Tenant) ([]module.Counter, error) {
	var minutes int64
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		minutes, err = m.service.store.given(ctx, tx, t.ID)
		return err
	})
	return []module.Counter{{Key: "missions.counter.hours", Count: minutes / 60}}, err
}

// Menu returns the module's entries.
func (*Module) Menu() (site, office *module.Entry) {
	return &module.Entry{Key: "missions.title", Href: sitePath, Icon: "hand-heart"},
		&module.Entry{Key: "missions.title", Href: officePath, Icon: "hand-heart"}
}

// Search finds published missions, the best match first.
func (m *Module) Search(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, query string, limit int) ([]module.Hit, error) {
	var found []*Mission
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		found, err = m.service.store.search(ctx, tx, t.ID, query, limit)
		return err
	})
	if err != nil {
		return nil, err
	}
	hits := make([]module.Hit, len(found))
	for i, one := range found {
		hits[i] = module.Hit{Title: one.Title, Summary: markdown.Text(one.Body, 160), Href: href(one.ID), Kind: "missions.one"}
	}
	return hits, nil
}

// Todos says what waits for the town hall: claims to decide and to pay, flagged
// messages, people who offered to help in its own missions.
func (m *Module) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Todo, error) {
	if !v.SignedIn || !v.Has(name, staff...) {
		return nil, nil
	}
	var w waiting
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		w, err = m.service.store.waiting(ctx, tx, t.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	var list []module.Todo
	add := func(may error, key string, count int, since bun.NullTime, path string) {
		if may == nil && count > 0 {
			list = append(list, module.Todo{Key: key, Count: count, Since: since.Time, Href: path})
		}
	}
	add(mayStaff(v, actDecide), "missions.todo.claims", w.Filed, w.FiledAt, officePath+"/demandes")
	add(mayStaff(v, actPay), "missions.todo.payments", w.Granted, w.GrantedAt, officePath+"/demandes")
	add(mayStaff(v, actModerate), "missions.todo.flags", w.Flags, w.FlaggedAt, officePath+"/signalements")
	add(mayStaff(v, actLead), "missions.todo.inscriptions", w.Pending, w.PendingAt, leadPath)
	return list, nil
}

// Workplace says what waits for those who answer for an association.
func (m *Module) Workplace(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, of module.Organisation) ([]module.Todo, []module.Entry, error) {
	doors := []module.Entry{
		{Key: "missions.desk.title", Href: leadPath, Icon: "clipboard-list"}, {Key: "missions.new", Href: newHref(of.ID), Icon: "plus"},
	}
	var pending, unvalidated pile
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		pending, unvalidated, err = m.service.store.piles(ctx, tx, t.ID, of.ID)
		return err
	})
	var todos []module.Todo
	if pending.Count > 0 {
		todos = append(todos, module.Todo{Key: "missions.todo.inscriptions", Count: pending.Count, Since: pending.Since.Time, Href: leadPath})
	}
	if unvalidated.Count > 0 {
		todos = append(todos, module.Todo{Key: "missions.todo.hours", Count: unvalidated.Count, Since: unvalidated.Since.Time, Href: leadPath})
	}
	return todos, doors, err
}

// Activity says in which missions v meant to help.
func (m *Module) Activity(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Deed, error) {
	if !v.SignedIn {
		return nil, nil
	}
	my, err := m.service.mine(ctx, t, v)
	if err != nil {
		return nil, err
	}
	var deeds []module.Deed
	for _, i := range my.inscriptions {
		one := my.missions[i.Mission]
		if i.State == Drafted || i.State == Withdrawn || one == nil {
			continue
		}
		deed := module.Deed{At: i.AskedAt, Key: "missions.deed.joined", Title: one.Title, Href: inscriptionHref(i.ID)}
		if i.Minutes > 0 {
			deed.Key, deed.Args = "missions.deed.gave", map[string]any{"Hours": duration(ctx, i.Minutes)}
		}
		deeds = append(deeds, deed)
	}
	return deeds, nil
}

// Mine shows the gauge of hours on a citizen's own page, and what is to come.
func (m *Module) Mine(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (templ.Component, error) {
	my, err := m.service.mine(ctx, t, v)
	if err != nil || my.scheme == nil && my.minutes == 0 && len(my.inscriptions) == 0 {
		return nil, err
	}
	p := mineView(ctx, t, v, my)
	p.Coming = p.Coming[:min(len(p.Coming), 3)]
	return views.MeCard(p), nil
}

// Calendar puts the slots of missions into the town's agenda, where one may
// join them.
func (m *Module) Calendar(ctx context.Context, t *tenant.Tenant, _ citizen.Viewer, q module.CalendarQuery) ([]module.CalendarEntry, error) {
	var list []*Mission
	named := hosts{}
	err := m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if list, err = m.service.store.calendar(ctx, tx, t.ID, q); err != nil {
			return err
		}
		named, err = m.service.hostsOf(ctx, tx, t, hostIDs(list)...)
		return err
	})
	if err != nil {
		return nil, err
	}
	entries := make([]module.CalendarEntry, len(list))
	for i, one := range list {
		slot := one.Slots[0]
		entries[i] = module.CalendarEntry{
			ID: slot.ID, Kind: "missions.one", Icon: "hand-heart", Title: one.Title, Text: markdown.Text(one.Body, 300), Place: placeWords(t, one),
			Organiser: named[one.Host].Name, Href: href(one.ID), Starts: slot.StartsAt, Ends: slot.EndsAt, Cancelled: !one.CancelledAt.IsZero(),
			Revision: one.Version, ChangedAt: one.UpdatedAt, Lat: one.Place.Lat, Lon: one.Place.Lon,
		}
		if !entries[i].Cancelled && !slot.startedAt(one.Now) {
			entries[i].Action = "missions.join"
		}
	}
	return entries, nil
}

// ForProject lists the missions that help a winning project along, by the
// address of its page: what a follow-up page leads to.
func (m *Module) ForProject(ctx context.Context, t *tenant.Tenant, page string) (titles, addresses []string, err error) {
	err = m.service.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		list, err := m.service.store.forProject(ctx, tx, t.ID, page)
		for _, one := range list {
			titles, addresses = append(titles, one.Title), append(addresses, href(one.ID))
		}
		return err
	})
	return titles, addresses, err
}

// OpenFor is where a mission for a winning project is written, with the title
// and the page of the project filled in.
func (m *Module) OpenFor(title, page string) string { return openHref(title, page) }

// given is what was validated in a town, all together.
func (store) given(ctx context.Context, tx bun.IDB, t tenant.ID) (minutes int64, err error) {
	err = tx.NewRaw(`SELECT coalesce(sum(minutes), 0) FROM missions.hours WHERE tenant_id = ?`, t).Scan(ctx, &minutes)
	return minutes, err
}

// waiting is what waits for the town hall.
type waiting struct {
	Filed, Granted, Flags, Pending           int
	FiledAt, GrantedAt, FlaggedAt, PendingAt bun.NullTime
}

func (store) waiting(ctx context.Context, tx bun.IDB, t tenant.ID) (w waiting, err error) {
	err = tx.NewRaw(`
		SELECT k.filed, k.filed_at, k.granted, k.granted_at, f.flags, f.flagged_at, p.pending, p.pending_at
		FROM (SELECT count(*) FILTER (WHERE state = 'filed') AS filed, min(filed_at) FILTER (WHERE state = 'filed') AS filed_at,
				count(*) FILTER (WHERE state = 'granted') AS granted, min(decided_at) FILTER (WHERE state = 'granted') AS granted_at
			FROM missions.claims WHERE tenant_id = ?0 AND state IN ('filed', 'granted')) k,
			(SELECT count(*) AS flags, min(flagged_at) AS flagged_at FROM missions.messages
			WHERE tenant_id = ?0 AND flagged_at IS NOT NULL AND settled_at IS NULL) f,
			(SELECT count(*) AS pending, min(i.asked_at) AS pending_at FROM missions.missions m
			JOIN missions.inscriptions i ON i.tenant_id = m.tenant_id AND i.mission_id = m.id AND i.state = 'pending'
			WHERE m.tenant_id = ?0 AND m.association_id IS NULL) p`, t).Scan(ctx, &w)
	if err != nil {
		return w, fmt.Errorf("count what waits: %w", err)
	}
	return w, nil
}

// pile is a number of things that wait, and since when.
type pile struct {
	Count int
	Since bun.NullTime
}

// piles counts what waits for an association: people to answer, hours of people
// who came to validate.
func (store) piles(ctx context.Context, tx bun.IDB, t tenant.ID, association uuid.UUID) (pending, unvalidated pile, err error) {
	const from = ` FROM missions.missions m
		JOIN missions.inscriptions i ON i.tenant_id = m.tenant_id AND i.mission_id = m.id
		JOIN missions.slots s ON s.tenant_id = i.tenant_id AND s.id = i.slot_id
		WHERE m.tenant_id = ? AND m.association_id = ?`
	err = tx.NewRaw(`SELECT count(*), min(i.asked_at) AS since`+from+` AND i.state = 'pending'`, t, association).Scan(ctx, &pending)
	if err != nil {
		return pending, unvalidated, fmt.Errorf("count who waits for an answer: %w", err)
	}
	err = tx.NewRaw(`SELECT count(*), min(s.ends_at) AS since`+from+` AND i.state = 'accepted' AND i.attendance <> 'absent' AND s.ends_at < core.now()
		AND NOT EXISTS (SELECT FROM missions.hours h WHERE h.tenant_id = i.tenant_id AND h.inscription_id = i.id)`, t, association).Scan(ctx, &unvalidated)
	if err != nil {
		return pending, unvalidated, fmt.Errorf("count the hours to validate: %w", err)
	}
	return pending, unvalidated, nil
}
