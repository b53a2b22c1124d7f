package realtime

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// PostgresOptions are what a bus on PostgreSQL is made of.
type PostgresOptions struct {
	// Connect opens a connection straight to the server: LISTEN does not work
	// through a pooler of transactions. The bus keeps two open, one to hear
	// and one to speak, and opens others when they are lost.
	Connect func(ctx context.Context) (*pgx.Conn, error)
	// Deliver is told what changed, here or elsewhere. It must not wait.
	Deliver func(Topic)
	Log     *slog.Logger
	Channel string        // "parvis_live"
	Check   time.Duration // of a silent connection; 30 s
}

const (
	maxUnsent    = 10_000 // topics kept while the database is away
	busPatience  = 5 * time.Second
	firstRetry   = 100 * time.Millisecond
	longestRetry = 5 * time.Second
	notifySQL    = `SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload`
)

// Postgres is a Bus between the nodes that share a database, by LISTEN and
// NOTIFY. It notifies on a connection of its own: within the transaction of a
// ballot NOTIFY would have commits wait for each other.
type Postgres struct {
	options PostgresOptions
	cancel  context.CancelFunc
	running sync.WaitGroup
	speaker atomic.Uint32 // process ID of the connection that speaks
	hearing chan struct{} // closed once it listens
	once    sync.Once

	wake   chan struct{} // holds at most one token
	mu     sync.Mutex
	unsent map[Topic]struct{} // announced, not yet sent: a burst is sent once
}

// NewPostgres returns a bus at work. The caller must close it.
func NewPostgres(options PostgresOptions) *Postgres {
	def(&options.Channel, "parvis_live")
	def(&options.Check, 30*time.Second)
	if options.Log == nil {
		options.Log = slog.Default()
	}
	ctx, cancel := context.WithCancel(context.Background())
	p := &Postgres{
		options: options, cancel: cancel, hearing: make(chan struct{}),
		wake: make(chan struct{}, 1), unsent: make(map[Topic]struct{}),
	}
	p.running.Go(func() { p.stay(ctx, "hear", p.hear) })
	p.running.Go(func() { p.stay(ctx, "speak", p.speak) })
	return p
}

// Announce implements Bus. This node is told at once, the others by the database.
func (p *Postgres) Announce(topic Topic) {
	if !topic.valid() {
		return // nobody can follow it
	}
	p.options.Deliver(topic)
	p.mu.Lock()
	if len(p.unsent) < maxUnsent {
		p.unsent[topic] = struct{}{}
	}
	p.mu.Unlock()
	p.rouse()
}

// Ready returns when the bus hears, or ctx ends.
func (p *Postgres) Ready(ctx context.Context) error {
	select {
	case <-p.hearing:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait for the live bus: %w", ctx.Err())
	}
}

// Close ends the bus. Nothing is delivered any more when it returns, except by
// Announce.
func (p *Postgres) Close(ctx context.Context) error {
	p.cancel()
	done := make(chan struct{})
	go func() {
		p.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("close the live bus: %w", ctx.Err())
	}
}

// stay keeps work going on one connection after the other until ctx ends.
func (p *Postgres) stay(ctx context.Context, role string, work func(context.Context, *pgx.Conn) error) {
	retry := firstRetry
	for ctx.Err() == nil {
		began := time.Now()
		err := p.onConnection(ctx, work)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestRetry {
			retry = firstRetry
		}
		p.options.Log.Warn("live bus lost its connection", "role", role, "error", err)
		select {
		case <-time.After(rand.N(retry) + time.Millisecond): // not all nodes at once
		case <-ctx.Done():
		}
		retry = min(2*retry, longestRetry)
	}
}

func (p *Postgres) onConnection(ctx context.Context, work func(context.Context, *pgx.Conn) error) (err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	connecting, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	conn, err := p.options.Connect(connecting)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		conn.Close(closing) // whatever it answers, we are done with it
	}()
	return work(ctx, conn)
}

// hear delivers what other nodes announce.
func (p *Postgres) hear(ctx context.Context, conn *pgx.Conn) error {
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{p.options.Channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	p.once.Do(func() { close(p.hearing) })
	for {
		waiting, cancel := context.WithTimeout(ctx, p.options.Check)
		news, err := conn.WaitForNotification(waiting)
		cancel()
		switch {
		case err == nil:
			p.pass(news.PID, news.Payload)
		case errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil:
			if err := p.ping(ctx, conn); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

// pass delivers one announcement, unless it is this node's own.
func (p *Postgres) pass(from uint32, payload string) {
	if from == p.speaker.Load() {
		return // delivered when it was announced
	}
	tenant, text, _ := strings.Cut(payload, "/")
	topic, err := ParseTopic(tenant, text)
	if err != nil || !topic.valid() {
		p.options.Log.Warn("live bus heard something strange", "payload", payload)
		return
	}
	p.options.Deliver(topic)
}

// ping finds out whether a silent connection is alive.
func (p *Postgres) ping(ctx context.Context, conn *pgx.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	return conn.Ping(ctx)
}

// speak sends what is announced here.
func (p *Postgres) speak(ctx context.Context, conn *pgx.Conn) error {
	p.speaker.Store(conn.PgConn().PID())
	for {
		if err := p.notify(ctx, conn); err != nil {
			p.rouse() // for the next connection
			return err
		}
		select {
		case <-p.wake:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (p *Postgres) notify(ctx context.Context, conn *pgx.Conn) error {
	topics := p.take()
	if len(topics) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, busPatience)
	defer cancel()
	payloads := make([]string, len(topics))
	for i, topic := range topics {
		payloads[i] = topic.Tenant + "/" + topic.String()
	}
	if _, err := conn.Exec(ctx, notifySQL, p.options.Channel, payloads); err != nil {
		p.putBack(topics)
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

func (p *Postgres) take() []Topic {
	p.mu.Lock()
	defer p.mu.Unlock()
	topics := make([]Topic, 0, len(p.unsent))
	for topic := range p.unsent {
		topics = append(topics, topic)
	}
	clear(p.unsent)
	return topics
}

func (p *Postgres) putBack(topics []Topic) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, topic := range topics {
		p.unsent[topic] = struct{}{}
	}
}

func (p *Postgres) rouse() {
	select {
	case p.wake <- struct{}{}:
	default: // already awake
	}
}
