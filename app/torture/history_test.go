package torture

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"parvis/app/testkit/faultproxy"
	"parvis/app/voting"
)

// A history is what several people saw of a poll at once: votes, votes again,
// pages sent twice, looks at one's ballot and at the counts, and the closing.
// It is sound if some order of these acts, one after the other, in which none
// moves before its beginning or behind its end, explains every answer.

const (
	historyVoters  = 6
	historyOptions = 3
	acts           = 2000
	peopleAtOnce   = 8
)

type act string

const (
	castAct  act = "cast"
	lookAct  act = "look" // at one's own ballot
	countAct act = "count"
	closeAct act = "close"
)

type asked struct {
	act    act
	page   int // number of the page sent; the same number is the same nonce
	voter  int
	option int
}

// seen is the answer.
type seen struct {
	closed bool  // refused: the poll is closed
	index  int64 // of the receipt
	option int   // of one's ballot; -1: none
	counts [historyOptions]int64
	people int64
	size   int64
}

// poll is the model: the whole specification of a ballot box, in thirty lines.
type poll struct {
	size    int64
	closed  bool
	ballots [historyVoters]int // option; -1: none
	pages   []int64            // index of each page's leaf; 0: not taken (leaf 0 holds the rules)
}

func (p poll) take(in asked, out seen) (bool, poll) {
	switch in.act {
	case castAct:
		if at := p.pages[in.page]; at > 0 { // taken already
			return !out.closed && out.index == at, p
		}
		if p.closed {
			return out.closed, p
		}
		if out.closed || out.index != p.size {
			return false, p
		}
		p.pages = slices.Clone(p.pages)
		p.pages[in.page] = p.size
		p.ballots[in.voter] = in.option
		p.size++
		return true, p
	case lookAct:
		return out.option == p.ballots[in.voter], p
	case countAct:
		var counts [historyOptions]int64
		var people int64
		for _, option := range p.ballots {
			if option >= 0 {
				counts[option]++
				people++
			}
		}
		return out.counts == counts && out.people == people && out.size == p.size, p
	default:
		if !p.closed {
			p.size++ // the closing is an entry of the log
		}
		p.closed = true
		return true, p
	}
}

func model(pages int) porcupine.Model {
	return porcupine.Model{
		Init: func() any {
			p := poll{size: 2, pages: make([]int64, pages)} // the rules and the opening
			for i := range p.ballots {
				p.ballots[i] = -1
			}
			return p
		},
		Step: func(state, input, output any) (bool, any) {
			ok, next := state.(poll).take(input.(asked), output.(seen))
			return ok, next
		},
		Equal: func(a, b any) bool {
			x, y := a.(poll), b.(poll)
			return x.size == y.size && x.closed == y.closed && x.ballots == y.ballots && slices.Equal(x.pages, y.pages)
		},
		DescribeOperation: func(input, output any) string { return fmt.Sprintf("%+v → %+v", input, output) },
	}
}

// historian has people act on a poll and notes what they saw.
type historian struct {
	h      *hall
	id     voting.PollID
	nodes  []*voting.Box
	voters []voting.Voter
	begun  time.Time

	mu    sync.Mutex
	pages []page
	notes []porcupine.Operation
	votes map[int]vote
}

// page is a ballot that may be sent several times.
type page struct {
	sub    voting.Submission
	vote   vote
	voter  int
	option int
}

// person does n acts, one after the other.
func (h *historian) person(who, n int, closing bool) {
	for i := range n {
		in, sub := h.choose()
		if closing && i == n*3/4 {
			in = asked{act: closeAct}
		}
		call := time.Since(h.begun)
		out := h.do(in, sub, h.nodes[(who+i)%len(h.nodes)])
		back := time.Since(h.begun)
		h.mu.Lock()
		h.notes = append(h.notes, porcupine.Operation{ClientId: who, Input: in, Call: int64(call), Output: out, Return: int64(back)})
		h.mu.Unlock()
	}
}

// choose draws what to do: half of the acts are new votes.
func (h *historian) choose() (asked, voting.Submission) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch n := rand.IntN(10); {
	case n == 0:
		return asked{act: countAct}, voting.Submission{}
	case n <= 2:
		return asked{act: lookAct, voter: rand.IntN(historyVoters)}, voting.Submission{}
	case n <= 4 && len(h.pages) > 0: // a page that was sent already, most often of late
		number := max(0, len(h.pages)-1-rand.IntN(40))
		p := h.pages[number]
		return asked{act: castAct, page: number, voter: p.voter, option: p.option}, p.sub
	}
	voter, option := rand.IntN(historyVoters), rand.IntN(historyOptions)
	sub, remembered := ballotOf(h.id, h.voters[voter], string(rune('a'+option)))
	h.pages = append(h.pages, page{sub, remembered, voter, option})
	return asked{act: castAct, page: len(h.pages) - 1, voter: voter, option: option}, sub
}

// do acts, and tries again as long as the answer is "not now": a vote is sent
// again until its voter knows, so that each act has one definite answer.
func (h *historian) do(in asked, sub voting.Submission, node *voting.Box) (out seen) {
	h.h.insist(string(in.act), func(ctx context.Context) error {
		switch in.act {
		case castAct:
			return h.cast(ctx, in, sub, node, &out)
		case lookAct:
			marks, cast, err := node.BallotOf(ctx, h.h.town.ID, h.id, h.voters[in.voter])
			out.option = -1
			if cast {
				out.option = int(marks[0].Option[0] - 'a')
			}
			return err
		case countAct:
			head, err := node.Head(ctx, h.h.town.ID, h.id)
			out.people, out.size = head.Participants, head.LogSize
			for i := range out.counts {
				out.counts[i] = head.Counts[voting.Mark{Option: string(rune('a' + i)), Value: voting.Chosen}]
			}
			return err
		default:
			return node.Close(ctx, h.h.town.ID, h.id, voting.Act{})
		}
	})
	return out
}

