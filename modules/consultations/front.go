package consultations

import (
	"context"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/consultations/views"
)

// front is what the public list shows.
type front struct {
	open, coming, over []Consultation
	next, prev         keyset.Cursor
	moreOver           bool
	counts             map[Phase]int
	any                bool // the site has published at least one
}

// front reads the public list in one snapshot.
func (s *service) front(ctx context.Context, t tenant.ID, l listing) (f front, err error) {
	err = s.db.ReadPage(ctx, t, &l.Cursor, func(ctx context.Context, tx bun.Tx) error {
		base := Query{Zone: l.Zone, Words: l.Words}
		if f.counts, err = s.store.count(ctx, tx, t, base); err != nil {
			return err
		}
		if f.any, err = s.anyPublished(ctx, tx, t, base, f.counts); err != nil {
			return err
		}
		if l.State != "" {
			return s.onePart(ctx, tx, t, base, l, &f)
		}
		return s.allParts(ctx, tx, t, base, &f)
	})
	return f, err
}

// anyPublished says whether the site has a consultation at all, whatever the
// list is narrowed to.
func (s *service) anyPublished(ctx context.Context, tx bun.IDB, t tenant.ID, q Query, counts map[Phase]int) (bool, error) {
	if published(counts) > 0 || (q.Zone == uuid.Nil && q.Words == "") {
		return published(counts) > 0, nil
	}
	all, err := s.store.count(ctx, tx, t, Query{})
	return published(all) > 0, err
}

// published counts what everybody may see.
func published(counts map[Phase]int) int {
	n := 0
	for phase, of := range counts {
		if phase != Draft {
			n += of
		}
	}
	return n
}

func (s *service) onePart(ctx context.Context, tx bun.IDB, t tenant.ID, q Query, l listing, f *front) error {
	part := publicStates[l.State]
	q.Phases, q.Sort, q.Cursor, q.Limit = part.phases, part.sort, l.Cursor, perPage
	page, err := s.store.list(ctx, tx, t, q)
	if err != nil {
		return err
	}
	switch l.State {
	case "en-cours":
		f.open = page.Items
	case "a-venir":
		f.coming = page.Items
	default:
		f.over = page.Items
	}
	f.next, f.prev = page.Next, page.Prev
	return nil
}

func (s *service) allParts(ctx context.Context, tx bun.IDB, t tenant.ID, q Query, f *front) error {
	for _, part := range []struct {
		state string
		limit int
		into  *[]Consultation
	}{{"en-cours", openAtOnce, &f.open}, {"a-venir", comingAtOnce, &f.coming}, {"terminees", overAtOnce, &f.over}} {
		q.Phases, q.Sort, q.Limit = publicStates[part.state].phases, publicStates[part.state].sort, part.limit
		page, err := s.store.list(ctx, tx, t, q)
		if err != nil {
			return err
		}
		*part.into = page.Items
		if part.state == "terminees" {
			f.moreOver = !page.Next.IsZero()
		}
	}
	return nil
}

// frontView is the public list as it is shown.
func frontView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, l listing, f front) views.Index {
	p := views.Index{
		Any: f.any, Tabs: tabs(ctx, l, f.counts), Filters: filtersView(ctx, t, l),
		Open: items(ctx, t, f.open), Coming: items(ctx, t, f.coming), Over: items(ctx, t, f.over),
	}
	p.Pager = ui.PagerOf(f.next, f.prev, l.address)
	if f.moreOver {
		over := l
		over.State = "terminees"
		p.MoreOff = &ui.Link{Label: i18n.T(ctx, "consultations.over.all"), Href: over.address(keyset.Cursor{})}
	}
	if inBackOffice(v) {
		p.Staff = &ui.Link{Label: i18n.T(ctx, "consultations.office.new"), Href: officePath + "/nouvelle"}
	}
	return p
}

func items(ctx context.Context, t *tenant.Tenant, list []Consultation) []views.Item {
	out := make([]views.Item, len(list))
	for i := range list {
		out[i] = item(ctx, t, &list[i])
	}
	return out
}

func tabs(ctx context.Context, l listing, counts map[Phase]int) []ui.Tab {
	tab := func(state, label string, n int) ui.Tab {
		to := l
		to.State = state
		return ui.Tab{Label: label, Href: to.address(keyset.Cursor{}), Count: i18n.Number(ctx, int64(n)), Current: l.State == state}
	}
	return []ui.Tab{
		tab("", i18n.T(ctx, "consultations.tab.all"), published(counts)),
		tab("en-cours", i18n.T(ctx, "consultations.tab.open"), counts[Open]),
		tab("a-venir", i18n.T(ctx, "consultations.tab.upcoming"), counts[Upcoming]),
		tab("terminees", i18n.T(ctx, "consultations.tab.over"), counts[Closed]+counts[Decided]+counts[Cancelled]),
	}
}

func filtersView(ctx context.Context, t *tenant.Tenant, l listing) views.Filters {
	f := views.Filters{Action: sitePath, Words: l.Words, State: l.State, Zones: ui.ZoneOptions(t)}
	if l.Words != "" {
		without := l
		without.Words = ""
		f.Active = append(f.Active, ui.Link{Label: i18n.T(ctx, "consultations.filter.quoted", "Words", l.Words), Href: without.address(keyset.Cursor{})})
	}
	if l.Zone != uuid.Nil {
		f.Zone = l.Zone.String()
		without := l
		without.Zone = uuid.Nil
		f.Active = append(f.Active, ui.Link{Label: t.ZoneName(l.Zone), Href: without.address(keyset.Cursor{})})
	}
	return f
}
