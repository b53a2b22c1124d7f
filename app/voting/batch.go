package voting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"parvis/app/citizen"
	"parvis/app/database"
)

// The SQL of a batch of ballots: two round trips in one transaction. Nothing
// else may ever happen in it: no job, no notification, no mail.

// setBatch begins a batch. Durability does not depend on how the role or the
// database is set. The plans are made once for each connection, and may never
// scan a whole table, however small it was when they were made.
const setBatch = `SELECT set_config('app.tenant_id', $1, true), set_config('synchronous_commit', $2, true),
	set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_seqscan', 'off', true)`

// lockHead is a statement of its own, before every other: what is read after
// it is what the former holder of the lock has left.
const lockHead = `SELECT ` + headColumns + ` FROM voting.heads WHERE tenant_id = $1 AND poll_id = $2 FOR UPDATE`

const readClock = `SELECT p.revision, clock.now, (clock.now AT TIME ZONE t.time_zone)::date::text
	FROM voting.polls p JOIN core.tenants t ON t.id = p.tenant_id CROSS JOIN (SELECT core.now() AS now) clock
	WHERE p.tenant_id = $1 AND p.id = $2`

// The lookups below go key by key (LATERAL … OFFSET 0 is what PostgreSQL leaves
// as it is): "key = ANY(…)" would be read, while the statistics still say that
// the table is small, as a scan of all the ballots of the poll.

const readAccepted = `SELECT s.nonce, s.log_index, s.cast_at, l.data FROM unnest($3::bytea[]) AS k (nonce)
	CROSS JOIN LATERAL (SELECT nonce, log_index, cast_at FROM voting.submissions
		WHERE tenant_id = $1 AND poll_id = $2 AND nonce = k.nonce OFFSET 0) s
	CROSS JOIN LATERAL (SELECT data FROM voting.log_entries
		WHERE tenant_id = $1 AND poll_id = $2 AND index = s.log_index OFFSET 0) l`

const readBallots = `SELECT b.ballot_key, b.seq, b.nonce, b.marks, b.log_index FROM unnest($3::bytea[]) AS k (ballot_key)
	CROSS JOIN LATERAL (SELECT ballot_key, seq, nonce, marks, log_index FROM voting.ballots
		WHERE tenant_id = $1 AND poll_id = $2 AND ballot_key = k.ballot_key OFFSET 0) b`

const readRoll = `SELECT r.voter_key, r.channel FROM unnest($3::bytea[]) AS k (voter_key)
	CROSS JOIN LATERAL (SELECT voter_key, channel FROM voting.roll
		WHERE tenant_id = $1 AND poll_id = $2 AND voter_key = k.voter_key OFFSET 0) r`

// readAccounts is what the electorate is judged by: the accounts as they are
// now, not as the session remembers them.
const readAccounts = `SELECT c.id, c.person_proof, c.residence_proof, c.zone_id, coalesce(c.born_on::text, ''), c.person_id, CASE $4::text` + readMark + `,
		CASE WHEN $3 THEN ARRAY(SELECT g.role FROM core.role_grants g WHERE g.tenant_id = $1 AND g.citizen_id = c.id) END
	FROM unnest($2::uuid[]) AS k (id)
	CROSS JOIN LATERAL (SELECT id, person_proof, residence_proof, zone_id, born_on, email, person_id, tenant_id, erased_at FROM core.citizens
		WHERE tenant_id = $1 AND id = k.id OFFSET 0) c
	WHERE c.erased_at IS NULL`

const writeRoll = `INSERT INTO voting.roll (tenant_id, poll_id, voter_key, channel)
	SELECT $1, $2, n.voter_key, n.channel FROM unnest($3::bytea[], $4::text[]) AS n (voter_key, channel)`

const writeBallots = `INSERT INTO voting.ballots (tenant_id, poll_id, ballot_key, seq, nonce, marks, log_index)
	SELECT $1, $2, n.ballot_key, n.seq, n.nonce, n.marks, n.log_index
	FROM unnest($3::bytea[], $4::bigint[], $5::bytea[], $6::text[], $7::bigint[]) AS n (ballot_key, seq, nonce, marks, log_index)
	ON CONFLICT ON CONSTRAINT one_ballot_per_voter DO UPDATE
	SET seq = excluded.seq, nonce = excluded.nonce, marks = excluded.marks, log_index = excluded.log_index`

const writeSubmissions = `INSERT INTO voting.submissions (tenant_id, poll_id, nonce, log_index, cast_at)
	SELECT $1, $2, n.nonce, $3 + n.rank - 1, $4 FROM unnest($5::bytea[]) WITH ORDINALITY AS n (nonce, rank)`

