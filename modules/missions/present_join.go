package missions

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/places"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
	"parvis/modules/missions/views"
)

// The steps of joining.
const (
	stepSlot = iota
	stepMessage
	stepConfirm
)

// explain says a fault in the reader's language.
func explain(ctx context.Context, err error) string {
	if f, ok := errors.AsType[*fault.Error](err); ok {
		return i18n.Message(ctx, f.Key, f.Args)
	}
	return ""
}

// reasonsOf says why one may not, with the way to put it right.
func reasonsOf(ctx context.Context, err error) *ui.ReasonProps {
	r := ui.Reason{Text: explain(ctx, err)}
	if errors.Is(err, ErrAgeUnknown) {
		r.Remedy = &ui.Link{Label: i18n.T(ctx, "missions.age.remedy"), Href: "/moi/profil"}
	}
	return &ui.ReasonProps{Title: i18n.T(ctx, "missions.reasons"), Reasons: []ui.Reason{r}}
}

// joinView is a step of joining.
func joinView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, sh shownMission, step int) views.Join {
	p := views.Join{
		Title: i18n.T(ctx, "missions.join.title"), Mission: sh.Title, MissionHref: href(sh.ID), Back: href(sh.ID),
		Steps: ui.StepperProps{Current: step, Steps: []ui.Step{
			{Label: i18n.T(ctx, "missions.step.slot"), Href: joinHref(sh.ID)},
			{Label: i18n.T(ctx, "missions.step.message"), Href: joinHref(sh.ID) + "/message"},
			{Label: i18n.T(ctx, "missions.step.confirm"), Href: joinHref(sh.ID) + "/confirmation"},
		}},
	}
	switch step {
	case stepMessage:
		p.Back = joinHref(sh.ID)
	case stepConfirm:
		p.Back = joinHref(sh.ID) + "/message"
	}
	if sh.leads {
		p.Reasons = reasonsOf(ctx, ErrOwnMission)
		return p
	}
	switch sh.Phase() {
	case Cancelled:
		p.Reasons = reasonsOf(ctx, ErrCancelled)
	case Over:
		p.Reasons = reasonsOf(ctx, ErrOver)
	default:
		p.Reasons = ageReasons(ctx, t, v, sh.Mission)
	}
	for _, s := range sh.Slots {
		p.Slots = append(p.Slots, slotChoice(ctx, sh, s))
		if open := !p.Slots[len(p.Slots)-1].Disabled; open && p.Slot == "" {
			p.Slot = s.ID.String()
		}
	}
	return p
}

func slotChoice(ctx context.Context, sh shownMission, s Slot) ui.ChoiceProps {
	choice := ui.ChoiceProps{Value: s.ID.String(), Label: slotWords(ctx, sh.Mission, s), Hint: i18n.T(ctx, "missions.left", "Count", s.Left())}
	own := slices.IndexFunc(sh.own, func(i Inscription) bool { return i.Slot == s.ID && i.State.Active() })
	switch {
	case s.startedAt(sh.Now):
		choice.Disabled, choice.Hint = true, phaseOf(ctx, Over).Word
	case own >= 0:
		choice.Disabled, choice.Hint = true, stateOf(ctx, sh.own[own].State).Word
	case s.Left() == 0:
		choice.Hint = i18n.T(ctx, "missions.slot.full")
	}
	return choice
}

// confirmView says once more what is about to be sent, and what happens then.
func confirmView(ctx context.Context, p *views.Join, sh shownMission, i Inscription) {
	slot, _ := sh.slot(i.Slot)
	p.Facts = []ui.Fact{
		{Term: i18n.T(ctx, "missions.fact.host"), Text: sh.host.Name},
		{Term: i18n.T(ctx, "missions.fact.when"), Text: slotWords(ctx, sh.Mission, slot)},
	}
	if sh.Address != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: i18n.T(ctx, "missions.fact.where"), Text: sh.Address})
	}
	if i.Intro != "" {
		p.Facts = append(p.Facts, ui.Fact{Term: i18n.T(ctx, "missions.fact.message"), Text: i.Intro})
	}
	switch {
	case slot.Left() == 0:
		p.Note = i18n.T(ctx, "missions.join.note.waiting")
	case sh.Approval:
		p.Note = i18n.T(ctx, "missions.join.note.pending")
	default:
		p.Note = i18n.T(ctx, "missions.join.note.accepted")
	}
}

