package views

import (
	"context"
	"strconv"

	"parvis/app/i18n"
	"parvis/app/ui"
)

func (b Ballot) labels() []string {
	var labels []string
	for _, o := range b.Options {
		labels = append(labels, o.Label)
	}
	for _, r := range b.Rows {
		labels = append(labels, r.Label)
	}
	return labels
}

func severalMax(b Ballot) int {
	if b.Kind == SeveralChoices {
		return b.Most
	}
	return 0
}

func answerGroup(ctx context.Context, row AnswerRow) ui.ChoiceGroupProps {
	return ui.ChoiceGroupProps{
		Name: row.Name, Legend: row.Label, Hint: row.Hint, Error: row.Error, Values: []string{row.Value}, Compact: true,
		Options: []ui.ChoiceProps{
			{Value: "oui", Label: i18n.T(ctx, "booth.answer.yes")},
			{Value: "non", Label: i18n.T(ctx, "booth.answer.no")},
			{Value: "abstention", Label: i18n.T(ctx, "booth.answer.abstain")},
		},
	}
}

func receiptFacts(ctx context.Context, r Receipt) []ui.Fact {
	var facts []ui.Fact
	if r.CastAt != "" {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "booth.receipt.cast_at"), Text: r.CastAt})
	}
	return append(facts,
		ui.Fact{Term: i18n.T(ctx, "booth.receipt.number"), Text: r.Number},
		ui.Fact{Term: i18n.T(ctx, "booth.receipt.nonce"), Text: r.Nonce},
		ui.Fact{Term: i18n.T(ctx, "booth.receipt.commitment"), Text: r.Commitment},
	)
}

func resultsMeta(ctx context.Context, r Results) []ui.Meta {
	var meta []ui.Meta
	if r.Left != "" {
		meta = append(meta, ui.Meta{Icon: "clock", Text: r.Left})
	}
	if r.ClosedAt != "" {
		meta = append(meta, ui.Meta{Icon: "lock", Text: i18n.T(ctx, "booth.results.closed_at", "When", r.ClosedAt)})
	}
	return meta
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

func screenIcon(state string) string {
	if state == "join" {
		return "calendar-clock"
	}
	return "pause"
}

func closesMeta(f Frame) []ui.Meta {
	if f.Left == "" {
		return nil
	}
	return []ui.Meta{{Icon: "clock", Text: f.Left}}
}

// What was typed stays with the act it was typed for.

func closeReason(p Console) string { return onlyFor("clore", p.Act, p.Reason) }
func closeError(p Console) string  { return onlyFor("clore", p.Act, p.Errors.For("reason")) }

func extendReason(p Console) string { return onlyFor("prolonger", p.Act, p.Reason) }
func extendError(p Console) string  { return onlyFor("prolonger", p.Act, p.Errors.For("reason")) }
func extendValue(p Console) string  { return onlyFor("prolonger", p.Act, p.Until) }

func onlyFor(act, done, text string) string {
	if act == done {
		return text
	}
	return ""
}

// holdName: a script that holds the button down sends the confirmation with it.
func holdName(sure bool) string {
	if sure {
		return ""
	}
	return "sur-maintenu"
}
