package paper_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/paper"
	"parvis/app/voting"
)

// casts casts the ballot of somebody on the web.
func (h *hall) casts(id voting.PollID, who citizen.ID) error {
	_, err := h.box.Cast(context.Background(), h.town.ID, voting.Submission{
		Poll: id, Voter: voting.ByAccount(citizen.Viewer{ID: who, SignedIn: true}), Nonce: voting.NewNonce(), Channel: voting.Web,
		Marks: []voting.Mark{{Option: "a", Value: voting.Chosen}},
	})
	return err
}

func (h *hall) handsIn(id voting.PollID, who citizen.ID) {
	h.Helper()
	h.must(h.HandIn(context.Background(), h.town, h.staff["Anne"], id, who))
}

func (h *hall) changes(id voting.PollID, kind voting.EntryKind) (reasons []string) {
	h.Helper()
	h.must(h.db.ReadTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		list, err := h.box.Changes(ctx, tx, h.town.ID, id)
		for _, c := range list {
			if c.Kind == kind {
				reasons = append(reasons, c.Reason)
			}
		}
		return err
	}))
	return reasons
}

// Somebody marked instead of another gets their vote back: two people sign, the
// reason is public, the journal says who, and nothing names the person.
func TestAMarkMadeByMistakeIsTakenBack(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	people := h.citizens(2)
	wrong, right := people[0], people[1]
	anne, bruno, serge := h.staff["Anne"], h.staff["Bruno"], h.staff["Serge"]

	h.want(h.AskUnmark(ctx, h.town, anne, id, wrong, "Homonyme"), voting.ErrNotMarked)
	h.handsIn(id, wrong)
	h.want(h.casts(id, wrong), voting.ErrOtherChannel)
	h.want(h.AskUnmark(ctx, h.town, anne, id, wrong, " \n"), voting.ErrReasonMissing)
	h.want(h.AskUnmark(ctx, h.town, serge, id, wrong, "Homonyme"), access.ErrNotAllowed)
	h.want(h.AskUnmark(ctx, h.town, citizen.Viewer{}, id, wrong, "Homonyme"), access.ErrSignInRequired)
	h.must(h.AskUnmark(ctx, h.town, anne, id, wrong, "Deux homonymes ont été confondus."))
	h.want(h.AskUnmark(ctx, h.town, bruno, id, wrong, "Encore"), paper.ErrAsked)
	h.want(h.casts(id, wrong), voting.ErrOtherChannel) // one signature opens nothing
	h.waits(map[string]string{"Anne": "", "Bruno": "unmark 1", "Serge": "unmark 1"})

	h.want(h.ConfirmUnmark(ctx, h.town, anne, id, 1), paper.ErrSameSigner)
	h.want(h.ConfirmUnmark(ctx, h.town, h.staff["Mona"], id, 1), access.ErrNotAllowed)
	h.want(h.ConfirmUnmark(ctx, h.town, bruno, id, 2), voting.ErrNotFound)
	h.want(h.ConfirmUnmark(ctx, h.other, bruno, id, 1), voting.ErrNotFound)
	h.must(h.ConfirmUnmark(ctx, h.town, serge, id, 1))
	h.want(h.ConfirmUnmark(ctx, h.town, bruno, id, 1), paper.ErrSettledMark)
	if st := h.stands(id); st.Handed != 0 || !st.Unmarkings[0].Citizen.IsZero() {
		t.Errorf("%d sheets handed in; the act still names %s", st.Handed, st.Unmarkings[0].Citizen)
	}
	if got := h.changes(id, voting.ChangeUnmarked); len(got) != 1 || got[0] != "Deux homonymes ont été confondus." {
		t.Errorf("the public register says %q", got)
	}
	var journal int
	h.must(h.db.Superuser(t).QueryRow(ctx, `SELECT count(*) FROM core.audit_entries WHERE tenant_id = $1 AND action IN ('paper.unmark', 'paper.unmark_sign')`, h.town.ID.String()).Scan(&journal))
	if journal != 2 {
		t.Errorf("%d lines in the journal", journal)
	}

	h.want(h.casts(id, wrong), nil) // and the first way used locks the others again
	h.want(h.HandIn(ctx, h.town, anne, id, wrong), voting.ErrVotedAlready)
	h.want(h.AskUnmark(ctx, h.town, anne, id, wrong, "Homonyme"), voting.ErrCastBallot)
	h.handsIn(id, right)
}