// threadView is the page of an inscription for one of its sides.
func threadView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, th *thread) views.Thread {
	m := th.mission
	state := stateOf(ctx, th.State)
	p := views.Thread{
		Title: m.Title, AsHost: th.asHost, Base: inscriptionHref(th.ID), Open: th.open(),
		Header: ui.HeaderProps{Eyebrow: i18n.T(ctx, "missions.inscription"), Title: m.Title, State: &state},
		Back:   ui.Link{Label: i18n.T(ctx, "missions.mine.title"), Href: minePath},
		Facts: []ui.Fact{
			{Term: i18n.T(ctx, "missions.fact.host"), Text: th.host.Name},
			{Term: i18n.T(ctx, "missions.fact.when"), Text: slotWords(ctx, m, th.slot)},
		},
	}
	fact := func(term, text string) {
		if text != "" {
			p.Facts = append(p.Facts, ui.Fact{Term: term, Text: text})
		}
	}
	fact(i18n.T(ctx, "missions.fact.where"), placeWords(t, m))
	fact(i18n.T(ctx, "missions.fact.reason"), th.Reason)
	fact(i18n.T(ctx, "missions.fact.attendance"), attendanceWord(ctx, th.Attendance))
	if th.Minutes > 0 {
		fact(i18n.T(ctx, "missions.fact.hours"), duration(ctx, th.Minutes))
	}
	if !m.CancelledAt.IsZero() {
		p.Notice = &ui.NoticeProps{Tone: ui.Danger, Title: i18n.T(ctx, "missions.cancelled.title"), Text: m.CancelReason}
	}
	begun := th.slot.startedAt(m.Now)
	if th.asHost {
		p.Header.Title, p.Header.Eyebrow, p.Title = th.Name, m.Title, i18n.T(ctx, "missions.window", "Name", th.Name, "Mission", m.Title)
		p.Back = ui.Link{Label: m.Title, Href: leadHref(m.ID)}
		p.Accept, p.Refuse = th.State == Pending, th.State.Active() && th.Attendance != present
		soon := !th.slot.StartsAt.After(m.Now.Add(earlyCheckIn))
		p.Attend = th.State == Accepted && soon && th.Minutes == 0
		if th.State == Accepted && (begun || th.slot.StartsAt.IsZero()) {
			p.Validate = suggested(ctx, m, th)
		}
	} else {
		p.Withdraw = th.State.Active() && !begun
	}
	for _, msg := range th.messages {
		p.Messages = append(p.Messages, messageView(ctx, th, msg))
	}
	for _, l := range th.hours {
		p.Lines = append(p.Lines, ledgerLine(ctx, v, th, l))
	}
	return p
}

// suggested is what the form that validates hours begins with: the whole slot.
func suggested(ctx context.Context, m *Mission, th *thread) *views.Hours {
	if th.slot.StartsAt.IsZero() {
		return &views.Hours{From: web.LocalTimeOf(ctx, m.Now.Add(-2*time.Hour)).String(), Hours: "2", Minutes: "0"}
	}
	if th.Minutes > 0 {
		return nil // what was wrong is corrected, line by line
	}
	length := int64(th.slot.EndsAt.Sub(th.slot.StartsAt) / time.Minute)
	return &views.Hours{
		From: web.LocalTimeOf(ctx, th.slot.StartsAt).String(), Hours: strconv.FormatInt(length/60, 10), Minutes: strconv.FormatInt(length%60, 10),
	}
}

func messageView(ctx context.Context, th *thread, msg Message) views.Message {
	line := views.Message{Who: th.Name, When: i18n.DateTime(ctx, msg.At), Text: msg.Body, Mine: msg.FromHost == th.asHost, Hidden: msg.Hidden || msg.Body == ""}
	if msg.FromHost {
		line.Who = th.host.Name
	}
	if line.Who == "" {
		line.Who = i18n.T(ctx, "missions.somebody")
	}
	if !line.Mine && !line.Hidden {
		line.Flagged = msg.Flagged
		line.Flag = inscriptionHref(th.ID) + "/messages/" + msg.ID.String() + "/signaler"
	}
	return line
}

