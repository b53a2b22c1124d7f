package counting

import (
	"crypto/hmac"
	"crypto/sha256"
	"math/big"
)

// Lot is an option's ticket in the public lot: HMAC-SHA256(seed, closing root ‖ option id). The smallest ticket, read
// as a big-endian number, is favoured. The seed's hash is published before the poll opens and the seed after it
// closes; the root of the closed log is unknown until then, so nobody can choose a seed that favours an option.
func Lot(seed, root []byte, option string) [32]byte {
	mac := hmac.New(sha256.New, seed)
	mac.Write(root)
	mac.Write([]byte(option))
	return [32]byte(mac.Sum(nil))
}

// breaker separates tied options.
type breaker struct {
	keys    []TieKey
	options []Option
	votes   []int64
	place   []int // by id
	tickets [][32]byte
}

// newBreaker prepares the keys of a rule; votes is the number of ballots that mark each option.
func newBreaker(options []Option, votes []int64, ties Ties) breaker {
	b := breaker{keys: ties.Keys, options: options, votes: votes, place: idOrder(options)}
	for _, k := range ties.Keys {
		if k != TieLot {
			continue
		}
		for _, o := range options {
			b.tickets = append(b.tickets, Lot(ties.Seed, ties.Root, o.ID))
		}
		break
	}
	return b
}

// idOrder gives each option its place by id: as numbers when all ids are whole numbers, else by code point.
func idOrder(options []Option) []int {
	numbers := make([]*big.Int, len(options))
	numeric := true
	for i, o := range options {
		n, ok := new(big.Int).SetString(o.ID, 10)
		numbers[i], numeric = n, numeric && ok
	}
	all := make([]int, len(options))
	for i := range all {
		all[i] = i
	}
	groups := grouped(all, func(a, b int) int {
		if numeric {
			if c := numbers[a].Cmp(numbers[b]); c != 0 {
				return c
			}
		}
		return compareStrings(options[a].ID, options[b].ID)
	})
	place := make([]int, len(options))
	for at, g := range groups {
		place[g[0]] = at
	}
	return place
}

func compareStrings(a, b string) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// compare is negative when the key favours a over b.
func (b breaker) compare(key TieKey, x, y int) int {
	switch key {
	case TieCost:
		return compareInts(b.options[x].Cost, b.options[y].Cost)
	case TieVotes:
		return compareInts(b.votes[y], b.votes[x])
	case TieID:
		return compareInts(b.place[x], b.place[y])
	case TieListed, TieListedChosen:
		return compareInts(x, y)
	case TieLot:
		return compareStrings(string(b.tickets[x][:]), string(b.tickets[y][:]))
	}
	return 0
}

// history compares two options by an earlier round, the latest first; ok is false when there is no such round.
type history func(back, x, y int) (compare int, ok bool)

// favoured picks the option that the keys put first, and the key that decided; TieOpen when none did.
func (b breaker) favoured(tied []int, past history) (int, TieKey) {
	return b.pick(tied, past, 1)
}

// disfavoured picks the option that the keys put last: the one to exclude.
func (b breaker) disfavoured(tied []int, past history) (int, TieKey) {
	return b.pick(tied, past, -1)
}

func (b breaker) pick(tied []int, past history, sign int) (int, TieKey) {
	left := tied
	for _, key := range b.keys {
		switch key {
		case TieOpen:
			return left[0], TieOpen
		case TieEarlier:
			left = byHistory(left, past, sign)
		case TieListedChosen:
			left = extremes(left, func(x, y int) int { return compareInts(x, y) })
		default:
			left = extremes(left, func(x, y int) int { return sign * b.compare(key, x, y) })
		}
		if len(left) == 1 {
			return left[0], key
		}
	}
	return left[0], TieOpen
}

func byHistory(left []int, past history, sign int) []int {
	if past == nil {
		return left
	}
	for back := 1; len(left) > 1; back++ {
		if _, ok := past(back, left[0], left[0]); !ok {
			break
		}
		left = extremes(left, func(x, y int) int {
			c, _ := past(back, x, y)
			return sign * c
		})
	}
	return left
}

// extremes keeps the options that nothing precedes.
func extremes(list []int, compare func(x, y int) int) []int {
	best := list[:1:1]
	for _, o := range list[1:] {
		switch c := compare(o, best[0]); {
		case c < 0:
			best = []int{o}
		case c == 0:
			best = append(best, o)
		}
	}
	return best
}

// order sorts options by the keys; the rule's keys must be total.
func (b breaker) order(options []int) []int {
	groups := grouped(options, func(x, y int) int {
		for _, key := range b.keys {
			if c := b.compare(key, x, y); c != 0 {
				return c
			}
		}
		return 0
	})
	var out []int
	for _, g := range groups {
		out = append(out, g...)
	}
	return out
}

func compareInts[T int | int32 | int64](a, b T) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}
