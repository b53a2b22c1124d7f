package views

import (
	"context"

	"parvis/app/i18n"
	"parvis/app/ui"
)

// stepState says whether a level of a scale is reached.
func stepState(ctx context.Context, done bool) *ui.State {
	if done {
		return &ui.State{Word: i18n.T(ctx, "identity.proofs.done"), Tone: ui.Success}
	}
	return &ui.State{Word: i18n.T(ctx, "identity.proofs.to_do"), Tone: ui.Neutral, Icon: "circle-dashed"}
}

// journalTable lays lines of the journal out.
func journalTable(ctx context.Context, lines []Line) ui.TableProps {
	table := ui.TableProps{
		Caption: i18n.T(ctx, "identity.journal.title"),
		Columns: []ui.Column{
			{Label: i18n.T(ctx, "identity.journal.when")}, {Label: i18n.T(ctx, "identity.journal.who")},
			{Label: i18n.T(ctx, "identity.journal.what")}, {Label: i18n.T(ctx, "identity.journal.about")},
			{Label: i18n.T(ctx, "identity.journal.details")},
		},
		Empty: i18n.T(ctx, "identity.journal.empty"),
		Dense: true,
	}
	for _, l := range lines {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{
			{Text: l.When}, {Text: l.Who, Href: l.WhoHref}, {Text: l.What}, {Text: l.About, Href: l.AboutHref}, {Text: l.Details},
		}})
	}
	return table
}

// fileFacts is what an agent needs to recognise an account.
func fileFacts(ctx context.Context, f File) []ui.Fact {
	or := func(text string) string {
		if text == "" {
			return i18n.T(ctx, "identity.file.untold")
		}
		return text
	}
	facts := []ui.Fact{
		{Term: i18n.T(ctx, "identity.email"), Text: or(f.Email)},
		{Term: i18n.T(ctx, "identity.born_on"), Text: or(f.BornOn)},
		{Term: i18n.T(ctx, "identity.address"), Text: or(f.Address)},
		{Term: i18n.T(ctx, "identity.zone"), Text: or(f.Zone)},
		{Term: i18n.T(ctx, "identity.file.created"), Text: f.Created},
	}
	if f.Assisted {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "identity.file.assisted"), Text: i18n.T(ctx, "identity.file.assisted.yes")})
	}
	return facts
}
