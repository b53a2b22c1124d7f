package booth

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/web"
	"parvis/realtime"
)

// results shows what may be seen of a poll: turnout, live counts, or the
// result with its winner in words. voting.Visible decides which.
func (b *Booth) results(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	page, err := b.resultsPage(web.Context(c), web.Tenant(c), at, realtime.Public)
	if err != nil {
		return err
	}
	return web.Page(c, views.ResultsPage(page))
}

func (b *Booth) resultsPage(ctx context.Context, t *tenant.Tenant, at visit, as realtime.Audience) (views.Results, error) {
	p := at.poll
	view, err := b.box.View(ctx, t.ID, p.ID, as)
	if err != nil {
		return views.Results{}, err
	}
	base := "/votes/" + p.ID.String()
	page := views.Results{
		Frame: frameOf(ctx, at), Question: p.Question, Description: p.Description, Rev: view.Rev, State: stateOf(ctx, p),
		Self: base + "/resultats", Rules: rulesOf(ctx, t, p), Tallies: tallies(ctx, p, view),
	}
	if p.State == voting.Open {
		page.Vote = base
	}
	page.Turnout = turnoutOf(ctx, view)
	if view.Turnout == nil || view.Counts == nil {
		page.Hidden = hiddenWords(ctx, p, view)
	}
	if !p.State.Over() {
		return page, nil
	}
	result, err := b.box.Results(ctx, t.ID, p.ID, as)
	if errors.Is(err, voting.ErrNotReleased) {
		return page, nil
	}
	if err != nil {
		return page, err
	}
	page.Verdict = verdictOf(ctx, p, result)
	page.Origins = originsOf(ctx, result)
	page.Notes = tieNotes(ctx, p, result)
	page.Downloads = []ui.Link{
		{Label: i18n.T(ctx, "booth.results.csv"), Href: base + "/resultats.csv", Icon: "download"},
		{Label: i18n.T(ctx, "booth.results.ballots"), Href: base + "/bulletins.csv", Icon: "download"},
		{Label: i18n.T(ctx, "booth.results.json"), Href: base + "/resultats.json", Icon: "download"},
	}
	page.ClosedAt = i18n.DateTime(ctx, closedAt(p))
	page.Fingerprint = grouped(result.SHA256)
	return page, nil
}

// stateOf says where a poll stands.
func stateOf(ctx context.Context, p *voting.Poll) ui.State {
	switch p.State {
	case voting.Draft:
		return ui.State{Word: i18n.T(ctx, "booth.state.draft"), Tone: ui.Neutral}
	case voting.Scheduled:
		return ui.State{Word: i18n.T(ctx, "booth.state.scheduled"), Tone: ui.Info, Icon: "calendar-clock"}
	case voting.Open:
		return ui.State{Word: i18n.T(ctx, "booth.state.open"), Tone: ui.Accent}
	case voting.Cancelled:
		return ui.State{Word: i18n.T(ctx, "booth.state.cancelled"), Tone: ui.Danger}
	}
	return ui.State{Word: i18n.T(ctx, "booth.state.closed"), Tone: ui.Neutral, Icon: "lock"}
}

// turnoutOf lists the numbers that may be seen, each with what it counts.
func turnoutOf(ctx context.Context, v voting.View) []ui.Stat {
	var stats []ui.Stat
	if v.Turnout != nil {
		stats = append(stats, ui.Stat{Number: i18n.Number(ctx, *v.Turnout), Label: i18n.T(ctx, "booth.turnout", "Count", *v.Turnout), Bind: "turnout"})
	}
	if v.Present > 0 {
		stats = append(stats, ui.Stat{Number: i18n.Number(ctx, v.Present), Label: i18n.T(ctx, "booth.present", "Count", v.Present), Bind: "present"})
	}
	if v.Entitled > 0 {
		stats = append(stats, ui.Stat{Number: i18n.Number(ctx, v.Entitled), Label: i18n.T(ctx, "booth.entitled", "Count", v.Entitled), Bind: "entitled"})
	}
	return stats
}