const writeEntries = `INSERT INTO voting.log_entries (tenant_id, poll_id, index, kind, leaf, data)
	SELECT $1, $2, $3 + n.rank - 1, 'ballot', n.leaf, n.data
	FROM unnest($4::bytea[], $5::bytea[]) WITH ORDINALITY AS n (leaf, data, rank)`

const writeHead = `UPDATE voting.heads SET (` + headColumns + `) = ($3, $4, $5, $6, $7, $8, $9::jsonb, $10, $11, $12, $13)
	WHERE tenant_id = $1 AND poll_id = $2`

var (
	// errStale says that what the node remembers of a poll is no more true, or
	// that its opening must be logged first.
	errStale  = errors.New("the poll has changed since it was read")
	errStored = errors.New("a stored ballot is not in canonical form")
)

// commitBatch puts the entrants into the box in one transaction and returns
// what each is told. An error is about the whole batch, and says nothing about
// whether it was committed.
func (b *Box) commitBatch(ctx context.Context, def *definition, entrants []entrant) ([]outcome, error) {
	conn, err := b.db.Pool.Acquire(ctx)
	if err != nil {
		return nil, fmt.Errorf("take a connection: %w", err)
	}
	defer release(conn)
	c, err := lockAndRead(ctx, conn.Conn(), b.commitMode(), def, entrants)
	if err != nil {
		return nil, err
	}
	if c.poll.StateAt(c.now) == Open && c.poll.OpenedAt.IsZero() || slices.ContainsFunc(entrants, c.moved) {
		return nil, errStale
	}
	outcomes := make([]outcome, len(entrants))
	for i, e := range entrants {
		outcomes[i].receipt, outcomes[i].err = c.take(e)
	}
	if len(c.added.leaves) == 0 {
		return outcomes, nil
	}
	if err := c.write(ctx, conn.Conn()); err != nil {
		return nil, err
	}
	b.announce(c.tenant, c.poll.ID)
	return outcomes, nil
}

// release gives a connection back, without its transaction if it is still in
// one. A connection that is gone, or cannot be cleaned, is closed by the pool.
func release(conn *pgxpool.Conn) {
	if !conn.Conn().IsClosed() && conn.Conn().PgConn().TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_, _ = conn.Exec(ctx, "ROLLBACK")
	}
	conn.Release()
}

// lockAndRead begins the transaction, takes the poll's lock, and reads all the
// batch needs, in one round trip.
func lockAndRead(ctx context.Context, conn *pgx.Conn, durable string, def *definition, entrants []entrant) (*count, error) {
	p := def.poll
	c := &count{
		definition: *def, tenant: p.Tenant,
		accounts: map[uuid.UUID]account{}, accepted: map[Nonce]accepted{},
		ballots: map[Key]*ballot{}, roll: map[Key]Channel{}, tickets: map[Key]bool{}, listed: map[Key]bool{},
	}
	nonces, ballots, rolls, accounts := keysOf(entrants)
	t, id := uuid.UUID(p.Tenant), uuid.UUID(p.ID)
	batch := &pgx.Batch{}
	batch.Queue("BEGIN")
	batch.Queue(setBatch, p.Tenant.String(), durable)
	batch.Queue(lockHead, t, id).QueryRow(func(row pgx.Row) (err error) {
		c.head, err = scanHead(p.ID, row.Scan)
		return err
	})
	batch.Queue(readClock, t, id).QueryRow(func(row pgx.Row) error {
		var revision int64
		if err := row.Scan(&revision, &c.now, &c.today); err != nil {
			return err
		}
		c.now = c.now.UTC()
		if revision != p.Revision {
			return errStale
		}
		return nil
	})
	batch.Queue(readAccepted, t, id, nonces).Query(c.scanAccepted)
	batch.Queue(readBallots, t, id, ballots).Query(c.scanBallots)
	batch.Queue(readRoll, t, id, rolls).Query(c.scanRoll)
	if tickets := def.ticketsOf(entrants); len(tickets) > 0 {
		batch.Queue(readTickets, t, id, tickets).Query(c.scanTickets)
	}
	if len(accounts) > 0 {
		batch.Queue(readAccounts, t, accounts, len(p.Electorate.Roles) > 0, string(p.Electorate.List)).Query(c.scanAccounts)
	}
	if keys := c.listKeys(entrants); len(keys) > 0 {
		batch.Queue(readListed, t, id, keys).Query(c.scanListed)
	}
	err := conn.SendBatch(ctx, batch).Close()
	if err != nil {
		return nil, fmt.Errorf("lock the poll: %w", err)
	}
	return c, nil
}