func ledgerLine(ctx context.Context, v citizen.Viewer, th *thread, l HoursLine) views.LedgerLine {
	line := views.LedgerLine{Day: i18n.Date(ctx, l.StartsAt), Hours: duration(ctx, l.Minutes), Why: l.Reason, What: i18n.T(ctx, "missions.ledger.given")}
	if l.Corrects != 0 {
		line.What = i18n.T(ctx, "missions.ledger.corrected")
		return line
	}
	if th.asHost && th.Citizen != v.ID {
		id := strconv.FormatInt(l.ID, 10)
		line.Fix = &views.Fix{ID: id, Action: inscriptionHref(th.ID) + "/heures/" + id}
	}
	return line
}

func passView(ctx context.Context, address string, until time.Time) *views.Pass {
	return &views.Pass{
		QR:    ui.QRProps{Text: address, Label: i18n.T(ctx, "missions.pass.label")},
		Until: i18n.T(ctx, "missions.pass.until", "Time", i18n.Time(ctx, until)),
	}
}

func checkInView(ctx context.Context, th *thread, action string) views.CheckIn {
	return views.CheckIn{
		Title: i18n.T(ctx, "missions.checkin.title"), Name: th.Name, Action: action, Done: th.Attendance == present,
		Back: ui.Link{Label: th.mission.Title, Href: leadHref(th.mission.ID)},
		Facts: []ui.Fact{
			{Term: i18n.T(ctx, "missions.fact.mission"), Text: th.mission.Title},
			{Term: i18n.T(ctx, "missions.fact.when"), Text: slotWords(ctx, th.mission, th.slot)},
			{Term: i18n.T(ctx, "missions.fact.state"), Text: stateOf(ctx, th.State).Word},
		},
	}
}

// mineView is what a person gave, and asked for.
func mineView(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, my mine) views.Mine {
	p := gaugeView(ctx, my.engagement)
	for _, i := range my.inscriptions {
		row, coming, shown := ownRow(ctx, my, i)
		switch {
		case !shown:
		case coming:
			p.Coming = append(p.Coming, row)
		default:
			p.Past = append(p.Past, row)
		}
	}
	for _, m := range my.invited {
		p.Invited = append(p.Invited, item(ctx, t, m, my.hosts))
	}
	p.Lines = ledgerTable(ctx, my)
	lat, lon := places.Center(t).Degrees()
	p.Offer = views.Offer{
		Visible: my.offer.Visible, Skills: my.offer.Skills, Availability: my.offer.Availability, Zone: optionID(my.offer.Zone), Zones: ui.ZoneOptions(t),
		AllSkills: choices(ctx, Skills, skillWord), AllAvailabilities: choices(ctx, Availabilities, availabilityWord),
		Pin: ui.PinProps{Name: "pin", Value: my.offer.Place.String(), Lat: lat, Lon: lon, Radius: t.Territory.Radius},
	}
	return p
}

// gaugeView is how far one's hours are, and what they lead to.
func gaugeView(ctx context.Context, e engagement) views.Mine {
	p := views.Mine{Total: i18n.T(ctx, "missions.mine.total", "Hours", duration(ctx, e.minutes))}
	for _, c := range e.claims {
		p.Claims = append(p.Claims, claimLine(ctx, c, c.Scheme))
	}
	if e.scheme == nil {
		return p
	}
	s := *e.scheme
	p.Gauge = &ui.GaugeProps{
		ID: "heures", Label: s.Name, Value: min(e.minutes, s.Target), Max: s.Target, Done: e.minutes >= s.Target,
		Text: i18n.T(ctx, "missions.gauge", "Hours", duration(ctx, e.minutes), "Target", duration(ctx, s.Target)),
	}
	p.SchemeTitle, p.Scheme = s.Name, markdown.HTML(s.Conditions, 4)
	p.SchemeFacts = []ui.Fact{
		{Term: i18n.T(ctx, "missions.scheme.fact.amount"), Text: i18n.Euros(ctx, s.Amount)},
		{Term: i18n.T(ctx, "missions.scheme.fact.target"), Text: duration(ctx, s.Target)},
		{Term: i18n.T(ctx, "missions.scheme.fact.age"), Text: i18n.T(ctx, "missions.scheme.ages", "From", s.AgeFrom, "To", s.AgeTo)},
	}
	if p.Claimable = e.eligible == nil; !p.Claimable && !errors.Is(e.eligible, ErrClaimedTwice) {
		p.Why = reasonsOf(ctx, e.eligible)
		p.Why.Title = i18n.T(ctx, "missions.claim.not_yet")
	}
	return p
}

