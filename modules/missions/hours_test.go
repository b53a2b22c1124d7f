package missions

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
)

// worked is somebody who came to a mission that is over.
func (s *square) worked(v citizen.Viewer) (*Mission, uuid.UUID) {
	s.Helper()
	m := s.mission(20)
	id := s.joined(v, m, Accepted)
	s.at(noon.Add(30 * time.Hour))
	return s.read(m.ID), id
}

func (s *square) minutes(v citizen.Viewer) int64 {
	s.Helper()
	my, err := s.service.mine(s.ctx, s.town, v)
	s.must(err)
	return my.minutes
}

func TestHoursAreTheHostsWordWrittenOnce(t *testing.T) {
	s := newSquare(t)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	m, id := s.worked(v)
	from := m.Slots[0].StartsAt
	if err := s.service.validate(s.ctx, s.town, v, id, Work{from, 60}); !errors.Is(err, ErrNotFound) {
		t.Errorf("validated by the person: %v", err)
	}
	for minutes, want := range map[int64]string{0: "hours", -5: "hours", 25 * 60: "hours"} {
		if err := s.service.validate(s.ctx, s.town, s.host, id, Work{from, minutes}); fields(err) != want {
			t.Errorf("%d minutes: %v", minutes, err)
		}
	}
	if err := s.service.validate(s.ctx, s.town, s.host, id, Work{from.Add(72 * time.Hour), 60}); !errors.Is(err, ErrFutureHours) {
		t.Errorf("hours to come: %v", err)
	}
	s.must(s.service.validate(s.ctx, s.town, s.host, id, Work{from, 150}))
	if err := s.service.validate(s.ctx, s.town, s.host, id, Work{from, 150}); !errors.Is(err, ErrHoursTwice) {
		t.Errorf("validated twice: %v", err)
	}
	if got := s.minutes(v); got != 150 {
		t.Errorf("%d minutes", got)
	}
	if got := s.letters(v); !strings.Contains(got, "viennent d’être validées") {
		t.Errorf("not told: %.600s", got)
	}
	for _, statement := range []string{`UPDATE missions.hours SET minutes = 600`, `DELETE FROM missions.hours`} {
		if _, err := s.db.Pool.Exec(t.Context(), statement); err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

func TestNobodyValidatesTheirOwnHours(t *testing.T) {
	s := newSquare(t)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	m, id := s.worked(v)
	// Since then, the volunteer answers for the association.
	s.listed.answer[s.assoc] = append(s.listed.answer[s.assoc], v.ID)
	if err := s.service.validate(s.ctx, s.town, v, id, Work{m.Slots[0].StartsAt, 60}); !errors.Is(err, ErrOwnHours) {
		t.Errorf("the validator is the beneficiary: %v", err)
	}
	if err := s.service.attend(s.ctx, s.town, v, id, true); !errors.Is(err, ErrOwnHours) {
		t.Errorf("noted present by themselves: %v", err)
	}
	_, err := s.db.Superuser(t).Exec(t.Context(), `INSERT INTO missions.hours (tenant_id, citizen_id, inscription_id, day, starts_at, minutes, source, validated_by, at)
		VALUES ($1, $2, $3, '2026-11-24', $4, 60, 'list', $2, now())`, s.town.ID.String(), v.ID.String(), id, m.Slots[0].StartsAt)
	if err == nil || !strings.Contains(err.Error(), "nobody_validates_their_own_hours") {
		t.Errorf("in SQL: %v", err)
	}
}

func TestACorrectionIsALineMore(t *testing.T) {
	s := newSquare(t)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	m, id := s.worked(v)
	s.must(s.service.validate(s.ctx, s.town, s.host, id, Work{m.Slots[0].StartsAt, 180}))
	th, err := s.service.thread(s.ctx, s.town, s.host, id)
	s.must(err)
	line := th.hours[0].ID
	if err := s.service.correct(s.ctx, s.town, s.host, id, line, 60, " "); fields(err) != "why" {
		t.Errorf("without a reason: %v", err)
	}
	if err := s.service.correct(s.ctx, s.town, s.host, id, line, 180, "Rien"); fields(err) != "becomes" {
		t.Errorf("to the same: %v", err)
	}
	if err := s.service.correct(s.ctx, s.town, s.host, id, line+99, 60, "Autre"); !errors.Is(err, ErrNotFound) {
		t.Errorf("a line of nobody's: %v", err)
	}
	s.must(s.service.correct(s.ctx, s.town, s.host, id, line, 60, "Une heure seulement"))
	s.must(s.service.correct(s.ctx, s.town, s.host, id, line, 90, "Une heure et demie, pardon"))
	th, err = s.service.thread(s.ctx, s.town, v, id)
	s.must(err)
	if got := s.minutes(v); got != 90 || len(th.hours) != 3 || th.hours[1].Minutes != -120 || th.hours[2].Minutes != 30 {
		t.Errorf("%d minutes, lines %+v", got, th.hours)
	}
	s.must(s.service.correct(s.ctx, s.town, s.host, id, line, 0, "Ne s'est pas présentée"))
	if got := s.minutes(v); got != 0 {
		t.Errorf("%d minutes after taking all back", got)
	}
	_, err = s.db.Superuser(t).Exec(t.Context(), `INSERT INTO missions.hours (tenant_id, citizen_id, inscription_id, corrects, day, starts_at, minutes, source, reason, validated_by, at)
		SELECT tenant_id, citizen_id, inscription_id, id, day, starts_at, -1, 'correction', 'x', validated_by, now() FROM missions.hours WHERE id = $1`, line)
	if err == nil || !strings.Contains(err.Error(), "a correction of what was not validated") {
		t.Errorf("taking back more than there is: %v", err)
	}
}

func TestADayHas24HoursAndOnePlace(t *testing.T) {
	s := newSquare(t)
	v := s.citizen(s.town, "Ana", "1990-01-01")
	regular := func(title *Text) { title.Kind, title.Pattern = Regular, "tous les jours" }
	var ids []uuid.UUID
	for range 4 {
		ids = append(ids, s.joined(v, s.mission(1, regular), Accepted))
	}
	s.at(noon.Add(5 * 24 * time.Hour))
	midnight := time.Date(2026, 11, 24, 0, 0, 0, 0, s.town.TimeZone)
	at := func(hour int) time.Time { return midnight.Add(time.Duration(hour) * time.Hour) }
	s.must(s.service.validate(s.ctx, s.town, s.host, ids[0], Work{at(0), 10 * 60}))
	if err := s.service.validate(s.ctx, s.town, s.host, ids[1], Work{at(9), 120}); !errors.Is(err, ErrTwoPlaces) {
		t.Errorf("in two places at once: %v", err)
	}
	s.must(s.service.validate(s.ctx, s.town, s.host, ids[1], Work{at(10), 13 * 60}))
	// Beginning at 23:00, three hours would be counted on a day that has one left.
	if err := s.service.validate(s.ctx, s.town, s.host, ids[2], Work{at(23), 180}); !errors.Is(err, ErrLongDay) {
		t.Errorf("26 hours in a day: %v", err)
	}
	// Two hosts at once: one of them finds the day full.
	errs := make([]error, 2)
	var wg sync.WaitGroup
	for i := range errs {
		wg.Go(func() { errs[i] = s.service.validate(s.ctx, s.town, s.host, ids[2+i], Work{at(23), 60}) })
	}
	wg.Wait()
	if (errs[0] == nil) == (errs[1] == nil) {
		t.Errorf("the same hour, twice at once: %v", errs)
	}
	if got := s.minutes(v); got != 24*60 {
		t.Errorf("%d minutes in a day", got)
	}
}

func TestTheGaugeLeadsToAClaimThatTheTownHallDecides(t *testing.T) {
	s := newSquare(t)
	v := s.citizen(s.town, "Lou", "2008-01-01")
	m, id := s.worked(v)
	if err := s.service.claim(s.ctx, s.town, v); !errors.Is(err, ErrNoScheme) {
		t.Errorf("without a scheme: %v", err)
	}
	scheme := Scheme{Name: "Permis", AgeFrom: 16, AgeTo: 25, Amount: 800_00, Target: 120, Open: true}
	if err := s.service.configure(s.ctx, s.town.ID, s.host, scheme); err == nil {
		t.Error("an association configured the town's aid")
	}
	for field, change := range map[string]func(*Scheme){
		"name": func(s *Scheme) { s.Name = " " }, "amount": func(s *Scheme) { s.Amount = -1 }, "hours": func(s *Scheme) { s.Target = 0 },
		"age_to": func(s *Scheme) { s.AgeTo = 10 }, "age_from": func(s *Scheme) { s.AgeFrom = -1 },
	} {
		bad := scheme
		change(&bad)
		if err := s.service.configure(s.ctx, s.town.ID, s.staff, bad); fields(err) != field {
			t.Errorf("a bad %s: %v", field, err)
		}
	}
	s.must(s.service.configure(s.ctx, s.town.ID, s.staff, scheme))
	if err := s.service.claim(s.ctx, s.town, v); !errors.Is(err, ErrBelowTarget) {
		t.Errorf("below the target: %v", err)
	}
	s.must(s.service.validate(s.ctx, s.town, s.host, id, Work{m.Slots[0].StartsAt, 120}))
	older := v
	older.BornOn = "1980-01-01"
	if err := s.service.claim(s.ctx, s.town, older); !errors.Is(err, ErrClaimAge) {
		t.Errorf("too old: %v", err)
	}
	s.must(s.service.claim(s.ctx, s.town, v))
	if err := s.service.claim(s.ctx, s.town, v); !errors.Is(err, ErrClaimedTwice) {
		t.Errorf("claimed twice: %v", err)
	}
	my, err := s.service.mine(s.ctx, s.town, v)
	s.must(err)
	claim := my.claims[0].ID
	official := citizen.Viewer{ID: v.ID, SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Administrator}}}
	if err := s.service.decideClaim(s.ctx, s.town, official, claim, true, ""); !errors.Is(err, ErrOwnClaim) {
		t.Errorf("decided by the claimant: %v", err)
	}
	if err := s.service.payClaim(s.ctx, s.town, s.staff, claim, "Mandat 12"); !errors.Is(err, ErrClaimState) {
		t.Errorf("paid before it is granted: %v", err)
	}
	if err := s.service.decideClaim(s.ctx, s.town, s.staff, claim, false, ""); fields(err) != "reason" {
		t.Errorf("refused without a reason: %v", err)
	}
	s.must(s.service.decideClaim(s.ctx, s.town, s.staff, claim, true, ""))
	s.must(s.service.payClaim(s.ctx, s.town, s.staff, claim, "Mandat 12, auto-école du Pont"))
	my, err = s.service.mine(s.ctx, s.town, v)
	s.must(err)
	if my.claims[0].State != Paid || my.claims[0].Amount != 800_00 {
		t.Errorf("the claim: %+v", my.claims[0])
	}
	if got := s.letters(v); !strings.Contains(got, "est versée") {
		t.Error("the payment was not told")
	}
}

func TestHalfHoursAreReadWithoutAFloat(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]int64{"70": 4200, "52,5": 3150, "52.5": 3150, " 35 ": 2100, "": 0, "-1": 0, "1e9": 0, "70,25": 0, "99999999": 0, "soixante": 0} {
		if got := halfHours(typed); got != want {
			t.Errorf("%q: %d minutes, want %d", typed, got, want)
		}
	}
}
