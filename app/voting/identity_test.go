package voting_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/voting"
)

// identityAsked makes a poll one ballot per person, whatever their accounts.
func identityAsked(t *voting.Terms) { t.Electorate.Person = citizen.PersonDesk }

// prove records at the desk that accounts are one person's.
func (h *hall) prove(person uuid.UUID, accounts ...voting.Voter) {
	h.Helper()
	_, err := h.superuser().Exec(context.Background(), `INSERT INTO core.persons (tenant_id, id, hash)
		VALUES ($1, $2::uuid, sha256($2::uuid::text::bytea)) ON CONFLICT DO NOTHING`, h.town.ID.String(), person)
	if err != nil {
		h.Fatal(err)
	}
	for _, a := range accounts {
		_, err = h.superuser().Exec(context.Background(), `UPDATE core.citizens SET person_proof = 4, born_on = '2001-05-30', person_id = $2 WHERE id = $1`, a.ID, person)
		if err != nil {
			h.Fatal(err)
		}
	}
}

func TestTwoAccountsOfOnePersonAreOneVoter(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(identityAsked))
	two := h.citizens(2)
	h.prove(uuid.New(), two...)
	h.cast(ballot(id, two[0], "a"))
	h.refused(ballot(id, two[1], "b"), voting.ErrAlreadyVoted)
	for _, account := range two {
		if marks, cast, err := h.box.BallotOf(context.Background(), h.town.ID, id, account); err != nil || !cast || marks[0].Option != "a" {
			t.Errorf("a person finds their ballot from each account: %v %v %v", marks, cast, err)
		}
		h.inTown(func(ctx context.Context, tx bun.Tx) error {
			voted, err := h.box.Voted(ctx, tx, h.town.ID, account, id)
			if !voted[id] {
				t.Error("a person has voted, and one of their accounts does not know")
			}
			return err
		})
	}
	h.intact(id)
}

// The two accounts vote at the same moment, on two nodes, for two options.
func TestTwoAccountsAtOnceAreOneBallot(t *testing.T) {
	h := newHall(t)
	for name, change := range map[string]func(*voting.Terms){"once": func(*voting.Terms) {}, "changeable": changeable} {
		id := h.open(terms(identityAsked, change))
		boxes := []*voting.Box{h.box, h.newBox()}
		const people = 20
		accounts := h.citizens(2 * people)
		for i := range people {
			h.prove(uuid.New(), accounts[2*i], accounts[2*i+1])
		}
		var wait sync.WaitGroup
		faults := make(chan error, len(accounts))
		for i, account := range accounts {
			wait.Go(func() {
				_, err := boxes[i%2].Cast(context.Background(), h.town.ID, ballot(id, account, []string{"a", "b"}[i%2]))
				if err != nil && !errors.Is(err, voting.ErrAlreadyVoted) {
					faults <- fmt.Errorf("%s: %w", name, err)
				}
			})
		}
		wait.Wait()
		close(faults)
		for err := range faults {
			t.Error(err)
		}
		rolls := h.number(`SELECT count(*) FROM voting.roll WHERE poll_id = $1`, id.String())
		ballots := h.number(`SELECT count(*) FROM voting.ballots WHERE poll_id = $1`, id.String())
		if got := h.head(id).Participants; got != people || rolls != people || ballots != people {
			t.Errorf("%s: %d people are %d participants, %d on the roll, %d ballots", name, people, got, rolls, ballots)
		}
		h.intact(id)
	}
}

// What the session remembers of a person is not what counts: the proof may
// have been recorded a second ago, by another node.
func TestWhoeverProvesThemselvesMidPollKeepsOneKey(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(identityAsked, changeable))
	one, other := h.citizens(1)[0], h.citizens(1)[0]
	h.refused(ballot(id, one, "a"), voting.ErrNotEligible)
	person := uuid.New()
	h.prove(person, one)
	h.cast(ballot(id, one, "a"))
	h.prove(person, other)
	h.cast(ballot(id, other, "b"))
	if got := h.head(id).Participants; got != 1 {
		t.Errorf("one person, two accounts: %d participants", got)
	}
	h.intact(id)
}

func TestAPersonWithoutAccountVotesOnPaperOnly(t *testing.T) {
	h := newHall(t)
	id := h.open(terms(identityAsked))
	person := uuid.New()
	account := h.citizens(1)[0]
	h.prove(person, account)
	online := ballot(id, voting.ByIdentity(person), "a")
	h.refused(online, voting.ErrSignIn)
	sheet := ballot(id, voting.ByIdentity(person), "a")
	sheet.Channel = voting.Paper
	h.cast(sheet)
	h.refused(ballot(id, account, "b"), voting.ErrOtherChannel)
	elsewhere := ballot(h.open(terms()), voting.ByIdentity(person), "a")
	elsewhere.Channel = voting.Paper
	h.refused(elsewhere, voting.ErrSignIn)
	h.intact(id)
}

func TestTheKindOfVoterIsFixedAtOpening(t *testing.T) {
	h := newHall(t)
	id := h.open(terms())
	h.inTown(func(ctx context.Context, tx bun.Tx) error {
		err := h.box.Update(ctx, tx, h.town.ID, id, terms(identityAsked), voting.Act{Reason: "plus sûr"})
		if !errors.Is(err, voting.ErrFrozen) {
			t.Errorf("from accounts to persons while open: %v", err)
		}
		return nil
	})
}
