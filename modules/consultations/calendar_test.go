package consultations

import (
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/module"
)

// TestTheAgendaTellsEveryOpeningAndClosingOnce: page after page, also where
// several fall on the same moment.
func TestTheAgendaTellsEveryOpeningAndClosingOnce(t *testing.T) {
	s := newSquare(t)
	for i := range 5 {
		s.upcoming(func(p *Plan) { p.OpensAt, p.ClosesAt = noon.Add(time.Hour), noon.AddDate(0, 0, 2+i%2) })
	}
	s.draft()
	q := module.CalendarQuery{From: noon.AddDate(0, 0, -1), To: noon.AddDate(0, 0, 30), Limit: 3}
	seen := map[uuid.UUID]bool{}
	for pages := 0; pages < 10; pages++ {
		list, err := s.Calendar(t.Context(), s.town, s.staff, q)
		s.must(err)
		for _, one := range list {
			if seen[one.ID] || one.Starts.Before(q.From) || !one.Ends.Equal(one.Starts) || one.Title == "" {
				t.Errorf("entry %+v", one)
			}
			seen[one.ID] = true
		}
		if len(list) < q.Limit {
			break
		}
		last := list[len(list)-1]
		q.From, q.After = last.Starts, last.ID
	}
	if len(seen) != 10 {
		t.Errorf("%d moments, want 5 openings and 5 closings", len(seen))
	}
	list, err := s.Calendar(t.Context(), s.town, s.staff, module.CalendarQuery{
		From: noon.Add(-module.LongestEntry), To: noon.AddDate(0, 0, 30), GoingOnAt: noon.Add(2 * time.Hour), Limit: 100,
	})
	s.must(err)
	if len(list) != 5 {
		t.Errorf("%d moments are to come, want the 5 closings", len(list))
	}
}