func (h *historian) cast(ctx context.Context, in asked, sub voting.Submission, node *voting.Box, out *seen) error {
	receipt, err := node.Cast(ctx, h.h.town.ID, sub)
	h.mu.Lock()
	defer h.mu.Unlock()
	v, known := h.votes[in.page]
	if !known {
		v = h.pages[in.page].vote
	}
	switch {
	case err == nil:
		out.index = receipt.Index
		v.index, v.acknowledged, v.refused = receipt.Index, true, false
	case errors.Is(err, voting.ErrPollClosed):
		out.closed, err = true, nil
		v.refused = !v.acknowledged
	}
	h.votes[in.page] = v
	return err
}

// history has people act at once, and says whether what they saw can be.
func (h *hall) history(nodes []*voting.Box, report *Report) {
	h.Helper()
	w := &historian{h: h, id: h.open(terms(changeable)), nodes: nodes, voters: h.citizens(historyVoters), begun: time.Now(), votes: map[int]vote{}}
	var people sync.WaitGroup
	for who := range peopleAtOnce {
		people.Go(func() { w.person(who, acts/peopleAtOnce, who == 0) })
	}
	people.Wait()
	begun := time.Now()
	if got := porcupine.CheckOperationsTimeout(model(len(w.pages)), w.notes, 2*time.Minute); got != porcupine.Ok {
		report.problem("une histoire de %d actes ne s’explique par aucun ordre (%s)", len(w.notes), got)
	}
	report.longest("vérification la plus longue", time.Since(begun))
	report.measure("actes par histoire", "", float64(len(w.notes)))
	votes := make([]vote, 0, len(w.votes))
	for _, v := range w.votes {
		votes = append(votes, v)
	}
	report.add(inspect(h, h.super, w.id, votes))
}

// TestVotesHappenOneAfterTheOther: two nodes, whose connections are cut from
// time to time in every other history.
func TestVotesHappenOneAfterTheOther(t *testing.T) {
	t.Parallel()
	report := begin(t, "L1", "histoires de votes, revotes, lectures et clôture, vérifiées par porcupine")
	h := newHall(t)
	proxy := proxyTo(t, h)
	nodes := []*voting.Box{h.node(h.db.URL), h.node(through(t, h.db.URL, proxy))}
	for n := range times(5, 50) {
		stop := make(chan struct{})
		var cutting sync.WaitGroup
		if n%2 == 1 {
			cutting.Go(func() { cutFromTimeToTime(proxy, stop) })
		}
		h.history(nodes, report)
		close(stop)
		cutting.Wait()
	}
	report.mustHold(t)
}

func cutFromTimeToTime(p *faultproxy.Proxy, stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case <-time.After(100*time.Millisecond + rand.N(200*time.Millisecond)):
			p.Cut()
		}
	}
}

// TestTheHistoriesWouldShowALie changes one answer of a sound history.
func TestTheHistoriesWouldShowALie(t *testing.T) {
	t.Parallel()
	sound := func() []porcupine.Operation {
		return []porcupine.Operation{
			{ClientId: 0, Input: asked{act: castAct, page: 0, voter: 0, option: 1}, Call: 0, Output: seen{index: 2}, Return: 10},
			{ClientId: 1, Input: asked{act: castAct, page: 1, voter: 1, option: 1}, Call: 5, Output: seen{index: 3}, Return: 15},
			{ClientId: 0, Input: asked{act: castAct, page: 0, voter: 0, option: 1}, Call: 20, Output: seen{index: 2}, Return: 25},
			{ClientId: 1, Input: asked{act: castAct, page: 2, voter: 0, option: 2}, Call: 26, Output: seen{index: 4}, Return: 30},
			{ClientId: 0, Input: asked{act: closeAct}, Call: 40, Output: seen{}, Return: 45},
			{ClientId: 1, Input: asked{act: castAct, page: 3, voter: 1, option: 0}, Call: 41, Output: seen{closed: true}, Return: 50},
			{ClientId: 0, Input: asked{act: lookAct, voter: 0}, Call: 46, Output: seen{option: 2}, Return: 50},
			{ClientId: 0, Input: asked{act: countAct}, Call: 51, Output: seen{people: 2, size: 6, counts: [3]int64{0, 1, 1}}, Return: 55},
		}
	}
	if !porcupine.CheckOperations(model(4), sound()) {
		t.Fatal("a sound history is refused")
	}
	for name, lie := range map[string]func([]porcupine.Operation){
		"two votes of one place":         func(h []porcupine.Operation) { h[1].Output = seen{index: 2} },
		"a page sent again moves":        func(h []porcupine.Operation) { h[2].Output = seen{index: 4} },
		"a vote after closing":           func(h []porcupine.Operation) { h[5].Output = seen{index: 5}; h[5].Call = 46 },
		"a refusal before closing":       func(h []porcupine.Operation) { h[3].Output = seen{closed: true} },
		"a former ballot is shown":       func(h []porcupine.Operation) { h[6].Output = seen{option: 1} },
		"the count is late":              func(h []porcupine.Operation) { h[7].Output = seen{people: 2, size: 6, counts: [3]int64{0, 2, 0}} },
		"an acknowledged vote goes away": func(h []porcupine.Operation) { h[7].Output = seen{people: 1, size: 5, counts: [3]int64{0, 1, 0}} },
	} {
		history := sound()
		lie(history)
		if porcupine.CheckOperations(model(4), history) {
			t.Errorf("%s: not seen", name)
		}
	}
}
