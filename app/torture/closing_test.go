package torture

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"parvis/app/voting"
)

// TestEachBallotAcrossTheClosingSecondIsCountedOrRefused has 500 people vote
// through two nodes from a second before the closing to a second after it.
func TestEachBallotAcrossTheClosingSecondIsCountedOrRefused(t *testing.T) {
	t.Parallel()
	report := begin(t, "R6", "500 votes à cheval sur la seconde de clôture, deux nœuds")
	h := newHall(t)
	nodes := []*voting.Box{h.box, h.node(h.db.URL)}
	voters := h.citizens(500)
	for range times(5, 20) {
		h.crossClosing(nodes, voters, report)
	}
	report.mustHold(t)
}

func (h *hall) crossClosing(nodes []*voting.Box, voters []voting.Voter, report *Report) {
	h.Helper()
	const before = time.Second
	closes := time.Now().Add(before).Truncate(time.Microsecond)
	id := h.open(terms(until(closes)))
	votes := make([]vote, len(voters))
	var wg sync.WaitGroup
	for i, v := range voters {
		wg.Go(func() {
			due := closes.Add(-before + 2*before*time.Duration(i)/time.Duration(len(voters)))
			time.Sleep(time.Until(due))
			s, remembered := ballotOf(id, v, string(rune('a'+i%3)))
			receipt, err := nodes[i%2].Cast(context.Background(), h.town.ID, s)
			switch {
			case err == nil:
				remembered.index, remembered.acknowledged = receipt.Index, true
			case errors.Is(err, voting.ErrPollClosed):
				remembered.refused = true
			default:
				h.Errorf("neither counted nor refused: %v", err)
			}
			votes[i] = remembered
		})
	}
	wg.Wait()
	if err := h.box.Settle(context.Background(), h.town.ID, id); err != nil {
		h.Fatal(err)
	}
	e := inspect(h, h.super, id, votes)
	if e.acknowledged == 0 || e.refused == 0 || e.acknowledged+e.refused != len(voters) {
		h.Errorf("%d counted, %d refused of %d: the closing was not crossed", e.acknowledged, e.refused, len(voters))
	}
	var last string
	var opens int
	err := h.super.QueryRow(context.Background(), `SELECT (array_agg(kind ORDER BY index DESC))[1], count(*) FILTER (WHERE kind <> 'ballot')
		FROM voting.log_entries WHERE poll_id = $1`, id.String()).Scan(&last, &opens)
	if err != nil || last != "closed" || opens != 3 {
		h.Errorf("the log ends with %q, and holds %d entries that are no ballots: %v", last, opens, err)
	}
	report.add(e)
}

// TestOneVoterFiftySubmissionsOneBallot has each voter send fifty pages at
// once, to two nodes.
func TestOneVoterFiftySubmissionsOneBallot(t *testing.T) {
	t.Parallel()
	report := begin(t, "R7", "50 envois simultanés par votant, deux nœuds")
	h := newHall(t)
	nodes := []*voting.Box{h.box, h.node(h.db.URL)}
	voters := h.citizens(times(50, 200))
	h.crowd(nodes, voters, false, report)
	h.crowd(nodes, voters, true, report)
	report.mustHold(t)
}

const pagesAtOnce = 50

func (h *hall) crowd(nodes []*voting.Box, voters []voting.Voter, change bool, report *Report) {
	h.Helper()
	id := h.open(terms(func(t *voting.Terms) { t.AllowChange = change }))
	votes := make([]vote, len(voters)*pagesAtOnce)
	start := make(chan struct{})
	var wg sync.WaitGroup
	for i := range votes {
		wg.Go(func() {
			s, remembered := ballotOf(id, voters[i/pagesAtOnce], string(rune('a'+i%3)))
			<-start
			receipt, err := nodes[i%2].Cast(context.Background(), h.town.ID, s)
			for errors.Is(err, voting.ErrUnavailable) { // a busy machine
				receipt, err = nodes[i%2].Cast(context.Background(), h.town.ID, s)
			}
			switch {
			case err == nil:
				remembered.index, remembered.acknowledged = receipt.Index, true
			case errors.Is(err, voting.ErrAlreadyVoted) && !change:
				remembered.refused = true
			default:
				h.Errorf("cast: %v", err)
			}
			votes[i] = remembered
		})
	}
	close(start)
	wg.Wait()
	e := inspect(h, h.super, id, votes)
	accepted := len(voters)
	if change {
		accepted = len(votes)
	}
	if e.ballots != len(voters) || e.acknowledged != accepted || e.acknowledged+e.refused != len(votes) {
		h.Errorf("%d ballots of %d voters; %d submissions accepted of %d, want %d", e.ballots, len(voters), e.acknowledged, len(votes), accepted)
	}
	report.add(e)
}

// TestAVoteSentToBothNodesAtOnceIsOneVote: the same page, the same nonce.
func TestAVoteSentToBothNodesAtOnceIsOneVote(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	nodes := []*voting.Box{h.box, h.node(h.db.URL)}
	id := h.open(terms(changeable))
	var votes []vote
	for _, v := range h.citizens(20) {
		s, remembered := ballotOf(id, v, "a")
		receipts := make([]voting.Receipt, 20)
		var wg sync.WaitGroup
		for i := range receipts {
			wg.Go(func() {
				var err error
				if receipts[i], err = nodes[i%2].Cast(context.Background(), h.town.ID, s); err != nil {
					t.Errorf("cast: %v", err)
				}
			})
		}
		wg.Wait()
		for _, r := range receipts {
			if r != receipts[0] {
				t.Errorf("two receipts of one vote: %+v, %+v", r, receipts[0])
			}
		}
		remembered.index, remembered.acknowledged = receipts[0].Index, true
		votes = append(votes, remembered)
	}
	if e := inspect(t, h.super, id, votes); e.lost+e.doubled+len(e.problems) != 0 || e.acknowledged != 20 {
		t.Errorf("%+v", e)
	}
}
