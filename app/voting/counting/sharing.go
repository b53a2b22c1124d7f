package counting

import (
	"math"
	"math/big"
	"math/bits"
	"slices"
)

// A run of equal shares must compare prices that are fractions with hundreds of digits, thousands of times. It does so
// with whole numbers only, at two levels:
//
//   - what each voter has left is known in fixed point, rounded down, with a proven bound on what rounding lost
//     (sharing.slack). From these, a project's price is enclosed between two bounds, which decide most comparisons;
//   - every payment is also kept exactly, over one common denominator. Whenever bounds overlap (true ties, above all),
//     prices are computed exactly from the payments, which takes little more than counting who paid what.
//
// So every decision is exact, and the long numbers are touched only a few times a round.

// sharing is the state of one run.
type sharing struct {
	shift uint     // fixed point: cents × 2^shift
	slack uint64   // what a voter has left is between left and left + slack
	left  []uint64 // by voter
	broke []bool   // gave everything: nothing left, exactly
	paid  [][]receipt

	share  *big.Int // of each voter at the start, over den
	den    *big.Int
	bought []purchase
	spent  int64
	// blocked: some project with supporters was not bought for want of their money.
	blocked bool

	queue []candidate
	rich  []support // scratch
}

// purchase is one project bought in a run.
type purchase struct {
	project int
	pay     *big.Int // per point, over sharing.den, and kept so as the denominator grows
	short   int64    // supporters who gave all they had left
	tied    []int
	by      TieKey
}

// receipt is one full payment by a voter: of which purchase, for how many points.
type receipt struct {
	purchase int32
	points   int32
}

// price is a fraction: fixed-point cents per point, by what the project is worth.
type price struct{ num, den uint64 }

func (a price) less(b price) bool {
	ah, al := bits.Mul64(a.num, b.den)
	bh, bl := bits.Mul64(b.num, a.den)
	return ah < bh || ah == bh && al < bl
}

// candidate is a project not bought yet, with bounds on its price. Prices never fall during a run, since voters only
// get poorer, so a lower bound found in an earlier round still holds.
type candidate struct {
	project int
	low     price
	high    price
}

// quote is the exact price of a project: num / (sharing.den × points) cents per point.
type quote struct {
	num    *big.Int
	points int64  // Σ weight × points of the supporters who can pay in full
	poor   []bool // by position among the supporters
}

func newSharing(voters int) sharing {
	return sharing{left: make([]uint64, voters), broke: make([]bool, voters), paid: make([][]receipt, voters),
		share: new(big.Int), den: big.NewInt(1)}
}

// run buys projects, one a round, with a share of num/den cents for each voter.
func (e *election) run(num *big.Int, den int64) {
	e.start(num, den)
	for {
		tied, quotes := e.cheapest()
		if len(tied) == 0 {
			return
		}
		chosen, by := tied[0], TieOpen
		if len(tied) > 1 {
			chosen, by = e.favoured(tied)
		}
		e.buy(chosen, quotes[slices.Index(tied, chosen)], tied, by)
	}
}

func (e *election) start(num *big.Int, den int64) {
	e.share.Set(num)
	e.den = big.NewInt(den)
	e.bought, e.spent, e.blocked, e.queue = e.bought[:0], 0, false, e.queue[:0]
	whole := new(big.Int).Quo(num, e.den)
	e.shift = uint(max(0, 61-whole.BitLen()))
	scaled, rest := new(big.Int).QuoRem(new(big.Int).Lsh(num, e.shift), e.den, new(big.Int))
	e.slack = uint64(min(1, rest.BitLen()))
	for v := range e.left {
		e.left[v], e.broke[v], e.paid[v] = scaled.Uint64(), false, e.paid[v][:0]
	}
	for _, i := range e.order {
		// A price beyond 64 bits is beyond any voter's share.
		hi, lo := e.fixed(e.costs[i])
		if hi >= uint64(e.backing[i]) {
			e.blocked = true
			continue
		}
		low, _ := bits.Div64(hi, lo, uint64(e.backing[i]))
		e.queue = append(e.queue, candidate{project: i, low: price{low, uint64(e.scales[i])}})
	}
}

