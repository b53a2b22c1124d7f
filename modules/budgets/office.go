package budgets

import (
	"errors"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"

	"parvis/app/access"
	"parvis/app/i18n"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting/counting"
	"parvis/app/web"
	"parvis/app/writing"
	"parvis/modules/budgets/views"
)

// officeHandlers are the pages of the back office. The router lets only staff
// in; the service decides again at each act.
type officeHandlers struct{ service *service }

// find reads the edition that the address names.
func (o officeHandlers) find(c *fiber.Ctx) (*Dossier, error) {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return nil, err
	}
	return o.service.inOffice(web.Context(c), web.Tenant(c).ID, id)
}

// frame is what surrounds every page of an edition's back office.
func frame(c *fiber.Ctx, d *Dossier, step string, errs ui.Errors) views.Office {
	ctx := web.Context(c)
	state, base := phaseState(ctx, d.Phase()), officeHref(d.ID)
	o := views.Office{
		Title: d.Title, Errors: errs, Public: &ui.Link{Label: i18n.T(ctx, "budgets.office.see"), Href: href(d.ID)},
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "budgets.title"), Title: d.Title, State: &state, Meta: []ui.Meta{{Icon: "clock", Text: when(ctx, d.Edition)}}},
	}
	tab := func(to, key string, count int) {
		one := ui.Tab{Label: i18n.Message(ctx, key, nil), Href: base, Current: step == to}
		if to != stepLead {
			one.Href += "/" + to
		}
		if count >= 0 {
			one.Count = strconv.Itoa(count)
		}
		if o.Tabs = append(o.Tabs, one); one.Current {
			o.Title = i18n.T(ctx, "budgets.window", "Part", one.Label, "Title", d.Title)
		}
	}
	//i18n: budgets.step.tab.*
	tab(stepLead, "budgets.step.tab.lead", -1)
	tab(stepText, "budgets.step.tab.text", -1)
	tab(stepDates, "budgets.step.tab.dates", -1)
	tab(stepTerms, "budgets.step.tab.terms", -1)
	if d.Published {
		tab(stepProjects, "budgets.step.tab.projects", d.Counts[AllDeposited])
		tab(stepDecisions, "budgets.step.tab.decisions", -1)
		tab(stepVote, "budgets.step.tab.vote", -1)
		tab(stepOutcome, "budgets.step.tab.outcome", -1)
	} else {
		o.Public = &ui.Link{Label: i18n.T(ctx, "budgets.office.preview"), Href: base + "/apercu"}
	}
	return o
}

func (o officeHandlers) index(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	list, err := o.service.editions(ctx, t.ID, true)
	if err != nil {
		return err
	}
	p := views.OfficeIndex{
		New: ui.Link{Label: i18n.T(ctx, "budgets.office.new"), Href: officePath + "/nouvelle"},
		Table: ui.TableProps{ID: "editions", Caption: i18n.T(ctx, "budgets.title"), Columns: []ui.Column{
			{Label: i18n.T(ctx, "budgets.column.title")}, {Label: i18n.T(ctx, "budgets.column.phase")},
			{Label: i18n.T(ctx, "budgets.column.money"), Numeric: true}, {Label: i18n.T(ctx, "budgets.column.next")},
		}},
	}
	for _, e := range list {
		p.Table.Rows = append(p.Table.Rows, ui.Row{ID: e.ID.String(), Cells: []ui.Cell{
			ui.LinkCell(e.Title, officeHref(e.ID)), ui.BodyCell(ui.StateBadge(phaseState(ctx, e.Phase()))),
			ui.Text(i18n.Euros(ctx, e.Total())), ui.Text(when(ctx, e)),
		}})
	}
	return web.Page(c, views.OfficeList(p))
}

// textForm is the form of an edition's texts.
type textForm struct {
	Version int64         `form:"version"`
	Reason  string        `form:"reason"`
	Title   string        `form:"title"`
	Summary string        `form:"summary"`
	Easy    string        `form:"easy"`
	Body    string        `form:"body"`
	Rules   string        `form:"rules"`
	On      web.LocalDate `form:"on"`
	Number  string        `form:"number"`
	URL     string        `form:"url"`
}

func (f textForm) text() Text {
	return Text{
		Title: f.Title, Summary: f.Summary, Easy: f.Easy, Body: f.Body, Rules: f.Rules, Adopted: Act{On: f.On.On, Number: f.Number, URL: f.URL},
	}
}

func (o officeHandlers) newText(c *fiber.Ctx) error {
	return showText(c, nil, textForm{}, nil, nil)
}

