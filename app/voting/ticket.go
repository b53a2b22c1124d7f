package voting

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/access"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Faults of tickets.
var (
	ErrNoTickets     = fault.New(fault.Conflict, "voting.ticket.not_asked")
	ErrTicketCount   = fault.New(fault.Invalid, "voting.ticket.count")
	ErrManyTickets   = fault.New(fault.Conflict, "voting.ticket.too_many")
	ErrUnknownTicket = fault.New(fault.NotFound, "voting.ticket.unknown")
)

// Bounds of the tickets of a poll.
const (
	MaxTickets      = 300 // in one print
	maxTicketPrints = 50
	ticketLength    = 10
)

// ticketUnknown is why somebody without a good ticket may not vote.
var ticketUnknown = access.Reason{Key: "voting.ticket.reason", RemedyKey: "voting.ticket.remedy", RemedyHref: "/v"}

// TicketSeed is what the codes of one print of tickets are drawn from. It is
// nowhere kept by the box: whoever had them printed holds it while they print.
type TicketSeed [16]byte

// ParseTicketSeed reads the 32 hexadecimal digits of a seed.
func ParseTicketSeed(text string) (TicketSeed, bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(TicketSeed{}) {
		return TicketSeed{}, false
	}
	return TicketSeed(raw), true
}

func (s TicketSeed) String() string { return hex.EncodeToString(s[:]) }

// Code is the code of the n-th ticket of the print: ten characters that nobody
// guesses (45 bits, and each try is a request).
func (s TicketSeed) Code(n int) string {
	code := make([]byte, 0, ticketLength)
	const fair = 256 / len(roomAlphabet) * len(roomAlphabet) // beyond, some letters would come more often
	for block := uint64(0); ; block++ {
		mac := hmac.New(sha256.New, s[:])
		_ = binary.Write(mac, binary.BigEndian, [2]uint64{uint64(n), block}) // never fails
		for _, draw := range mac.Sum(nil) {
			if int(draw) >= fair {
				continue
			}
			if code = append(code, roomAlphabet[int(draw)%len(roomAlphabet)]); len(code) == ticketLength {
				return string(code)
			}
		}
	}
}

// ParseTicket reads what was typed or scanned in a room: its code, and that of
// a ticket, "" when there is none.
func ParseTicket(text string) (room, ticket string, ok bool) {
	code := strings.ToUpper(strings.Join(strings.Fields(text), ""))
	if len(code) == 6 {
		room, ok = ParseRoomCode(code)
		return room, "", ok
	}
	if len(code) != 6+ticketLength || strings.Trim(code, roomAlphabet) != "" {
		return "", "", false
	}
	return code[:6], code[6:], true
}

// ticketKey stands for a ticket in the list of those that were printed.
func (s *secrets) ticketKey(v Voter) Key { return s.key("ticket", v) }

// TicketBatch is a print of tickets.
type TicketBatch struct {
	Number     int
	Size       int
	At         time.Time
	VoidedAt   time.Time // zero: they are good
	VoidReason string
}

// PrintTickets adds tickets to a poll whose room asks for them, and returns
// what their codes are drawn from: the only moment it is known.
func (b *Box) PrintTickets(ctx context.Context, t tenant.ID, id PollID, size int, act Act) (batch TicketBatch, seed TicketSeed, err error) {
	_, _ = rand.Read(seed[:]) // never fails
	err = b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, _ *Head) error {
		switch {
		case poll.VoterKind() != TicketVoter:
			return ErrNoTickets
		case poll.State != Draft && poll.State != Scheduled && poll.State != Open:
			return ErrWrongState
		case size < 1 || size > MaxTickets:
			return ErrTicketCount.With(fault.Args{"Limit": MaxTickets}).On("size")
		}
		batch.Size = size
		if err := insertBatch(ctx, tx, poll, &batch); err != nil {
			return err
		}
		return insertTickets(ctx, tx, poll, batch, seed)
	})
	return batch, seed, err
}

func insertBatch(ctx context.Context, tx bun.IDB, p *Poll, batch *TicketBatch) error {
	err := tx.QueryRowContext(ctx, `INSERT INTO voting.ticket_batches (tenant_id, poll_id, number, size)
		SELECT ?0, ?1, coalesce(max(number), 0) + 1, ?2 FROM voting.ticket_batches WHERE tenant_id = ?0 AND poll_id = ?1
		RETURNING number, created_at`, p.Tenant, p.ID, batch.Size).Scan(&batch.Number, &batch.At)
	if err != nil {
		return fmt.Errorf("number a print of tickets: %w", err)
	}
	if batch.Number > maxTicketPrints {
		return ErrManyTickets.With(fault.Args{"Limit": maxTicketPrints})
	}
	return nil
}

