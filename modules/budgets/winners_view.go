package budgets

import (
	"context"
	"math/big"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"parvis/app/i18n"
	"parvis/app/money"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	wording "parvis/app/voting/explain"
	"parvis/app/web"
	"parvis/modules/budgets/views"
)

const resultPath = "/resultat"

// result is the page of the count: what the vote funds, the replay of each
// envelope, why the others are not funded, and what another rule would give.
func (h handlers) result(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "id")
	if err != nil {
		return err
	}
	ctx, t := web.Context(c), web.Tenant(c)
	d, err := h.service.published(ctx, t.ID, id)
	if err != nil {
		return err
	}
	counted, err := h.service.counted(ctx, t.ID, d)
	if err != nil {
		return err
	}
	return web.Page(c, views.WinnersPage(winnersView(ctx, counted)))
}

func winnersView(ctx context.Context, c *Counted) views.Winners {
	writer := c.writer(ctx)
	p := views.Winners{
		Title: i18n.T(ctx, "budgets.window", "Part", i18n.T(ctx, "budgets.result.title"), "Title", c.Title), Edition: c.Title, Href: href(c.ID),
		Lead: resultLead(ctx, c), Rules: ui.Link{Label: i18n.T(ctx, "budgets.rules.read"), Href: href(c.ID) + "/reglement"},
		Facts: resultFacts(ctx, c),
		Links: []ui.Link{
			{Label: i18n.T(ctx, "budgets.result.poll"), Href: "/votes/" + c.Poll.ID.String() + "/resultats", Icon: "chart-bar"},
			{Label: i18n.T(ctx, "budgets.result.ballots"), Href: "/votes/" + c.Poll.ID.String() + "/bulletins.csv", Icon: "download"},
			{Label: i18n.T(ctx, "budgets.result.check"), Href: "/verifier", Icon: "badge-check"},
		},
	}
	for i, s := range c.Result.Outcome.Spending {
		p.Envelopes = append(p.Envelopes, envelopeView(ctx, c, writer, i+1, s))
	}
	p.Map = winnersMap(ctx, c)
	for _, o := range c.Others {
		p.Others = append(p.Others, otherView(ctx, c, o))
	}
	if c.Pending {
		p.Pending = i18n.T(ctx, "budgets.others.pending")
	}
	p.Source = sourceView(ctx, c)
	p.Steps = writer.Sentences(c.Result.Outcome)
	return p
}

// writer explains the count in words.
func (c *Counted) writer(ctx context.Context) *wording.Writer {
	return wording.New(wording.Language(i18n.Lang(ctx)), counting.Profile{Kind: c.Poll.Kind(), Options: c.Poll.Projects()}, c.Currency)
}

// byPoints reports whether ballots give points.
func (c *Counted) byPoints() bool { return c.Poll.Kind() == counting.Points }

// amount writes an amount in the money of the edition.
func (e *Edition) amount(ctx context.Context, cents int64) string {
	if e.Currency == "" {
		return i18n.Euros(ctx, money.Cents(cents))
	}
	text := i18n.Number(ctx, cents/100)
	if rest := cents % 100; rest != 0 {
		text += "," + strconv.FormatInt(100+rest, 10)[1:]
	}
	return text + "\u00a0" + e.Currency
}

func resultLead(ctx context.Context, c *Counted) string {
	var spent, envelope int64
	for _, s := range c.Result.Outcome.Spending {
		spent, envelope = spent+s.Spent, envelope+s.Envelope
	}
	if len(c.Result.Outcome.Winners) == 0 {
		return i18n.T(ctx, "budgets.result.none")
	}
	return i18n.T(ctx, "budgets.result.lead", "Count", len(c.Result.Outcome.Winners), "Total", len(c.Poll.Options),
		"Spent", c.amount(ctx, spent), "Envelope", c.amount(ctx, envelope))
}

func resultFacts(ctx context.Context, c *Counted) []ui.Fact {
	closed := i18n.T(ctx, "budgets.result.closed.term")
	if c.Source != nil {
		closed = i18n.T(ctx, "budgets.source.imported")
	}
	facts := []ui.Fact{
		{Term: i18n.T(ctx, "budgets.result.ballots.term"), Text: ballotsText(ctx, c.Result)},
		{Term: closed, Text: i18n.DateTime(ctx, c.Result.ClosedAt)},
		{Term: i18n.T(ctx, "budgets.method.term"), Text: methodName(ctx, c.Result.Rule.Method)},
	}
	if n := c.Result.Rule.MinVotes; n > 1 {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "budgets.min_votes.term"), Text: c.least(ctx, n)})
	}
	return facts
}

// ballotsText says how many ballots there are, and how many are blank.
func ballotsText(ctx context.Context, r *voting.Result) string {
	if r.Blank == 0 {
		return i18n.T(ctx, "budgets.result.ballots.none_blank", "Count", r.Ballots)
	}
	return i18n.T(ctx, "budgets.result.ballots.text", "Count", r.Ballots, "Blank", i18n.Number(ctx, r.Blank))
}

// least says a minimum to win.
func (c *Counted) least(ctx context.Context, n int64) string {
	if c.byPoints() {
		return i18n.T(ctx, "budgets.min_points.text", "Count", n)
	}
	return i18n.T(ctx, "budgets.min_votes.text", "Count", n)
}

// support says how many votes, or points, a project has.
func (c *Counted) support(ctx context.Context, n int64) string {
	if c.byPoints() {
		return i18n.T(ctx, "budgets.result.points", "Count", n)
	}
	return i18n.T(ctx, "budgets.result.votes", "Count", n)
}