func (o officeHandlers) create(c *fiber.Ctx) error {
	var form textForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		var id uuid.UUID
		if id, err = o.service.create(web.Context(c), web.Tenant(c), web.Viewer(c), form.text()); err == nil {
			web.Flash(c, "budgets.created")
			return web.SeeOther(c, officeHref(id)+"/"+stepDates)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showText(c, nil, form, errs, nil)
}

func (o officeHandlers) text(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	return showText(c, d, textForm{
		Version: d.Version, Title: d.Title, Summary: d.Summary, Easy: d.Easy, Body: d.Body, Rules: d.Rules,
		On: web.LocalDateOf(ctx, midday(ctx, d.Adopted.On)), Number: d.Adopted.Number, URL: d.Adopted.URL,
	}, nil, nil)
}

func (o officeHandlers) saveText(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form textForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.edit(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version}, form.text(), form.Reason)
		if err == nil {
			return saved(c, d, stepText)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showText(c, d, form, errs, stale(c, d, stepText, err, &form.Version))
}

// saved says so, on the page that leads the edition.
func saved(c *fiber.Ctx, d *Dossier, step string) error {
	web.Flash(c, "budgets.saved")
	if !d.Published && step == stepDates {
		return web.SeeOther(c, officeHref(d.ID)+"/"+stepTerms)
	}
	return web.SeeOther(c, officeHref(d.ID))
}

// stale is where to read what somebody else saved, if that is what went wrong.
// The form then replaces it knowingly.
func stale(c *fiber.Ctx, d *Dossier, step string, err error, version *int64) *ui.Link {
	if !errors.Is(err, ErrStale) {
		return nil
	}
	*version = d.Version
	return &ui.Link{Label: i18n.T(web.Context(c), "budgets.stale.read"), Href: officeHref(d.ID) + "/" + step}
}

func showText(c *fiber.Ctx, d *Dossier, form textForm, errs ui.Errors, read *ui.Link) error {
	ctx := web.Context(c)
	p := views.TextForm{
		Version: form.Version, Named: form.Title, Summary: form.Summary, Easy: form.Easy, Body: form.Body, Rules: form.Rules,
		On: form.On.String(), Number: form.Number, URL: form.URL, Reason: form.Reason,
	}
	if d == nil {
		title := i18n.T(ctx, "budgets.office.new")
		p.Office = views.Office{Title: title, Errors: errs, Header: ui.HeaderProps{Title: title, Lead: i18n.T(ctx, "budgets.office.new.lead")}}
		return web.Page(c, views.WriteText(p))
	}
	p.Office, p.Published = frame(c, d, stepText, errs), d.Published
	p.Stale, p.Locked = read, locked(c, d, actWrite)
	if may(web.Viewer(c), actDelete, d.Edition, uuid.Nil) == nil {
		p.Delete = officeHref(d.ID) + "/supprimer"
	}
	return web.Page(c, views.WriteText(p))
}

// datesForm is the form of an edition's calendar.
type datesForm struct {
	Version      int64         `form:"version"`
	Reason       string        `form:"reason"`
	Information  web.LocalTime `form:"information"`
	Deposit      web.LocalTime `form:"deposit"`
	Study        web.LocalTime `form:"study"`
	Vote         web.LocalTime `form:"vote"`
	Result       web.LocalTime `form:"result"`
	Deliberation web.LocalTime `form:"deliberation"`
	Winners      web.LocalTime `form:"winners"`
	Delivery     web.LocalTime `form:"delivery"`
}

// at points at the field of a phase.
func (f *datesForm) at(p Phase) *web.LocalTime {
	return map[Phase]*web.LocalTime{
		Information: &f.Information, Deposit: &f.Deposit, Study: &f.Study, Vote: &f.Vote, Result: &f.Result,
		Deliberation: &f.Deliberation, Winners: &f.Winners, Delivery: &f.Delivery,
	}[p]
}

func (f *datesForm) calendar() (cal Calendar) {
	for _, p := range Phases {
		*cal.start(p) = f.at(p).At
	}
	return cal
}

func (o officeHandlers) dates(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	form := datesForm{Version: d.Version}
	for _, p := range Phases {
		*form.at(p) = web.LocalTimeOf(web.Context(c), d.Start(p))
	}
	return showDates(c, d, form, nil, nil)
}

func (o officeHandlers) saveDates(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	var form datesForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.schedule(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version}, form.calendar(), form.Reason)
		if err == nil {
			return saved(c, d, stepDates)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showDates(c, d, form, errs, stale(c, d, stepDates, err, &form.Version))
}

// showDates shows the calendar.
//
// i18n: budgets.dates.hint.*
func showDates(c *fiber.Ctx, d *Dossier, form datesForm, errs ui.Errors, read *ui.Link) error {
	ctx := web.Context(c)
	p := views.DatesForm{
		Office: frame(c, d, stepDates, errs), Version: form.Version, Reason: form.Reason, Published: d.Published,
		TimeZone: i18n.T(ctx, "budgets.form.clock", "Zone", i18n.ZoneName(ctx)),
	}
	p.Stale, p.Locked = read, locked(c, d, actSchedule)
	for _, phase := range Phases {
		field := views.PhaseField{
			Name: string(phase), Label: phaseName(ctx, phase), Hint: i18n.Message(ctx, "budgets.dates.hint."+string(phase), nil), Value: form.at(phase).String(),
		}
		if begun := d.Published && !d.Start(phase).After(d.Now); begun || phase == Result && d.Phase() == Vote {
			field.Fixed = i18n.DateTime(ctx, d.Start(phase))
		}
		p.Phases = append(p.Phases, field)
	}
	return web.Page(c, views.WriteDates(p))
}

// termsForm is the form of an edition's money and count. The amounts are read
// apart: there is one for each zone.
type termsForm struct {
	Version  int64     `form:"version"`
	Reason   string    `form:"reason"`
	Method   string    `form:"method"`
	MinVotes web.Whole `form:"min_votes"`

	amounts map[uuid.UUID]string
}

// zonesOf are the zones an envelope may be for, the whole town first.
func zonesOf(t *tenant.Tenant) []uuid.UUID {
	list := []uuid.UUID{uuid.Nil}
	for _, z := range t.Zones {
		list = append(list, z.ID)
	}
	return list
}

// bindTerms reads the form, amounts included.
func bindTerms(c *fiber.Ctx) (f termsForm, terms Terms, errs ui.Errors, err error) {
	if errs, err = web.Bind(c, &f); err != nil {
		return f, terms, nil, err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	f.amounts = map[uuid.UUID]string{}
	terms = Terms{Method: counting.Method(f.Method), MinVotes: f.MinVotes.N}
	for _, zone := range zonesOf(t) {
		field := envelopeField(zone)
		text := writing.Line(string(c.Context().PostArgs().Peek(field)))
		if f.amounts[zone] = text; text == "" {
			continue
		}
		amount, err := money.Parse(text)
		if err != nil || amount == 0 {
			c.Status(fiber.StatusUnprocessableEntity)
			errs = append(errs, ui.FieldError{Name: field, Label: zoneLabel(ctx, t, zone), Message: i18n.T(ctx, "form.not_an_amount")})
			continue
		}
		terms.Envelopes = append(terms.Envelopes, Envelope{Zone: zone, Amount: amount})
	}
	return f, terms, errs, nil
}

func (o officeHandlers) terms(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	form := termsForm{Version: d.Version, Method: string(d.Method), amounts: map[uuid.UUID]string{}}
	if d.MinVotes > 0 {
		form.MinVotes = web.WholeOf(d.MinVotes)
	}
	for _, e := range d.Envelopes {
		form.amounts[e.Zone] = i18n.Euros(web.Context(c), e.Amount)
	}
	return showTerms(c, d, form, nil, nil)
}

func (o officeHandlers) saveTerms(c *fiber.Ctx) error {
	d, err := o.find(c)
	if err != nil {
		return err
	}
	form, terms, errs, err := bindTerms(c)
	if err != nil {
		return err
	}
	if !errs.Any() {
		err = o.service.setTerms(web.Context(c), web.Tenant(c), web.Viewer(c), Target{d.ID, form.Version}, terms, form.Reason)
		if err == nil {
			return saved(c, d, stepTerms)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return showTerms(c, d, form, errs, stale(c, d, stepTerms, err, &form.Version))
}

func showTerms(c *fiber.Ctx, d *Dossier, form termsForm, errs ui.Errors, read *ui.Link) error {
	ctx, t := web.Context(c), web.Tenant(c)
	p := views.TermsForm{
		Office: frame(c, d, stepTerms, errs), Version: form.Version, Method: form.Method, MinVotes: form.MinVotes.String(), Reason: form.Reason, Published: d.Published,
	}
	p.Stale, p.Locked = read, locked(c, d, actTerms)
	for _, zone := range zonesOf(t) {
		p.Amounts = append(p.Amounts, views.AmountField{Name: envelopeField(zone), Label: zoneLabel(ctx, t, zone), Value: form.amounts[zone]})
	}
	p.Amounts[0].Hint = i18n.T(ctx, "budgets.envelope.whole.hint")
	return web.Page(c, views.WriteTerms(p))
}

// locked says why an act is not to be done now, "" when it is.
func locked(c *fiber.Ctx, d *Dossier, action access.Action) string {
	ctx := web.Context(c)
	err := may(web.Viewer(c), action, d.Edition, uuid.Nil)
	if errors.Is(err, ErrTermsFixed) {
		err = termsFixed(ctx, d.Edition)
	}
	return explain(ctx, err)
}
