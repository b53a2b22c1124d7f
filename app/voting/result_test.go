package voting_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

func (h *hall) results(id voting.PollID) *voting.Result {
	h.Helper()
	r, err := h.box.Results(context.Background(), h.town.ID, id, realtime.Public)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

func TestTheResultIsThatOfTheBallots(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(upTo(2), changeable))
	voters := h.citizens(6)
	for i, marks := range []string{"a", "ab", "b", "bc", "", "c"} {
		h.cast(ballot(id, voters[i], strings.Split(marks, "")...))
	}
	h.cast(ballot(id, voters[5], "b"))
	h.close(id)
	r := h.results(id)
	want := []voting.Cell{{Option: "a", Value: 1, Votes: 2}, {Option: "b", Value: 1, Votes: 4}, {Option: "c", Value: 1, Votes: 1}}
	if diff := cmp.Diff(want, r.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	if r.Ballots != 6 || r.Blank != 1 || r.Base != 5 || !slices.Equal(r.Outcome.Winners, []string{"b"}) {
		t.Errorf("%d ballots, %d blank, base %d, winners %v", r.Ballots, r.Blank, r.Base, r.Outcome.Winners)
	}
	if hash := sha256.Sum256([]byte(r.Text)); hex.EncodeToString(hash[:]) != r.SHA256 {
		t.Error("the result is not the text that was hashed")
	}
	log := h.log(id)
	if last := log[len(log)-1]; last.kind != voting.EntryResult || last.index != r.LogIndex || !bytes.Contains(last.data, []byte(r.SHA256)) {
		t.Errorf("the log ends with %s %s, not with the result %s", last.kind, last.data, r.SHA256)
	}
	if again := h.results(id); again.Text != r.Text {
		t.Error("asked again, the result is another one")
	}
	h.intact(id)
}

func TestAnswersAreCountedOnTheirBase(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(answers, func(t *voting.Terms) {
		t.Options = []voting.Option{{Label: "Fermer la rue aux voitures"}}
		t.Rule.Base = counting.Expressed
	}))
	for i, v := range h.citizens(7) {
		value := []int{voting.Yes, voting.Yes, voting.Yes, voting.No, voting.No, voting.Abstain, voting.Abstain}[i]
		s := ballot(id, v)
		s.Marks = []voting.Mark{{Option: "a", Value: value}}
		h.cast(s)
	}
	h.close(id)
	if r := h.results(id); !slices.Equal(r.Outcome.Winners, []string{"a"}) {
		t.Errorf("three yes against two no: %+v", r.Outcome)
	}
}

// TestATieIsDecidedByTheCommittedLot draws the lot again with the seed and the
// root that the log gives, and a hash of our own.
func TestATieIsDecidedByTheCommittedLot(t *testing.T) {
	h := newHall(t)
	for range 5 {
		id := h.open(terms())
		for i, v := range h.citizens(4) {
			h.cast(ballot(id, v, []string{"a", "c"}[i%2]))
		}
		before := h.head(id)
		h.close(id)
		r := h.results(id)
		if r.Root != hex.EncodeToString(before.Root[:]) {
			t.Error("the lot is not drawn with the root of the ballots' log")
		}
		ticket := func(option string) string {
			lot := counting.Lot(r.Rule.Ties.Seed, before.Root[:], option)
			return hex.EncodeToString(lot[:])
		}
		want := "a"
		if ticket("c") < ticket("a") {
			want = "c"
		}
		if !slices.Equal(r.Outcome.Winners, []string{want}) || len(r.Outcome.Ties) != 1 {
			t.Errorf("winners %v, want %s: %+v", r.Outcome.Winners, want, r.Outcome.Ties)
		}
	}
}

func TestOriginsNeverTellAFewBallots(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	for channel, n := range map[voting.Channel]int{voting.Web: 14, voting.Desk: 3, voting.Paper: 12} {
		for _, v := range h.citizens(n) {
			s := ballot(id, v, "a")
			s.Channel = channel
			h.cast(s)
		}
	}
	h.close(id)
	told := map[voting.Channel]int64{}
	for _, o := range h.results(id).Origins {
		if o.Ballots != nil {
			told[o.Channel] = *o.Ballots
		}
	}
	// The desk's three would follow from the total if paper were told.
	if diff := cmp.Diff(map[voting.Channel]int64{voting.Web: 14}, told); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPublishedBallotsTellNothingOfTheVoter(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	one, two := h.open(terms(changeable)), h.open(terms())
	voters := h.citizens(30)
	own := map[string]string{}
	for i, v := range voters {
		s := ballot(one, v, string(rune('a'+i%3)))
		h.cast(s)
		own[s.Nonce.String()] = string(rune('a'+i%3)) + "=1"
		h.cast(ballot(two, v, "a"))
	}
	h.close(one)
	h.close(two)

	var page bytes.Buffer
	if err := h.box.WriteCSV(ctx, &page, h.town.ID, one, realtime.Public); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(bytes.NewReader(page.Bytes())).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"pseudonym", "marks", "nonce"}, lines[0]); diff != "" || len(lines) != 31 {
		t.Fatalf("%d lines, heading %v", len(lines), lines[0])
	}
	pseudonyms := map[string]bool{}
	for i, line := range lines[1:] {
		if own[line[2]] != line[1] {
			t.Errorf("the voter of %s finds %s, voted %s", line[2], line[1], own[line[2]])
		}
		if i > 0 && lines[i][0] >= line[0] {
			t.Error("ballots are not in the order of their pseudonyms")
		}
		pseudonyms[line[0]] = true
	}
	var object bytes.Buffer
	if err := h.box.WriteJSON(ctx, &object, h.town.ID, two, realtime.Public); err != nil {
		t.Fatal(err)
	}
	var archive struct {
		Result  voting.Result            `json:"result"`
		Ballots []voting.PublishedBallot `json:"ballots"`
	}
	if err := json.Unmarshal(object.Bytes(), &archive); err != nil {
		t.Fatal(err)
	}
	if len(archive.Ballots) != 30 || archive.Result.Ballots != 30 {
		t.Errorf("%d ballots published, the result says %d", len(archive.Ballots), archive.Result.Ballots)
	}
	for _, b := range archive.Ballots {
		if pseudonyms[b.Pseudonym] {
			t.Errorf("voter %s is the same in two polls", b.Pseudonym)
		}
	}
	for _, v := range voters {
		for name, text := range map[string]string{"csv": page.String(), "json": object.String()} {
			if strings.Contains(text, v.ID.String()) || strings.Contains(text, hex.EncodeToString(v.ID[:])) {
				t.Errorf("%s names a voter", name)
			}
		}
	}
	if strings.Contains(page.String()+object.String(), h.rollKeys(one)[0]) {
		t.Error("the roll can be joined to the ballots")
	}
}

