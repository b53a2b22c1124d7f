package paper

import (
	"context"
	"strconv"
	"time"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/slip"
)

// back is the way back to where a poll is led from.
func back(ctx context.Context, v citizen.Viewer, p *voting.Poll) ui.Link {
	if v.Has(p.Subject.Module, citizen.Official) {
		return ui.Link{Label: i18n.T(ctx, "paper.back.console"), Href: "/office/votes/" + p.ID.String() + "/pupitre"}
	}
	return ui.Link{Label: i18n.T(ctx, "paper.back.office"), Href: "/office/"}
}

func backToPaper(ctx context.Context, id voting.PollID) ui.Link {
	return ui.Link{Label: i18n.T(ctx, "paper.back"), Href: Href(id)}
}

func backToDesk(ctx context.Context, id voting.PollID) ui.Link {
	return ui.Link{Label: i18n.T(ctx, "paper.back.desk"), Href: DeskHref(id)}
}

// saying says a fault in words.
func saying(ctx context.Context, err error) string {
	if f, ok := err.(*fault.Error); ok {
		return i18n.Message(ctx, f.Key, f.Args)
	}
	return err.Error()
}

// typingWords says how the ballots of a poll are typed.
func typingWords(ctx context.Context, p *voting.Poll) string {
	if p.Paper == voting.SimpleTyping {
		return i18n.T(ctx, "paper.typing.simple")
	}
	return i18n.T(ctx, "paper.typing.double")
}

func overviewOf(ctx context.Context, v citizen.Viewer, st *Standing) views.Overview {
	p := st.Poll
	page := views.Overview{
		Question: p.Question, Self: Href(p.ID), Public: PublicHref(p.ID), Back: back(ctx, v, p), State: stateOf(ctx, st),
		Typing: typingWords(ctx, p), Batches: batchesTable(ctx, st), SignIn: Href(p.ID) + "/emargement", Minutes: Href(p.ID) + "/proces-verbal",
		CanPrepare: may(v, Prepare, p) && (p.State == voting.Scheduled || p.TakesSheets() == nil),
		Numbers: []ui.Stat{
			{Number: i18n.Number(ctx, st.Handed), Label: i18n.T(ctx, "paper.handed", "Count", st.Handed), Icon: "user-check"},
			{Number: i18n.Number(ctx, int64(st.Counted())), Label: i18n.T(ctx, "paper.counted.stat", "Count", st.Counted()), Icon: "file-text"},
			{Number: i18n.Number(ctx, int64(st.Typed())), Label: i18n.T(ctx, "paper.typed.stat", "Count", st.Typed()), Icon: "pencil"},
			{Number: i18n.Number(ctx, st.Logged), Label: i18n.T(ctx, "paper.logged.stat", "Count", st.Logged), Icon: "lock"},
		},
	}
	if may(v, Kiosk, p) && p.State == voting.Open {
		page.Desk = DeskHref(p.ID)
	}
	if !p.PaperPending() {
		page.Done = i18n.T(ctx, "paper.done.text", "When", i18n.DateTime(ctx, p.PaperDoneAt))
	}
	for _, why := range st.Obstacles() {
		page.Todo = append(page.Todo, ui.Reason{Text: saying(ctx, why)})
	}
	for _, c := range st.Corrections {
		page.Corrections = append(page.Corrections, correctionOf(ctx, v, p, c))
	}
	for _, u := range st.Unmarkings {
		page.Corrections = append(page.Corrections, unmarkingOf(ctx, v, p, u))
	}
	page.CanFinish = p.TakesSheets() == nil && len(page.Todo) == 0 && may(v, Finish, p)
	if st.Handed != st.Logged {
		page.NeedsReason = i18n.T(ctx, "paper.finish.differ", "Handed", i18n.Number(ctx, st.Handed), "Logged", i18n.Number(ctx, st.Logged))
	}
	return page
}

func stateOf(ctx context.Context, st *Standing) ui.State {
	switch {
	case !st.Poll.PaperPending():
		return ui.State{Word: i18n.T(ctx, "paper.state.done"), Tone: ui.Success, Icon: "circle-check"}
	case st.Poll.State.Over():
		return ui.State{Word: i18n.T(ctx, "paper.state.pending"), Tone: ui.Warning, Icon: "clock"}
	}
	return ui.State{Word: i18n.T(ctx, "paper.state.open"), Tone: ui.Info, Icon: "vote"}
}

