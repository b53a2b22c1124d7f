package verify

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/verify/views"
	"parvis/app/voting/proof"
)

// archiveReport says what was found of an archive.
func archiveReport(ctx context.Context, r *proof.Report) *views.Report {
	page := &views.Report{Tone: ui.Danger, Title: i18n.T(ctx, "verify.report.bad")}
	switch {
	case r.OK && r.Pinned:
		page.Tone, page.Title, page.Text = ui.Success, i18n.T(ctx, "verify.report.good"), i18n.T(ctx, "verify.report.good.text")
	case r.OK:
		page.Tone, page.Title = ui.Warning, i18n.T(ctx, "verify.report.unknown")
		page.Text = i18n.T(ctx, "verify.report.unknown.text", "Host", proof.HostOf(r.Origin))
	default:
		page.Text, page.Place = faultWords(ctx, r.Fault)
	}
	for _, check := range proof.Checks {
		page.Rows = append(page.Rows, checkRow(ctx, r, check))
	}
	if r.Receipt != nil {
		page.Rows = append(page.Rows, receiptRow(ctx, r.Receipt, r.Options, ""))
	}
	page.Facts = facts(ctx, r)
	return page
}

// facts are what the archive is of.
func facts(ctx context.Context, r *proof.Report) (list []ui.Fact) {
	add := func(term, text string) {
		if text != "" {
			list = append(list, ui.Fact{Term: term, Text: text})
		}
	}
	add(i18n.T(ctx, "verify.fact.question"), r.Question)
	if r.OK {
		add(i18n.T(ctx, "verify.fact.winners"), winners(ctx, r))
	}
	add(i18n.T(ctx, "verify.fact.poll"), r.Poll)
	add(i18n.T(ctx, "verify.fact.key"), r.Fingerprint)
	add(i18n.T(ctx, "verify.fact.result"), r.SHA256)
	return list
}

func winners(ctx context.Context, r *proof.Report) string {
	var names []string
	for _, id := range r.Winners {
		names = append(names, labelOf(r.Options, id))
	}
	if len(names) == 0 {
		return i18n.T(ctx, "verify.fact.nobody")
	}
	return i18n.List(ctx, names)
}

func labelOf(options []proof.Option, id string) string {
	for _, o := range options {
		if o.ID == id {
			return o.Label
		}
	}
	return id
}

// checkRow says how one check ended.
//
// i18n: verify.check.*, verify.good.*
func checkRow(ctx context.Context, r *proof.Report, check proof.Check) views.Row {
	row := views.Row{Title: i18n.T(ctx, "verify.check."+string(check))}
	key := "verify.good." + string(check)
	switch {
	case r.Fault != nil && r.Fault.Check == check:
		row.State = badState(ctx)
		row.Text, row.Place = faultWords(ctx, r.Fault)
		return row
	case !slices.Contains(r.Done, check):
		row.State, row.Text = skippedState(ctx), i18n.T(ctx, "verify.skipped")
		return row
	case check == proof.CheckKey && r.Pinned:
		key = "verify.good.key_known"
	}
	row.State = goodState(ctx)
	row.Text = i18n.T(ctx, key, "Leaves", i18n.Number(ctx, r.Leaves), "Checkpoints", i18n.Number(ctx, r.Checkpoints),
		"Rulesets", i18n.Number(ctx, r.Rulesets), "Ballots", i18n.Number(ctx, r.Ballots), "Replaced", i18n.Number(ctx, r.Replaced))
	return row
}

// faultWords says what is wrong, and where.
//
// i18n: verify.fault.*
func faultWords(ctx context.Context, f *proof.Fault) (what, where string) {
	what = i18n.T(ctx, "verify.fault."+f.Code)
	var places []string
	if f.Line > 0 {
		places = append(places, i18n.T(ctx, "verify.where.line", "Line", i18n.Number(ctx, f.Line)))
	}
	switch {
	case f.From >= 0 && f.From < f.Leaf:
		places = append(places, i18n.T(ctx, "verify.where.range", "From", i18n.Number(ctx, f.From), "Leaf", i18n.Number(ctx, f.Leaf)))
	case f.Leaf >= 0:
		places = append(places, i18n.T(ctx, "verify.where.leaf", "Leaf", i18n.Number(ctx, f.Leaf)))
	}
	return what, strings.Join(places, " ")
}

// receiptRow says what was found of a receipt. here adds what the site's own
// log says, "" when it was not asked.
func receiptRow(ctx context.Context, r *proof.ReceiptReport, options []proof.Option, here string) views.Row {
	row := views.Row{Title: i18n.T(ctx, "verify.check.receipt"), State: goodState(ctx)}
	if !r.OK {
		row.State = badState(ctx)
		if r.Fault == nil {
			row.State, row.Text = skippedState(ctx), i18n.T(ctx, "verify.skipped")
			return row
		}
		row.Text, row.Place = faultWords(ctx, r.Fault)
		return row
	}
	leaf := i18n.Number(ctx, r.Index)
	words := []string{i18n.T(ctx, "verify.good.receipt.signed", "Leaf", leaf)}
	if r.Pinned {
		words[0] = i18n.T(ctx, "verify.good.receipt.known", "Leaf", leaf)
	}
	switch {
	case r.Proven:
		words = append(words, i18n.T(ctx, "verify.good.receipt.proven", "Size", i18n.Number(ctx, r.Size)))
	case here == "":
		words = append(words, i18n.T(ctx, "verify.good.receipt.unproven"))
	}
	if here != "" {
		words = append(words, here)
	}
	switch {
	case r.Counted && r.Marks == "":
		words = append(words, i18n.T(ctx, "verify.good.receipt.blank"))
	case r.Counted:
		words = append(words, i18n.T(ctx, "verify.good.receipt.counted", "Marks", marksWords(ctx, r.Marks, options)))
	case r.Replaced:
		words = append(words, i18n.T(ctx, "verify.good.receipt.replaced", "By", i18n.Number(ctx, r.By)))
	}
	row.Text = strings.Join(words, " ")
	return row
}

