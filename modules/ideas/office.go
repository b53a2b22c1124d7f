package ideas

import (
	"context"
	"errors"
	"regexp"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/i18n"
	"parvis/app/keyset"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/ideas/views"
)

// officeHandlers are the pages of the back office. The router lets only staff
// in; the service decides again at each act.
type officeHandlers struct{ service *service }

// index is the list of ideas for those who answer them: what has waited longest
// first, whatever else the address asks.
func (o officeHandlers) index(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	l, _ := readListing(c, t)
	if c.Query("tri") == "" {
		l.Sort = byAge
		l.Cursor = readCursor(byAge, c.Query(keyset.After), c.Query(keyset.Before))
	}
	var f front
	var totals map[State]int
	f, err := o.service.front(ctx, t.ID, l.asked())
	if err != nil {
		return err
	}
	err = o.service.DB.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		totals, err = o.service.store.totals(ctx, tx, t.ID)
		return err
	})
	if err != nil {
		return err
	}
	return web.Page(c, views.OfficeList(officeTable(ctx, t, l, f, totals)))
}

func officeTable(ctx context.Context, t *tenant.Tenant, l listing, f front, totals map[State]int) views.Table {
	address := func(l listing, at keyset.Cursor) string {
		if l.Sort == byAge {
			l.Sort = byDate // the usual order has no word in this address
		}
		return l.address(officePath, at)
	}
	p := views.Table{
		Any: f.any, Export: ui.Link{Label: i18n.T(ctx, "ideas.office.export"), Href: officePath + "/export.csv"},
		Search: ui.SearchProps{Action: officePath, Name: "q", Value: l.Words, Label: i18n.T(ctx, "ideas.filter.words")},
		Table: ui.TableProps{ID: "idees", Caption: i18n.T(ctx, "ideas.title"), Empty: i18n.T(ctx, "ideas.none.title"), Columns: []ui.Column{
			{Label: i18n.T(ctx, "ideas.form.title")}, {Label: i18n.T(ctx, "ideas.column.state")}, {Label: i18n.T(ctx, "ideas.form.theme")},
			{Label: i18n.T(ctx, "ideas.column.supports"), Numeric: true}, {Label: i18n.T(ctx, "ideas.column.comments"), Numeric: true}, {Label: i18n.T(ctx, "ideas.column.published")},
		}},
	}
	base := l
	base.Cursor = keyset.Cursor{}
	tab := func(state State, label string, n int) {
		to := base
		to.State = state
		p.Tabs = append(p.Tabs, ui.Tab{Label: label, Href: address(to, keyset.Cursor{}), Count: strconv.Itoa(n), Current: l.State == state})
	}
	tab("", i18n.T(ctx, "ideas.tab.all"), public(totals))
	for _, s := range stateWords {
		tab(s.State, stateOf(ctx, s.State).Word, totals[s.State])
	}
	if word := wordOfState(l.State); word != "" {
		p.Search.Hidden = append(p.Search.Hidden, ui.Option{Value: "etat", Label: word})
	}
	for _, i := range f.page.Items {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: i.ID.String(), Cells: []ui.Cell{
			ui.LinkCell(i.Title, officeHref(i.ID)), ui.BodyCell(ui.StateBadge(stateOf(ctx, i.State))), ui.Text(themeName(ctx, i.Theme)),
			ui.Text(i18n.Number(ctx, int64(i.Supports))), ui.Text(i18n.Number(ctx, int64(i.Comments))), ui.Text(i18n.DateShort(ctx, i.PublishedAt)),
		}})
	}
	p.Pager = ui.PagerOf(f.page.Next, f.page.Prev, func(at keyset.Cursor) string { return address(l, at) })
	return p
}

// answerForm is the form of an answer.
type answerForm struct {
	Version int64  `form:"version"`
	State   string `form:"state" label:"ideas.answer.state"`
	Answer  string `form:"answer" label:"ideas.answer.text"`
}

// mergeForm names the idea to merge into: its address, or its ID.
type mergeForm struct {
	Into string `form:"into" label:"ideas.merge.into.label" validate:"max=300"`
}

var idRE = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

func (f mergeForm) id() (uuid.UUID, error) {
	id, err := uuid.Parse(idRE.FindString(f.Into))
	if err != nil {
		return id, ErrMergeWhich.Wrap(err).On("into")
	}
	return id, nil
}

// find returns an idea that staff works on.
func (o officeHandlers) find(c *fiber.Ctx) (*Idea, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	i, err := o.service.read(web.Context(c), web.Tenant(c).ID, id)
	if err != nil {
		return nil, err
	}
	return i, o.service.mayLead(web.Viewer(c), actAnswer, i)
}

func (o officeHandlers) idea(c *fiber.Ctx) error {
	i, err := o.find(c)
	if err != nil {
		return err
	}
	return o.show(c, i, answerForm{Version: i.Version, State: string(i.State), Answer: i.Answer}, mergeForm{}, nil)
}