// hiddenWords says why a number is not there, and when it will be.
func hiddenWords(ctx context.Context, p *voting.Poll, v voting.View) string {
	switch {
	case p.State == voting.Scheduled || p.State == voting.Draft:
		return i18n.T(ctx, "booth.hidden.not_open")
	case p.State == voting.Cancelled:
		return i18n.T(ctx, "booth.cancelled.text", "Reason", p.CancelReason)
	case p.State.Over():
		return i18n.T(ctx, "booth.hidden.not_released")
	case p.Visibility == voting.Live && v.Turnout != nil && *v.Turnout < voting.MinShown:
		return i18n.T(ctx, "booth.hidden.few", "Count", voting.MinShown)
	case !p.Shown && p.Visibility == voting.Live:
		return i18n.T(ctx, "booth.hidden.by_host")
	case p.Closes.IsZero():
		return i18n.T(ctx, "booth.hidden.until_closing")
	}
	return i18n.T(ctx, "booth.hidden.until", "When", i18n.DateTime(ctx, p.Closes))
}

// tallies draws the counts: one figure for a choice among options, one for
// each option of a yes-no-abstain poll. There is none where counts are hidden.
func tallies(ctx context.Context, p *voting.Poll, v voting.View) []ui.TallyProps {
	if v.Counts == nil || v.Base == nil {
		return nil
	}
	votes := map[voting.Mark]int64{}
	for _, cell := range v.Counts {
		votes[voting.Mark{Option: cell.Option, Value: cell.Value}] = cell.Votes
	}
	topic := "voting/" + p.ID.String()
	if p.Method != voting.YesNoAbstain {
		return []ui.TallyProps{choiceTally(ctx, p, votes, *v.Base, topic)}
	}
	var list []ui.TallyProps
	for _, o := range p.Options {
		list = append(list, answerTally(ctx, o, votes, *v.Base, topic))
	}
	return list
}

func choiceTally(ctx context.Context, p *voting.Poll, votes map[voting.Mark]int64, base int64, topic string) ui.TallyProps {
	tally := ui.TallyProps{ID: "resultat", Caption: p.Question, Topic: topic, Scale: base, Base: i18n.T(ctx, "booth.base", "Count", base)}
	for _, o := range p.Options {
		n := votes[voting.Mark{Option: o.ID, Value: voting.Chosen}]
		tally.Rows = append(tally.Rows, ui.TallyRow{ID: o.ID, Label: o.Label, Count: n, Percent: percent(ctx, n, base)})
	}
	if p.State.Over() { // while it moves, options stay where they are
		slices.SortStableFunc(tally.Rows, func(a, b ui.TallyRow) int { return cmp.Compare(b.Count, a.Count) })
	}
	return tally
}

// answerTally is what one option of a yes-no-abstain poll received. The share
// is that of the expressed answers: abstentions have none.
func answerTally(ctx context.Context, o voting.Option, votes map[voting.Mark]int64, base int64, topic string) ui.TallyProps {
	of := func(value int) int64 { return votes[voting.Mark{Option: o.ID, Value: value}] }
	yes, no := of(voting.Yes), of(voting.No)
	expressed := yes + no
	row := func(value int, n int64, share string) ui.TallyRow {
		return ui.TallyRow{ID: o.ID + "=" + strconv.Itoa(value), Label: answerWord(ctx, value), Count: n, Percent: share}
	}
	return ui.TallyProps{
		ID: "resultat-" + o.ID, Caption: o.Label, Option: i18n.T(ctx, "booth.answer"), Topic: topic, Scale: base,
		Base: i18n.T(ctx, "booth.base.expressed", "Count", expressed),
		Rows: []ui.TallyRow{
			row(voting.Yes, yes, percent(ctx, yes, expressed)),
			row(voting.No, no, percent(ctx, no, expressed)),
			row(voting.Abstain, base-expressed, ""),
		},
	}
}

func percent(ctx context.Context, n, base int64) string {
	if base == 0 {
		return ""
	}
	return i18n.Percent(ctx, n, base)
}

