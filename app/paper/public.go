package paper

import (
	"context"
	"strconv"

	"parvis/app/i18n"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// showPublic compares, for everybody, what was handed in and what is in the box.
func (s *Service) showPublic(r request) error {
	st, err := s.Public(r.ctx, r.town, r.viewer, r.poll)
	if err != nil {
		return err
	}
	return web.Page(r.Ctx, views.PublicPage(publicOf(r.ctx, st)))
}

func publicOf(ctx context.Context, st *Standing) views.Public {
	p := st.Poll
	page := views.Public{
		Question: p.Question, Lead: i18n.T(ctx, "paper.public.lead"), Table: comparison(ctx, st, false), Batches: publicBatches(ctx, st),
		Back: ui.Link{Label: i18n.T(ctx, "paper.public.back"), Href: "/votes/" + p.ID.String() + "/resultats"},
		How:  howWords(ctx, p),
	}
	note := func(tone ui.Tone, title, text string) {
		page.Notes = append(page.Notes, views.Note{Tone: tone, Title: title, Text: text})
	}
	switch {
	case !p.PaperPending() && st.Reason != "":
		note(ui.Warning, i18n.T(ctx, "paper.public.differs"), i18n.T(ctx, "paper.public.reason", "Reason", st.Reason))
	case !p.PaperPending():
		note(ui.Success, i18n.T(ctx, "paper.public.agrees"), i18n.T(ctx, "paper.done.text", "When", i18n.DateTime(ctx, p.PaperDoneAt)))
	default:
		note(ui.Info, i18n.T(ctx, "paper.public.pending"), i18n.T(ctx, "paper.public.pending.text"))
	}
	if st.Logged > 0 && st.Logged < voting.MinShown {
		note(ui.Warning, i18n.T(ctx, "paper.few"), i18n.T(ctx, "paper.few.public", "Count", voting.MinShown))
	}
	for _, c := range st.Corrections {
		if !c.ConfirmedAt.IsZero() {
			page.Corrections = append(page.Corrections, ui.Moment{Title: correctionWords(ctx, c), When: i18n.DateTime(ctx, c.ConfirmedAt), Done: true})
		}
	}
	for _, u := range st.Unmarkings {
		if !u.ConfirmedAt.IsZero() {
			text := i18n.T(ctx, "paper.unmark.public", "Reason", u.Reason)
			page.Corrections = append(page.Corrections, ui.Moment{Title: text, When: i18n.DateTime(ctx, u.ConfirmedAt), Done: true})
		}
	}
	return page
}

// correctionWords says that a sheet was corrected, and why; not what it said,
// which the archive tells.
func correctionWords(ctx context.Context, c *Correction) string {
	return i18n.T(ctx, "paper.correction.public", "Batch", strconv.Itoa(c.Batch), "Sheet", strconv.Itoa(c.Sheet), "Reason", c.Reason)
}

func howWords(ctx context.Context, p *voting.Poll) []string {
	list := []string{i18n.T(ctx, "paper.how.roll"), i18n.T(ctx, "paper.how.batches")}
	if p.Paper == voting.SimpleTyping {
		list = append(list, i18n.T(ctx, "paper.how.simple"), i18n.T(ctx, "paper.how.sample"))
	} else {
		list = append(list, i18n.T(ctx, "paper.how.double"))
	}
	return append(list, i18n.T(ctx, "paper.how.log"), i18n.T(ctx, "paper.how.corrections"))
}

// shown is a number of people, left out where it is too small to be published.
func shown(ctx context.Context, n int64, exact bool) string {
	if !exact && n > 0 && n < voting.MinShown {
		return i18n.T(ctx, "paper.under", "Count", voting.MinShown)
	}
	return i18n.Number(ctx, n)
}

// comparison sets side by side the sheets that were handed in, counted, typed
// and put into the box. A difference is always told, however small.
func comparison(ctx context.Context, st *Standing, exact bool) ui.TableProps {
	table := ui.TableProps{Caption: i18n.T(ctx, "paper.public.compare"), Columns: []ui.Column{
		{Label: i18n.T(ctx, "paper.public.step")}, {Label: i18n.T(ctx, "paper.public.sheets"), Numeric: true}, {Label: i18n.T(ctx, "paper.public.difference")},
	}}
	before := st.Handed
	for i, step := range []struct {
		label string
		n     int64
	}{
		{i18n.T(ctx, "paper.public.handed"), st.Handed}, {i18n.T(ctx, "paper.public.counted"), int64(st.Counted())},
		{i18n.T(ctx, "paper.public.typed"), int64(st.Typed())}, {i18n.T(ctx, "paper.public.logged"), st.Logged},
	} {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{ui.Text(step.label), ui.Text(shown(ctx, step.n, exact)), ui.Text(difference(ctx, i, step.n-before))}})
		before = step.n
	}
	return table
}

func difference(ctx context.Context, step int, by int64) string {
	switch {
	case step == 0:
		return i18n.T(ctx, "paper.public.first")
	case by == 0:
		return i18n.T(ctx, "paper.public.same")
	case by > 0:
		return i18n.T(ctx, "paper.public.more", "Count", by)
	}
	return i18n.T(ctx, "paper.public.fewer", "Count", -by)
}

func publicBatches(ctx context.Context, st *Standing) ui.TableProps {
	table := ui.TableProps{Caption: i18n.T(ctx, "paper.batches"), Columns: []ui.Column{
		{Label: i18n.T(ctx, "paper.batch.number")}, {Label: i18n.T(ctx, "paper.batch.counted"), Numeric: true}, {Label: i18n.T(ctx, "paper.batch.typed"), Numeric: true},
		{Label: i18n.T(ctx, "paper.batch.logged"), Numeric: true}, {Label: i18n.T(ctx, "paper.public.reread")},
	}}
	for _, b := range st.Batches {
		if b.Counted == 0 {
			continue
		}
		again := i18n.T(ctx, "paper.public.twice")
		if len(b.Sample) > 0 {
			again = i18n.T(ctx, "paper.public.sample", "Reread", strconv.Itoa(b.Reread), "Count", len(b.Sample), "Differ", strconv.Itoa(b.Differ+b.Corrected))
		} else if st.Poll.Paper == voting.SimpleTyping {
			again = i18n.T(ctx, "paper.public.not_yet")
		}
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{
			ui.Text(batchName(ctx, b.Number)), ui.Text(shown(ctx, int64(b.Counted), false)), ui.Text(shown(ctx, int64(b.Settled), false)),
			ui.Text(shown(ctx, int64(b.Logged), false)), ui.Text(again),
		}})
	}
	return table
}