func methodName(ctx context.Context, m counting.Method) string {
	if m == counting.EqualShares {
		return i18n.T(ctx, "budgets.method.shares")
	}
	return i18n.T(ctx, "budgets.method.greedy")
}

// envelopeView is the replay of one envelope: in the order of the count, what
// each funded project left, then why the others were passed over.
func envelopeView(ctx context.Context, c *Counted, writer *wording.Writer, number int, s counting.Spending) views.Envelope {
	column := i18n.T(ctx, "budgets.column.votes")
	if c.byPoints() {
		column = i18n.T(ctx, "budgets.column.points")
	}
	e := views.Envelope{Name: s.Zone, Funded: ui.TableProps{
		ID: "retenus-" + strconv.Itoa(number), Caption: i18n.T(ctx, "budgets.result.funded"),
		Columns: []ui.Column{
			{Label: i18n.T(ctx, "budgets.column.project")}, {Label: column, Numeric: true},
			{Label: i18n.T(ctx, "budgets.column.cost"), Numeric: true}, {Label: i18n.T(ctx, "budgets.column.left"), Numeric: true},
		},
		Empty: i18n.T(ctx, "budgets.result.none"),
	}}
	if s.Zone == "" {
		e.Name = i18n.T(ctx, "budgets.zone.whole")
	}
	e.Summary = i18n.T(ctx, "budgets.result.envelope", "Spent", c.amount(ctx, s.Spent), "Envelope", c.amount(ctx, s.Envelope), "Left", c.amount(ctx, s.Remaining))
	rank := 0
	for _, step := range c.Result.Outcome.Steps {
		spend, ok := asSpend(step)
		if !ok || spend.Zone != s.Zone {
			continue
		}
		rank++
		e.Funded.Rows = append(e.Funded.Rows, ui.Row{ID: "projet-" + spend.Option, Cells: []ui.Cell{
			c.cell(rank, spend.Option), ui.Text(wholeOf(ctx, spend.Votes)),
			ui.Text(c.amount(ctx, spend.Cost)), ui.Text(c.amount(ctx, spend.Remaining)),
		}})
	}
	for _, group := range c.Result.Outcome.Ranking {
		for _, id := range group {
			o, _ := c.Poll.Option(id)
			if o.Zone == s.Zone && !c.Result.Outcome.Won(id) {
				e.Others = append(e.Others, loserView(ctx, c, writer, o))
			}
		}
	}
	return e
}

// asSpend reads a step that funds a project, as it was decoded.
func asSpend(step counting.Step) (counting.Spend, bool) {
	switch s := step.(type) {
	case counting.Spend:
		return s, true
	case *counting.Spend:
		return *s, true
	}
	return counting.Spend{}, false
}

func loserView(ctx context.Context, c *Counted, writer *wording.Writer, o voting.Option) views.Loser {
	l := views.Loser{
		ID: "projet-" + o.ID, Title: o.Label, Votes: c.support(ctx, votesOf(c.Result.Outcome, o.ID)),
		Cost: c.amount(ctx, o.Cost), Why: writer.Why(c.Result.Outcome, o.ID),
	}
	if p := c.Projects[o.ID]; p != nil {
		l.Href = projectHref(c.ID, p.ID)
	}
	return l
}

// cell is a project in a table, with its place in the count and its page.
func (c *Counted) cell(rank int, id voting.OptionID) ui.Cell {
	o, _ := c.Poll.Option(id)
	text := strconv.Itoa(rank) + ". " + o.Label
	if p := c.Projects[id]; p != nil {
		return ui.LinkCell(text, projectHref(c.ID, p.ID))
	}
	return ui.Text(text)
}

func votesOf(o counting.Outcome, id voting.OptionID) int64 {
	if total := o.Totals[id]; total != nil && total.IsInt() {
		return total.Num().Int64()
	}
	return 0
}

// wholeOf writes a number of votes or points, which is whole.
func wholeOf(ctx context.Context, r *big.Rat) string {
	if r == nil {
		return ""
	}
	return i18n.Number(ctx, new(big.Int).Quo(r.Num(), r.Denom()).Int64())
}

// winnersMap shows the funded projects that have a place.
func winnersMap(ctx context.Context, c *Counted) *ui.MapProps {
	m := &ui.MapProps{ID: "carte", Label: i18n.T(ctx, "budgets.result.map")}
	placed := false
	for _, id := range c.Result.Outcome.Winners {
		p := c.Projects[id]
		if p == nil {
			continue
		}
		place := ui.Place{Name: p.Title, Href: projectHref(c.ID, p.ID), Text: c.amount(ctx, int64(p.Cost))}
		place.Lat, place.Lon = p.Point.Degrees()
		placed = placed || place.Lat != 0 || place.Lon != 0
		m.Places = append(m.Places, place)
	}
	if !placed {
		return nil
	}
	return m
}

// otherView says what another rule would change.
func otherView(ctx context.Context, c *Counted, o Other) views.Other {
	won := c.Result.Outcome.Winners
	v := views.Other{
		Method: methodName(ctx, o.Method), Summary: i18n.T(ctx, "budgets.others.summary", "Count", len(o.Winners), "Spent", c.amount(ctx, o.Spent)),
		More: c.labels(apart(o.Winners, won)), Less: c.labels(apart(won, o.Winners)),
	}
	if len(v.More) == 0 && len(v.Less) == 0 {
		v.Same = i18n.T(ctx, "budgets.others.same")
	}
	return v
}

func (c *Counted) labels(ids []voting.OptionID) []string {
	var labels []string
	for _, id := range ids {
		o, _ := c.Poll.Option(id)
		labels = append(labels, o.Label)
	}
	return labels
}