// fixed is an amount of cents in fixed point.
func (e *election) fixed(cents int64) (hi, lo uint64) {
	return uint64(cents) >> (64 - e.shift), uint64(cents) << e.shift
}

// cheapest is the project with the lowest price, or all those tied exactly for it, with their exact prices. It also
// takes out of the queue the projects whose supporters can no longer pay them together.
func (e *election) cheapest() ([]int, []quote) {
	best := price{math.MaxUint64, 1}
	looked := 0
	for looked < len(e.queue) {
		c := &e.queue[looked]
		if best.less(c.low) {
			break
		}
		if !e.bound(c) && !e.boundExactly(c) {
			e.blocked = true
			e.queue = slices.Delete(e.queue, looked, looked+1)
			continue
		}
		if c.high.less(best) {
			best = c.high
		}
		looked++
	}
	var close []candidate
	for _, c := range e.queue[:looked] {
		if !best.less(c.low) {
			close = append(close, c)
		}
	}
	slices.SortStableFunc(e.queue, func(a, b candidate) int {
		switch {
		case a.low.less(b.low):
			return -1
		case b.low.less(a.low):
			return 1
		}
		return 0
	})
	return e.exactlyCheapest(close)
}

// exactlyCheapest compares exact prices.
func (e *election) exactlyCheapest(close []candidate) (tied []int, quotes []quote) {
	var best *big.Int // num × the other's points and scale
	var bestBy *big.Int
	for _, c := range close {
		q, ok := e.quote(c)
		if !ok {
			continue // cannot be: its bounds said that it can be paid
		}
		by := new(big.Int).Mul(big.NewInt(q.points), big.NewInt(e.scales[c.project]))
		order := -1
		if best != nil && len(close) > 1 {
			order = new(big.Int).Mul(q.num, bestBy).Cmp(new(big.Int).Mul(best, by))
		}
		switch {
		case order < 0:
			tied, quotes, best, bestBy = []int{c.project}, []quote{q}, q.num, by
		case order == 0:
			tied, quotes = append(tied, c.project), append(quotes, q)
		}
	}
	return tied, quotes
}

// bound encloses a project's price, from what its supporters have left at least. It returns false when that cannot be
// done: they do not have enough together, or it is too close to tell.
//
// With the payments min(left, q × points), a higher q raises more. Solving for the cost with lefts rounded down gives
// q too high; the same poor supporters, each with slack more, give q too low.
func (e *election) bound(c *candidate) bool {
	costHi, costLo := e.fixed(e.costs[c.project])
	points := uint64(e.backing[c.project])
	var poorHi, poorLo, poorWeight uint64
	q, ok := ceilDiv(costHi, costLo, points)
	rich := e.supporters[c.project]
	for ok {
		still := e.rich[:0]
		for _, s := range rich {
			if left := e.left[s.voter]; exceeds(q, s.points, left) {
				weight := uint64(e.weight[s.voter])
				hi, lo := bits.Mul64(left, weight)
				var carry uint64
				poorLo, carry = bits.Add64(poorLo, lo, 0)
				poorHi += hi + carry
				poorWeight += weight
				points -= weight * uint64(s.points)
				continue
			}
			still = append(still, s)
		}
		same := len(still) == len(rich)
		rich, e.rich = still, still
		if same {
			break
		}
		lo, borrow := bits.Sub64(costLo, poorLo, 0)
		hi, borrow := bits.Sub64(costHi, poorHi, borrow)
		if borrow != 0 || points == 0 {
			return false
		}
		q, ok = ceilDiv(hi, lo, points)
	}
	if !ok {
		return false
	}
	c.low.num, c.high = e.lowest(costHi, costLo, poorHi, poorLo, poorWeight, points), price{q, c.low.den}
	return true
}