func insertTickets(ctx context.Context, tx bun.IDB, p *Poll, batch TicketBatch, seed TicketSeed) error {
	secret, err := selectSecrets(ctx, tx, p.Tenant, p.ID)
	if err != nil {
		return err
	}
	keys := make([]string, batch.Size)
	for n := range keys {
		key := secret.ticketKey(ByTicket(p.ID, seed.Code(n)))
		keys[n] = hex.EncodeToString(key[:])
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.tickets (tenant_id, poll_id, ticket_key, batch)
		SELECT ?, ?, decode(k.key, 'hex'), ? FROM unnest(?::text[]) AS k (key) ORDER BY k.key`, // in no order that is that of the sheets
		p.Tenant, p.ID, batch.Number, pgdialect.Array(keys))
	if err != nil {
		return fmt.Errorf("write tickets: %w", err)
	}
	return nil
}

// VoidTickets cancels a print: none of its tickets is good any more. Ballots
// that were cast with them count.
func (b *Box) VoidTickets(ctx context.Context, t tenant.ID, id PollID, number int, act Act) error {
	reason := strings.TrimSpace(act.Reason)
	if reason == "" {
		return ErrReasonMissing.On("reason")
	}
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, _ *Head) error {
		if poll.State.Over() || poll.State == Cancelled {
			return ErrWrongState
		}
		done, err := tx.ExecContext(ctx, `UPDATE voting.ticket_batches SET voided_at = core.now(), void_reason = ?
			WHERE tenant_id = ? AND poll_id = ? AND number = ? AND voided_at IS NULL`, reason, t, id, number)
		if err != nil {
			return fmt.Errorf("cancel a print of tickets: %w", err)
		}
		if n, err := done.RowsAffected(); err != nil || n == 0 {
			return ErrNotFound.Wrap(err)
		}
		return nil
	})
}

// TicketBatches returns the prints of a poll, the last first.
func (b *Box) TicketBatches(ctx context.Context, t tenant.ID, id PollID) (list []TicketBatch, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT number, size, created_at, coalesce(voided_at, '0001-01-01 00:00:00Z'), void_reason
			FROM voting.ticket_batches WHERE tenant_id = ? AND poll_id = ? ORDER BY number DESC`, t, id)
		if err != nil {
			return fmt.Errorf("read prints of tickets: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var one TicketBatch
			if err := rows.Scan(&one.Number, &one.Size, &one.At, &one.VoidedAt, &one.VoidReason); err != nil {
				return fmt.Errorf("read prints of tickets: %w", err)
			}
			one.VoidedAt = one.VoidedAt.UTC()
			list = append(list, one)
		}
		return rows.Err()
	})
	return list, err
}

// KnowsTicket reports whether a ticket is one of those that were printed, and good.
func (b *Box) KnowsTicket(ctx context.Context, t tenant.ID, id PollID, v Voter) (known bool, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		secret, err := selectSecrets(ctx, tx, t, id)
		if isNotFound(err) {
			return nil
		}
		if err != nil {
			return err
		}
		known, err = selectTicket(ctx, tx, &Poll{Tenant: t, ID: id}, secret.ticketKey(v))
		return err
	})
	return known, err
}

func selectTicket(ctx context.Context, tx bun.IDB, p *Poll, key Key) (known bool, err error) {
	err = tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT FROM voting.tickets k JOIN voting.ticket_batches b USING (tenant_id, poll_id)
		WHERE k.tenant_id = ? AND k.poll_id = ? AND k.ticket_key = ? AND b.number = k.batch AND b.voided_at IS NULL)`,
		p.Tenant, p.ID, key[:]).Scan(&known)
	if err != nil {
		return false, fmt.Errorf("look for a ticket: %w", err)
	}
	return known, nil
}

func orUnknownTicket(err error) error {
	if err != nil {
		return err
	}
	return ErrUnknownTicket
}

// readTickets is the part of a batch of ballots that is about tickets: which of
// them are good now.
const readTickets = `SELECT t.ticket_key FROM unnest($3::bytea[]) AS k (ticket_key)
	CROSS JOIN LATERAL (SELECT ticket_key, batch FROM voting.tickets
		WHERE tenant_id = $1 AND poll_id = $2 AND ticket_key = k.ticket_key OFFSET 0) t
	CROSS JOIN LATERAL (SELECT FROM voting.ticket_batches
		WHERE tenant_id = $1 AND poll_id = $2 AND number = t.batch AND voided_at IS NULL OFFSET 0) b`

// ticketsOf are the keys of the tickets that a batch of ballots was cast with.
func (d *definition) ticketsOf(entrants []entrant) (keys [][]byte) {
	for i := range entrants {
		if v := entrants[i].Voter; v.Kind == TicketVoter {
			key := d.secret.ticketKey(v)
			keys = append(keys, key[:])
		}
	}
	return keys
}

func (c *count) scanTickets(rows pgx.Rows) error {
	var key []byte
	_, err := pgx.ForEachRow(rows, []any{&key}, func() error {
		c.tickets[Key(key)] = true
		return nil
	})
	return err
}

// refuseTicket is why a ballot cast with a ticket is refused; nil when the
// ticket is good.
func (c *count) refuseTicket(v Voter) error {
	if v.Kind != TicketVoter || c.tickets[c.secret.ticketKey(v)] {
		return nil
	}
	return &NotEligible{Reasons: []access.Reason{ticketUnknown}}
}
