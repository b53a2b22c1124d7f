package journal_test

import (
	"bytes"
	"testing"

	"github.com/google/uuid"

	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/prooftest"
)

// TestAQuorumIsVerifiedTwice: of the people present and of the entitled,
// reached and missed, with more ballots than people counted; both verifiers
// find what was announced.
func TestAQuorumIsVerifiedTwice(t *testing.T) {
	t.Parallel()
	second := prooftest.New(t)
	h := newHall(t)
	var archives [][]byte
	var adopted []bool
	for _, c := range []struct {
		of                counting.Base
		present, entitled int64
		adopted           bool
	}{
		{counting.Attending, 9, 0, false}, {counting.Attending, 8, 0, true}, {counting.Attending, 2, 0, true}, {counting.Attending, 0, 0, true},
		{"", 40, 9, false}, {"", 0, 8, true}, {counting.Enrolled, 1, 9, false},
	} {
		id := h.open(terms(func(terms *voting.Terms) {
			terms.Method, terms.Entitled = voting.YesNoAbstain, c.entitled
			terms.Rule.Quorum = counting.Quorum{Share: counting.Fraction{Num: 1, Den: 2}, Of: c.of}
		}))
		if err := h.box.SetPresent(t.Context(), h.town.ID, id, c.present, voting.Act{}); err != nil {
			t.Fatal(err)
		}
		for range 4 {
			marks := []voting.Mark{{Option: "a", Value: voting.Yes}, {Option: "b", Value: voting.No}}
			if _, err := h.box.Cast(t.Context(), h.town.ID, voting.Submission{
				Poll: id, Voter: voting.ByDevice(uuid.New()), Nonce: voting.NewNonce(), Marks: marks, Channel: voting.Meeting,
			}); err != nil {
				t.Fatal(err)
			}
		}
		h.close(id)
		archives, adopted = append(archives, h.export(id)), append(adopted, c.adopted)
	}
	for i, other := range second.Archives(h.key(), archives...) {
		ours, err := proof.Verify(bytes.NewReader(archives[i]), proof.Options{Key: h.key()})
		if err != nil || !ours.OK || prooftest.Line(ours) != prooftest.Line(&other) {
			t.Errorf("%d: %v: %s, in JavaScript %s", i, err, prooftest.Line(ours), prooftest.Line(&other))
		}
		if got := len(ours.Winners) == 1; got != adopted[i] {
			t.Errorf("%d: %v adopted", i, ours.Winners)
		}
	}
}
