package paper

import (
	"context"
	"strconv"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/slip"
)

func batchOf(ctx context.Context, v citizen.Viewer, st *Standing, b BatchStanding, in batchTyped, errs ui.Errors) views.Batch {
	p, href := st.Poll, batchHref(st.Poll.ID, b.Number)
	takes := p.TakesSheets() == nil
	page := views.Batch{
		Question: p.Question, Self: href, Title: batchName(ctx, b.Number), Code: b.Code, Back: backToPaper(ctx, p.ID), State: batchState(ctx, p, b),
		Sealed: b.Sealed(), Errors: errs, Counted: in.count.Counted.Raw, TypeLabel: i18n.T(ctx, "paper.type"),
		CanCount: takes && !b.Sealed() && may(v, Count, p), CanSeal: takes && !b.Sealed() && b.Counted > 0 && b.Settled == b.Counted && may(v, Seal, p),
		Facts: []ui.Fact{{Term: i18n.T(ctx, "paper.batch.code"), Text: inFours(b.Code)}},
		Notes: batchNotes(ctx, p, b),
	}
	if page.Counted == "" && b.Counted > 0 {
		page.Counted = strconv.Itoa(b.Counted)
	}
	if b.Counted > 0 {
		typed := i18n.T(ctx, "paper.batch.typed.text", "Settled", i18n.Number(ctx, int64(b.Settled)), "Count", b.Counted)
		if b.Read > b.Settled {
			typed += " " + i18n.T(ctx, "paper.batch.read.text", "Count", b.Read-b.Settled)
		}
		page.Facts = append(page.Facts,
			ui.Fact{Term: i18n.T(ctx, "paper.batch.counted"), Text: i18n.T(ctx, "paper.batch.counted.text", "Count", b.Counted, "When", i18n.DateTime(ctx, b.CountedAt))},
			ui.Fact{Term: i18n.T(ctx, "paper.batch.typed"), Text: typed})
	}
	if b.Sealed() {
		page.Facts = append(page.Facts, ui.Fact{Term: i18n.T(ctx, "paper.batch.logged"), Text: i18n.T(ctx, "paper.batch.logged.text", "Count", b.Logged, "When", i18n.DateTime(ctx, b.SealedAt))})
	} else if p.State == voting.Scheduled || p.State == voting.Open {
		page.Print = href + "/bulletins"
	}
	if takes && may(v, Type, p) && b.Counted > 0 && (!b.Sealed() && b.Settled < b.Counted || b.Reread < len(b.Sample)) {
		page.Type = href + "/saisie"
		if b.Sealed() {
			page.TypeLabel = i18n.T(ctx, "paper.reread")
		}
	}
	if b.Sealed() && p.State != voting.Cancelled && p.SeveredAt.IsZero() && may(v, Propose, p) {
		page.Correct = correctionForm(ctx, p, href, in, errs)
	}
	return page
}

// batchNotes are what is to be known of a batch: how far it is, and what few
// ballots would tell.
func batchNotes(ctx context.Context, p *voting.Poll, b BatchStanding) (notes []views.Note) {
	add := func(tone ui.Tone, title, text string) {
		notes = append(notes, views.Note{Tone: tone, Title: title, Text: text})
	}
	if b.Counted > 0 && b.Counted < voting.MinShown {
		add(ui.Warning, i18n.T(ctx, "paper.few"), i18n.T(ctx, "paper.few.text", "Count", voting.MinShown))
	}
	if !b.Sealed() && b.Disputed > 0 {
		add(ui.Warning, i18n.T(ctx, "paper.disputed", "Count", b.Disputed), i18n.T(ctx, "paper.disputed.text"))
	}
	if b.Sealed() && len(b.Sample) > 0 {
		tone := ui.Info
		if b.Differ > 0 {
			tone = ui.Danger
		}
		add(tone, i18n.T(ctx, "paper.sample", "Count", len(b.Sample)), i18n.T(ctx, "paper.sample.text", "Reread", i18n.Number(ctx, int64(b.Reread)), "Count", b.Differ))
	}
	return notes
}

// sheetsTable is what the sheets of a batch that is in the box say.
func sheetsTable(ctx context.Context, p *voting.Poll, sheets []voting.Sheet) ui.TableProps {
	table := ui.TableProps{
		Caption: i18n.T(ctx, "paper.sheets"), Dense: true,
		Columns: []ui.Column{{Label: i18n.T(ctx, "paper.sheet")}, {Label: i18n.T(ctx, "paper.sheet.says")}},
	}
	for i, s := range sheets {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{ui.Text(strconv.Itoa(i + 1)), ui.Text(sheetWords(ctx, p, s))}})
	}
	return table
}

