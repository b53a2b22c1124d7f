package bench

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
)

// fleet is the servers of one ground.
type fleet []*served

// serveAll starts n servers.
func (g *ground) serveAll(ctx context.Context, n int) (nodes fleet, err error) {
	for range n {
		s, err := g.serve(ctx)
		if err != nil {
			return nil, errors.Join(err, nodes.stop())
		}
		nodes = append(nodes, s)
	}
	return nodes, nil
}

func (f fleet) stop() (err error) {
	for _, s := range f {
		err = errors.Join(err, s.stop())
	}
	return err
}

// say gives every server a word.
func (f fleet) say(word string) error {
	for _, s := range f {
		if _, err := s.say(word); err != nil {
			return err
		}
	}
	return nil
}

// each runs do for everybody, from as many connections as there are clients,
// taken to the servers in turn, and stops at the first error.
func (f fleet) each(clients int, people []voter, do func(b *browser, v *voter, i int) error) error {
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var wg sync.WaitGroup
	for client := range clients {
		wg.Go(func() {
			b, err := f[client%len(f)].browser()
			if err != nil {
				failure.CompareAndSwap(nil, &err)
				return
			}
			defer b.close()
			for i := int(next.Add(1) - 1); i < len(people) && failure.Load() == nil; i = int(next.Add(1) - 1) {
				if err := do(b, &people[i], i); err != nil {
					failure.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
}