// lowest is the price if every poor supporter had slack more than what is known.
func (e *election) lowest(costHi, costLo, poorHi, poorLo, poorWeight, points uint64) uint64 {
	hi, lo := bits.Mul64(e.slack, poorWeight)
	poorLo, carry := bits.Add64(poorLo, lo, 0)
	poorHi += hi + carry
	lo, borrow := bits.Sub64(costLo, poorLo, 0)
	hi, borrow = bits.Sub64(costHi, poorHi, borrow)
	if borrow != 0 || hi >= points {
		return 0
	}
	low, _ := bits.Div64(hi, lo, points)
	return low
}

// exceeds says whether q × points > left.
func exceeds(q uint64, points int32, left uint64) bool {
	if points == 1 {
		return q > left
	}
	hi, lo := bits.Mul64(q, uint64(points))
	return hi > 0 || lo > left
}

// ceilDiv divides, rounding up; false when the quotient does not fit 64 bits.
func ceilDiv(hi, lo, by uint64) (uint64, bool) {
	if by == 0 || hi >= by {
		return 0, false
	}
	q, rest := bits.Div64(hi, lo, by)
	if rest > 0 {
		q++
	}
	return q, q > 0 || hi == 0 && lo == 0
}

// boundExactly settles what bound could not: false when the supporters cannot pay the project together.
func (e *election) boundExactly(c *candidate) bool {
	c.high = price{math.MaxUint64, c.low.den}
	if e.certainlyShort(c.project) {
		return false
	}
	q, ok := e.quote(*c)
	if !ok {
		return false
	}
	by := new(big.Int).Mul(e.den, big.NewInt(q.points))
	low, rest := new(big.Int).QuoRem(new(big.Int).Lsh(q.num, e.shift), by, new(big.Int))
	if low.BitLen() < 64 {
		c.low.num, c.high.num = low.Uint64(), low.Uint64()+uint64(min(1, rest.BitLen()))
	}
	return true
}

// certainlyShort says that even with slack more each, the supporters have less than the cost.
func (e *election) certainlyShort(project int) bool {
	costHi, costLo := e.fixed(e.costs[project])
	var sumHi, sumLo, carry uint64
	for _, s := range e.supporters[project] {
		hi, lo := bits.Mul64(e.left[s.voter]+e.slack, uint64(e.weight[s.voter]))
		sumLo, carry = bits.Add64(sumLo, lo, 0)
		sumHi += hi + carry
	}
	return sumHi < costHi || sumHi == costHi && sumLo < costLo
}

// quote computes a project's exact price; false when its supporters cannot pay it together.
func (e *election) quote(c candidate) (quote, bool) {
	supporters := e.supporters[c.project]
	q := quote{num: new(big.Int).Mul(big.NewInt(e.costs[c.project]), e.den), poor: make([]bool, len(supporters))}
	var unsure []int
	account := e.newAccount()
	for i, s := range supporters {
		switch {
		case e.broke[s.voter] || !exceedsOrEquals(e.left[s.voter]+e.slack, c.low.num, s.points):
			q.poor[i] = true
			account.add(s.voter)
		case !exceeds(c.high.num, s.points, e.left[s.voter]):
			q.points += e.weight[s.voter] * int64(s.points)
		default:
			unsure = append(unsure, i)
			q.points += e.weight[s.voter] * int64(s.points)
		}
	}
	q.num.Sub(q.num, account.total())
	for changed := true; changed && q.points > 0; {
		changed = false
		for at := 0; at < len(unsure); at++ {
			i := unsure[at]
			s := supporters[i]
			// left < num/(den × points) × the supporter's points?
			left := e.exactLeft(s.voter)
			need := new(big.Int).Mul(q.num, big.NewInt(int64(s.points)))
			if new(big.Int).Mul(left, big.NewInt(q.points)).Cmp(need) >= 0 {
				continue
			}
			q.poor[i], changed = true, true
			q.points -= e.weight[s.voter] * int64(s.points)
			q.num.Sub(q.num, left.Mul(left, big.NewInt(e.weight[s.voter])))
			unsure = slices.Delete(unsure, at, at+1)
			at--
		}
	}
	return q, q.points > 0 && q.num.Sign() > 0
}

