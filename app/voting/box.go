package voting

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/realtime"
)

// Announcer is told that a live topic has changed; the hub is one.
type Announcer interface{ Changed(realtime.Topic) }

// Deps are what a Box works with.
type Deps struct {
	DB   *database.DB
	Live Announcer
	Log  *slog.Logger

	// Unsafe acknowledges ballots before the disk has them, and takes them on a
	// database that could lose them. It is for one thing: the control of the
	// durability test, which must see ballots lost with it.
	Unsafe bool
}

// Box is the ballot box of every tenant. Several boxes may work on one
// database: they put their ballots in one order by the lock of the poll's head.
type Box struct {
	db       *database.DB
	live     Announcer
	log      *slog.Logger
	unsafe   bool
	oneByOne atomic.Bool

	mu       sync.Mutex
	batchers map[pollKey]*batcher // those at work now
	waiting  int                  // submissions in all their queues
	known    map[pollKey]*definition

	working sync.WaitGroup // batchers

	stirred chan struct{} // holds at most one token

	durable durability

	teller Teller // of ballots that wait

	pulses    pulses
	sightings sightings
}

// pollKey names a poll on the installation.
type pollKey struct {
	tenant tenant.ID
	poll   PollID
}

// New returns a box.
func New(d Deps) *Box {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Box{
		db: d.DB, live: d.Live, log: d.Log, unsafe: d.Unsafe,
		batchers: map[pollKey]*batcher{},
		known:    map[pollKey]*definition{},
		stirred:  make(chan struct{}, 1),
	}
}

// OneByOne gives each ballot a transaction of its own, as civic platforms do,
// instead of committing together those that wait. It is as safe and many times
// slower: the baseline that `parvis bench vote` compares with.
func (b *Box) OneByOne(on bool) { b.oneByOne.Store(on) }

// durability remembers that the database was found to keep what it acknowledges.
type durability struct {
	mu      sync.Mutex
	checked bool
}

// checkDurable refuses a database that could lose an acknowledged ballot.
func (b *Box) checkDurable(ctx context.Context) error {
	b.durable.mu.Lock()
	defer b.durable.mu.Unlock()
	if b.durable.checked || b.unsafe {
		return nil
	}
	if err := b.db.CheckDurability(ctx); err != nil {
		return ErrUnsafe.Wrap(err)
	}
	b.durable.checked = true
	return nil
}

// commitMode is PostgreSQL's synchronous_commit for ballots.
func (b *Box) commitMode() string {
	if b.unsafe {
		return "off"
	}
	return "on"
}

// Act is who does something to a poll, and why.
type Act struct {
	Actor  citizen.ID
	Reason string // public; required where a promise to voters changes

	// Also is done in the transaction of the act, once it has succeeded: its line
	// in the journal, so that neither is there without the other.
	Also func(context.Context, bun.Tx) error
}

func (a Act) actor() *uuid.UUID {
	if a.Actor.IsZero() {
		return nil
	}
	id := uuid.UUID(a.Actor)
	return &id
}

// announce tells the live topic of a poll. It is called after the commit.
func (b *Box) announce(t tenant.ID, id PollID) {
	if b.live != nil {
		b.live.Changed(Topic(t, id))
	}
}

// Topic names the live topic of a poll.
func Topic(t tenant.ID, id PollID) realtime.Topic {
	return realtime.Topic{Tenant: t.String(), Module: "voting", Name: id.String()}
}
