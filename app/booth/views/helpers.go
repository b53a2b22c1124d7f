package views

import (
	"context"
	"strconv"

	"github.com/a-h/templ"

	"parvis/app/i18n"
	"parvis/app/ui"
)

// follow makes an element be fetched again when the poll's stage changes.
func follow(f Frame) templ.Attributes { return followAs(f, "") }

func followAs(f Frame, audience string) templ.Attributes {
	attrs := templ.Attributes{"data-live": f.Topic, "data-live-swap": f.Self, "data-live-swap-on": "state", "data-live-was": f.Stage}
	if audience != "" {
		attrs["data-live-audience"] = audience
	}
	return attrs
}

// followFace makes an element follow the numbers of the poll, and be fetched
// again when others are to be shown.
func followFace(f Frame, audience, face string, rev int64) templ.Attributes {
	attrs := followAs(f, audience)
	attrs["data-live-swap-on"], attrs["data-live-was"] = "face", face
	attrs["data-live-rev"] = strconv.FormatInt(rev, 10)
	return attrs
}

func screenAttrs(s Screen) templ.Attributes {
	return templ.Attributes{
		"id": "ecran", "data-live-swap": s.Self, "data-live-swap-on": "face", "data-live-was": s.Face,
		"data-live-now": i18n.ISO(s.Now), // a projector's own clock is often wrong
	}
}

// aroundTitle heads the ways from the console to what a poll has besides it.
func aroundTitle(ctx context.Context, p Console) string {
	if p.Code != "" {
		return i18n.T(ctx, "booth.console.room")
	}
	return i18n.T(ctx, "booth.console.around")
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

func confirmLabel(ctx context.Context, r Review) string {
	if r.Failed != "" {
		return i18n.T(ctx, "booth.retry")
	}
	if r.Later != "" {
		return i18n.T(ctx, "booth.later.confirm")
	}
	return i18n.T(ctx, "booth.review.confirm")
}

func receiptFacts(ctx context.Context, r Receipt) []ui.Fact {
	var facts []ui.Fact
	if r.CastAt != "" {
		facts = append(facts, ui.Fact{Term: i18n.T(ctx, "booth.receipt.cast_at"), Text: r.CastAt})
	}
	return append(facts,
		ui.Fact{Term: i18n.T(ctx, "booth.receipt.index"), Text: r.Index},
		ui.Fact{Term: i18n.T(ctx, "booth.receipt.number"), Body: code(r.Number)},
		ui.Fact{Term: i18n.T(ctx, "booth.receipt.commitment"), Body: code(r.Commitment)},
	)
}

func resultsMeta(ctx context.Context, r Results) []ui.Meta {
	if r.ClosedAt != "" {
		return []ui.Meta{{Icon: "lock", Text: i18n.T(ctx, "booth.results.closed_at", "When", r.ClosedAt)}}
	}
	return closesMeta(r.Frame)
}

func closesMeta(f Frame) []ui.Meta {
	if f.Left == "" {
		return nil
	}
	return []ui.Meta{{Icon: "clock", Text: f.Left}}
}
