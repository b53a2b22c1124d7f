package missions

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/places"
)

func TestThreadsHoldNoContactData(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"Écrivez-moi : ana@exemple.fr":     ErrContactData,
		"ana (at) exemple.fr":              ErrContactData,
		"Mon numéro : 06 12 34 56 78":      ErrContactData,
		"0612345678":                       ErrContactData,
		"+33.6.12.34.56.78":                ErrContactData,
		"voyez https://exemple.fr/page":    ErrLinkTooSoon,
		"voyez exemple.fr":                 ErrLinkTooSoon,
		"Rendez-vous à 14 h 30 le 24":      nil,
		"J'ai planté 1200 arbres en 2025.": nil,
		"Au 12 rue du 8 mai 1945, 52100":   nil,
	} {
		if err := checkMessage(text, "message", false); !errors.Is(err, want) || (want == nil) != (err == nil) {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
	}
	if err := checkMessage("voyez https://exemple.fr/page", "message", true); err != nil {
		t.Errorf("a link once accepted: %v", err)
	}
	for _, bad := range []string{"", strings.Repeat("a", maxMessage+1)} {
		if fields(checkMessage(bad, "message", true)) != "message" {
			t.Errorf("%d characters were taken", len(bad))
		}
	}
}

func TestTheTwoSidesTalkBySiteOnly(t *testing.T) {
	s := newSquare(t)
	m := s.mission(2, approved)
	v, stranger := s.citizen(s.town, "Ana", "1990-01-01"), s.citizen(s.town, "Sam", "1990-01-01")
	id := s.joined(v, m, Pending)
	s.must(s.service.say(s.ctx, s.town, v, id, "Faut-il des bottes ?"))
	s.must(s.service.say(s.ctx, s.town, s.host, id, "Oui, des bottes."))
	if err := s.service.say(s.ctx, s.town, stranger, id, "Bonjour"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a stranger in the thread: %v", err)
	}
	if err := s.service.say(s.ctx, s.town, v, id, "www.exemple.fr"); !errors.Is(err, ErrLinkTooSoon) {
		t.Errorf("a link before being accepted: %v", err)
	}
	if got := s.letters(s.host); !strings.Contains(got, "Faut-il des bottes") || strings.Contains(got, canary("Ana")) {
		t.Errorf("what the host was sent: %s", got)
	}
	if got := s.letters(v); !strings.Contains(got, "Oui, des bottes.") || strings.Contains(got, canary("Odile")) {
		t.Errorf("what the person was sent: %s", got)
	}
	th, err := s.service.thread(s.ctx, s.town, v, id)
	s.must(err)
	if err := s.service.flagMessage(s.ctx, s.town, v, id, th.messages[0].ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("flagging oneself: %v", err)
	}
	s.must(s.service.flagMessage(s.ctx, s.town, v, id, th.messages[1].ID))
	list, err := s.service.flagged(s.ctx, s.town.ID, s.staff)
	s.must(err)
	if len(list) != 1 || list[0].Body != "Oui, des bottes." {
		t.Fatalf("what a moderator sees: %+v", list)
	}
	s.must(s.service.settleFlag(s.ctx, s.town.ID, s.staff, list[0].ID, true))
	th, err = s.service.thread(s.ctx, s.town, v, id)
	s.must(err)
	if !th.messages[1].Hidden {
		t.Error("the message is still shown")
	}
}

