package livetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// Arrival is a revision that came to a screen.
type Arrival struct {
	Rev int64
	At  time.Time
}

// Crowd is many screens that follow one topic.
type Crowd struct {
	screens []*screen
	reading sync.WaitGroup
}

type screen struct {
	client *Client
	mu     sync.Mutex
	seen   []Arrival
	err    error         // why it stopped reading
	news   chan struct{} // holds at most one token
}

// Gather connects n screens, dialling at most 64 at once.
func Gather(ctx context.Context, n int, o Options) (*Crowd, error) {
	crowd := &Crowd{screens: make([]*screen, n)}
	dialling, ctx := errgroup.WithContext(ctx)
	dialling.SetLimit(64)
	for i := range crowd.screens {
		dialling.Go(func() error {
			client, err := Dial(ctx, o)
			if err != nil {
				return err
			}
			s := &screen{client: client, news: make(chan struct{}, 1)}
			crowd.screens[i] = s
			crowd.reading.Go(s.read)
			return nil
		})
	}
	if err := dialling.Wait(); err != nil {
		crowd.Close()
		return nil, err
	}
	return crowd, nil
}

// read notes what arrives, parsing no more than the revision: the crowd
// shares the machine with the server it measures.
func (s *screen) read() {
	for {
		_, text, err := s.client.conn.ReadMessage()
		at := time.Now()
		rev, ok := revision(text)
		s.mu.Lock()
		if ok {
			s.seen = append(s.seen, Arrival{rev, at})
		}
		s.err = err
		s.mu.Unlock()
		select {
		case s.news <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// revision finds the revision in {"t":"…","rev":12,…}.
func revision(text []byte) (int64, bool) {
	_, rest, ok := bytes.Cut(text, []byte(`,"rev":`))
	end := bytes.IndexByte(rest, ',')
	if !ok || end < 0 {
		return 0, false
	}
	rev, err := strconv.ParseInt(string(rest[:end]), 10, 64)
	return rev, err == nil
}

// Wait returns when every screen has shown rev or a later one.
func (c *Crowd) Wait(ctx context.Context, rev int64) error {
	for i, s := range c.screens {
		if err := s.wait(ctx, rev); err != nil {
			return fmt.Errorf("screen %d at revision %d: %w", i, rev, err)
		}
	}
	return nil
}

func (s *screen) wait(ctx context.Context, rev int64) error {
	for {
		s.mu.Lock()
		shown := len(s.seen) > 0 && s.seen[len(s.seen)-1].Rev >= rev
		err := s.err
		s.mu.Unlock()
		if shown {
			return nil
		}
		if err != nil {
			return err
		}
		select {
		case <-s.news:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Arrivals returns what came to each screen, in order.
func (c *Crowd) Arrivals() [][]Arrival {
	all := make([][]Arrival, len(c.screens))
	for i, s := range c.screens {
		s.mu.Lock()
		all[i] = slices.Clone(s.seen)
		s.mu.Unlock()
	}
	return all
}

// Latencies returns, for each screen, how long after the commit of rev it
// showed that revision or a later one. Screens that never did are missing.
func (c *Crowd) Latencies(rev int64, committedAt time.Time) []time.Duration {
	var latencies []time.Duration
	for _, s := range c.screens {
		s.mu.Lock()
		i, _ := slices.BinarySearchFunc(s.seen, rev, func(a Arrival, rev int64) int { return int(a.Rev - rev) })
		if i < len(s.seen) {
			latencies = append(latencies, s.seen[i].At.Sub(committedAt))
		}
		s.mu.Unlock()
	}
	return latencies
}

// Err returns why screens stopped reading, nil while all still do.
func (c *Crowd) Err() error {
	var all []error
	for _, s := range c.screens {
		s.mu.Lock()
		all = append(all, s.err)
		s.mu.Unlock()
	}
	return errors.Join(all...)
}

// Close hangs up all of them and waits.
func (c *Crowd) Close() {
	for _, s := range c.screens {
		if s != nil {
			s.client.Drop()
		}
	}
	c.reading.Wait()
}
