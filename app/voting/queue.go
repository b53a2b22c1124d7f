package voting

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
)

// Bounds. A queue that is full refuses at once instead of keeping somebody
// waiting for a database that does not follow.
const (
	maxBatch    = 1_000
	maxQueue    = 20_000  // for one poll
	maxWaiting  = 100_000 // for all
	maxKnown    = 2_000   // polls remembered by a node
	maxAttempts = 8       // against changes of the poll itself

	// patience is how long a batch is tried again while the database is away;
	// attemptLimit is how long one attempt may last. Together they keep every
	// answer under five seconds or so.
	patience     = 3 * time.Second
	attemptLimit = 4 * time.Second
)

// batcher gathers the ballots of one poll that come in while the batch before
// them is being committed. It lives as long as there are any.
type batcher struct{ queue []*waiter }

// waiter is somebody who waits for their ballot to be durable.
type waiter struct {
	ctx  context.Context
	sub  Submission
	done chan outcome // has room for the answer
}

type outcome struct {
	receipt Receipt
	err     error
}

// enqueue hands a submission to its poll's batcher and waits for the answer.
func (b *Box) enqueue(ctx context.Context, t tenant.ID, s Submission) (Receipt, error) {
	if !s.Channel.valid() {
		return Receipt{}, ErrUnreadable
	}
	w := &waiter{ctx: ctx, sub: s, done: make(chan outcome, 1)}
	key := pollKey{t, s.Poll}
	if b.oneByOne.Load() {
		b.commit(key, []*waiter{w})
	} else if !b.join(key, w) {
		return Receipt{}, ErrBusy
	}
	select {
	case o := <-w.done:
		return o.receipt, o.err
	case <-ctx.Done():
		return Receipt{}, ErrUnavailable.Wrap(ctx.Err())
	}
}

func (c Channel) valid() bool {
	return c == Web || c == Meeting || c == Desk || c == Paper || c == File
}

// join puts w into its poll's queue and starts a batcher if none is at work.
func (b *Box) join(key pollKey, w *waiter) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := b.batchers[key]
	if at == nil {
		at = &batcher{}
	}
	if len(at.queue) >= maxQueue || b.waiting >= maxWaiting {
		return false
	}
	at.queue = append(at.queue, w)
	b.waiting++
	if b.batchers[key] == nil {
		b.batchers[key] = at
		b.working.Add(1)
		go b.work(key, at)
	}
	return true
}

// work commits batch after batch, without ever waiting for more ballots, until
// none is left.
func (b *Box) work(key pollKey, at *batcher) {
	defer b.working.Done()
	for {
		batch := b.next(key, at)
		if batch == nil {
			return
		}
		b.commit(key, batch)
	}
}

// next takes what waits, oldest first. It ends the batcher when nothing does.
func (b *Box) next(key pollKey, at *batcher) []*waiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(at.queue) == 0 {
		delete(b.batchers, key)
		return nil
	}
	n := min(len(at.queue), maxBatch)
	batch := at.queue[:n:n]
	at.queue = at.queue[n:]
	if len(at.queue) == 0 {
		at.queue = nil // lets go of the array
	}
	b.waiting -= n
	return batch
}

