package paper_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/paper"
	"parvis/app/voting"
)

func TestASheetIsSettledByTwoWhoReadTheSame(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open()
	n := h.batch(id, 2)
	h.want(h.types("Anne", id, n, 1, "a=1"), nil)
	h.want(h.types("Anne", id, n, 1, "a=1"), paper.ErrTypedByYou)
	h.want(h.seal(id, n), paper.ErrNotAllTyped)
	h.want(h.types("Bruno", id, n, 1, "a=1"), nil)
	h.want(h.types("Chloé", id, n, 1, "a=1"), paper.ErrSettled)

	h.want(h.types("Anne", id, n, 2, "b=1"), nil)
	h.want(h.types("Bruno", id, n, 2, "b=1;c=1"), nil) // somebody slipped
	h.want(h.seal(id, n), paper.ErrNotAllTyped)
	h.want(h.types("Anne", id, n, 2, "b=1;c=1"), paper.ErrTypedByYou) // neither of the two
	h.want(h.types("Bruno", id, n, 2, "b=1"), paper.ErrTypedByYou)
	if st := h.stands(id).Batches[0]; st.Disputed != 1 || st.Settled != 1 {
		t.Errorf("%+v", st)
	}
	h.want(h.types("Chloé", id, n, 2, "b=1"), nil)
	h.want(h.seal(id, n), nil)
	h.want(h.seal(id, n), paper.ErrSealed)
	h.want(h.types("Denis", id, n, 2, "b=1"), paper.ErrSealed)
	h.close(id)
	h.want(h.Finish(context.Background(), h.town, h.staff["Olga"], id, "Liste papier perdue"), nil)
	if r := h.result(id); !slices.Equal(r.Counts, []voting.Cell{{Option: "a", Value: 1, Votes: 1}, {Option: "b", Value: 1, Votes: 1}}) {
		t.Errorf("%v", r.Counts)
	}
}

func TestWhatTypingRefuses(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	ready, err := h.Prepare(ctx, h.town, h.staff["Anne"], id)
	h.must(err)
	h.want(h.types("Anne", id, ready, 1, "a=1"), paper.ErrNotCounted)
	h.want(h.types("Anne", id, 99, 1, "a=1"), paper.ErrNoBatch)
	for _, n := range []int{-1, 0, voting.MaxSheets + 1} {
		h.want(h.CountSheets(ctx, h.town, h.staff["Anne"], id, ready, n), paper.ErrCounted)
	}
	n := h.batch(id, 3)
	for sheet, want := range map[int]error{0: paper.ErrNoSheet, -1: paper.ErrNoSheet, 4: paper.ErrNoSheet, 1 << 40: paper.ErrNoSheet} {
		h.want(h.types("Anne", id, n, sheet, "a=1"), want)
	}
	for said, want := range map[voting.Sheet]error{
		"zz=1": voting.ErrUnknownOption, "a=1;b=1;c=1;d=1": voting.ErrTooManyOptions, "!no": voting.ErrNullReason, "a=9": voting.ErrInvalidMark,
	} {
		h.want(h.types("Anne", id, n, 1, said), want)
	}
	h.want(h.TypeSheet(ctx, h.other, h.staff["Anne"], id, n, 1, "a=1"), voting.ErrNotFound)
	h.want(h.TypeSheet(ctx, h.town, h.staff["Mona"], id, n, 1, "a=1"), access.ErrNotAllowed)
	h.want(h.TypeSheet(ctx, h.town, citizen.Viewer{}, id, n, 1, "a=1"), access.ErrSignInRequired)
	h.want(h.types("Anne", id, n, 2, "a=1"), nil)
	h.want(h.CountSheets(ctx, h.town, h.staff["Anne"], id, n, 1), paper.ErrFewer)
	another := h.open()
	h.want(h.types("Anne", another, n, 1, "a=1"), paper.ErrNoBatch) // the batch of another poll

	h.close(id) // typing goes on after the closing
	for sheet := 1; sheet <= 3; sheet++ {
		for _, name := range []string{"Anne", "Bruno"} {
			if err := h.types(name, id, n, sheet, "a=1"); err != nil && !errors.Is(err, paper.ErrTypedByYou) {
				t.Error(err)
			}
		}
	}
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), paper.ErrUnsealed)
	h.want(h.seal(id, n), nil)
	h.want(h.Finish(ctx, h.town, h.staff["Anne"], id, "Essai"), access.ErrNotAllowed)
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, " "), voting.ErrDifference)
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), nil)
	h.want(h.types("Chloé", id, n, 1, "a=1"), voting.ErrPaperOver) // not after the word that all is in
	_, err = h.Prepare(ctx, h.town, h.staff["Anne"], id)
	h.want(err, voting.ErrPaperOver)
}