func (h *hall) rollKeys(id voting.PollID) []string {
	h.Helper()
	var keys []string
	err := h.superuser().QueryRow(context.Background(),
		`SELECT array_agg(encode(voter_key, 'hex')) FROM voting.roll WHERE poll_id = $1`, id.String()).Scan(&keys)
	if err != nil {
		h.Fatal(err)
	}
	return keys
}

func TestABallotIsShownToItsVoterOnly(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	id, other := h.open(terms(changeable)), h.open(terms())
	voters := h.citizens(2)
	h.cast(ballot(id, voters[0], "a"))
	h.cast(ballot(id, voters[0], "b"))
	marks, cast, err := h.box.BallotOf(ctx, h.town.ID, id, voters[0])
	if err != nil || !cast || !slices.Equal(marks, choose("b")) {
		t.Errorf("own ballot: %v %v %v", marks, cast, err)
	}
	if _, cast, err := h.box.BallotOf(ctx, h.town.ID, id, voters[1]); cast || err != nil {
		t.Errorf("somebody who did not vote: %v %v", cast, err)
	}
	device := voting.ByDevice(uuid.UUID(voters[0].ID))
	if _, cast, _ := h.box.BallotOf(ctx, h.town.ID, id, device); cast {
		t.Error("a device that bears an account's number opens the account's ballot")
	}
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		voted, err := h.box.Voted(ctx, tx, h.town.ID, voters[0], id, other)
		if diff := cmp.Diff(map[voting.PollID]bool{id: true}, voted); diff != "" || err != nil {
			t.Errorf("voted (-want +got):\n%s %v", diff, err)
		}
		return nil
	})
}

func TestAnExportHoldsTheCitizensOwnBallotsOnly(t *testing.T) {
	h := newHall(t)
	one, two := h.open(terms()), h.open(terms())
	voters := h.citizens(2)
	h.cast(ballot(one, voters[0], "b"))
	h.cast(ballot(one, voters[1], "c"))
	h.cast(ballot(two, voters[1], "a"))
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		export, err := h.box.Export(ctx, tx, h.town.ID, voters[0].Viewer.ID)
		text, _ := json.Marshal(export)
		if err != nil || strings.Count(string(text), `"marks"`) != 1 || !strings.Contains(string(text), `"b=1"`) {
			t.Errorf("%s %v", text, err)
		}
		return nil
	})
}

func TestAReceiptIsFoundByItsNonce(t *testing.T) {
	h := newHall(t)
	ctx := context.Background()
	id := h.open(terms(changeable))
	voters := h.citizens(2)
	s := ballot(id, voters[0], "a")
	given := h.cast(s)
	found, err := h.box.Receipt(ctx, h.town.ID, id, s.Nonce, voting.Voter{})
	if diff := cmp.Diff(given, found); diff != "" || err != nil {
		t.Errorf("(-given +found):\n%s %v", diff, err)
	}
	h.cast(ballot(id, voters[0], "b"))
	if found, err = h.box.Receipt(ctx, h.town.ID, id, s.Nonce, voting.Voter{}); err != nil || !found.Replaced {
		t.Errorf("a replaced ballot: %+v %v", found, err)
	}
	if _, err := h.box.Receipt(ctx, h.town.ID, id, voting.NewNonce(), voters[0]); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("a nonce nobody used: %v", err)
	}
	if _, err := h.box.Receipt(ctx, h.db.Tenant(t).ID, id, s.Nonce, voters[0]); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("from another town: %v", err)
	}
	h.close(id)
	if found, _ := h.box.Receipt(ctx, h.town.ID, id, s.Nonce, voters[1]); !found.CastAt.IsZero() {
		t.Error("once nonces are published, anybody reads when this one voted")
	}
	if found, _ := h.box.Receipt(ctx, h.town.ID, id, s.Nonce, voters[0]); !found.CastAt.Equal(given.CastAt) {
		t.Error("the voter does not find the time of the vote again")
	}
}
