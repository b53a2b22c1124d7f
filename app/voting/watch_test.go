package voting_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/voting"
)

func (h *hall) signals(id voting.PollID) map[voting.SignalKind][2]int64 {
	h.Helper()
	found := map[voting.SignalKind][2]int64{}
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		list, err := h.box.Signals(ctx, tx, h.town.ID, id)
		for _, s := range list {
			found[s.Kind] = [2]int64{s.Sources, s.Largest}
		}
		return err
	})
	return found
}

func (h *hall) writeSightings() {
	h.Helper()
	if err := h.box.WriteSightings(context.Background()); err != nil {
		h.Fatal(err)
	}
}

// rush has n accounts vote from one network and one device.
func (h *hall) rush(id voting.PollID, n int, network, device string) []voting.Voter {
	h.Helper()
	voters := h.citizens(n)
	for _, v := range voters {
		h.cast(ballot(id, v, "a"))
		h.box.Saw(h.town.ID, id, v, voting.Sighting{Network: network, Device: device})
	}
	return voters
}

func TestASchoolIsASignalAndAFamilyIsNot(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	h.rush(id, 4, "192.0.2.0/24", "family tablet")
	h.writeSightings()
	if got := h.signals(id); len(got) != 0 {
		t.Errorf("a family is shown: %v", got)
	}
	school := h.rush(id, 21, "198.51.100.0/24", "")
	h.box.Saw(h.town.ID, id, school[0], voting.Sighting{Network: "198.51.100.0/24"}) // votes again
	h.rush(id, 6, "203.0.113.0/24", "library computer")
	h.writeSightings()
	h.writeSightings()
	got := h.signals(id)
	want := map[voting.SignalKind][2]int64{voting.ByNetwork: {1, 21}, voting.OnDevice: {1, 6}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("signals %v, want %v", got, want)
	}
}

func TestThrowAwayMailIsCountedAndNotKept(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	voters := h.rush(id, 7, "", "")
	for i, v := range voters {
		domain := "yopmail.com"
		switch i {
		case 5:
			domain = "commune.fr"
		case 6:
			domain = "sub.mailinator.com"
		}
		_, err := h.superuser().Exec(context.Background(), `UPDATE core.citizens SET email = $1 WHERE id = $2`, fmt.Sprintf("x%d@%s", i, domain), v.ID.String())
		if err != nil {
			t.Fatal(err)
		}
	}
	h.writeSightings()
	if got := h.signals(id)[voting.ByMail]; got != [2]int64{1, 6} {
		t.Errorf("throw-away mail: %v", got)
	}
}