// Eight people type the same sheet in the same moment: two typings settle it,
// and nobody's is lost or written twice.
func TestOneSheetTypedAtOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open()
	n := h.batch(id, 1)
	var taken atomic.Int64
	var wait sync.WaitGroup
	for range 2 {
		for _, name := range []string{"Anne", "Bruno", "Chloé", "Denis"} {
			wait.Go(func() {
				switch err := h.types(name, id, n, 1, "a=1"); {
				case err == nil:
					taken.Add(1)
				case !errors.Is(err, paper.ErrSettled) && !errors.Is(err, paper.ErrTypedByYou):
					t.Error(err)
				}
			})
		}
	}
	wait.Wait()
	if taken.Load() != 2 {
		t.Errorf("%d typings were taken", taken.Load())
	}
	var sealed atomic.Int64
	for range 4 {
		wait.Go(func() {
			if h.seal(id, n) == nil {
				sealed.Add(1)
			}
		})
	}
	wait.Wait()
	if head, err := h.box.Head(context.Background(), h.town.ID, id); err != nil || sealed.Load() != 1 || head.Paper != 1 {
		t.Errorf("sealed %d times, %d sheets in the box: %v", sealed.Load(), head.Paper, err)
	}
}

func TestWhereOnePersonTypesASampleIsReadAgain(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open(simple)
	n := h.batch(id, 30)
	for sheet := 1; sheet <= 30; sheet++ {
		h.must(h.types("Anne", id, n, sheet, "a=1"))
	}
	h.want(h.types("Bruno", id, n, 1, "a=1"), paper.ErrSettled) // not before it is drawn
	h.want(h.seal(id, n), nil)
	h.close(id)
	st := h.stands(id)
	sample := st.Batches[0].Sample
	if len(sample) != 10 || !slices.IsSorted(sample) {
		t.Fatalf("the sample is %v", sample)
	}
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), paper.ErrUnread)
	turn, _, _, err := h.Turn(ctx, h.town, h.staff["Serge"], id, n)
	if err != nil || turn.Sheet != sample[0] || turn.Left != 10 {
		t.Errorf("%+v, %v", turn, err)
	}
	if turn, _, _, err := h.Turn(ctx, h.town, h.staff["Anne"], id, n); err != nil || turn.Sheet != 0 {
		t.Errorf("who typed reads again: %+v, %v", turn, err)
	}
	for _, sheet := range sample[1:] {
		h.must(h.types("Serge", id, n, sheet, "a=1"))
	}
	h.must(h.types("Serge", id, n, sample[0], "b=1")) // the typist was wrong
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), paper.ErrUnread)
	h.must(h.types("Bruno", id, n, sample[0], "b=1"))
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), paper.ErrDisagree)
	h.must(h.Propose(ctx, h.town, h.staff["Serge"], id, paper.Correction{Batch: n, Sheet: sample[0], Said: "b=1", Reason: "Relecture"}))
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), paper.ErrDisagree)
	h.must(h.Confirm(ctx, h.town, h.staff["Bruno"], id, 1))
	h.want(h.Finish(ctx, h.town, h.staff["Olga"], id, "Essai"), nil)
	if r := h.result(id); !slices.Equal(r.Counts, []voting.Cell{{Option: "a", Value: 1, Votes: 29}, {Option: "b", Value: 1, Votes: 1}}) {
		t.Errorf("%v", r.Counts)
	}
}

func TestTheSampleIsTheLots(t *testing.T) {
	t.Parallel()
	lot, root := [32]byte{1}, [32]byte{2}
	first := paper.Sample(lot, root, 400)
	if len(first) != 40 || !slices.Equal(first, paper.Sample(lot, root, 400)) {
		t.Errorf("%v", first)
	}
	if slices.Equal(first, paper.Sample(lot, [32]byte{3}, 400)) || slices.Equal(first, paper.Sample([32]byte{4}, root, 400)) {
		t.Error("another log or another seed draws the same sheets")
	}
	if all := paper.Sample(lot, root, 4); !slices.Equal(all, []int{1, 2, 3, 4}) {
		t.Errorf("%v", all)
	}
	drawn := make([]int, 101)
	for i := range 2000 {
		for _, n := range paper.Sample(lot, [32]byte{byte(i), byte(i >> 8)}, 100) {
			drawn[n]++
		}
	}
	for n, times := range drawn[1:] {
		if times < 120 || times > 280 { // 200 ± 6σ
			t.Errorf("sheet %d was drawn %d times of 2000", n+1, times)
		}
	}
}

