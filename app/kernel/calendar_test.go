package kernel

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// diary is a module with entries in the agenda.
type diary struct {
	stub
	entries []module.CalendarEntry
}

func (d diary) Calendar(_ context.Context, _ *tenant.Tenant, _ citizen.Viewer, q module.CalendarQuery) ([]module.CalendarEntry, error) {
	var asked []module.CalendarEntry
	for _, e := range d.entries {
		if q.Reaches(e.ID, e.Starts, e.Ends) && len(asked) < q.Limit {
			asked = append(asked, e)
		}
	}
	return asked, nil
}

// TestTheAgendaLosesNothingBetweenPages reads the agenda of three modules page
// after page, many of whose entries begin at the same moment.
func TestTheAgendaLosesNothingBetweenPages(t *testing.T) {
	noon := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	var want []string
	var modules []module.Module
	town := &tenant.Tenant{}
	for _, name := range []string{"agenda", "missions", "votes", "absent"} {
		d := diary{stub: stub{name, name, fstest.MapFS{}}}
		for i := range 40 {
			starts := noon.Add(time.Duration(i/13) * time.Hour)
			d.entries = append(d.entries, module.CalendarEntry{ID: uuid.New(), Starts: starts, Ends: starts.Add(time.Hour)})
		}
		slices.SortFunc(d.entries, inAgenda)
		modules = append(modules, d)
		if name == "absent" {
			continue // switched off
		}
		town.Modules = append(town.Modules, name)
		for _, e := range d.entries {
			want = append(want, fmt.Sprint(e.Starts, name, e.ID))
		}
	}
	slices.Sort(want)
	a := &App{Modules: modules}
	for _, size := range []int{1, 7, 13, 200} {
		var got []string
		var after *module.CalendarEntry
		for {
			q := module.CalendarQuery{From: noon, To: noon.Add(24 * time.Hour), Limit: size}
			page, err := a.agenda(t.Context(), town, citizen.Viewer{}, q, after)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page {
				got = append(got, fmt.Sprint(e.Starts, e.Module, e.ID))
			}
			if len(page) < size {
				break
			}
			after = &page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			t.Errorf("pages of %d: %d entries, want %d in order", size, len(got), len(want))
		}
	}
}

func TestWhatHasEndedIsNotGoingOn(t *testing.T) {
	now := time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)
	q := module.CalendarQuery{From: now.Add(-module.LongestEntry), To: now.Add(time.Hour), GoingOnAt: now}
	low, high := uuid.UUID(bytes.Repeat([]byte{1}, 16)), uuid.UUID(bytes.Repeat([]byte{9}, 16))
	for _, tt := range []struct {
		name         string
		starts, ends time.Duration
		want         bool
	}{
		{"ended an hour ago", -2 * time.Hour, -time.Hour, false},
		{"ends now", -time.Hour, 0, false},
		{"goes on", -time.Hour, time.Hour, true},
		{"a closing now", 0, 0, true},
		{"too late", time.Hour, 2 * time.Hour, false},
	} {
		if got := q.Reaches(low, now.Add(tt.starts), now.Add(tt.ends)); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	q.From, q.After = now, low
	if q.Reaches(low, now, now) || !q.Reaches(high, now, now) {
		t.Error("a page does not begin behind the one before")
	}
}
