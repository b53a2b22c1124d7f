package budgets

import (
	"context"
	"strings"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting/counting"
	wording "parvis/app/voting/explain"
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
			{Term: i18n.T(ctx, "budgets.source.rule"), Text: c.Source.Rule},
			{Term: i18n.T(ctx, "budgets.source.file"), Text: inEights(c.Source.SHA256)},
		},
		Warnings: c.Source.Warnings,
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
	writer := wording.New(wording.Language(i18n.Lang(ctx)), counting.Profile{Options: c.Poll.Projects()}, c.currency())
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

// inEights writes digits in groups, to be read aloud and to fit a phone.
func inEights(digits string) string {
	var groups []string
	for ; len(digits) > 8; digits = digits[8:] {
		groups = append(groups, digits[:8])
	}
	return strings.Join(append(groups, digits), " ")
}