// verdictOf says the result in a sentence.
func verdictOf(ctx context.Context, p *voting.Poll, r *voting.Result) string {
	if r.Ballots == 0 {
		return i18n.T(ctx, "booth.verdict.no_ballot")
	}
	var names []string
	for _, id := range r.Outcome.Winners {
		if o, ok := p.Option(id); ok {
			names = append(names, i18n.T(ctx, "booth.verdict.quoted", "Name", o.Label))
		}
	}
	switch {
	case p.Method == voting.YesNoAbstain && len(names) == 0:
		return i18n.T(ctx, "booth.verdict.nothing_adopted")
	case p.Method == voting.YesNoAbstain:
		return i18n.T(ctx, "booth.verdict.adopted", "Count", len(names), "Total", len(p.Options), "Names", i18n.List(ctx, names))
	case len(names) == 0:
		return i18n.T(ctx, "booth.verdict.none")
	}
	first := r.Outcome.Totals[r.Outcome.Winners[0]]
	votes := first.Num().Int64() // of ballots: whole
	return i18n.T(ctx, "booth.verdict.first", "Name", names[0], "Count", votes, "Percent", percent(ctx, votes, r.Base), "Base", i18n.Number(ctx, r.Base))
}

// tieNotes says how each tie that mattered was settled.
func tieNotes(ctx context.Context, p *voting.Poll, r *voting.Result) []string {
	var notes []string
	name := func(ids []string) string {
		var names []string
		for _, id := range ids {
			if o, ok := p.Option(id); ok {
				names = append(names, o.Label)
			}
		}
		return i18n.List(ctx, names)
	}
	for _, tie := range r.Outcome.Ties {
		if tie.By == counting.TieLot {
			notes = append(notes, i18n.T(ctx, "booth.tie.lot", "Names", name(tie.Options), "Chosen", name(tie.Chosen)))
		} else {
			notes = append(notes, i18n.T(ctx, "booth.tie.open", "Names", name(tie.Options)))
		}
	}
	if r.Blank > 0 {
		notes = append(notes, i18n.T(ctx, "booth.blank", "Count", r.Blank))
	}
	return notes
}

//i18n: booth.channel.*

// originsOf says how the ballots came. A number that would tell about fewer
// than ten people is left out.
func originsOf(ctx context.Context, r *voting.Result) []ui.Fact {
	var facts []ui.Fact
	for _, o := range r.Origins {
		text := i18n.T(ctx, "booth.origin.few", "Count", voting.MinShown)
		if o.Ballots != nil {
			text = i18n.Number(ctx, *o.Ballots)
		}
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "booth.channel."+string(o.Channel)), Text: text})
	}
	return facts
}

// resultsCSV is the table of the results page.
func (b *Booth) resultsCSV(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	ctx := web.Context(c)
	view, err := b.box.View(ctx, web.Tenant(c).ID, at.poll.ID, realtime.Public)
	if err != nil {
		return err
	}
	if view.Counts == nil {
		return voting.ErrNotReleased
	}
	rows := [][]string{{i18n.T(ctx, "booth.csv.option"), i18n.T(ctx, "booth.csv.answer"), i18n.T(ctx, "booth.csv.votes"), i18n.T(ctx, "booth.csv.base")}}
	for _, o := range at.poll.Options {
		for _, cell := range view.Counts {
			if cell.Option != o.ID {
				continue
			}
			answer := ""
			if at.poll.Method == voting.YesNoAbstain {
				answer = answerWord(ctx, cell.Value)
			}
			rows = append(rows, []string{o.Label, answer, strconv.FormatInt(cell.Votes, 10), strconv.FormatInt(*view.Base, 10)})
		}
	}
	return web.CSV(c, "resultats.csv", rows)
}

// ballotsCSV is every ballot, under its pseudonym: what anyone recounts from.
func (b *Booth) ballotsCSV(c *fiber.Ctx) error {
	return b.export(c, "bulletins.csv", "text/csv; charset=utf-8", b.box.WriteCSV)
}

// resultsJSON is the result and every ballot.
func (b *Booth) resultsJSON(c *fiber.Ctx) error {
	return b.export(c, "resultats.json", fiber.MIMEApplicationJSONCharsetUTF8, b.box.WriteJSON)
}

func (b *Booth) export(c *fiber.Ctx, name, kind string, write func(context.Context, io.Writer, tenant.ID, voting.PollID, realtime.Audience) error) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	var body bytes.Buffer
	if err := write(web.Context(c), &body, web.Tenant(c).ID, at.poll.ID, realtime.Public); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, kind)
	c.Attachment(name)
	c.Set(fiber.HeaderContentType, kind)
	return c.Send(body.Bytes())
}