func (o officeHandlers) show(c *fiber.Ctx, i *Idea, form answerForm, merge mergeForm, errs ui.Errors) error {
	ctx, t := web.Context(c), web.Tenant(c)
	similar, err := o.service.similarTo(ctx, t.ID, i.Title, i.ID)
	if err != nil {
		return err
	}
	state := shownState(ctx, i)
	p := views.Lead{
		Title:  i.Title,
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "ideas.one"), Title: i.Title, State: &state, Meta: about(ctx, t, i)},
		Public: href(i.ID), HTML: markdown.HTML(i.Body, 3), Facts: facts(ctx, t, i), Version: form.Version, State: form.State, Answer: form.Answer, Errors: errs,
		AnswerTo: officeHref(i.ID) + "/reponse", MergeTo: officeHref(i.ID) + "/fusionner", Into: merge.Into, Settled: i.State == Merged,
	}
	for _, s := range stateWords {
		if s.State != Merged {
			p.States = append(p.States, ui.ChoiceProps{Value: string(s.State), Label: stateOf(ctx, s.State).Word})
		}
	}
	for _, other := range similar {
		if other.open() && i.State != Merged {
			p.Similar = append(p.Similar, views.Candidate{ID: other.ID.String(), Item: item(ctx, t, other)})
		}
	}
	return web.Page(c, views.LeadPage(p))
}

func (o officeHandlers) answer(c *fiber.Ctx) error {
	i, err := o.find(c)
	if err != nil {
		return err
	}
	var form answerForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.answer(web.Context(c), web.Tenant(c), web.Viewer(c), Target{i.ID, form.Version}, Reply{State(form.State), form.Answer})
		if err == nil {
			web.Flash(c, "ideas.answer.done")
			return web.SeeOther(c, officeHref(i.ID))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
		if errors.Is(err, ErrStale) {
			form.Version = i.Version // what was typed stays, on top of the version to replace knowingly
		}
	}
	return o.show(c, i, form, mergeForm{}, errs)
}

func (o officeHandlers) merge(c *fiber.Ctx) error {
	i, err := o.find(c)
	if err != nil {
		return err
	}
	var form mergeForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		var into uuid.UUID
		if into, err = form.id(); err == nil {
			err = o.service.merge(web.Context(c), web.Tenant(c), web.Viewer(c), i.ID, into)
		}
		if errors.Is(err, ErrNotFound) {
			err = ErrMergeWhich.Wrap(err).On("into")
		}
		if err == nil {
			web.Flash(c, "ideas.merge.flash")
			return web.SeeOther(c, officeHref(into))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return o.show(c, i, answerForm{Version: i.Version, State: string(i.State), Answer: i.Answer}, form, errs)
}

// batch is how many ideas an export reads at a time.
const batch = 1_000

// every calls do with each public idea, oldest first, in one snapshot.
func (s *service) every(ctx context.Context, t tenant.ID, do func(*Idea) error) error {
	return s.DB.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		for _, state := range []State{"", Merged} {
			q := Query{State: state, Sort: byAge, Limit: batch}
			for {
				page, err := s.store.list(ctx, tx, t, q)
				if err != nil {
					return err
				}
				for _, i := range page.Items {
					if err := do(i); err != nil {
						return err
					}
				}
				if q.Cursor = page.Next; q.Cursor.IsZero() {
					break
				}
			}
		}
		return nil
	})
}

// export is the list for a spreadsheet.
func (o officeHandlers) export(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	return web.LongSpreadsheetCSV(c, "idees.csv", func(add web.Rows) error {
		err := add(
			i18n.T(ctx, "ideas.form.title"), i18n.T(ctx, "ideas.column.state"), i18n.T(ctx, "ideas.form.theme"), i18n.T(ctx, "ideas.form.zone"), i18n.T(ctx, "ideas.form.place"),
			i18n.T(ctx, "ideas.column.supports"), i18n.T(ctx, "ideas.column.comments"), i18n.T(ctx, "ideas.column.published"), i18n.T(ctx, "ideas.column.address"),
		)
		if err != nil {
			return err
		}
		return o.service.every(ctx, t.ID, func(i *Idea) error {
			return add(i.Title, stateOf(ctx, i.State).Word, themeName(ctx, i.Theme), t.ZoneName(i.Zone), i.Place,
				strconv.Itoa(i.Supports), strconv.Itoa(i.Comments), i18n.DateShort(ctx, i.PublishedAt), o.service.URL(t, href(i.ID)))
		})
	})
}

// openData is every public idea as open data: what was proposed and answered,
// never by whom.
func (h handlers) openData(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	return web.LongCSV(c, "idees.csv", func(add web.Rows) error {
		err := add("id", "titre", "texte", "theme", "quartier", "lieu", "latitude", "longitude", "etat", "soutiens", "commentaires",
			"publiee_le", "reponse", "repondue_le", "fusionnee_avec")
		if err != nil {
			return err
		}
		return h.service.every(ctx, t.ID, func(i *Idea) error { return add(openRow(t, i)...) })
	})
}

func openRow(t *tenant.Tenant, i *Idea) []string {
	lat, lon, into, answered := "", "", "", ""
	if !i.Point.IsZero() {
		lat, lon = micro(i.Point.Lat), micro(i.Point.Lon)
	}
	if i.MergedInto != uuid.Nil {
		into = i.MergedInto.String()
	}
	if !i.AnsweredAt.IsZero() {
		answered = i.AnsweredAt.In(t.TimeZone).Format(time.DateOnly)
	}
	return []string{
		i.ID.String(), i.Title, i.Body, i.Theme, t.ZoneName(i.Zone), i.Place, lat, lon, string(i.State), strconv.Itoa(i.Supports), strconv.Itoa(i.Comments),
		i.PublishedAt.In(t.TimeZone).Format(time.DateOnly), i.Answer, answered, into,
	}
}

// micro writes micro-degrees as degrees.
func micro(n int) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return sign + strconv.Itoa(n/1_000_000) + "." + strconv.Itoa(1_000_000 + n%1_000_000)[1:]
}
