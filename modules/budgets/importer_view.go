package budgets

import (
	"context"
	"slices"
	"strings"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/modules/budgets/views"
)

// sourceView says where an imported edition comes from, and why the published
// winners and the count differ, project by project.
func sourceView(ctx context.Context, c *Counted) *views.Source {
	if c.Source == nil {
		return nil
	}
	won := c.Result.Outcome.Winners
	s := &views.Source{
		Text: i18n.T(ctx, "budgets.source.text", "File", c.Source.File),
		Facts: []ui.Fact{
			{Term: i18n.T(ctx, "budgets.source.city"), Text: i18n.T(ctx, "budgets.source.place", "City", c.Source.City, "Country", c.Source.Country)},
			{Term: i18n.T(ctx, "budgets.source.dates"), Text: i18n.T(ctx, "budgets.source.days", "From", c.Source.From, "To", c.Source.To)},
			{Term: i18n.T(ctx, "budgets.source.kind"), Text: kindName(ctx, c.Source.Kind)},
			{Term: i18n.T(ctx, "budgets.source.rule"), Text: c.Source.Rule},
			{Term: i18n.T(ctx, "budgets.source.file"), Text: inEights(c.Source.SHA256)},
		},
	}
	for _, r := range c.Source.Remarks {
		//i18n: budgets.remark.*
		s.Warnings = append(s.Warnings, i18n.Message(ctx, "budgets.remark."+string(r.Kind), map[string]any{
			"Project": r.Project, "Said": i18n.Number(ctx, r.Said), "Found": i18n.Number(ctx, r.Found), "Count": r.Times,
		}))
	}
	if len(c.Source.Besides) > 0 {
		s.Besides, s.BesidesList = i18n.T(ctx, "budgets.source.besides", "Count", len(c.Source.Besides)), c.labels(c.Source.Besides)
	}
	if !c.Source.Known {
		s.Compared = i18n.T(ctx, "budgets.source.unknown")
		return s
	}
	missing, extra := apart(c.Source.Published, won), apart(won, c.Source.Published)
	s.Compared = i18n.T(ctx, "budgets.source.compared", "Count", len(c.Source.Published), "Counted", len(won), "Common", len(won)-len(extra))
	if len(missing)+len(extra) == 0 {
		s.Compared = i18n.T(ctx, "budgets.source.same", "Count", len(won))
	}
	s.Table = comparedTable(ctx, c, missing)
	writer := c.writer(ctx)
	for i, label := range c.labels(missing) {
		text := i18n.T(ctx, "budgets.source.missing")
		for _, line := range writer.Why(c.Result.Outcome, missing[i]) {
			text += " " + line
		}
		s.Apart = append(s.Apart, views.Difference{Title: label, Text: text})
	}
	for _, label := range c.labels(extra) {
		s.Apart = append(s.Apart, views.Difference{Title: label, Text: i18n.T(ctx, "budgets.source.extra")})
	}
	return s
}

// kindName says what the ballots of the file say.
//
// i18n: budgets.source.kind.*
func kindName(ctx context.Context, kind string) string {
	switch kind {
	case "approval", "choose-1", "cumulative", "ordinal", "scoring":
		return i18n.Message(ctx, "budgets.source.kind."+kind, nil)
	}
	return kind
}

// comparedTable sets the published winners beside those of the count: in the
// order of the count, then those that it does not find.
func comparedTable(ctx context.Context, c *Counted, missing []voting.OptionID) *ui.TableProps {
	table := &ui.TableProps{ID: "compares", Caption: i18n.T(ctx, "budgets.source.table"), Columns: []ui.Column{
		{Label: i18n.T(ctx, "budgets.column.project")}, {Label: i18n.T(ctx, "budgets.source.published")}, {Label: i18n.T(ctx, "budgets.source.counted")},
	}}
	said := map[bool]string{true: i18n.T(ctx, "budgets.source.yes"), false: i18n.T(ctx, "budgets.source.no")}
	row := func(id voting.OptionID, published, counted bool) {
		o, _ := c.Poll.Option(id)
		table.Rows = append(table.Rows, ui.Row{ID: "compare-" + id, Cells: []ui.Cell{ui.Text(o.Label), ui.Text(said[published]), ui.Text(said[counted])}})
	}
	for _, id := range c.Result.Outcome.Winners {
		row(id, slices.Contains(c.Source.Published, id), true)
	}
	for _, id := range missing {
		row(id, true, false)
	}
	return table
}

// inEights writes digits in groups, to be read aloud and to fit a phone.
func inEights(digits string) string {
	var groups []string
	for ; len(digits) > 8; digits = digits[8:] {
		groups = append(groups, digits[:8])
	}
	return strings.Join(append(groups, digits), " ")
}
