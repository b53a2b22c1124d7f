package watch

import (
	"context"
	"strconv"
	"time"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/proof"
	"parvis/app/watch/views"
)

// stateOf says where a poll stands.
func stateOf(ctx context.Context, p *voting.Poll) ui.State {
	switch p.State {
	case voting.Scheduled, voting.Draft:
		return ui.State{Word: i18n.T(ctx, "booth.state.scheduled"), Tone: ui.Info, Icon: "calendar-days"}
	case voting.Open:
		return ui.State{Word: i18n.T(ctx, "booth.state.open"), Tone: ui.Accent, Icon: "vote"}
	case voting.Cancelled:
		return ui.State{Word: i18n.T(ctx, "booth.state.cancelled"), Tone: ui.Danger, Icon: "ban"}
	}
	return ui.State{Word: i18n.T(ctx, "booth.state.closed"), Icon: "lock"}
}

func datesOf(ctx context.Context, p *voting.Poll) []ui.Meta {
	switch {
	case p.State == voting.Scheduled && !p.Opens.IsZero():
		return []ui.Meta{{Icon: "clock", Text: i18n.T(ctx, "watch.opens", "When", i18n.DateTime(ctx, p.Opens))}}
	case p.State == voting.Open && !p.Closes.IsZero():
		return []ui.Meta{{Icon: "clock", Text: i18n.T(ctx, "watch.closes", "When", i18n.DaysLeft(ctx, p.Now, p.Closes))}}
	case p.State.Over():
		return []ui.Meta{{Icon: "lock", Text: i18n.T(ctx, "watch.closed", "When", i18n.DateTime(ctx, p.Closes))}}
	}
	return nil
}

func numbersOf(ctx context.Context, v voting.View) []ui.Stat {
	var stats []ui.Stat
	if v.Turnout != nil {
		stats = append(stats, ui.Stat{Number: i18n.Number(ctx, *v.Turnout), Label: i18n.T(ctx, "booth.turnout", "Count", *v.Turnout), Bind: "turnout"})
	}
	if v.Present > 0 {
		stats = append(stats, ui.Stat{Number: i18n.Number(ctx, v.Present), Label: i18n.T(ctx, "booth.present", "Count", v.Present), Bind: "present"})
	}
	if v.Entitled > 0 {
		stats = append(stats, ui.Stat{Number: i18n.Number(ctx, v.Entitled), Label: i18n.T(ctx, "booth.entitled", "Count", v.Entitled)})
	}
	return stats
}

// healthOf says how the box does, each number with what it measures.
func healthOf(ctx context.Context, g voting.Growth, h voting.Head, key proof.Key, p voting.Pulse) []ui.Fact {
	facts := []ui.Fact{
		{Term: i18n.T(ctx, "watch.rate"), Text: i18n.T(ctx, "watch.rate.text", "Count", lastMinute(g))},
		{Term: i18n.T(ctx, "watch.log"), Text: i18n.T(ctx, "watch.log.text", "Count", h.LogSize)},
	}
	checkpoint := i18n.T(ctx, "watch.checkpoint.none")
	if g.Size > 0 && !g.SignedAt.IsZero() {
		checkpoint = i18n.T(ctx, "watch.checkpoint.text", "Count", g.Size, "When", i18n.Relative(ctx, g.Now, g.SignedAt))
		if late := h.LogSize - g.Size; late > 0 && g.Now.Sub(g.SignedAt) > 10*time.Second {
			checkpoint += " " + i18n.T(ctx, "watch.checkpoint.late", "Count", late)
		}
	}
	facts = append(facts,
		ui.Fact{Term: i18n.T(ctx, "watch.checkpoint"), Text: checkpoint},
		ui.Fact{Term: i18n.T(ctx, "watch.key"), Body: views.Digits(key.Fingerprint())},
	)
	if p.Batches == 0 {
		return append(facts, ui.Fact{Term: i18n.T(ctx, "watch.batches"), Text: i18n.T(ctx, "watch.batches.none")})
	}
	return append(facts,
		ui.Fact{Term: i18n.T(ctx, "watch.latency"), Text: i18n.T(ctx, "watch.latency.text", "Half", milliseconds(ctx, p.P50), "Most", milliseconds(ctx, p.P99))},
		ui.Fact{Term: i18n.T(ctx, "watch.batches"), Text: i18n.T(ctx, "watch.batches.text", "Count", p.Batches, "Typical", p.Typical, "Largest", p.Largest, "Waiting", p.Waiting)},
	)
}

// lastMinute is what came in the last whole minute or in this one.
func lastMinute(g voting.Growth) (n int64) {
	for _, m := range g.PerMinute {
		if g.Now.Sub(m.At) < 2*time.Minute {
			n = max(n, m.Entries)
		}
	}
	return n
}

// milliseconds writes a duration with the precision that it has.
func milliseconds(ctx context.Context, d time.Duration) string {
	return i18n.Number(ctx, max(d.Round(time.Millisecond).Milliseconds(), 1)) + "\u00a0ms"
}

// shownMinutes are enough to see how a vote goes.
const shownMinutes = 15

func minutesOf(ctx context.Context, g voting.Growth) []ui.Row {
	var rows []ui.Row
	for i, m := range g.PerMinute {
		if i == shownMinutes {
			break
		}
		rows = append(rows, ui.Row{Cells: []ui.Cell{ui.Text(i18n.Time(ctx, m.At)), ui.Text(i18n.Number(ctx, m.Entries))}})
	}
	return rows
}

// signalsOf says what may be worth a look, and why it may be nothing.
//
// i18n: watch.signal.*
func signalsOf(ctx context.Context, g voting.Growth, list []voting.Signal, h voting.Head) []views.Signal {
	var signals []views.Signal
	for _, burst := range g.Bursts {
		signals = append(signals, views.Signal{
			Title: i18n.T(ctx, "watch.signal.burst", "When", i18n.DateTime(ctx, burst.At), "Count", burst.Entries), Why: i18n.T(ctx, "watch.signal.burst.why"),
		})
	}
	for _, s := range list {
		key := "watch.signal." + string(s.Kind)
		signals = append(signals, views.Signal{
			Title: i18n.T(ctx, key, "Count", s.Sources, "From", s.Kind.FromHowMany(), "Largest", s.Largest), Why: i18n.T(ctx, key+".why"),
		})
	}
	if h.Present > 0 && h.Participants > h.Present {
		signals = append(signals, views.Signal{
			Title: i18n.T(ctx, "watch.signal.present", "Ballots", i18n.Number(ctx, h.Participants), "Count", h.Present), Why: i18n.T(ctx, "watch.signal.present.why"),
		})
	}
	return signals
}

// incidentsOf is the register, the last incident first.
//
// i18n: booth.incident.*
func incidentsOf(ctx context.Context, list []voting.Incident) []views.Incident {
	var out []views.Incident
	for i := len(list) - 1; i >= 0; i-- {
		one := views.Incident{Number: strconv.Itoa(list[i].Number), Closed: list[i].Closed()}
		for _, e := range list[i].Entries {
			text := e.Summary
			if e.Detail != "" {
				text += " " + i18n.T(ctx, "watch.incident.detail.said", "Detail", e.Detail)
			}
			one.Entries = append(one.Entries, ui.Moment{
				Title: i18n.T(ctx, "booth.incident."+string(e.Kind), "Number", list[i].Number), When: i18n.DateTime(ctx, e.At), Text: text,
				Done: one.Closed, Current: !one.Closed,
			})
		}
		out = append(out, one)
	}
	return out
}
