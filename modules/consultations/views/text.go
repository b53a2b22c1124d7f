package views

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/ui"
)

// paragraphs splits a plain text at its empty lines, then at its lines.
func paragraphs(text string) [][]string {
	var list [][]string
	for block := range strings.SplitSeq(text, "\n\n") {
		if block = strings.TrimSpace(block); block != "" {
			list = append(list, strings.Split(block, "\n"))
		}
	}
	return list
}

// roleChoices are the roles that a poll may be kept for.
func roleChoices(ctx context.Context) []ui.ChoiceProps {
	//i18n: role.*
	var list []ui.ChoiceProps
	for _, r := range citizen.Roles {
		list = append(list, ui.ChoiceProps{Value: string(r), Label: i18n.T(ctx, "role."+string(r))})
	}
	return list
}

func kind(primary bool) ui.Kind {
	if primary {
		return ui.Primary
	}
	return ui.Secondary
}

// live makes an element follow a poll.
func live(l *Live) templ.Attributes {
	if l == nil {
		return nil
	}
	return templ.Attributes{
		"data-live": l.Topic, "data-live-rev": l.Rev, "data-live-swap": l.Page, "data-live-swap-on": "state", "data-live-was": l.State,
	}
}

// ReasonField is the name of the field that asks why, in the form of an act:
// the page has several, and a name is used once on a page.
func ReasonField(act string) string { return "reason_" + act }

func reason(ctx context.Context, p Overview, act string) ui.TextAreaProps {
	return ui.TextAreaProps{
		Name: ReasonField(act), Label: i18n.T(ctx, "consultations.act.reason"), Hint: i18n.T(ctx, "consultations.act.reason.hint"),
		Value: p.Reasons[act], Error: p.Errors.For(ReasonField(act)), Required: true, Rows: 2, MaxLength: 500,
	}
}

func decideLabel(ctx context.Context, again bool) string {
	if again {
		return i18n.T(ctx, "consultations.outcome.correct")
	}
	return i18n.T(ctx, "consultations.outcome.publish")
}
