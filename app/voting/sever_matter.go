package voting

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Matter is what a poll was about, as the town hall closes it: the délibération
// taken, and the recours against it. Days are their first moment in the town.
type Matter struct {
	Poll          *Poll
	DeliberatedOn time.Time // zero before a délibération is entered
	Reference     string    // of the délibération
	Months        int       // during which nothing is destroyed
	PossibleOn    time.Time // the first day on which the ballots may be severed
	Appeals       []Appeal
	Minute        *Minute // nil before the severing
	Today         time.Time

	town string
}

// Appeal is a recours.
type Appeal struct {
	ID        uuid.UUID
	FiledOn   time.Time
	Reference string
	LiftedOn  time.Time // zero while it is pending
	Outcome   string    // what lifted it
}

// Deliberation is what the office enters of a délibération.
type Deliberation struct {
	On        time.Time
	Reference string
	Months    int // 2 when zero: the time in which a recours may be filed
}

// DefaultMonths is the time in which a recours may be filed.
const DefaultMonths = 2

// EndedAt is when a poll took its last ballot: its closing, or when it was
// called off. It is zero before.
func (p *Poll) EndedAt() time.Time {
	switch {
	case p.State == Cancelled:
		return p.cancelledAt
	case p.State.Over():
		return p.Closes
	}
	return time.Time{}
}

// Obstacles lists why the ballots cannot be severed today; none when they can.
func (m *Matter) Obstacles() []error {
	switch {
	case m.Minute != nil:
		return []error{ErrSevered}
	case m.Poll.State == Cancelled && m.Poll.OpenedAt.IsZero():
		return []error{ErrNothingToSever}
	case m.Poll.EndedAt().IsZero():
		return []error{ErrNotClosedYet}
	}
	var why []error
	if m.DeliberatedOn.IsZero() {
		why = append(why, ErrNoDeliberation)
	} else if m.Today.Before(m.PossibleOn) {
		why = append(why, ErrPeriodRuns)
	}
	if m.Pending() > 0 {
		why = append(why, ErrAppealPending)
	}
	return why
}

// Pending is the number of recours that are not lifted.
func (m *Matter) Pending() (n int) {
	for _, a := range m.Appeals {
		if a.LiftedOn.IsZero() {
			n++
		}
	}
	return n
}

// Matter returns the matter of a poll.
func (c *Custody) Matter(ctx context.Context, t *tenant.Tenant, id PollID) (m *Matter, err error) {
	err = c.Box.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		poll, err := selectPoll(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		m, err = selectMatter(ctx, tx, t, poll)
		return err
	})
	return m, err
}

func selectMatter(ctx context.Context, tx bun.IDB, t *tenant.Tenant, p *Poll) (*Matter, error) {
	m := &Matter{Poll: p, Months: DefaultMonths, Today: dayIn(p.Now.In(t.TimeZone), t.TimeZone), town: t.Name}
	var on, possible time.Time
	err := tx.QueryRowContext(ctx, `SELECT deliberated_on, reference, months, possible_on FROM voting.matters
		WHERE tenant_id = ? AND poll_id = ?`, t.ID, p.ID).Scan(&on, &m.Reference, &m.Months, &possible)
	switch {
	case err == nil:
		m.DeliberatedOn, m.PossibleOn = dayIn(on, t.TimeZone), dayIn(possible, t.TimeZone)
	case !isNotFound(err):
		return nil, fmt.Errorf("read the matter of a poll: %w", err)
	}
	if m.Appeals, err = selectAppeals(ctx, tx, t, p.ID); err != nil {
		return nil, err
	}
	m.Minute, err = selectMinute(ctx, tx, t.ID, p.ID)
	return m, err
}

func selectAppeals(ctx context.Context, tx bun.IDB, t *tenant.Tenant, id PollID) (list []Appeal, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, filed_on, reference, lifted_on, outcome FROM voting.appeals
		WHERE tenant_id = ? AND poll_id = ? ORDER BY filed_on, id`, t.ID, id)
	if err != nil {
		return nil, fmt.Errorf("read the recours about a poll: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var a Appeal
		var lifted bun.NullTime
		if err := rows.Scan(&a.ID, &a.FiledOn, &a.Reference, &lifted, &a.Outcome); err != nil {
			return nil, fmt.Errorf("read the recours about a poll: %w", err)
		}
		a.FiledOn = dayIn(a.FiledOn, t.TimeZone)
		if !lifted.IsZero() {
			a.LiftedOn = dayIn(lifted.Time, t.TimeZone)
		}
		list = append(list, a)
	}
	return list, rows.Err()
}

// dayIn returns the first moment of a calendar day in a place.
func dayIn(on time.Time, place *time.Location) time.Time {
	return time.Date(on.Year(), on.Month(), on.Day(), 0, 0, 0, 0, place)
}

// day writes a day.
func day(on time.Time) string { return on.Format(time.DateOnly) }

// closing runs an act on a matter under the poll's lock: never once severed.
func (c *Custody) closing(ctx context.Context, t *tenant.Tenant, id PollID, fn func(context.Context, bun.IDB, *Matter) error) error {
	return c.Box.act(ctx, t.ID, id, func(ctx context.Context, tx bun.IDB, poll *Poll, _ *Head) error {
		m, err := selectMatter(ctx, tx, t, poll)
		if err != nil {
			return err
		}
		if m.Minute != nil {
			return ErrSevered
		}
		return fn(ctx, tx, m)
	})
}

// Deliberate enters the délibération that the period runs from, or corrects it.
func (c *Custody) Deliberate(ctx context.Context, t *tenant.Tenant, id PollID, d Deliberation, act Act) error {
	d.Reference = strings.TrimSpace(d.Reference)
	if d.Months == 0 {
		d.Months = DefaultMonths
	}
	return c.closing(ctx, t, id, func(ctx context.Context, tx bun.IDB, m *Matter) error {
		if err := d.check(m, t.TimeZone); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO voting.matters (tenant_id, poll_id, deliberated_on, reference, months) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT ON CONSTRAINT one_matter_per_poll DO UPDATE
			SET deliberated_on = excluded.deliberated_on, reference = excluded.reference, months = excluded.months`,
			t.ID, id, day(d.On), d.Reference, d.Months)
		if err != nil {
			return fmt.Errorf("enter a délibération: %w", err)
		}
		return recordMatter(ctx, tx, t, id, act, "voting.deliberate",
			map[string]any{"on": day(d.On), "reference": d.Reference, "months": d.Months})
	})
}