func TestACorrectionTakesTwoSignatures(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	n := h.batch(id, 1)
	c := paper.Correction{Batch: n, Sheet: 1, Said: "b=1", Reason: "Relecture"}
	h.want(h.Propose(ctx, h.town, h.staff["Anne"], id, c), paper.ErrNotSealed)
	h.must(h.types("Anne", id, n, 1, "a=1"))
	h.must(h.types("Bruno", id, n, 1, "a=1"))
	h.must(h.seal(id, n))
	for _, wrong := range []struct {
		c    paper.Correction
		want error
	}{
		{paper.Correction{Batch: n, Sheet: 1, Said: "b=1"}, voting.ErrReasonMissing},
		{paper.Correction{Batch: n, Sheet: 1, Said: "a=1", Reason: "Rien"}, paper.ErrSameSaid},
		{paper.Correction{Batch: n, Sheet: 1, Said: "zz=1", Reason: "x"}, voting.ErrUnknownOption},
		{paper.Correction{Batch: 7, Sheet: 1, Said: "b=1", Reason: "x"}, paper.ErrNoBatch},
	} {
		h.want(h.Propose(ctx, h.town, h.staff["Anne"], id, wrong.c), wrong.want)
	}
	if err := h.Propose(ctx, h.town, h.staff["Anne"], id, paper.Correction{Batch: n, Sheet: 2, Said: "b=1", Reason: "x"}); err == nil {
		t.Error("a sheet that is not there was corrected")
	}
	h.must(h.Propose(ctx, h.town, h.staff["Anne"], id, c))
	h.want(h.Confirm(ctx, h.town, h.staff["Anne"], id, 1), paper.ErrSameSigner)
	if head, err := h.box.Head(ctx, h.town.ID, id); err != nil || head.Counts[voting.Mark{Option: "a", Value: 1}] != 1 {
		t.Errorf("one signature changed the count: %v %v", head.Counts, err)
	}
	var done atomic.Int64
	var wait sync.WaitGroup
	for _, name := range []string{"Bruno", "Chloé", "Denis"} {
		wait.Go(func() {
			if h.Confirm(ctx, h.town, h.staff[name], id, 1) == nil {
				done.Add(1)
			}
		})
	}
	wait.Wait()
	if head, err := h.box.Head(ctx, h.town.ID, id); err != nil || done.Load() != 1 || head.Counts[voting.Mark{Option: "b", Value: 1}] != 1 {
		t.Errorf("confirmed %d times: %v %v", done.Load(), head.Counts, err)
	}
	h.want(h.Confirm(ctx, h.town, h.staff["Denis"], id, 1), paper.ErrSigned)
	h.want(h.Drop(ctx, h.town, h.staff["Anne"], id, 1), paper.ErrSigned)
	h.want(h.Confirm(ctx, h.town, h.staff["Denis"], id, 9), voting.ErrNotFound)
	_, err := h.db.Superuser(t).Exec(ctx, `UPDATE paper.corrections SET confirmed_by = proposed_by`)
	if err == nil {
		t.Error("the database lets one person sign twice")
	}
}

func TestTheDeskMarksTheRollAndTellsNobodyWho(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	people := h.citizens(2)
	h.must(h.HandIn(ctx, h.town, h.staff["Anne"], id, people[0]))
	h.want(h.HandIn(ctx, h.town, h.staff["Anne"], id, people[0]), voting.ErrHandedIn)
	h.want(h.HandIn(ctx, h.town, h.staff["Olga"], id, people[1]), access.ErrNotAllowed)
	h.want(h.HandIn(ctx, h.town, h.staff["Anne"], id, h.staff["Anne"].ID), paper.ErrOwnSheet)
	came, err := h.Receive(ctx, h.town, h.staff["Anne"], id, people[0])
	if err != nil || !came.Voted || came.Channel != voting.Paper {
		t.Errorf("%+v, %v", came, err)
	}
	var named int
	err = h.db.Superuser(t).QueryRow(ctx, `SELECT count(*) FROM core.audit_entries WHERE action = 'paper.hand_in'
		AND (subject || details::text) LIKE '%' || $1 || '%'`, people[0].String()).Scan(&named)
	if err != nil || named != 0 {
		t.Errorf("the journal says who voted: %d, %v", named, err)
	}
	if st := h.stands(id); st.Handed != 1 {
		t.Errorf("%d handed in", st.Handed)
	}
}
