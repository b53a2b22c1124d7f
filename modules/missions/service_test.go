package missions

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
)

func TestNeverOverbookedByAHundredAtOnce(t *testing.T) {
	s := newSquare(t)
	const places, people = 7, 100
	m := s.mission(places)
	viewers := make([]citizen.Viewer, people)
	for i := range viewers {
		viewers[i] = s.citizen(s.town, "Camille", "1990-01-01")
	}
	states := make([]State, people)
	errs := make([]error, people)
	var wg sync.WaitGroup
	for i := range viewers {
		wg.Go(func() {
			// A pool that is exhausted may ask to come back: people do.
			for range 20 {
				if _, states[i], errs[i] = s.join(viewers[i], m); errs[i] == nil || errors.Is(errs[i], ErrAlreadyIn) {
					return
				}
			}
		})
	}
	wg.Wait()
	count := map[State]int{}
	for i := range states {
		if errs[i] != nil {
			t.Errorf("person %d: %v", i, errs[i])
		}
		count[states[i]]++
	}
	if count[Accepted] != places || count[Waiting] != people-places {
		t.Errorf("%v: want %d accepted, the others waiting", count, places)
	}
	if slot := s.read(m.ID).Slots[0]; slot.Taken != places {
		t.Errorf("%d places taken of %d", slot.Taken, places)
	}
	s.consistent()
}

// consistent checks that the places taken of every slot are the inscriptions
// that hold one.
func (s *square) consistent() {
	s.Helper()
	var wrong int
	s.must(s.db.Superuser(s).QueryRow(context.Background(), `
		SELECT count(*) FROM missions.slots s WHERE s.taken <> (SELECT count(*) FROM missions.inscriptions i
			WHERE i.tenant_id = s.tenant_id AND i.slot_id = s.id AND i.state IN ('pending', 'accepted'))`).Scan(&wrong))
	if wrong > 0 {
		s.Errorf("%d slots do not count their inscriptions", wrong)
	}
}

func TestTheDatabaseItselfRefusesOneTooMany(t *testing.T) {
	s := newSquare(t)
	m := s.mission(1)
	_, err := s.db.Superuser(t).Exec(t.Context(), `UPDATE missions.slots SET taken = 2 WHERE id = $1`, m.Slots[0].ID)
	if err == nil || !strings.Contains(err.Error(), "never_overbooked") {
		t.Errorf("an overbooked slot: %v", err)
	}
}

func TestAPlaceGivenBackGoesToWhoWaitedLongest(t *testing.T) {
	s := newSquare(t)
	m := s.mission(1)
	a, b, c := s.citizen(s.town, "Ana", "1990-01-01"), s.citizen(s.town, "Bo", "1990-01-01"), s.citizen(s.town, "Cy", "1990-01-01")
	first, second, third := s.joined(a, m, Accepted), s.joined(b, m, Waiting), s.joined(c, m, Waiting)
	if got := s.letters(b); strings.Contains(got, "place s'est libérée") {
		t.Error("somebody was told too early")
	}
	s.must(s.service.withdraw(s.ctx, s.town, a, first))
	if got := s.states(first, second, third); got != "withdrawn accepted waiting" {
		t.Errorf("states %s", got)
	}
	if got := s.letters(b); !strings.Contains(got, "/missions/inscriptions/"+second.String()) {
		t.Errorf("the one moved up was not told: %s", got)
	}
	if err := s.service.withdraw(s.ctx, s.town, a, first); !errors.Is(err, ErrNotIn) {
		t.Errorf("leaving twice: %v", err)
	}
	if err := s.service.withdraw(s.ctx, s.town, c, second); !errors.Is(err, ErrNotFound) {
		t.Errorf("leaving for somebody else: %v", err)
	}
	// Coming back is a new turn.
	again := s.joined(a, m, Waiting)
	if again != first {
		t.Error("a person has two lines for one slot")
	}
	s.must(s.service.withdraw(s.ctx, s.town, b, second))
	if got := s.states(first, second, third); got != "waiting withdrawn accepted" {
		t.Errorf("states %s", got)
	}
	s.consistent()
}