// marksWords says a ballot in words. A value that is not of a choice among
// options is an answer to one.
func marksWords(ctx context.Context, marks string, options []proof.Option) string {
	parts := strings.Split(marks, ";")
	answers := strings.Contains(marks, "=0") || strings.Contains(marks, "=-1")
	var words []string
	for _, part := range parts {
		id, digits, _ := strings.Cut(part, "=")
		value, _ := strconv.Atoi(digits) // canonical, or it would not be counted
		label := labelOf(options, id)
		switch {
		case !answers:
		case value > 0:
			label = i18n.T(ctx, "verify.answer.yes", "Label", label)
		case value < 0:
			label = i18n.T(ctx, "verify.answer.no", "Label", label)
		default:
			label = i18n.T(ctx, "verify.answer.abstain", "Label", label)
		}
		words = append(words, label)
	}
	return i18n.List(ctx, words)
}

// receiptReport says what was found of a receipt alone.
func receiptReport(ctx context.Context, r *proof.ReceiptReport, here string) *views.Report {
	page := &views.Report{Tone: ui.Danger, Title: i18n.T(ctx, "verify.report.bad_receipt")}
	row := receiptRow(ctx, r, nil, here)
	if r.OK {
		page.Tone, page.Title = ui.Success, i18n.T(ctx, "verify.report.good_receipt")
		if !r.Pinned {
			page.Tone, page.Text = ui.Warning, i18n.T(ctx, "verify.command.key", "Address", "https://"+proof.HostOf(r.Origin)+"/verifier")
		}
	} else {
		page.Text, page.Place = row.Text, row.Place
	}
	page.Rows = []views.Row{row}
	if r.Poll != "" {
		page.Facts = []ui.Fact{{Term: i18n.T(ctx, "verify.fact.poll"), Text: r.Poll}}
	}
	return page
}

func goodState(ctx context.Context) ui.State {
	return ui.State{Word: i18n.T(ctx, "verify.state.good"), Tone: ui.Success}
}

func badState(ctx context.Context) ui.State {
	return ui.State{Word: i18n.T(ctx, "verify.state.bad"), Tone: ui.Danger}
}

func skippedState(ctx context.Context) ui.State {
	return ui.State{Word: i18n.T(ctx, "verify.state.skipped"), Tone: ui.Neutral}
}

// messages are what the page's script says, by key without "verify.", in the
// page's language. What they are filled with stands in brackets.
func messages(ctx context.Context) (string, error) {
	texts := map[string]string{}
	fill := func(key string) {
		texts[strings.TrimPrefix(key, "verify.")] = i18n.T(ctx, key, "Line", "[Line]", "Leaf", "[Leaf]", "From", "[From]", "Leaves", "[Leaves]",
			"Checkpoints", "[Checkpoints]", "Rulesets", "[Rulesets]", "Ballots", "[Ballots]", "Replaced", "[Replaced]", "Host", "[Host]",
			"Size", "[Size]", "By", "[By]", "Marks", "[Marks]", "Label", "[Label]", "Address", "[Address]")
	}
	for _, check := range append(slices.Clone(proof.Checks), proof.CheckReceipt) {
		fill("verify.check." + string(check))
		if check != proof.CheckReceipt {
			fill("verify.good." + string(check))
		}
	}
	for _, code := range proof.Codes() {
		fill("verify.fault." + code)
	}
	for _, key := range []string{
		"verify.good.key_known", "verify.good.receipt.signed", "verify.good.receipt.known", "verify.good.receipt.proven", "verify.good.receipt.unproven",
		"verify.good.receipt.counted", "verify.good.receipt.blank", "verify.good.receipt.replaced", "verify.answer.yes", "verify.answer.no", "verify.answer.abstain",
		"verify.where.line", "verify.where.leaf", "verify.where.range", "verify.skipped", "verify.report.good", "verify.report.good.text", "verify.report.good_receipt",
		"verify.report.unknown", "verify.report.unknown.text", "verify.report.bad", "verify.report.bad_receipt", "verify.command.key", "verify.fact.question",
		"verify.fact.winners", "verify.fact.nobody", "verify.fact.poll", "verify.fact.key", "verify.fact.result", "verify.form.missing", "verify.form.unreadable",
		"verify.working", "verify.unsupported",
	} {
		fill(key)
	}
	text, err := json.Marshal(texts)
	return string(text), err
}