func keysOf(entrants []entrant) (nonces, ballots, rolls [][]byte, accounts []uuid.UUID) {
	nonces, ballots, rolls = make([][]byte, len(entrants)), make([][]byte, len(entrants)), make([][]byte, len(entrants))
	for i := range entrants {
		e := &entrants[i]
		nonces[i], ballots[i], rolls[i] = e.Nonce[:], e.ballot[:], e.roll[:]
		if e.Voter.Kind == AccountVoter {
			accounts = append(accounts, e.Voter.ID)
		}
	}
	return nonces, ballots, rolls, accounts
}

func (c *count) scanAccepted(rows pgx.Rows) error {
	var nonce, data []byte
	var a accepted
	_, err := pgx.ForEachRow(rows, []any{&nonce, &a.index, &a.castAt, &data}, func() (err error) {
		if a.opening, err = openingOf(data); err != nil {
			return err
		}
		a.castAt = a.castAt.UTC()
		c.accepted[Nonce(nonce)] = a
		return nil
	})
	return err
}

func (c *count) scanBallots(rows pgx.Rows) error {
	var key, nonce []byte
	var own ballot
	_, err := pgx.ForEachRow(rows, []any{&key, &own.seq, &nonce, &own.text, &own.index}, func() (err error) {
		stored := own
		stored.nonce = Nonce(nonce)
		if stored.marks, err = DecodeMarks(own.text); err != nil {
			return errStored
		}
		c.ballots[Key(key)] = &stored
		return nil
	})
	return err
}

func (c *count) scanRoll(rows pgx.Rows) error {
	var key []byte
	var channel Channel
	_, err := pgx.ForEachRow(rows, []any{&key, &channel}, func() error {
		c.roll[Key(key)] = channel
		return nil
	})
	return err
}

func (c *count) scanAccounts(rows pgx.Rows) error {
	var id uuid.UUID
	var zone, person *uuid.UUID
	var mark []byte
	var roles []string
	var v citizen.Viewer
	_, err := pgx.ForEachRow(rows, []any{&id, &v.Person, &v.Residence, &zone, &v.BornOn, &person, &mark, &roles}, func() error {
		v := v
		v.ID, v.SignedIn = citizen.ID(id), true
		if zone != nil {
			v.Zone = *zone
		}
		for _, role := range roles {
			v.Grants = append(v.Grants, citizen.Grant{Role: citizen.Role(role)})
		}
		known := profile{mark: bytes.Clone(mark)}
		if person != nil {
			known.person = *person
		}
		c.accounts[id] = account{known, v}
		return nil
	})
	return err
}

// write sends what the batch adds, and commits, in one round trip.
func (c *count) write(ctx context.Context, conn *pgx.Conn) error {
	t, id := uuid.UUID(c.tenant), uuid.UUID(c.poll.ID)
	batch := &pgx.Batch{}
	if len(c.added.roll) > 0 {
		batch.Queue(writeRoll, t, id, c.added.roll, c.added.channels)
	}
	keys, seqs, nonces, texts, indexes := c.changedBallots()
	batch.Queue(writeBallots, t, id, keys, seqs, nonces, texts, indexes)
	minute := c.now.Truncate(time.Minute)
	batch.Queue(writeSubmissions, t, id, c.added.first, minute, c.added.submissions)
	batch.Queue(writeEntries, t, id, c.added.first, c.added.leaves, c.added.entries)
	c.head.Revision++
	head, err := c.head.columns()
	if err != nil {
		return err
	}
	batch.Queue(writeHead, append([]any{t, id}, head...)...)
	committed := false
	batch.Queue("COMMIT").Exec(func(tag pgconn.CommandTag) error {
		committed = tag.String() == "COMMIT"
		return nil
	})
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("commit ballots: %w", err)
	}
	if !committed {
		return errors.New("commit ballots: PostgreSQL rolled back")
	}
	return nil
}

func (c *count) changedBallots() (keys [][]byte, seqs []int64, nonces [][]byte, texts []string, indexes []int64) {
	for i := range c.added.ballots {
		own := c.ballots[c.added.ballots[i]]
		keys = append(keys, c.added.ballots[i][:])
		seqs = append(seqs, own.seq)
		nonces = append(nonces, own.nonce[:])
		texts = append(texts, own.text)
		indexes = append(indexes, own.index)
	}
	return keys, seqs, nonces, texts, indexes
}

// temporary tells whether trying again may help: the connection, the server or
// a lock failed, not the ballots.
func temporary(err error) bool {
	f := database.Fault(err)
	return errors.Is(f, database.ErrUnavailable) || errors.Is(f, database.ErrBusy)
}
