package missions

import (
	"strings"
	"testing"
	"time"
)

// TestAReminderComesOnceTheDayBefore: to those who are expected, in the morning
// of the day before, and again only if the date has moved since.
func TestAReminderComesOnceTheDayBefore(t *testing.T) {
	s := newSquare(t)
	m := s.mission(3) // tomorrow at noon
	ana, bo, cleo, dan := s.citizen(s.town, "Ana", "1990-01-01"), s.citizen(s.town, "Bo", "1990-01-01"), s.citizen(s.town, "Cléo", "1990-01-01"), s.citizen(s.town, "Dan", "1990-01-01")
	paris, err := time.LoadLocation("Europe/Paris")
	s.must(err)
	before := func(hour, minute int) { s.at(time.Date(2026, 11, 23, hour, minute, 0, 0, paris)) }
	told := func(names ...string) {
		t.Helper()
		s.must(s.Remind(s.ctx, s.town))
		s.must(s.Remind(s.ctx, s.town))
		var got string
		s.must(s.db.Superuser(t).QueryRow(t.Context(), `
			SELECT coalesce(string_agg(c.name, ' ' ORDER BY c.name), '') FROM core.notices n JOIN core.citizens c ON c.id = n.citizen_id
			WHERE n.title LIKE 'Rappel%'`).Scan(&got))
		if want := strings.Join(names, " "); got != want {
			t.Errorf("reminded %q, want %q", got, want)
		}
	}
	off := s.mission(2)
	s.joined(dan, off, Accepted)
	s.must(s.service.cancel(s.ctx, s.town, s.host, Target{ID: off.ID}, "Trop de vent."))
	before(7, 0)
	s.joined(ana, m, Accepted)
	left := s.joined(bo, m, Accepted)
	s.must(s.service.withdraw(s.ctx, s.town, bo, left))
	before(8, 59)
	told()
	before(9, 0)
	told("Ana")
	if got := s.letters(ana); !strings.Contains(got, "mardi 24 novembre 2026, de 12") || !strings.Contains(got, "Bois du Val") {
		t.Errorf("the letter does not say when and where:\n%s", got)
	}
	before(10, 0)
	s.joined(cleo, m, Accepted)
	told("Ana") // who joins on the very day remembers

	later := Slot{ID: m.Slots[0].ID, StartsAt: m.Slots[0].StartsAt.AddDate(0, 0, 7), EndsAt: m.Slots[0].EndsAt.AddDate(0, 0, 7), Capacity: 3}
	s.must(s.service.moveSlot(s.ctx, s.town, s.host, m.ID, later))
	told("Ana")
	s.at(time.Date(2026, 11, 30, 9, 30, 0, 0, paris))
	told("Ana", "Ana", "Cléo")
}