// TestNoSightingNamesAVoterOrABallot reads what is kept: no address, no
// account, and no key of the roll or of a ballot.
func TestNoSightingNamesAVoterOrABallot(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	voters := h.rush(id, 3, "198.51.100.0/24", "a device")
	h.writeSightings()
	if n := h.number(`SELECT count(*) FROM voting.sightings`); n != 6 {
		t.Errorf("%d sightings of three people", n)
	}
	linked := h.number(`SELECT count(*) FROM voting.sightings s WHERE
		EXISTS (SELECT FROM voting.roll r WHERE substring(r.voter_key FOR 16) IN (s.member, s.source)) OR
		EXISTS (SELECT FROM voting.ballots b WHERE substring(b.ballot_key FOR 16) IN (s.member, s.source) OR b.nonce IN (s.member, s.source))`)
	if linked != 0 {
		t.Errorf("%d sightings lead to the roll or to a ballot", linked)
	}
	var rows string
	if err := h.superuser().QueryRow(context.Background(), `SELECT string_agg(s::text, ' ') FROM voting.sightings s`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{voters[0].ID.String(), strings.ReplaceAll(voters[0].ID.String(), "-", ""), "198.51", "a device", fmt.Sprintf("%x", "198.51.100.0/24")} {
		if strings.Contains(rows, secret) {
			t.Errorf("%q is kept", secret)
		}
	}
	elsewhere := h.open(terms())
	for _, v := range voters {
		h.cast(ballot(elsewhere, v, "a"))
		h.box.Saw(h.town.ID, elsewhere, v, voting.Sighting{Network: "198.51.100.0/24", Device: "a device"})
	}
	h.writeSightings()
	same := h.number(`SELECT count(*) FROM voting.sightings a JOIN voting.sightings b ON a.poll_id <> b.poll_id AND (a.member = b.member OR a.source = b.source)`)
	if same != 0 {
		t.Errorf("%d sightings are the same in two polls", same)
	}
}

func TestWhereBallotsCameFromIsForgottenAfterADay(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	id, running := h.open(terms()), h.open(terms())
	h.rush(id, 25, "198.51.100.0/24", "")
	h.rush(running, 25, "198.51.100.0/24", "")
	h.writeSightings()
	h.close(id)
	forget := func() {
		t.Helper()
		if err := h.box.ForgetSightings(ctx); err != nil {
			t.Fatal(err)
		}
	}
	forget()
	if n := h.number(`SELECT count(*) FROM voting.sightings WHERE poll_id = $1`, id.String()); n != 25 {
		t.Errorf("%d sightings on the evening of the vote", n)
	}
	h.db.SetClock(t, h.town.ID, time.Now().Add(25*time.Hour))
	forget()
	forget()
	if n := h.number(`SELECT count(*) FROM voting.sightings WHERE poll_id = $1`, id.String()); n != 0 {
		t.Errorf("%d sightings the day after", n)
	}
	if n := h.number(`SELECT count(*) FROM voting.sightings WHERE poll_id = $1`, running.String()); n != 25 {
		t.Errorf("%d sightings of a vote under way", n)
	}
	if got := h.signals(id)[voting.ByNetwork]; got != [2]int64{1, 25} {
		t.Errorf("what was found is lost: %v", got)
	}
}

func TestThePulseIsThatOfTheBatches(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	if p := h.box.Pulse(h.town.ID, id); p.Batches != 0 || p.P99 != 0 {
		t.Errorf("before any ballot: %+v", p)
	}
	for _, v := range h.citizens(5) {
		h.cast(ballot(id, v, "a"))
	}
	p := h.box.Pulse(h.town.ID, id)
	if p.Ballots != 5 || p.Batches != 5 || p.P50 <= 0 || p.P99 < p.P50 || p.Largest != 1 || time.Since(p.Last) > time.Minute {
		t.Errorf("%+v", p)
	}
}

func TestABurstIsAMinuteUnlikeTheOthers(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	now := time.Now().Unix() / 60 * 60
	size := int64(0)
	for i, grown := range []int64{3, 4, 2, 5, 200, 4, 3} {
		size += grown
		_, err := h.superuser().Exec(context.Background(), `INSERT INTO voting.checkpoints (tenant_id, poll_id, size, second, note) VALUES ($1, $2, $3, $4, 'x')`,
			h.town.ID.String(), id.String(), size, now-int64(7-i)*60)
		if err != nil {
			t.Fatal(err)
		}
	}
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		g, err := h.box.Growth(ctx, tx, h.town.ID, id)
		if err != nil {
			return err
		}
		if len(g.Bursts) != 1 || g.Bursts[0].Entries != 200 || g.Bursts[0].At.Unix() != now-180 {
			t.Errorf("bursts %+v", g.Bursts)
		}
		if len(g.PerMinute) != 7 || g.PerMinute[0].Entries != 3 || g.PerMinute[6].Entries != 3 || g.Size != size {
			t.Errorf("%+v", g)
		}
		return nil
	})
}

func TestNothingInTheRegisterOfIncidentsChanges(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	id, act := h.open(terms()), voting.Act{Actor: citizen.ID(uuid.New())}
	report := func(number int, kind voting.IncidentKind, summary string) error {
		return h.box.Report(ctx, h.town.ID, id, number, voting.IncidentEntry{Kind: kind, Summary: summary, Detail: "Vu par le bureau."}, act)
	}
	for i, c := range []struct {
		number  int
		kind    voting.IncidentKind
		summary string
		want    error
	}{
		{0, voting.Recorded, "Le Wi-Fi de la salle est tombé.", nil},
		{1, voting.Followed, "Il est revenu à 20 h 10.", nil},
		{2, voting.Followed, "D'un autre incident.", voting.ErrNoIncident},
		{1, voting.Recorded, "Une seconde fois.", voting.ErrNoIncident},
		{1, voting.Resolved, "Le vote a été prolongé de dix minutes.", nil},
		{1, voting.Followed, "Après coup.", voting.ErrIncidentClosed},
		{0, voting.Recorded, "Un second.", nil},
	} {
		if err := report(c.number, c.kind, c.summary); !errors.Is(err, c.want) {
			t.Errorf("%d: %v, want %v", i, err, c.want)
		}
	}
	if err := report(0, voting.Recorded, "  "); fault.KindOf(err) != fault.Invalid {
		t.Errorf("without a word: %v", err)
	}
	var list []voting.Incident
	h.inTown(func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = h.box.Incidents(ctx, tx, h.town.ID, id)
		return err
	})
	if len(list) != 2 || len(list[0].Entries) != 3 || !list[0].Closed() || list[1].Closed() || list[0].Entries[1].Summary != "Il est revenu à 20 h 10." {
		t.Errorf("%+v", list)
	}
	for _, sql := range []string{`UPDATE voting.incident_entries SET summary = 'x'`, `DELETE FROM voting.incident_entries`} {
		err := h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, sql)
			return err
		})
		if err == nil {
			t.Errorf("the application may %s", sql)
		}
	}
	if err := h.box.Report(ctx, h.town.ID, h.draft(terms()), 0, voting.IncidentEntry{Summary: "x"}, act); !errors.Is(err, voting.ErrNotOpenYet) {
		t.Errorf("of a draft: %v", err)
	}
}
