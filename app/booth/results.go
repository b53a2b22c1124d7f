package booth

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/explain"
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
	ctx, t, p := web.Context(c), web.Tenant(c), at.poll
	view, err := b.box.View(ctx, t.ID, p.ID, realtime.Public)
	if err != nil {
		return err
	}
	page := views.Results{
		Frame: frameOf(ctx, at), Question: p.Question, Rev: view.Rev, Face: view.Face, State: stateOf(ctx, p),
		Rules: rulesOf(ctx, t, p), Turnout: turnoutOf(ctx, view), Tallies: tallies(ctx, p, view),
	}
	page.Self = resultsHref(p.ID)
	if p.State == voting.Open {
		page.Vote = boothHref(p.ID)
	}
	if view.Counts == nil {
		page.Hidden = hiddenWords(ctx, p, view)
	}
	if p.Paper != voting.NoPaper && p.State != voting.Draft {
		page.Paper = boothHref(p.ID) + "/papier"
	}
	if p.State.Over() {
		page.ClosedAt = i18n.DateTime(ctx, p.Closes)
	}
	if err := errors.Join(b.addResult(ctx, &page, p), b.addChanges(ctx, t.ID, &page, p), b.addIncidents(ctx, t.ID, &page, p)); err != nil {
		return err
	}
	return web.Page(c, views.ResultsPage(page))
}

// addResult completes the page of a poll that has closed with its result, if
// it may be seen.
func (b *Booth) addResult(ctx context.Context, page *views.Results, p *voting.Poll) error {
	if !p.State.Over() {
		return nil
	}
	result, err := b.box.Results(ctx, p.Tenant, p.ID, realtime.Public)
	if errors.Is(err, voting.ErrNotReleased) {
		return nil
	}
	if err != nil {
		return err
	}
	mark(page.Tallies, result.Outcome.Winners)
	page.Verdict, page.Quorum = verdictOf(ctx, p, result), quorumVerdict(ctx, p, result)
	page.Origins = originsOf(ctx, result)
	page.Notes = notesOf(ctx, p, result)
	page.Steps = stepsOf(ctx, p, result)
	page.Downloads = []ui.Link{
		{Label: i18n.T(ctx, "booth.results.csv"), Href: page.Self + ".csv", Icon: "download"},
		{Label: i18n.T(ctx, "booth.results.ballots"), Href: boothHref(p.ID) + "/bulletins.csv", Icon: "download"},
		{Label: i18n.T(ctx, "booth.results.json"), Href: page.Self + ".json", Icon: "download"},
	}
	page.Fingerprint = grouped(result.SHA256)
	return nil
}

// winners returns what won a poll that has closed; none while that may not be seen.
func (b *Booth) winners(ctx context.Context, p *voting.Poll, as realtime.Audience) ([]voting.OptionID, error) {
	result, err := b.box.Results(ctx, p.Tenant, p.ID, as)
	if errors.Is(err, voting.ErrNotReleased) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return result.Outcome.Winners, nil
}

// mark marks the winners in the bars. An option of a yes-no-abstain poll that
// wins is one whose "for" wins.
func mark(list []ui.TallyProps, winners []voting.OptionID) {
	for _, tally := range list {
		for i := range tally.Rows {
			option := tally.Rows[i].ID
			if yes := "=" + strconv.Itoa(voting.Yes); len(option) > len(yes) && option[len(option)-len(yes):] == yes {
				option = option[:len(option)-len(yes)]
			}
			tally.Rows[i].Winner = slices.Contains(winners, option)
		}
	}
}

