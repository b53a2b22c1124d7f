package voting_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
)

// BenchmarkCast compares ballots committed together with the same writes in a
// transaction each, from the same number of voters at once.
func BenchmarkCast(b *testing.B) {
	for _, clients := range []int{64, 256} {
		for name, oneByOne := range map[string]bool{"together": false, "one by one": true} {
			b.Run(fmt.Sprintf("%s/%d", name, clients), func(b *testing.B) { benchmarkCast(b, clients, oneByOne) })
		}
	}
}

func benchmarkCast(b *testing.B, clients int, oneByOne bool) {
	h := newHallFor(b)
	h.box.OneByOne(oneByOne)
	id := h.open(terms())
	voters := h.citizens(b.N)
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if _, err := h.box.Cast(context.Background(), h.town.ID, ballot(id, voters[i], "a")); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "votes/s")
	h.intact(id)
}
