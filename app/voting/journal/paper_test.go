package journal_test

import (
	"bytes"
	"context"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/voting"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/prooftest"
)

func onPaper(t *voting.Terms) {
	t.Room.Open, t.Electorate.Person, t.Paper = false, citizen.PersonDesk, voting.DoubleTyping
}

func (h *hall) do(fn func(ctx context.Context, tx bun.Tx) error) {
	h.Helper()
	if err := h.db.InTenant(h.Context(), h.town.ID, fn); err != nil {
		h.Fatal(err)
	}
}

// TestAPollOnPaperIsVerifiedTwice: batches before and after the closing, a
// correction before the count and one after it.
func TestAPollOnPaperIsVerifiedTwice(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	id := h.open(terms(onPaper))
	for _, choice := range []string{"a", "b", "b"} {
		_, err := h.box.Cast(h.Context(), h.town.ID, voting.Submission{
			Poll: id, Voter: voting.ByIdentity(uuid.New()), Nonce: voting.NewNonce(), Channel: voting.Desk,
			Marks: []voting.Mark{{Option: choice, Value: voting.Chosen}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	batch := func(number int, sheets ...voting.Sheet) {
		h.do(func(ctx context.Context, tx bun.Tx) error {
			_, err := h.box.LogPaper(ctx, tx, h.town.ID, id, number, sheets, voting.Act{})
			return err
		})
	}
	correct := func(number, sheet int, said voting.Sheet) {
		h.do(func(ctx context.Context, tx bun.Tx) error {
			return h.box.CorrectPaper(ctx, tx, h.town.ID, id, number, sheet, said, voting.Act{Reason: "Relecture"})
		})
	}
	batch(1, "a=1", "a=1", "", "!sign")
	h.close(id)
	batch(2, "b=1", "c=1")
	correct(1, 1, "b=1")
	h.do(func(ctx context.Context, tx bun.Tx) error {
		return h.box.FinishPaper(ctx, tx, h.town.ID, id, voting.Act{Reason: "Pas de liste d’émargement papier."})
	})
	first := h.verifyTwice(id)
	correct(2, 1, "c=1")
	second := h.verifyTwice(id)
	if first.Ballots != 9 || len(first.Winners) != 1 || first.Winners[0] != "b" {
		t.Errorf("%d ballots, %v wins", first.Ballots, first.Winners)
	}
	if first.SHA256 == second.SHA256 {
		t.Error("a correction after the count left the result as it was")
	}
}

func (h *hall) verifyTwice(id voting.PollID) *proof.Report {
	h.Helper()
	archive := h.export(id)
	report, err := proof.Verify(bytes.NewReader(archive), proof.Options{Key: h.key()})
	if err != nil {
		h.Fatal(err)
	}
	other := prooftest.New(h).Archives(h.key(), archive)[0]
	if !report.OK || prooftest.Line(&other) != prooftest.Line(report) {
		h.Fatalf("Go: %s\nJavaScript: %s", prooftest.Line(report), prooftest.Line(&other))
	}
	return report
}