// Once there are as many sheets as marks nobody can say whose is whose: the
// right person is marked first. After the closing nothing is taken back.
func TestAMarkStaysOnceItsSheetIsInTheBox(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	people := h.citizens(3)
	wrong, right, late := people[0], people[1], people[2]
	anne, bruno := h.staff["Anne"], h.staff["Bruno"]
	h.handsIn(id, wrong)
	h.must(h.AskUnmark(ctx, h.town, anne, id, wrong, "Homonyme"))
	n := h.batch(id, 1) // the envelope is opened meanwhile
	h.want(h.ConfirmUnmark(ctx, h.town, bruno, id, 1), voting.ErrSheetInBox)
	h.must(h.DropUnmark(ctx, h.town, anne, id, 1))
	h.want(h.AskUnmark(ctx, h.town, anne, id, wrong, "Homonyme"), voting.ErrSheetInBox)

	h.handsIn(id, right)
	h.must(h.AskUnmark(ctx, h.town, anne, id, wrong, "Homonyme"))
	h.must(h.ConfirmUnmark(ctx, h.town, bruno, id, 2))
	h.want(h.AskUnmark(ctx, h.town, anne, id, right, "Homonyme"), voting.ErrSheetInBox)

	for _, name := range []string{"Anne", "Bruno"} {
		h.must(h.types(name, id, n, 1, "a=1"))
	}
	h.must(h.seal(id, n))
	h.handsIn(id, late)
	h.must(h.AskUnmark(ctx, h.town, anne, id, late, "Homonyme"))
	h.close(id)
	h.want(h.ConfirmUnmark(ctx, h.town, bruno, id, 3), voting.ErrPollClosed)
	h.must(h.Finish(ctx, h.town, h.staff["Olga"], id, "Une personne émargée par erreur."))
	if st := h.stands(id); st.Unmarkings[2].Pending() || !st.Unmarkings[2].Citizen.IsZero() {
		t.Error("an act that can no more be done still waits")
	}
	if r := h.result(id); r.Ballots != 1 {
		t.Errorf("%d ballots", r.Ballots)
	}
}

// Whatever the program does, the database keeps the mark of a ballot that was
// cast, and any mark for which nobody signs; and two signatures at once take one mark back, once.
func TestOnlyASignedMarkOfPaperLeavesTheRoll(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	people := h.citizens(3)
	h.want(h.casts(id, people[0]), nil)
	h.handsIn(id, people[1])
	h.handsIn(id, people[2])
	h.must(h.AskUnmark(ctx, h.town, h.staff["Anne"], id, people[1], "Homonyme"))
	var done atomic.Int64
	var wait sync.WaitGroup
	for _, name := range []string{"Bruno", "Chloé", "Denis", "Olga"} {
		wait.Go(func() {
			if h.ConfirmUnmark(ctx, h.town, h.staff[name], id, 1) == nil {
				done.Add(1)
			}
		})
	}
	wait.Wait()
	if st := h.stands(id); done.Load() != 1 || st.Handed != 1 {
		t.Errorf("signed %d times, %d sheets handed in", done.Load(), st.Handed)
	}
	h.must(h.db.InTenant(ctx, h.town.ID, func(ctx context.Context, tx bun.Tx) error {
		gone, err := tx.ExecContext(ctx, `DELETE FROM voting.roll WHERE tenant_id = ?`, h.town.ID)
		if err != nil {
			return err
		}
		if n, _ := gone.RowsAffected(); n != 0 {
			t.Errorf("%d marks left the roll although nobody signed", n)
		}
		return nil
	}))
}