// addChanges completes the page with the public register of what was done to
// the poll since it opened.
func (b *Booth) addChanges(ctx context.Context, t tenant.ID, page *views.Results, p *voting.Poll) error {
	var changes []voting.Change
	var rules []voting.RulesetText
	err := b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		if changes, err = b.box.Changes(ctx, tx, t, p.ID); err != nil {
			return err
		}
		rules, err = b.box.Rulesets(ctx, tx, t, p.ID)
		return err
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		//i18n: booth.change.*
		key := "booth.change." + string(c.Kind)
		if !i18n.Has(ctx, key) || c.Kind == voting.EntryRuleset && c.Index == 0 {
			continue // the first rules come with the opening
		}
		moment := ui.Moment{Title: i18n.T(ctx, key), When: i18n.DateTime(ctx, c.At), Done: true}
		switch {
		case c.Kind == voting.ChangeSevered:
			moment.Text = i18n.T(ctx, "booth.change.visa", "Visa", c.Reason)
		case c.Reason != "":
			moment.Text = i18n.T(ctx, "booth.change.reason", "Reason", c.Reason)
		}
		if c.Kind == voting.EntryRuleset {
			what, err := changedRules(ctx, rules, c)
			if err != nil {
				return err
			}
			moment.Text = what + " " + moment.Text
		}
		page.Changes = append(page.Changes, moment)
	}
	return nil
}

// changedRules says what a new version of the rules changes.
//
// i18n: booth.rule.*
func changedRules(ctx context.Context, rules []voting.RulesetText, c voting.Change) (string, error) {
	i := slices.IndexFunc(rules, func(r voting.RulesetText) bool { return r.LogIndex == c.Index })
	if i < 1 {
		return "", nil
	}
	keys, err := voting.Differences(rules[i-1], rules[i])
	if err != nil || len(keys) == 0 {
		return "", err
	}
	names := make([]string, len(keys))
	for n, key := range keys {
		names[n] = i18n.T(ctx, "booth.rule."+key)
	}
	return i18n.T(ctx, "booth.change.rules", "What", i18n.List(ctx, names)), nil
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
	if quorum, asked := quorumStat(ctx, v); asked {
		stats = append(stats, quorum)
	}
	return stats
}

// hiddenWords says why there are no counts, and when there will be.
func hiddenWords(ctx context.Context, p *voting.Poll, v voting.View) string {
	switch {
	case p.State == voting.Scheduled || p.State == voting.Draft:
		return opening(ctx, p)
	case p.State == voting.Cancelled:
		return i18n.T(ctx, "booth.cancelled.text", "Reason", p.CancelReason)
	case p.State.Over() && p.PaperPending():
		return i18n.T(ctx, "booth.hidden.paper")
	case p.State.Over() && p.Release == voting.AtClosing:
		return i18n.T(ctx, "booth.hidden.by_host")
	case p.State.Over():
		return i18n.T(ctx, "booth.hidden.not_released")
	case p.Visibility == voting.Live && v.Turnout != nil && *v.Turnout < voting.MinShown:
		return i18n.T(ctx, "booth.hidden.few", "Count", voting.MinShown)
	case p.Visibility == voting.Live:
		return i18n.T(ctx, "booth.hidden.by_host")
	case p.Release == voting.ByAct:
		return i18n.T(ctx, "booth.hidden.after")
	case p.Paper != voting.NoPaper:
		return i18n.T(ctx, "booth.hidden.until_paper")
	case p.Closes.IsZero():
		return i18n.T(ctx, "booth.hidden.until_closing")
	}
	return i18n.T(ctx, "booth.hidden.until", "When", i18n.DateTime(ctx, p.Closes))
}

// tallies draws the counts: one figure for a choice among options, one for
// each option of a yes-no-abstain poll. There is none where counts are hidden.
// Percentages are of the base of the view, as the live script computes them.
func tallies(ctx context.Context, p *voting.Poll, v voting.View) []ui.TallyProps {
	if v.Counts == nil || v.Base == nil {
		return nil
	}
	votes := map[voting.Mark]int64{}
	for _, cell := range v.Counts {
		votes[voting.Mark{Option: cell.Option, Value: cell.Value}] = cell.Votes
	}
	if p.Method != voting.YesNoAbstain {
		return []ui.TallyProps{choiceTally(ctx, p, votes, *v.Base)}
	}
	var list []ui.TallyProps
	for _, o := range p.Options {
		list = append(list, answerTally(ctx, o, votes, *v.Base))
	}
	return list
}