func (d Deliberation) check(m *Matter, place *time.Location) error {
	ended := m.Poll.EndedAt()
	if ended.IsZero() {
		return ErrNotClosedYet
	}
	var wrong []fault.Field
	switch {
	case d.On.IsZero() || d.On.After(m.Today):
		wrong = append(wrong, fault.Field{Name: "on", Key: "voting.sever.future"})
	case d.On.Before(dayIn(ended.In(place), place)):
		wrong = append(wrong, fault.Field{Name: "on", Key: "voting.sever.before_closing"})
	}
	if d.Reference == "" {
		wrong = append(wrong, fault.Field{Name: "reference", Key: "voting.sever.reference_missing"})
	}
	if d.Months < DefaultMonths || d.Months > 120 {
		wrong = append(wrong, fault.Field{Name: "months", Key: "voting.sever.months"})
	}
	if len(wrong) > 0 {
		return fault.OnFields(wrong...)
	}
	return nil
}

// Appeal records a recours: from then on, and until it is lifted, nothing can
// be severed.
func (c *Custody) Appeal(ctx context.Context, t *tenant.Tenant, id PollID, a Appeal, act Act) (uuid.UUID, error) {
	a.ID, a.Reference = uuid.New(), strings.TrimSpace(a.Reference)
	err := c.closing(ctx, t, id, func(ctx context.Context, tx bun.IDB, m *Matter) error {
		var wrong []fault.Field
		if a.FiledOn.IsZero() || a.FiledOn.After(m.Today) {
			wrong = append(wrong, fault.Field{Name: "filed_on", Key: "voting.sever.future"})
		}
		if a.Reference == "" {
			wrong = append(wrong, fault.Field{Name: "appeal", Key: "voting.sever.reference_missing"})
		}
		if len(wrong) > 0 {
			return fault.OnFields(wrong...)
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO voting.appeals (tenant_id, poll_id, id, filed_on, reference) VALUES (?, ?, ?, ?, ?)`,
			t.ID, id, a.ID, day(a.FiledOn), a.Reference)
		if err != nil {
			return fmt.Errorf("record a recours: %w", err)
		}
		return recordMatter(ctx, tx, t, id, act, "voting.appeal", map[string]any{"on": day(a.FiledOn), "reference": a.Reference})
	})
	return a.ID, err
}

// Lift records what ended a recours. What is lifted stays so: another recours
// is another line.
func (c *Custody) Lift(ctx context.Context, t *tenant.Tenant, id PollID, a Appeal, act Act) error {
	a.Outcome = strings.TrimSpace(a.Outcome)
	return c.closing(ctx, t, id, func(ctx context.Context, tx bun.IDB, m *Matter) error {
		var filed *Appeal
		for i := range m.Appeals {
			if m.Appeals[i].ID == a.ID && m.Appeals[i].LiftedOn.IsZero() {
				filed = &m.Appeals[i]
			}
		}
		if filed == nil {
			return ErrNotFound
		}
		var wrong []fault.Field
		switch {
		case a.LiftedOn.IsZero() || a.LiftedOn.After(m.Today):
			wrong = append(wrong, fault.Field{Name: "lifted_on", Key: "voting.sever.future"})
		case a.LiftedOn.Before(filed.FiledOn):
			wrong = append(wrong, fault.Field{Name: "lifted_on", Key: "voting.sever.before_filing"})
		}
		if a.Outcome == "" {
			wrong = append(wrong, fault.Field{Name: "outcome", Key: "voting.sever.outcome_missing"})
		}
		if len(wrong) > 0 {
			return fault.OnFields(wrong...)
		}
		_, err := tx.ExecContext(ctx, `UPDATE voting.appeals SET lifted_on = ?, outcome = ? WHERE tenant_id = ? AND poll_id = ? AND id = ?`,
			day(a.LiftedOn), a.Outcome, t.ID, id, a.ID)
		if err != nil {
			return fmt.Errorf("lift a recours: %w", err)
		}
		return recordMatter(ctx, tx, t, id, act, "voting.lift", map[string]any{"on": day(a.LiftedOn), "reference": filed.Reference, "outcome": a.Outcome})
	})
}

func recordMatter(ctx context.Context, tx bun.IDB, t *tenant.Tenant, id PollID, act Act, action string, details map[string]any) error {
	return audit.Record(ctx, tx, audit.Entry{Tenant: t.ID, Actor: act.Actor, Action: action, Subject: "poll/" + id.String(), Details: details})
}
