package budgets

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"parvis/app/module"
)

func TestTheAgendaTellsWhatOpensAndCloses(t *testing.T) {
	h := newTownHall(t)
	id := h.opened()
	e := h.dossier(id).Edition
	_, err := h.Sketch(t.Context(), h.town, h.staff, plan()) // a draft is nobody's business
	h.must(err)
	_, err = h.Import(t.Context(), h.town, readElection(t, "exemple.pb", election), strings.Repeat("ab", 32), func(int64, int64) {})
	h.must(err)

	ask := module.CalendarQuery{From: noon.AddDate(-10, 0, 0), To: noon.AddDate(10, 0, 0), Limit: 100}
	list, err := h.Calendar(t.Context(), h.town, h.staff, ask)
	h.must(err)
	if len(list) != len(moments) {
		t.Fatalf("%d entries: %+v", len(list), list)
	}
	for i, one := range list {
		if !one.Starts.Equal(e.Start(moments[i].at)) || !one.Ends.Equal(one.Starts) || one.Href != href(id) || one.Title == "" {
			t.Errorf("%d: %+v", i, one)
		}
	}
	again, err := h.Calendar(t.Context(), h.town, h.staff, ask)
	h.must(err)
	if !slices.EqualFunc(list, again, func(a, b module.CalendarEntry) bool { return a.ID == b.ID }) {
		t.Error("entries have other IDs each time: subscriptions would hold them twice")
	}
	ask.From, ask.After = list[0].Starts, list[0].ID
	rest, err := h.Calendar(t.Context(), h.town, h.staff, ask)
	h.must(err)
	if len(rest) != len(list)-1 {
		t.Errorf("the page after the first entry has %d", len(rest))
	}
	ask.Organisation = uuid.New()
	if none, err := h.Calendar(t.Context(), h.town, h.staff, ask); err != nil || len(none) > 0 {
		t.Errorf("an association has %d entries, %v", len(none), err)
	}
}