func TestAHostDecidesWhereItSaidSo(t *testing.T) {
	s := newSquare(t)
	m := s.mission(1, approved)
	a, b := s.citizen(s.town, "Ana", "1990-01-01"), s.citizen(s.town, "Bo", "1990-01-01")
	first, second := s.joined(a, m, Pending), s.joined(b, m, Waiting)
	if err := s.service.accept(s.ctx, s.town, b, first); !errors.Is(err, ErrNotFound) {
		t.Errorf("accepted by a stranger: %v", err)
	}
	if err := s.service.refuse(s.ctx, s.town, s.host, first, " "); fields(err) != "reason" {
		t.Errorf("refused without a reason: %v", err)
	}
	s.must(s.service.refuse(s.ctx, s.town, s.host, first, "Nous sommes complets."))
	if got := s.states(first, second); got != "refused pending" {
		t.Errorf("states %s", got)
	}
	s.must(s.service.accept(s.ctx, s.town, s.host, second))
	if err := s.service.accept(s.ctx, s.town, s.host, second); !errors.Is(err, ErrNotPending) {
		t.Errorf("accepted twice: %v", err)
	}
	if got := s.letters(a); !strings.Contains(got, "Nous sommes complets.") {
		t.Error("the reason was not told")
	}
	s.consistent()
}

func TestAgeIsCheckedAtEachAct(t *testing.T) {
	s := newSquare(t)
	adults, teens := s.mission(5), s.mission(5, toMinors)
	for _, c := range []struct {
		born string
		in   *Mission
		want error
	}{
		{"2008-11-25", adults, ErrNotAdult},  // eighteen the day after the slot
		{"2008-11-24", adults, nil},          // eighteen that day
		{"2010-11-25", teens, ErrTooYoung},   // sixteen the day after
		{"2010-11-24", teens, nil},           //
		{"", adults, ErrAgeUnknown},          //
		{"pas une date", teens, ErrTooYoung}, // cannot be read
	} {
		v := s.citizen(s.town, "Jo", "")
		v.BornOn = c.born
		if _, _, err := s.join(v, c.in); !errors.Is(err, c.want) {
			t.Errorf("born %q: %v, want %v", c.born, err, c.want)
		}
	}
	// What is asked while it is open to minors is not accepted once it no longer is.
	m := s.mission(5, toMinors, approved)
	teen := s.citizen(s.town, "Lou", "2010-01-01")
	id := s.joined(teen, m, Pending)
	s.must(s.service.edit(s.ctx, s.town, s.host, Target{ID: m.ID}, text(approved)))
	if err := s.service.accept(s.ctx, s.town, s.host, id); !errors.Is(err, ErrNotAdult) {
		t.Errorf("a minor was accepted among adults: %v", err)
	}
}

func TestWhoAskedIsToldOfWhatChanges(t *testing.T) {
	s := newSquare(t)
	m := s.mission(2)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	id := s.joined(v, m, Accepted)

	s.must(s.service.edit(s.ctx, s.town, s.host, Target{ID: m.ID, Version: s.read(m.ID).Version}, text(func(t *Text) { t.Title = "Planter deux haies" })))
	if got := s.letters(v); !strings.Contains(got, "Planter deux haies") {
		t.Error("the change of text was not told")
	}
	slot := m.Slots[0]
	slot.StartsAt, slot.EndsAt = slot.StartsAt.Add(48*time.Hour), slot.EndsAt.Add(48*time.Hour)
	s.must(s.service.moveSlot(s.ctx, s.town, s.host, m.ID, slot))
	if got := s.letters(v); !strings.Contains(got, "jeudi 26 novembre 2026") {
		t.Errorf("the new date was not told: %s", got)
	}
	slot.Capacity = 0
	if err := s.service.moveSlot(s.ctx, s.town, s.host, m.ID, slot); fields(err) != "capacity" {
		t.Errorf("no place at all: %v", err)
	}
	s.joined(s.citizen(s.town, "Bo", "1990-01-01"), m, Accepted)
	slot.Capacity = 1
	if err := s.service.moveSlot(s.ctx, s.town, s.host, m.ID, slot); !errors.Is(err, ErrTooSmall) {
		t.Errorf("fewer places than people: %v", err)
	}
	s.must(s.service.withdraw(s.ctx, s.town, v, id))

	s.must(s.service.cancel(s.ctx, s.town, s.host, Target{ID: m.ID}, "Trop de vent."))
	if got := s.letters(v); strings.Contains(got, "Trop de vent.") {
		t.Error("somebody who had left was told of the rest")
	}
	s.consistent()
}