func choiceTally(ctx context.Context, p *voting.Poll, votes map[voting.Mark]int64, base int64) ui.TallyProps {
	tally := ui.TallyProps{ID: "resultat", Caption: p.Question, Scale: base, Base: i18n.T(ctx, "booth.base", "Count", base)}
	for _, o := range p.Options {
		n := votes[voting.Mark{Option: o.ID, Value: voting.Chosen}]
		tally.Rows = append(tally.Rows, ui.TallyRow{ID: o.ID, Label: o.Label, Count: n, Percent: percent(ctx, n, base)})
	}
	if p.State.Over() { // while it moves, options stay where they are
		slices.SortStableFunc(tally.Rows, func(a, b ui.TallyRow) int { return cmp.Compare(b.Count, a.Count) })
	}
	return tally
}

// answerTally is what one option of a yes-no-abstain poll received. A ballot
// that says nothing of the option abstains.
func answerTally(ctx context.Context, o voting.Option, votes map[voting.Mark]int64, base int64) ui.TallyProps {
	yes, no := votes[voting.Mark{Option: o.ID, Value: voting.Yes}], votes[voting.Mark{Option: o.ID, Value: voting.No}]
	row := func(value int, n int64) ui.TallyRow {
		return ui.TallyRow{ID: o.ID + "=" + strconv.Itoa(value), Label: answerWord(ctx, value), Count: n, Percent: percent(ctx, n, base)}
	}
	return ui.TallyProps{
		ID: "resultat-" + o.ID, Caption: o.Label, Option: i18n.T(ctx, "booth.answer"), Scale: base,
		Base: i18n.T(ctx, "booth.base.answers", "Count", base),
		Rows: []ui.TallyRow{row(voting.Yes, yes), row(voting.No, no), row(voting.Abstain, base-yes-no)},
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
	var names []string
	for _, id := range r.Outcome.Winners {
		names = append(names, quoted(ctx, p, id))
	}
	switch {
	case r.Ballots == 0:
		return i18n.T(ctx, "booth.verdict.no_ballot")
	case p.Method == voting.YesNoAbstain:
		return answersVerdict(ctx, p, names)
	case len(r.Outcome.Runoff) > 0:
		var pair []string
		for _, id := range r.Outcome.Runoff {
			pair = append(pair, quoted(ctx, p, id))
		}
		return i18n.T(ctx, "booth.verdict.no_majority", "Names", i18n.List(ctx, pair))
	case len(names) == 0:
		return i18n.T(ctx, "booth.verdict.none")
	case p.Method.Budget():
		return budgetVerdict(ctx, r)
	case len(names) > 1:
		return i18n.T(ctx, "booth.verdict.several", "Names", i18n.List(ctx, names))
	}
	if r.Base == 1 {
		return i18n.T(ctx, "booth.verdict.only", "Name", names[0])
	}
	votes := r.Outcome.Totals[r.Outcome.Winners[0]].Num().Int64() // of ballots: whole
	return i18n.T(ctx, "booth.verdict.first", "Name", names[0], "Count", votes, "Percent", percent(ctx, votes, r.Base), "Base", i18n.Number(ctx, r.Base))
}

func answersVerdict(ctx context.Context, p *voting.Poll, adopted []string) string {
	switch {
	case len(p.Options) == 1 && len(adopted) == 1:
		return i18n.T(ctx, "booth.verdict.yes", "Name", adopted[0])
	case len(p.Options) == 1:
		return i18n.T(ctx, "booth.verdict.no", "Name", quoted(ctx, p, p.Options[0].ID))
	case len(adopted) == 0:
		return i18n.T(ctx, "booth.verdict.nothing_adopted")
	}
	return i18n.T(ctx, "booth.verdict.adopted", "Count", len(adopted), "Total", len(p.Options), "Names", i18n.List(ctx, adopted))
}

// quoted is the name of an option in a sentence.
func quoted(ctx context.Context, p *voting.Poll, id voting.OptionID) string {
	o, _ := p.Option(id)
	return i18n.T(ctx, "booth.verdict.quoted", "Name", o.Label)
}

// notesOf says how each tie that mattered was settled, and what is counted apart.
func notesOf(ctx context.Context, p *voting.Poll, r *voting.Result) []string {
	names := func(ids []string) string {
		var list []string
		for _, id := range ids {
			list = append(list, quoted(ctx, p, id))
		}
		return i18n.List(ctx, list)
	}
	var notes []string
	if r.Entitled > 0 && r.Ballots > r.Entitled {
		notes = append(notes, i18n.T(ctx, "booth.over_entitled", "Count", r.Ballots, "Entitled", i18n.Number(ctx, r.Entitled)))
	}
	for _, tie := range r.Outcome.Ties {
		if tie.By == counting.TieLot {
			notes = append(notes, i18n.T(ctx, "booth.tie.lot", "Names", names(tie.Options), "Chosen", names(tie.Chosen)))
		} else {
			notes = append(notes, i18n.T(ctx, "booth.tie.open", "Names", names(tie.Options)))
		}
	}
	if r.Null > 0 {
		notes = append(notes, i18n.T(ctx, "booth.null", "Count", r.Null))
	}
	if r.Blank > 0 {
		notes = append(notes, i18n.T(ctx, "booth.blank", "Count", r.Blank))
	}
	return notes
}

// stepsOf tells the count line by line.
func stepsOf(ctx context.Context, p *voting.Poll, r *voting.Result) []string {
	profile := counting.Profile{Options: p.Projects()}
	return explain.New(explain.Language(i18n.Lang(ctx)), profile, "").Sentences(r.Outcome)
}

// originsOf says how the ballots came. A number that would tell about fewer
// than ten people is left out.
//
// i18n: booth.channel.*
func originsOf(ctx context.Context, r *voting.Result) []ui.Fact {
	var facts []ui.Fact
	for _, o := range r.Origins {
		text := i18n.T(ctx, "booth.origin.few", "Count", voting.MinShown)
		if o.Ballots != nil {
			text = i18n.T(ctx, "booth.origin.ballots", "Count", *o.Ballots)
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
	if view.Counts == nil || view.Base == nil {
		return voting.ErrNotReleased
	}
	rows := [][]string{{i18n.T(ctx, "booth.csv.option"), i18n.T(ctx, "booth.csv.answer"), i18n.T(ctx, "booth.csv.votes"), i18n.T(ctx, "booth.csv.base")}}
	base := strconv.FormatInt(*view.Base, 10)
	for _, tally := range tallies(ctx, at.poll, view) {
		for _, row := range tally.Rows {
			line := []string{row.Label, "", strconv.FormatInt(row.Count, 10), base}
			if at.poll.Method == voting.YesNoAbstain {
				line[0], line[1] = tally.Caption, row.Label
			}
			rows = append(rows, line)
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

// export answers with a file of the box, which decides whether it may be had.
func (b *Booth) export(c *fiber.Ctx, name, kind string, write func(context.Context, io.Writer, tenant.ID, voting.PollID, realtime.Audience) error) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	return web.Spool(c, name, kind, func(w io.Writer) error {
		return write(web.Context(c), w, web.Tenant(c).ID, at.poll.ID, realtime.Public)
	})
}

// budgetVerdict says how many projects the vote funds, and what they cost
// together. Which ones is for the page of the budget to show.
func budgetVerdict(ctx context.Context, r *voting.Result) string {
	var spent, envelope int64
	for _, s := range r.Outcome.Spending {
		spent, envelope = spent+s.Spent, envelope+s.Envelope
	}
	return i18n.T(ctx, "booth.verdict.budget", "Count", len(r.Outcome.Winners), "Spent", money.Cents(spent), "Envelope", money.Cents(envelope))
}
