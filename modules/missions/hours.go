package missions

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// What is noted of somebody who was expected.
const (
	present = "present"
	absent  = "absent"
)

// earlyCheckIn is how long before a slot begins somebody may be checked in.
const earlyCheckIn = time.Hour

// attend notes on the organiser's list who came.
func (s *service) attend(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, came bool) error {
	return s.decide(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, slot Slot) error {
		if i.Citizen == v.ID {
			return ErrOwnHours
		}
		attendance := absent
		if came {
			attendance = present
		}
		return s.noteAttendance(ctx, tx, t.ID, i, m, slot, attendance, "list")
	})
}

func (s *service) noteAttendance(ctx context.Context, tx bun.Tx, t tenant.ID, i Inscription, m *Mission, slot Slot, attendance, by string) error {
	switch {
	case i.State != Accepted:
		return ErrNotAccepted
	case slot.StartsAt.After(m.Now.Add(earlyCheckIn)):
		return ErrTooEarly
	}
	return s.store.attend(ctx, tx, t, i.ID, attendance, by)
}

// Work is what somebody gave: from when, for how long.
type Work struct {
	From    time.Time
	Minutes int64
}

// validate writes hours into the ledger: the host's word, never one's own.
func (s *service) validate(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, w Work) error {
	var wrong fault.Complaints
	wrong.When(w.From.IsZero(), "from", "missions.hours.from_missing")
	wrong.When(w.Minutes <= 0, "hours", "missions.hours.none")
	wrong.When(w.Minutes > 24*60, "hours", "missions.hours.long_day")
	if err := wrong.Err(); err != nil {
		return err
	}
	return s.decide(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, slot Slot) error {
		switch {
		case i.Citizen == v.ID:
			return ErrOwnHours
		case i.State != Accepted:
			return ErrNotAccepted
		case w.From.Add(time.Duration(w.Minutes) * time.Minute).After(m.Now):
			return ErrFutureHours.On("from")
		case !slot.StartsAt.IsZero() && (w.From.Before(slot.StartsAt.Add(-12*time.Hour)) || w.From.After(slot.EndsAt.Add(12*time.Hour))):
			return fault.OnFields(fault.Field{Name: "from", Key: "missions.hours.elsewhere"})
		}
		source := "list"
		if i.AttendedBy == "qr" {
			source = "qr"
		}
		line := HoursLine{Inscription: i.ID, Day: w.From.In(t.TimeZone), StartsAt: w.From, Minutes: w.Minutes, Source: source}
		if err := s.store.insertHours(ctx, tx, t.ID, i.Citizen, v.ID, line); err != nil {
			return err
		}
		if i.Attendance != present {
			if err := s.store.attend(ctx, tx, t.ID, i.ID, present, "list"); err != nil {
				return err
			}
		}
		if err := s.recordHours(ctx, tx, t.ID, v, m, w.Minutes); err != nil {
			return err
		}
		return s.people.Tell(ctx, tx, t, []citizen.ID{i.Citizen}, hoursLetter(t, m, w.Minutes, s.url))
	})
}

// correct adds a line that puts another right: minutes more, or fewer.
func (s *service) correct(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID, line int64, minutes int64, reason string) error {
	reason = writing.Tidy(reason)
	var wrong fault.Complaints
	wrong.When(minutes < 0, "becomes", "missions.hours.none")
	wrong.When(minutes > 24*60, "becomes", "missions.hours.long_day")
	wrong.When(reason == "", "why", "missions.reason.missing")
	wrong.Bound(reason, "why", maxReason)
	return s.decide(ctx, t, v, id, func(ctx context.Context, tx bun.Tx, i Inscription, m *Mission, _ Slot) error {
		if i.Citizen == v.ID {
			return ErrOwnHours
		}
		lines, err := s.store.hoursOf(ctx, tx, t.ID, i.ID)
		if err != nil {
			return err
		}
		was, of := int64(0), HoursLine{}
		for _, l := range lines {
			if l.ID == line && l.Corrects == 0 {
				of = l
			}
			if l.ID == line || l.Corrects == line {
				was += l.Minutes
			}
		}
		switch err := wrong.Err(); {
		case of.ID == 0:
			return ErrNotFound
		case err != nil:
			return err
		case was == minutes:
			return fault.OnFields(fault.Field{Name: "becomes", Key: "missions.hours.same"})
		}
		fix := HoursLine{
			Inscription: i.ID, Corrects: line, Day: of.Day, StartsAt: of.StartsAt, Minutes: minutes - was, Source: "correction", Reason: reason,
		}
		if err := s.store.insertHours(ctx, tx, t.ID, i.Citizen, v.ID, fix); err != nil {
			return err
		}
		return s.recordHours(ctx, tx, t.ID, v, m, minutes-was)
	})
}

// recordHours writes in the journal what staff validate; what an association
// does is in the ledger.
func (s *service) recordHours(ctx context.Context, tx bun.Tx, t tenant.ID, v citizen.Viewer, m *Mission, minutes int64) error {
	if m.Host != uuid.Nil {
		return nil
	}
	return record(ctx, tx, t, v, actHours, m.ID, map[string]any{"minutes": minutes})
}