func TestCancellingTellsEverybodyWhy(t *testing.T) {
	s := newSquare(t)
	m := s.mission(1)
	a, b := s.citizen(s.town, "Ana", "1990-01-01"), s.citizen(s.town, "Bo", "1990-01-01")
	first, second := s.joined(a, m, Accepted), s.joined(b, m, Waiting)
	if err := s.service.cancel(s.ctx, s.town, s.host, Target{ID: m.ID}, ""); fields(err) != "reason" {
		t.Errorf("without a reason: %v", err)
	}
	if err := s.service.cancel(s.ctx, s.town, a, Target{ID: m.ID}, "x"); !errors.Is(err, ErrNotYours) {
		t.Errorf("by a stranger: %v", err)
	}
	s.must(s.service.cancel(s.ctx, s.town, s.staff, Target{ID: m.ID}, "Trop de vent."))
	if got := s.states(first, second); got != "cancelled cancelled" {
		t.Errorf("states %s", got)
	}
	for _, v := range []citizen.Viewer{a, b} {
		if !strings.Contains(s.letters(v), "Trop de vent.") {
			t.Errorf("%s was not told", v.Name)
		}
	}
	if _, _, err := s.join(s.citizen(s.town, "Cy", "1990-01-01"), m); !errors.Is(err, ErrCancelled) {
		t.Errorf("joining what is cancelled: %v", err)
	}
	s.consistent()
}

func TestOnlyThoseWhoAnswerForAnAssociationLeadItsMissions(t *testing.T) {
	s := newSquare(t)
	stranger := s.citizen(s.town, "Sam", "1990-01-01")
	if _, err := s.service.create(s.ctx, s.town, stranger, s.assoc, text(), 1); !errors.Is(err, ErrNotYours) {
		t.Errorf("a stranger for the association: %v", err)
	}
	if _, err := s.service.create(s.ctx, s.town, s.host, uuid.Nil, text(), 1); !errors.Is(err, ErrNotYours) {
		t.Errorf("an association for the town hall: %v", err)
	}
	draft, err := s.service.create(s.ctx, s.town, s.host, s.assoc, text(), 1)
	s.must(err)
	if err := s.service.edit(s.ctx, s.town, stranger, Target{ID: draft}, text()); !errors.Is(err, ErrNotFound) {
		t.Errorf("a draft exists for a stranger: %v", err)
	}
	if err := s.service.publish(s.ctx, s.town, s.host, Target{ID: draft}); !errors.Is(err, ErrNoSlot) {
		t.Errorf("published without a slot: %v", err)
	}
	s.must(s.service.addSlot(s.ctx, s.town, s.host, draft, tomorrow(1)))
	s.listed.associations[0].Verified = false
	if err := s.service.publish(s.ctx, s.town, s.host, Target{ID: draft}); !errors.Is(err, ErrUnverified) {
		t.Errorf("published by an association that nobody checked: %v", err)
	}
	s.listed.associations[0].Verified = true
	s.must(s.service.publish(s.ctx, s.town, s.host, Target{ID: draft}))
	if _, _, err := s.join(s.host, s.read(draft)); !errors.Is(err, ErrOwnMission) {
		t.Errorf("the host helps itself: %v", err)
	}
	if err := s.service.edit(s.ctx, s.town, s.host, Target{ID: draft, Version: 1}, text()); !errors.Is(err, ErrStale) {
		t.Errorf("over somebody else's version: %v", err)
	}
}
