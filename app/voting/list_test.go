package voting_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/voting"
)

// byMail and byName ask for a list.
func byMail(t *voting.Terms) {
	t.Electorate.Person, t.Electorate.List = citizen.PersonEmail, voting.MailList
}

func byName(t *voting.Terms) {
	t.Electorate.Person, t.Electorate.List = citizen.PersonDesk, voting.CivilList
}

// address gives an account an address.
func (h *hall) address(v voting.Voter, email string) {
	h.Helper()
	if _, err := h.superuser().Exec(context.Background(), `UPDATE core.citizens SET email = $2 WHERE id = $1`, v.ID, email); err != nil {
		h.Fatal(err)
	}
}

func (h *hall) enlist(id voting.PollID, replace bool, reason string, marks ...[]byte) (done voting.Enlisted, err error) {
	err = h.db.InTenant(context.Background(), h.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		done, err = h.box.Enlist(ctx, tx, h.town.ID, id, marks, replace, voting.Act{Reason: reason})
		return err
	})
	return done, err
}

func (h *hall) must(_ voting.Enlisted, err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err)
	}
}

// listed lists people, then opens the poll.
func (h *hall) listed(terms voting.Terms, marks ...[]byte) voting.PollID {
	h.Helper()
	id := h.draft(terms)
	h.must(h.enlist(id, false, "", marks...))
	if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err != nil {
		h.Fatal(err)
	}
	return id
}

func why(t *testing.T, err error) (keys []string) {
	t.Helper()
	refusal, ok := errors.AsType[*voting.NotEligible](err)
	if !ok {
		t.Fatalf("refused for no reason: %v", err)
	}
	for _, r := range refusal.Reasons {
		keys = append(keys, r.Key)
	}
	return keys
}

func TestOnlyThoseOnTheListVote(t *testing.T) {
	h := newHall(t)
	in, out := h.citizens(1)[0], h.citizens(1)[0]
	h.address(in, "jeanne@exemple.fr")
	h.address(out, "paul@exemple.fr")
	id := h.listed(terms(byMail), []byte("jeanne@exemple.fr"), []byte("autre@exemple.fr"))
	h.cast(ballot(id, in, "a"))
	_, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, out, "a"))
	if keys := why(t, err); len(keys) != 1 || keys[0] != "voting.list.missing.mail" {
		t.Errorf("not on the list: %v", keys)
	}
	for voter, want := range map[*voting.Voter]bool{&in: true, &out: false} {
		known, err := h.box.Recognise(context.Background(), h.poll(id), *voter)
		if err != nil || known.Listed != want || h.poll(id).Eligible(known, time.UTC).Allowed != want {
			t.Errorf("before voting the page says %v, %v, want %v", known.Listed, err, want)
		}
	}
	// What was typed is not kept.
	if n := h.number(`SELECT count(*) FROM voting.list_entries WHERE encode(hash, 'escape') LIKE '%exemple%'`); n != 0 {
		t.Error("an address is in the list in clear")
	}
	h.intact(id)
}

func TestAListOfNamesNeedsAProof(t *testing.T) {
	h := newHall(t)
	person := uuid.New()
	one, other := h.citizens(1)[0], h.citizens(1)[0]
	h.prove(person, one)
	h.prove(uuid.New(), other)
	var mark []byte
	if err := h.superuser().QueryRow(context.Background(), `SELECT hash FROM core.persons WHERE id = $1`, person).Scan(&mark); err != nil {
		t.Fatal(err)
	}
	id := h.listed(terms(byName), mark)
	h.cast(ballot(id, one, "a"))
	_, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, other, "a"))
	if keys := why(t, err); len(keys) != 1 || keys[0] != "voting.list.missing.civil" {
		t.Errorf("somebody else: %v", keys)
	}
	_, err = h.box.Cast(context.Background(), h.town.ID, ballot(id, h.citizens(1)[0], "a"))
	if keys := why(t, err); len(keys) != 1 || !strings.HasPrefix(keys[0], "access.person") {
		t.Errorf("whose identity nobody has seen is not told whether they are on the list: %v", keys)
	}
	for _, change := range []func(*voting.Terms){byName, byMail} {
		loose := terms(change)
		loose.Electorate.Person = citizen.PersonNone
		if loose.Check() == nil {
			t.Error("a list that anybody could claim to be on")
		}
	}
}

func TestOnceOpenAListOnlyGrows(t *testing.T) {
	h := newHall(t)
	id := h.draft(terms(byMail))
	if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err == nil {
		t.Fatal("opened with nobody on the list")
	}
	h.must(h.enlist(id, false, "", []byte("a@exemple.fr"), []byte("b@exemple.fr")))
	h.must(h.enlist(id, true, "", []byte("c@exemple.fr")))
	if got := h.poll(id).Listed; got != 1 {
		t.Fatalf("replaced: %d on the list", got)
	}
	if err := h.box.Open(context.Background(), h.town.ID, id, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.enlist(id, true, "erreur", []byte("d@exemple.fr")); !errors.Is(err, voting.ErrListGrows) {
		t.Errorf("replaced while open: %v", err)
	}
	if _, err := h.enlist(id, false, " ", []byte("d@exemple.fr")); !errors.Is(err, voting.ErrReasonMissing) {
		t.Errorf("grown without a reason: %v", err)
	}
	if _, err := h.superuser().Exec(context.Background(), `DELETE FROM voting.list_entries`); err == nil {
		t.Error("PostgreSQL takes somebody off the list of an open poll")
	}
	done, err := h.enlist(id, false, "oubliée", []byte("d@exemple.fr"), []byte("c@exemple.fr"))
	if err != nil || done.Added != 1 || done.Total != 2 {
		t.Errorf("grown: %+v, %v", done, err)
	}
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		rules, err := h.box.Rulesets(ctx, tx, h.town.ID, id)
		if err != nil || len(rules) != 2 || rules[0].Body == rules[1].Body || !strings.Contains(rules[1].Body, `"list":{"kind":"mail","entries":2`) {
			t.Errorf("the growth is a version of the rules: %v %v", rules, err)
		}
		changes, err := h.box.Changes(ctx, tx, h.town.ID, id)
		if last := changes[len(changes)-1]; err != nil || last.Kind != voting.EntryRuleset || last.Reason != "oubliée" {
			t.Errorf("the register says %+v, %v", changes, err)
		}
		return nil
	})
	late := h.citizens(1)[0]
	h.address(late, "d@exemple.fr")
	h.cast(ballot(id, late, "a"))
	h.intact(id)
}

func TestAnotherListForgetsTheFormerOne(t *testing.T) {
	h := newHall(t)
	id := h.draft(terms(byMail))
	h.must(h.enlist(id, false, "", []byte("a@exemple.fr")))
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		return h.box.Update(ctx, tx, h.town.ID, id, terms(byName), voting.Act{})
	})
	if got := h.poll(id).Listed; got != 0 {
		t.Errorf("%d addresses are on a list of names", got)
	}
	if _, err := h.enlist(h.draft(terms()), false, "", []byte("a@exemple.fr")); !errors.Is(err, voting.ErrNoList) {
		t.Errorf("a list that nobody asks for: %v", err)
	}
}