// exceedsOrEquals says whether left ≥ q × points.
func exceedsOrEquals(left, q uint64, points int32) bool {
	hi, lo := bits.Mul64(q, uint64(points))
	return hi == 0 && left >= lo
}

// account adds up what voters have left, exactly: their shares less their receipts, counted by purchase.
type account struct {
	e       *election
	weight  int64
	receipt []int64
}

func (e *election) newAccount() *account {
	return &account{e: e, receipt: make([]int64, len(e.bought))}
}

func (a *account) add(voter int32) {
	if a.e.broke[voter] {
		return
	}
	weight := a.e.weight[voter]
	a.weight += weight
	for _, r := range a.e.paid[voter] {
		a.receipt[r.purchase] += weight * int64(r.points)
	}
}

// total is over sharing.den.
func (a *account) total() *big.Int {
	sum := new(big.Int).Mul(a.e.share, big.NewInt(a.weight))
	term := new(big.Int)
	for i, n := range a.receipt {
		if n != 0 {
			sum.Sub(sum, term.Mul(a.e.bought[i].pay, big.NewInt(n)))
		}
	}
	return sum
}

func (e *election) exactLeft(voter int32) *big.Int {
	left := new(big.Int)
	if e.broke[voter] {
		return left
	}
	left.Set(e.share)
	term := new(big.Int)
	for _, r := range e.paid[voter] {
		left.Sub(left, term.Mul(e.bought[r.purchase].pay, big.NewInt(int64(r.points))))
	}
	return left
}

// buy makes the supporters pay: the poor all they have, the others the price.
func (e *election) buy(project int, q quote, tied []int, by TieKey) {
	pay := e.rebase(q)
	bought := purchase{project: project, pay: pay, tied: tied, by: by}
	up, rest := new(big.Int).QuoRem(new(big.Int).Lsh(pay, e.shift), e.den, new(big.Int))
	per, lost := up.Uint64(), uint64(0)
	if rest.Sign() > 0 {
		per, lost = per+1, 1
	}
	at := int32(len(e.bought))
	mostPoints := uint64(0)
	for i, s := range e.supporters[project] {
		if q.poor[i] {
			e.left[s.voter], e.broke[s.voter] = 0, true
			bought.short += e.weight[s.voter]
			continue
		}
		mostPoints = max(mostPoints, uint64(s.points))
		e.left[s.voter] -= min(e.left[s.voter], per*uint64(s.points))
		e.paid[s.voter] = append(e.paid[s.voter], receipt{purchase: at, points: s.points})
	}
	e.slack += lost * mostPoints
	e.spent += e.costs[project]
	e.bought = append(e.bought, bought)
	e.queue = slices.DeleteFunc(e.queue, func(c candidate) bool {
		return c.project == project || slices.Contains(e.rivals[project], c.project)
	})
}

// rebase puts a price and all earlier payments over one new denominator.
func (e *election) rebase(q quote) *big.Int {
	points := big.NewInt(q.points)
	gcd := new(big.Int).GCD(nil, nil, new(big.Int).Rem(q.num, points), points)
	pay := new(big.Int).Quo(q.num, gcd)
	if factor := points.Quo(points, gcd); factor.Cmp(big.NewInt(1)) != 0 {
		e.den.Mul(e.den, factor)
		e.share.Mul(e.share, factor)
		for i := range e.bought {
			e.bought[i].pay.Mul(e.bought[i].pay, factor)
		}
	}
	return pay
}

// perVoter is each voter's share at the start, in cents.
func (e *election) perVoter() *big.Rat { return new(big.Rat).SetFrac(e.share, e.den) }

// payment is what one point cost in a purchase, in cents.
func (e *election) payment(b purchase) *big.Rat { return new(big.Rat).SetFrac(b.pay, e.den) }

// funds is what a project's supporters have left together, in cents.
func (e *election) funds(project int) *big.Rat {
	account := e.newAccount()
	for _, s := range e.supporters[project] {
		account.add(s.voter)
	}
	return new(big.Rat).SetFrac(account.total(), e.den)
}