// Drain waits until every ballot that was handed in is answered.
func (b *Box) Drain(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		b.working.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// commit answers every waiter of a batch. Whether a batch whose connection was
// lost had been committed is not guessed: it is tried again, and finds by
// their nonces, under the lock, the ballots that are in the box already.
func (b *Box) commit(key pollKey, waiters []*waiter) {
	waiters = stillThere(waiters)
	if len(waiters) == 0 {
		return
	}
	begun := time.Now() // a measure, no rule
	outcomes, err := b.insist(key, waiters)
	switch {
	case err == nil:
		b.pulses.add(key, len(waiters), time.Since(begun))
		for i, w := range waiters {
			w.done <- outcomes[i]
		}
	case len(waiters) > 1 && !temporary(err) && !errors.Is(err, ErrNotFound) && !errors.Is(err, ErrUnsafe):
		// One of them breaks the batch, which ought not to happen: find it, so
		// that it breaks nothing but itself.
		b.log.Error("a batch of ballots failed", "poll", key.poll, "ballots", len(waiters), "error", err)
		half := len(waiters) / 2
		b.commit(key, waiters[:half])
		b.commit(key, waiters[half:])
	default:
		if temporary(err) {
			b.log.Warn("ballots were not taken", "poll", key.poll, "ballots", len(waiters), "error", err)
			err = ErrUnavailable.Wrap(err)
		}
		for _, w := range waiters {
			w.done <- outcome{err: err}
		}
	}
}

// stillThere drops those who went away before their ballot was touched.
func stillThere(waiters []*waiter) []*waiter {
	kept := waiters[:0:0]
	for _, w := range waiters {
		if w.ctx.Err() == nil {
			kept = append(kept, w)
		}
	}
	return kept
}

// insist tries a batch until it is committed, refused, or the database has
// been away for too long.
func (b *Box) insist(key pollKey, waiters []*waiter) ([]outcome, error) {
	giveUp := time.Now().Add(patience)
	pause := 10 * time.Millisecond
	for attempt := 1; ; {
		outcomes, err := b.attempt(key, waiters)
		switch {
		case errors.Is(err, errStale) && attempt < maxAttempts:
			attempt++
			continue
		case err == nil || !temporary(err) || time.Now().After(giveUp):
			return outcomes, err
		}
		time.Sleep(pause)
		pause = min(2*pause, 250*time.Millisecond)
	}
}

func (b *Box) attempt(key pollKey, waiters []*waiter) ([]outcome, error) {
	ctx, cancel := context.WithTimeout(context.Background(), attemptLimit)
	defer cancel()
	def, err := b.definition(ctx, key)
	if err != nil {
		return nil, err
	}
	profiles, err := b.profilesOf(ctx, def.poll, waiters)
	if err != nil {
		return nil, err
	}
	entrants := make([]entrant, len(waiters))
	for i, w := range waiters {
		entrants[i] = def.entrant(w.sub, profiles[w.sub.Voter.ID])
	}
	outcomes, err := b.commitBatch(ctx, def, entrants)
	if errors.Is(err, errStale) {
		b.forget(key)
	}
	return outcomes, err
}

// definition returns what the node remembers of a poll, or reads it. A poll
// whose opening has come is opened on the way.
func (b *Box) definition(ctx context.Context, key pollKey) (*definition, error) {
	b.mu.Lock()
	def := b.known[key]
	b.mu.Unlock()
	if def != nil {
		return def, nil
	}
	def, err := b.readDefinition(ctx, key)
	if err != nil {
		return nil, err
	}
	if def.poll.State == Open && def.poll.OpenedAt.IsZero() {
		if err := b.Settle(ctx, key.tenant, key.poll); err != nil {
			return nil, err
		}
		if def, err = b.readDefinition(ctx, key); err != nil {
			return nil, err
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.known) >= maxKnown {
		clear(b.known)
	}
	b.known[key] = def
	return def, nil
}

func (b *Box) readDefinition(ctx context.Context, key pollKey) (*definition, error) {
	def := &definition{}
	err := b.db.ReadTenant(ctx, key.tenant, func(ctx context.Context, tx bun.Tx) (err error) {
		if def.poll, err = selectPoll(ctx, tx, key.tenant, key.poll); err != nil {
			return err
		}
		def.secret, err = selectSecrets(ctx, tx, key.tenant, key.poll)
		return err
	})
	if errors.Is(err, database.ErrNotFound) {
		return nil, ErrPollClosed.Wrap(err) // its secret is destroyed: the matter is closed
	}
	return def, err
}

func (b *Box) forget(key pollKey) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.known, key)
}