func batchesTable(ctx context.Context, st *Standing) ui.TableProps {
	table := ui.TableProps{
		Caption: i18n.T(ctx, "paper.batches"), Empty: i18n.T(ctx, "paper.batches.none"),
		Columns: []ui.Column{
			{Label: i18n.T(ctx, "paper.batch.number")}, {Label: i18n.T(ctx, "paper.batch.state")}, {Label: i18n.T(ctx, "paper.batch.counted"), Numeric: true},
			{Label: i18n.T(ctx, "paper.batch.typed"), Numeric: true}, {Label: i18n.T(ctx, "paper.batch.logged"), Numeric: true},
		},
	}
	for _, b := range st.Batches {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{
			ui.LinkCell(batchName(ctx, b.Number), batchHref(st.Poll.ID, b.Number)), ui.BodyCell(ui.StateBadge(batchState(ctx, st.Poll, b))),
			ui.Text(i18n.Number(ctx, int64(b.Counted))), ui.Text(i18n.Number(ctx, int64(b.Settled))), ui.Text(i18n.Number(ctx, int64(b.Logged))),
		}})
	}
	return table
}

func batchName(ctx context.Context, number int) string {
	return i18n.T(ctx, "paper.batch", "Number", strconv.Itoa(number))
}

func batchState(ctx context.Context, p *voting.Poll, b BatchStanding) ui.State {
	switch {
	case b.Sealed() && b.Differ > 0:
		return ui.State{Word: i18n.T(ctx, "paper.batch.differs"), Tone: ui.Danger, Icon: "triangle-alert"}
	case b.Sealed() && b.Reread < len(b.Sample):
		return ui.State{Word: i18n.T(ctx, "paper.batch.reread"), Tone: ui.Warning, Icon: "eye"}
	case b.Sealed():
		return ui.State{Word: i18n.T(ctx, "paper.batch.sealed"), Tone: ui.Success, Icon: "lock"}
	case b.Counted == 0:
		return ui.State{Word: i18n.T(ctx, "paper.batch.ready"), Icon: "printer"}
	case b.Settled == b.Counted:
		return ui.State{Word: i18n.T(ctx, "paper.batch.settled"), Tone: ui.Accent, Icon: "check"}
	case b.Disputed > 0 && b.Settled+b.Disputed == b.Counted:
		return ui.State{Word: i18n.T(ctx, "paper.batch.disputed"), Tone: ui.Warning, Icon: "users"}
	}
	return ui.State{Word: i18n.T(ctx, "paper.batch.typing"), Tone: ui.Info, Icon: "pencil"}
}

func correctionOf(ctx context.Context, v citizen.Viewer, p *voting.Poll, c *Correction) views.Correction {
	line := views.Correction{
		Title:  i18n.T(ctx, "paper.correction.title", "Batch", strconv.Itoa(c.Batch), "Sheet", strconv.Itoa(c.Sheet)),
		Text:   i18n.T(ctx, "paper.correction.text", "Was", sheetWords(ctx, p, c.Was), "Said", sheetWords(ctx, p, c.Said)),
		Reason: i18n.T(ctx, "paper.correction.reason", "Reason", c.Reason),
		Action: Href(p.ID) + "/corrections/" + strconv.Itoa(c.Number), State: signedState(ctx, c.ConfirmedAt, c.DroppedAt),
	}
	if c.Pending() {
		line.CanSign, line.CanDrop = may(v, Confirm, p) && c.ProposedBy != v.ID, may(v, Confirm, p)
	}
	return line
}

// signedState says how far something is that two people sign.
func signedState(ctx context.Context, confirmed, dropped time.Time) ui.State {
	switch {
	case !confirmed.IsZero():
		return ui.State{Word: i18n.T(ctx, "paper.correction.done"), Tone: ui.Success, Icon: "circle-check"}
	case !dropped.IsZero():
		return ui.State{Word: i18n.T(ctx, "paper.correction.given_up"), Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "paper.correction.waiting"), Tone: ui.Warning, Icon: "clock"}
}

// sheetWords says what a sheet says.
//
// i18n: voting.null.*
func sheetWords(ctx context.Context, p *voting.Poll, s voting.Sheet) string {
	if reason := s.Null(); reason != "" {
		return i18n.T(ctx, "paper.null", "Reason", i18n.T(ctx, "voting.null."+string(reason)))
	}
	marks, err := s.Marks()
	if err != nil {
		return string(s)
	}
	return i18n.List(ctx, choicesOf(ctx, p, marks))
}

// choicesOf says a ballot in words, one line for each choice.
func choicesOf(ctx context.Context, p *voting.Poll, marks []voting.Mark) (list []string) {
	for _, said := range slip.InOrder(p, marks) {
		line := said.Label
		if p.Method == voting.YesNoAbstain {
			line = i18n.T(ctx, "paper.choice.answer", "Option", line, "Answer", answerWords(ctx, said.Value))
		}
		list = append(list, line)
	}
	if len(list) == 0 {
		return []string{i18n.T(ctx, "paper.blank")}
	}
	return list
}

func answerWords(ctx context.Context, value int) string {
	switch value {
	case voting.Yes:
		return i18n.T(ctx, "paper.answer.yes")
	case voting.No:
		return i18n.T(ctx, "paper.answer.no")
	}
	return i18n.T(ctx, "paper.answer.abstain")
}