func correctionForm(ctx context.Context, p *voting.Poll, href string, in batchTyped, errs ui.Errors) *views.Sheet {
	form := formOf(ctx, p, in.sheet, errs)
	form.Action, form.AsksNumber, form.Number, form.Reason = href+"/corrections", true, in.correct.Sheet.Raw, in.correct.Reason
	form.NumberError, form.ReasonError = errs.For("sheet"), errs.For("reason")
	form.Submit, form.Icon = i18n.T(ctx, "paper.correct.do"), "pencil"
	return form
}

func typingOf(ctx context.Context, p *voting.Poll, number int, turn Turn, in filled, errs ui.Errors) views.Typing {
	page := views.Typing{
		Question: p.Question, Batch: batchName(ctx, number), Errors: errs, Title: i18n.T(ctx, "paper.typing.title"),
		Back: ui.Link{Label: i18n.T(ctx, "paper.back.batch"), Href: batchHref(p.ID, number)},
	}
	if turn.Sheet == 0 {
		return page
	}
	page.Title = i18n.T(ctx, "paper.typing.sheet", "Sheet", strconv.Itoa(turn.Sheet))
	page.Left = i18n.T(ctx, "paper.typing.left", "Count", turn.Left)
	page.Sheet = formOf(ctx, p, in, errs)
	page.Sheet.Action, page.Sheet.Number = batchHref(p.ID, number)+"/saisie", strconv.Itoa(turn.Sheet)
	page.Sheet.Submit, page.Sheet.Icon = i18n.T(ctx, "paper.typing.save"), "check"
	if !errs.Any() { // whoever types hundreds of them keeps their hands on the keys
		page.Sheet.Focus()
	}
	return page
}

// formOf is the form in which what a ballot says is typed.
//
// i18n: voting.null.*
func formOf(ctx context.Context, p *voting.Poll, in filled, errs ui.Errors) *views.Sheet {
	form := &views.Sheet{Null: &ui.SelectProps{
		Name: nullField, Label: i18n.T(ctx, "paper.null.label"), Empty: i18n.T(ctx, "paper.null.not"), Value: in.null, Error: errs.For(nullField),
	}}
	for _, reason := range voting.NullReasons {
		form.Null.Options = append(form.Null.Options, ui.Option{Value: string(reason), Label: i18n.T(ctx, "voting.null."+string(reason))})
	}
	if p.Method == voting.YesNoAbstain {
		for _, o := range p.Options {
			form.Answers = append(form.Answers, answerGroup(ctx, o, in, errs))
		}
	}
	choices := ui.ChoiceGroupProps{
		Name: slip.ChoiceField, Legend: i18n.T(ctx, "paper.form.says"), Values: in.Choices, Error: errs.For(slip.ChoiceField), Compact: true,
		Multiple: p.Method != voting.Plurality,
	}
	if p.Method != voting.YesNoAbstain {
		for _, o := range p.Options {
			choices.Options = append(choices.Options, ui.ChoiceProps{Value: o.ID, Label: o.Label})
		}
	} else {
		choices.Legend = i18n.T(ctx, "paper.form.or_blank")
	}
	choices.Options = append(choices.Options, ui.ChoiceProps{Value: slip.Blank, Label: i18n.T(ctx, "paper.blank"), Hint: i18n.T(ctx, "paper.blank.hint")})
	form.Choices = &choices
	return form
}

// ownForm is the same form where people vote themselves: it says "you", or who
// it is about, and nothing that they choose is null.
func ownForm(ctx context.Context, p *voting.Poll, in filled, legend string, errs ui.Errors) *views.Sheet {
	form := formOf(ctx, p, in, errs)
	form.Null = nil
	if p.Method != voting.YesNoAbstain {
		form.Choices.Legend = legend
	}
	blank := &form.Choices.Options[len(form.Choices.Options)-1]
	blank.Label, blank.Hint = i18n.T(ctx, "paper.form.blank"), i18n.T(ctx, "paper.form.blank.hint")
	return form
}

func answerGroup(ctx context.Context, o voting.Option, in filled, errs ui.Errors) ui.ChoiceGroupProps {
	name := slip.AnswerField + o.ID
	return ui.ChoiceGroupProps{
		Name: name, Legend: o.Label, Values: []string{in.Answers[o.ID]}, Error: errs.For(name), Compact: true, Columns: true,
		Options: []ui.ChoiceProps{
			{Value: "oui", Label: i18n.T(ctx, "paper.answer.yes")}, {Value: "non", Label: i18n.T(ctx, "paper.answer.no")},
			{Value: "abstention", Label: i18n.T(ctx, "paper.answer.abstain")},
		},
	}
}