func TestOnlyThoseWhoAgreeAreFound(t *testing.T) {
	s := newSquare(t)
	near, far := places.Point{Lat: 48_628_010, Lon: 4_949_235}, places.Point{Lat: 48_700_000, Lon: 4_949_235}
	m := s.mission(2, func(t *Text) { t.Place = near })
	ana, bo, child := s.citizen(s.town, "Ana", "1990-01-01"), s.citizen(s.town, "Bo", "1990-01-01"), s.citizen(s.town, "Zoé", "2015-01-01")
	offer := func(v citizen.Viewer, o Volunteer) {
		t.Helper()
		o.Availability = []string{"evenings"}
		s.must(s.service.offer(s.ctx, s.town, v, o))
	}
	offer(ana, Volunteer{Visible: true, Skills: []string{"music"}, Place: far})
	offer(bo, Volunteer{Visible: true, Skills: []string{"cooking"}, Place: near})
	offer(child, Volunteer{Visible: true, Place: near})
	offer(s.citizen(s.town, "Cy", "1990-01-01"), Volunteer{Place: near})
	names := func(w Wanted) string {
		t.Helper()
		_, found, err := s.service.find(s.ctx, s.town, s.host, m.ID, w)
		s.must(err)
		var list []string
		for _, o := range found {
			list = append(list, o.Name)
		}
		return strings.Join(list, " ")
	}
	if got := names(Wanted{}); got != "Bo Ana" {
		t.Errorf("found %q, want the nearest first, no minor, nobody who did not agree", got)
	}
	if got := names(Wanted{Skill: "music"}); got != "Ana" {
		t.Errorf("by skill: %q", got)
	}
	if got := names(Wanted{Radius: 3000}); got != "Bo" {
		t.Errorf("within three kilometres: %q", got)
	}
	if got := names(Wanted{Availability: "sundays"}); got != "" {
		t.Errorf("on Sundays: %q", got)
	}
	if _, _, err := s.service.find(s.ctx, s.town, ana, m.ID, Wanted{}); !errors.Is(err, ErrNotYours) {
		t.Errorf("a search by a stranger: %v", err)
	}
	var kept places.Point
	s.must(s.db.ReadTenant(s.ctx, s.town.ID, func(ctx context.Context, tx bun.Tx) error {
		o, err := s.service.store.volunteer(ctx, tx, s.town.ID, ana.ID)
		kept = o.Place
		return err
	}))
	if kept.Lat%10_000 != 0 || kept.Lon%10_000 != 0 || kept.Metres(far) > 1000 {
		t.Errorf("a home is kept at %v", kept)
	}

	s.must(s.service.invite(s.ctx, s.town, s.host, m.ID, ana.ID))
	if err := s.service.invite(s.ctx, s.town, s.host, m.ID, ana.ID); !errors.Is(err, ErrInvitedTwice) {
		t.Errorf("invited twice: %v", err)
	}
	s.must(s.service.invite(s.ctx, s.town, s.host, s.mission(1).ID, ana.ID))
	if err := s.service.invite(s.ctx, s.town, s.host, s.mission(1).ID, ana.ID); !errors.Is(err, ErrInvitedEnough) {
		t.Errorf("a third invitation in a month: %v", err)
	}
	offer(bo, Volunteer{})
	if err := s.service.invite(s.ctx, s.town, s.host, m.ID, bo.ID); !errors.Is(err, ErrNoLongerToFind) {
		t.Errorf("somebody who no longer agrees: %v", err)
	}
	if got := s.letters(ana); !strings.Contains(got, "Les Mains vertes") {
		t.Error("the invitation was not told")
	}
}

func TestAPassIsSignedShortAndOfOneTown(t *testing.T) {
	s := newSquare(t)
	m := s.mission(2)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	id := s.joined(v, m, Accepted)
	s.at(m.Slots[0].StartsAt.Add(-10 * time.Minute))
	now := m.Slots[0].StartsAt.Add(-10 * time.Minute)
	pass := s.service.pass(s.town.ID, id, now.Add(passLife))
	other, _ := s.newTown()
	flipped := []byte(pass)
	flipped[3] ^= 1
	for what, err := range map[string]error{
		"of another town": second(s.service.readPass(other.ID, pass, now)),
		"too late":        second(s.service.readPass(s.town.ID, pass, now.Add(passLife+time.Minute))),
		"changed":         second(s.service.readPass(s.town.ID, string(flipped), now)),
		"cut":             second(s.service.readPass(s.town.ID, pass[:20], now)),
		"no pass at all":  second(s.service.readPass(s.town.ID, "é\x00", now)),
	} {
		if !errors.Is(err, ErrPass) {
			t.Errorf("a pass %s: %v", what, err)
		}
	}
	if _, err := s.service.checkIn(s.ctx, s.town, v, pass); !errors.Is(err, ErrNotYours) {
		t.Errorf("checked in by themselves: %v", err)
	}
	if _, err := s.service.checkIn(s.ctx, s.town, s.host, pass); err != nil {
		t.Fatal(err)
	}
	if i := s.inscription(id); i.Attendance != present || i.AttendedBy != "qr" {
		t.Errorf("noted: %q by %q", i.Attendance, i.AttendedBy)
	}
	early := s.mission(1)
	far := s.joined(s.citizen(s.town, "Bo", "1990-01-01"), s.mission(1), Accepted)
	s.at(early.Slots[0].StartsAt.Add(-3 * time.Hour))
	if err := s.service.attend(s.ctx, s.town, s.host, far, true); !errors.Is(err, ErrTooEarly) {
		t.Errorf("noted three hours before: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }
