package voting_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/voting"
	"parvis/realtime"
)

func onPaper(t *voting.Terms) { t.Paper = voting.DoubleTyping }

// neighbours are people whose identity was checked.
func (h *hall) neighbours(n int) []voting.Voter {
	h.Helper()
	voters := h.citizens(n)
	for _, v := range voters {
		h.prove(uuid.New(), v)
	}
	return voters
}

func (h *hall) try(fn func(ctx context.Context, tx bun.Tx) error) error {
	return h.db.InTenant(context.Background(), h.town.ID, fn)
}

func (h *hall) handIn(id voting.PollID, v voting.Voter) error {
	return h.try(func(ctx context.Context, tx bun.Tx) error {
		return h.box.HandIn(ctx, tx, h.town.ID, id, citizen.ID(v.ID))
	})
}

func (h *hall) logPaper(id voting.PollID, batch int, sheets ...voting.Sheet) error {
	return h.try(func(ctx context.Context, tx bun.Tx) error {
		_, err := h.box.LogPaper(ctx, tx, h.town.ID, id, batch, sheets, voting.Act{})
		return err
	})
}

func (h *hall) correct(id voting.PollID, batch, sheet int, said voting.Sheet, reason string) error {
	return h.try(func(ctx context.Context, tx bun.Tx) error {
		return h.box.CorrectPaper(ctx, tx, h.town.ID, id, batch, sheet, said, voting.Act{Reason: reason})
	})
}

func (h *hall) finishPaper(id voting.PollID, reason string) error {
	return h.try(func(ctx context.Context, tx bun.Tx) error {
		return h.box.FinishPaper(ctx, tx, h.town.ID, id, voting.Act{Reason: reason})
	})
}

func (h *hall) wantErr(got, want error) {
	h.Helper()
	if !errors.Is(got, want) {
		h.Errorf("%v, want %v", got, want)
	}
}

func TestPaperIsOfferedOnlyWhereAnIdentityIsChecked(t *testing.T) {
	for name, change := range map[string][]func(*voting.Terms){
		"accounts":  {onPaper},
		"the room":  {onPaper, identityAsked, openToRoom},
		"a no-word": {identityAsked, func(t *voting.Terms) { t.Paper = "triple" }},
	} {
		if err := terms(change...).Check(); err == nil {
			t.Errorf("%s: paper is offered", name)
		}
	}
	if err := terms(onPaper, identityAsked).Check(); err != nil {
		t.Error(err)
	}
}

func TestTheFirstWayLocksTheOthers(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(onPaper, identityAsked, changeable))
	people := h.neighbours(3)
	twin := h.citizens(1)[0] // another account of the first person
	h.prove(h.personOf(people[0]), twin)

	h.wantErr(h.handIn(id, people[0]), nil)
	h.refused(ballot(id, people[0], "a"), voting.ErrOtherChannel)
	h.refused(ballot(id, twin, "a"), voting.ErrOtherChannel)
	h.wantErr(h.handIn(id, people[0]), voting.ErrHandedIn)
	h.wantErr(h.handIn(id, twin), voting.ErrHandedIn)

	h.cast(ballot(id, people[1], "a"))
	h.wantErr(h.handIn(id, people[1]), voting.ErrVotedAlready)

	stranger := h.citizens(1)[0] // an account whose holder showed nothing
	h.wantErr(h.handIn(id, stranger), voting.ErrNotEligible)
	h.wantErr(h.handIn(id, voting.ByAccount(citizen.Viewer{ID: citizen.NewID()})), voting.ErrNotFound)

	h.close(id)
	h.wantErr(h.handIn(id, people[2]), voting.ErrPollClosed)
	if head := h.head(id); head.Handed != 1 || head.Participants != 1 {
		t.Errorf("%d handed in, %d in the box", head.Handed, head.Participants)
	}
}

func (h *hall) personOf(v voting.Voter) (id uuid.UUID) {
	h.Helper()
	if err := h.superuser().QueryRow(context.Background(), `SELECT person_id FROM core.citizens WHERE id = $1`, v.ID).Scan(&id); err != nil {
		h.Fatal(err)
	}
	return id
}

// Somebody votes on the web in the very moment their sheet is handed in.
func TestPaperAndWebAtOnceAreOneVote(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(onPaper, identityAsked))
	people := h.neighbours(20)
	var wait sync.WaitGroup
	var taken atomic.Int64
	for _, v := range people {
		wait.Go(func() {
			switch err := h.handIn(id, v); {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, voting.ErrVotedAlready):
				t.Error(err)
			}
		})
		wait.Go(func() {
			_, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, v, "a"))
			switch {
			case err == nil:
				taken.Add(1)
			case !errors.Is(err, voting.ErrOtherChannel):
				t.Error(err)
			}
		})
	}
	wait.Wait()
	head, roll := h.head(id), h.number(`SELECT count(*) FROM voting.roll WHERE poll_id = $1`, id.String())
	if taken.Load() != 20 || roll != 20 || head.Handed+head.Participants != 20 {
		t.Errorf("%d taken, %d on the roll, %d on paper, %d on the web", taken.Load(), roll, head.Handed, head.Participants)
	}
}

func TestPaperIsCountedWithTheRest(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(onPaper, identityAsked, upTo(2)))
	people := h.neighbours(5)
	h.cast(ballot(id, people[0], "b"))
	for _, v := range people[1:] {
		h.wantErr(h.handIn(id, v), nil)
	}
	h.wantErr(h.logPaper(id, 1, "a=1;b=1", ""), nil)
	if head := h.head(id); head.Participants != 3 || head.Blank != 1 || head.Paper != 2 || head.Counts[voting.Mark{Option: "b", Value: 1}] != 2 {
		t.Errorf("a sealed batch is in the live counts: %+v", head)
	}
	h.close(id)
	h.wantErr(h.logPaper(id, 2, "b=1", voting.NullSheet("illegible")), nil)
	if _, err := h.box.Results(context.Background(), h.town.ID, id, realtime.Host); !errors.Is(err, voting.ErrNotReleased) {
		t.Errorf("a result before the paper is complete: %v", err)
	}
	h.wantErr(h.box.Publish(context.Background(), h.town.ID, id, voting.Act{}), voting.ErrPaperPending)
	h.wantErr(h.finishPaper(id, ""), nil)
	h.wantErr(h.finishPaper(id, ""), voting.ErrPaperOver)
	h.wantErr(h.logPaper(id, 3, "a=1"), voting.ErrPaperOver)

	r := h.results(id)
	want := []voting.Cell{{Option: "a", Value: 1, Votes: 1}, {Option: "b", Value: 1, Votes: 3}}
	if !slices.Equal(r.Counts, want) || r.Ballots != 5 || r.Blank != 1 || r.Null != 1 || r.Base != 3 {
		t.Errorf("%v; %d ballots, %d blank, %d null, base %d", r.Counts, r.Ballots, r.Blank, r.Null, r.Base)
	}
	if len(r.Origins) != 2 || r.Origins[0].Ballots != nil || r.Origins[1].Ballots != nil {
		t.Errorf("ways under ten voters are told: %+v", r.Origins)
	}
	var csv bytes.Buffer
	h.wantErr(h.box.WriteCSV(context.Background(), &csv, h.town.ID, id, realtime.Public), nil)
	if lines := strings.Count(csv.String(), "\n"); lines != 5 { // the heading, four that can be counted
		t.Errorf("%d lines:\n%s", lines, csv.String())
	}
}

func TestASheetSaysWhatABallotMay(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(onPaper, identityAsked, upTo(2)))
	for sheet, want := range map[voting.Sheet]error{
		"zz=1":            voting.ErrUnknownOption,
		"a=1;b=1;c=1":     voting.ErrTooManyOptions,
		"a=2":             voting.ErrInvalidMark,
		"b=1;a=1":         voting.ErrInvalidMark, // not in its only form
		"!because":        voting.ErrNullReason,
		"a=1":             nil,
		"!damaged":        nil,
		"":                nil,
		"a = 1; DROP":     voting.ErrInvalidMark,
		"!too_many;a=1":   voting.ErrNullReason,
		"\xff\xfe garble": voting.ErrInvalidMark,
	} {
		if err := h.poll(id).CheckSheet(sheet); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", sheet, err, want)
		}
	}
	h.wantErr(h.logPaper(id, 1), voting.ErrSheetUnknown)
	h.wantErr(h.logPaper(id, 1, "a=1", "zz=1"), voting.ErrUnknownOption)
	h.wantErr(h.logPaper(id, 1, slices.Repeat([]voting.Sheet{"a=1"}, voting.MaxSheets+1)...), voting.ErrSheetUnknown)
	h.wantErr(h.logPaper(id, 1, "a=1"), nil)
	h.wantErr(h.logPaper(id, 1, "a=1"), voting.ErrBatchLogged)
	if head := h.head(id); head.Paper != 1 {
		t.Errorf("%d sheets", head.Paper)
	}
	web := h.open(terms())
	h.wantErr(h.logPaper(web, 1, "a=1"), voting.ErrNoPaper)
	h.wantErr(h.handIn(web, h.neighbours(1)[0]), voting.ErrNoPaper)
}

func TestACorrectionIsANewVersionAndAfterTheCountANewResult(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(onPaper, identityAsked))
	h.wantErr(h.logPaper(id, 1, "a=1", "a=1", "b=1"), nil)
	h.wantErr(h.correct(id, 1, 2, "b=1", " "), voting.ErrReasonMissing)
	h.wantErr(h.correct(id, 1, 4, "b=1", "Relecture"), voting.ErrSheetUnknown)
	h.wantErr(h.correct(id, 2, 1, "b=1", "Relecture"), voting.ErrSheetUnknown)
	h.wantErr(h.correct(id, 1, 2, "!sign", "Relecture"), nil)
	if head := h.head(id); head.Spoiled != 1 || head.Participants != 3 || head.Counts[voting.Mark{Option: "a", Value: 1}] != 1 {
		t.Errorf("%+v", head)
	}
	h.close(id)
	h.wantErr(h.finishPaper(id, ""), voting.ErrDifference)
	h.wantErr(h.finishPaper(id, "La liste d’émargement papier n’a pas été reprise."), nil)
	first := h.results(id)
	h.wantErr(h.correct(id, 1, 1, "b=1", "Erreur signalée par une scrutatrice"), nil)
	second := h.results(id)
	if second.Version != 2 || second.Corrects != first.SHA256 || !slices.Equal(second.Outcome.Winners, []string{"b"}) || second.Base != 2 {
		t.Errorf("version %d corrects %s, winners %v, base %d", second.Version, second.Corrects, second.Outcome.Winners, second.Base)
	}
	kinds := map[voting.EntryKind]int{}
	for _, e := range h.log(id) {
		kinds[e.kind]++
	}
	if kinds[voting.EntryPaper] != 1 || kinds[voting.EntryCorrection] != 2 || kinds[voting.EntryResult] != 2 || kinds[voting.EntryPaperDone] != 1 {
		t.Errorf("%v", kinds)
	}
}

// What a batch says cannot be read in the log before the archive is published,
// nor found by trying.
func TestTheLogDoesNotTellWhatABatchSays(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(onPaper, identityAsked))
	h.wantErr(h.logPaper(id, 1, "", voting.NullSheet("sign"), "a=1"), nil)
	h.wantErr(h.logPaper(id, 2, "", voting.NullSheet("sign"), "a=1"), nil)
	var hashes []string
	for _, e := range h.log(id) {
		if e.kind != voting.EntryPaper {
			continue
		}
		var public map[string]any
		if err := json.Unmarshal(e.data, &public); err != nil {
			t.Fatal(err)
		}
		for name := range public {
			if !slices.Contains([]string{"batch", "version", "sheets", "sha256"}, name) {
				t.Errorf("the log tells %s: %v", name, public[name])
			}
		}
		hashes = append(hashes, public["sha256"].(string))
	}
	if len(hashes) != 2 || hashes[0] == hashes[1] {
		t.Errorf("two batches that say the same have hashes %v", hashes)
	}
}
