package counting

import "math/big"

// places reads a ranking as groups of options, best first: withdrawn options are passed over, an option named twice
// keeps its best place, and nothing is read beyond a place that holds unknown options.
func (c *count) places(b Ballot) [][]int {
	at := make([]int, len(b.Marks))
	for i := range at {
		at[i] = i
	}
	seen := map[int32]bool{}
	var out [][]int
	for _, group := range grouped(at, func(x, y int) int { return compareInts(b.Marks[x].Value, b.Marks[y].Value) }) {
		var place []int
		for _, i := range group {
			o := b.Marks[i].Option
			if o == Overvote {
				return out
			}
			if !seen[o] && !c.withdrawn(int(o)) {
				seen[o] = true
				place = append(place, int(o))
			}
		}
		if len(place) > 0 {
			out = append(out, place)
		}
	}
	return out
}

// borda: see Borda. Points are kept doubled, since the mean of consecutive places is a whole or a half.
func (c *count) borda() error {
	standing := c.standing()
	n := int64(len(standing))
	doubled := make([]int64, len(c.profile.Options))
	for _, b := range c.profile.Ballots {
		ranked := int64(0)
		marked := make(map[int]bool, len(b.Marks))
		for _, place := range c.places(b) {
			size := int64(len(place))
			for _, o := range place {
				marked[o] = true
				doubled[o] += b.Weight * (2*(n-1-ranked) - (size - 1))
			}
			ranked += size
		}
		if c.rule.Unranked == UnrankedZero || ranked == 0 {
			continue
		}
		for _, o := range standing {
			if !marked[o] {
				doubled[o] += b.Weight * (n - 1 - ranked)
			}
		}
	}
	totals := make([]*big.Rat, len(doubled))
	for o, d := range doubled {
		totals[o] = big.NewRat(d, 2)
	}
	c.setTotals(totals)
	c.step(c.tally(1, totals, c.outcome.Ballots-c.outcome.Blank, 0))
	c.electBest(func(a, b int) int { return compareInts(doubled[b], doubled[a]) }, func(int) bool { return true })
	c.electSteps(totals)
	return nil
}