// ownRow is an inscription in a person's list, and whether it is to come.
func ownRow(ctx context.Context, my mine, i Inscription) (row views.OwnRow, coming, shown bool) {
	m := my.missions[i.Mission]
	if m == nil {
		return row, false, false
	}
	slot, _ := m.slot(i.Slot)
	row = views.OwnRow{Title: m.Title, Href: inscriptionHref(i.ID), State: stateOf(ctx, i.State), Meta: []ui.Meta{
		{Icon: "clock", Text: slotWords(ctx, m, slot)}, {Icon: "handshake", Text: my.hosts[m.Host].Name},
	}}
	if i.Minutes > 0 {
		row.Meta = append(row.Meta, ui.Meta{Icon: "timer", Text: duration(ctx, i.Minutes)})
	}
	if word := attendanceWord(ctx, i.Attendance); word != "" {
		row.Meta = append(row.Meta, ui.Meta{Icon: "user-check", Text: word})
	}
	over := slot.overAt(m.Now)
	switch {
	case i.State == Drafted:
		row.Href = joinHref(m.ID)
		return row, true, !over && m.CancelledAt.IsZero() && i.AskedAt.IsZero()
	case i.State.Active() && !over:
		if !slot.startedAt(m.Now) {
			row.Leave = inscriptionHref(i.ID) + "/retirer"
		}
		return row, true, true
	}
	return row, false, true
}

func ledgerTable(ctx context.Context, my mine) ui.TableProps {
	table := ui.TableProps{ID: "registre-heures", Caption: i18n.T(ctx, "missions.ledger.title"), Columns: []ui.Column{
		{Label: i18n.T(ctx, "missions.column.day")}, {Label: i18n.T(ctx, "missions.fact.mission")}, {Label: i18n.T(ctx, "missions.fact.host")},
		{Label: i18n.T(ctx, "missions.fact.hours"), Numeric: true}, {Label: i18n.T(ctx, "missions.column.note")},
	}}
	for _, l := range my.lines {
		table.Rows = append(table.Rows, ui.Row{ID: fmt.Sprint("ligne-", l.ID), Cells: []ui.Cell{
			ui.Text(i18n.DateShort(ctx, l.StartsAt)), ui.LinkCell(l.Title, inscriptionHref(l.Inscription)), ui.Text(my.hosts[l.Host].Name),
			ui.Text(duration(ctx, l.Minutes)), ui.Text(l.Reason),
		}})
	}
	return table
}

// i18n: missions.claim.state.*
func claimLine(ctx context.Context, c Claim, title string) views.ClaimLine {
	tone := map[ClaimState]ui.Tone{Filed: ui.Info, Granted: ui.Success, Paid: ui.Success, NotGiven: ui.Neutral}[c.State]
	line := views.ClaimLine{
		ID: c.ID.String(), Title: title, State: ui.State{Word: i18n.T(ctx, "missions.claim.state."+string(c.State)), Tone: tone},
		Meta: []ui.Meta{
			{Icon: "euro", Text: i18n.Euros(ctx, c.Amount)}, {Icon: "timer", Text: duration(ctx, c.Minutes)},
			{Icon: "calendar", Text: i18n.T(ctx, "missions.claim.filed_on", "Date", i18n.Date(ctx, c.FiledAt))},
		},
	}
	switch c.State {
	case NotGiven:
		line.Text = c.Reason
	case Paid:
		line.Text = i18n.T(ctx, "missions.claim.paid_on", "Date", i18n.Date(ctx, c.PaidAt))
	}
	return line
}
