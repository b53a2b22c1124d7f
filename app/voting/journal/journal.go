// Package journal makes the logs of polls public and binding: it signs their
// checkpoints with the town's key, serves them as tiles, proves receipts by
// them, and writes the archives that anyone can verify (see voting/proof).
//
// It never writes into a log: that is done by the ballot box, in the
// transaction of each ballot. It signs after the commit, at most once a second
// for each poll, only what it has computed again from the new leaves, and only
// what continues what it signed before. What voting.Visible hides of a poll,
// it hides.
package journal

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/realtime"
)

// Watch hears from the ballot box which logs have grown, and passes it on to
// whoever follows polls live. It is made before the box, which speaks to it.
type Watch struct {
	next voting.Announcer

	mu    sync.Mutex
	grown map[poll]bool
	wake  chan struct{} // holds at most one token
}

// poll names a poll on the installation.
type poll struct {
	tenant tenant.ID
	id     voting.PollID
}

// NewWatch returns a watch that passes on what it hears to next, if there is one.
func NewWatch(next voting.Announcer) *Watch {
	return &Watch{next: next, grown: map[poll]bool{}, wake: make(chan struct{}, 1)}
}

// Changed implements voting.Announcer.
func (w *Watch) Changed(topic realtime.Topic) {
	if w.next != nil {
		w.next.Changed(topic)
	}
	t, err := tenant.ParseID(topic.Tenant)
	if err != nil {
		return
	}
	id, err := voting.ParsePollID(topic.Name)
	if err != nil {
		return
	}
	w.put(poll{t, id})
}

func (w *Watch) put(p poll) {
	w.mu.Lock()
	w.grown[p] = true
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// take returns the polls heard of since the last time.
func (w *Watch) take() map[poll]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	taken := w.grown
	w.grown = map[poll]bool{}
	return taken
}

// Deps are what a Journal works with.
type Deps struct {
	DB     *database.DB
	Box    *voting.Box
	Watch  *Watch // nil: nothing is signed before it is asked for
	Secret []byte // encrypts the towns' private keys
	Kept   Shelf  // where the archives of severed polls are; nil: nowhere
	Log    *slog.Logger
}

// Journal signs and serves the logs of every town's polls. Several may work on
// one database.
type Journal struct {
	db     *database.DB
	box    *voting.Box
	watch  *Watch
	secret []byte
	kept   Shelf
	log    *slog.Logger

	mu   sync.Mutex
	keys map[tenant.ID]townKey
}

// New returns the journal.
func New(d Deps) *Journal {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	if d.Watch == nil {
		d.Watch = NewWatch(nil)
	}
	return &Journal{db: d.DB, box: d.Box, watch: d.Watch, secret: d.Secret, kept: d.Kept, log: d.Log, keys: map[tenant.ID]townKey{}}
}

const (
	rhythm = time.Second // between two checkpoints of a poll, at least
	often  = time.Minute // between two looks at what other nodes may have left unsigned
)

// Work signs the logs that grow, each at most once a second, until ctx is done.
func (j *Journal) Work(ctx context.Context) error {
	var looked time.Time // the age of a look, no rule
	for {
		if time.Since(looked) > often {
			j.look(ctx)
			looked = time.Now()
		}
		j.signGrown(ctx)
		select { // what comes meanwhile is signed together
		case <-ctx.Done():
			return nil
		case <-time.After(rhythm):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-j.watch.wake:
		case <-time.After(often):
		}
	}
}

// Flush signs what was committed and is not signed yet: the last thing before
// the program stops.
func (j *Journal) Flush(ctx context.Context) error {
	for {
		if left := j.signGrown(ctx); left == 0 {
			return ctx.Err()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rhythm / 4):
		}
	}
}

// signGrown signs the polls heard of, and returns how many must be tried again.
func (j *Journal) signGrown(ctx context.Context) (left int) {
	for p := range j.watch.take() {
		again, err := j.sign(ctx, p)
		if err != nil && ctx.Err() == nil {
			j.log.ErrorContext(ctx, "sign the log of a poll", "poll", p.id, "error", err)
		}
		if again {
			left++
			j.watch.put(p)
		}
	}
	return left
}

// look finds the logs that have grown unsigned: a node stopped between a
// commit and its checkpoint.
func (j *Journal) look(ctx context.Context) {
	var towns []tenant.ID
	err := j.db.Platform(ctx, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id FROM core.tenants`).Scan(ctx, &towns)
	})
	for _, t := range towns {
		var ids []voting.PollID
		err = j.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
			return tx.NewRaw(`SELECT h.poll_id FROM voting.heads h WHERE h.tenant_id = ?0 AND h.log_size > coalesce((SELECT max(c.size)
				FROM voting.checkpoints c WHERE c.tenant_id = ?0 AND c.poll_id = h.poll_id), 0)`, t).Scan(ctx, &ids)
		})
		for _, id := range ids {
			j.watch.put(poll{t, id})
		}
	}
	if err != nil && ctx.Err() == nil {
		j.log.WarnContext(ctx, "look for logs to sign", "error", err)
	}
}
