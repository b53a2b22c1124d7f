package voting

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/tenant"
)

// Sighting is where a ballot came from, as far as scrutineers may wonder:
// never whose it is, nor which.
type Sighting struct {
	Network string // the address's network; "" when it tells nothing
	Device  string // a random name of the browser; "" when it has none
}

// SignalKind names what several voters have in common.
type SignalKind string

// The kinds of signals that are gathered from sightings.
const (
	ByNetwork SignalKind = "network" // many voters behind one network
	OnDevice  SignalKind = "device"  // many accounts on one device
	ByMail    SignalKind = "mail"    // accounts with a throw-away address
)

// FromHowMany is the number of voters from which a source is counted. Below,
// it is a family, and nobody's business.
func (k SignalKind) FromHowMany() int64 {
	if k == ByNetwork {
		return 20
	}
	return 5
}

// Signal is what is shown of them: how many sources there are, and how many
// voters the largest has.
type Signal struct {
	Kind             SignalKind
	Sources, Largest int64
}

// Bounds of what waits to be written.
const (
	maxSightings  = 50_000
	sightingsWait = 5 * time.Second
	sightingsAge  = 24 * time.Hour // after the poll is over
)

// seen is a sighting as it is kept. Addresses are hashed before they wait.
type seen struct {
	kind           SignalKind
	source, member [16]byte
}

// sightings wait in memory for the next writing.
type sightings struct {
	mu       sync.Mutex
	waiting  map[pollKey]map[seen]bool
	accounts map[pollKey]map[uuid.UUID][16]byte // whose mail is still to be looked at
	count    int
}

// Saw notes where a ballot that was just taken came from. It writes nothing: a
// rush of ballots is written a few seconds later, in the order of the hashes.
func (b *Box) Saw(t tenant.ID, id PollID, v Voter, s Sighting) {
	key := pollKey{t, id}
	b.mu.Lock()
	def := b.known[key]
	b.mu.Unlock()
	if def == nil {
		return
	}
	member := def.secret.sighted("member "+string(v.Kind), v.ID.String())
	w := &b.sightings
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.count >= maxSightings {
		return
	}
	if w.waiting == nil {
		w.waiting, w.accounts = map[pollKey]map[seen]bool{}, map[pollKey]map[uuid.UUID][16]byte{}
	}
	if w.waiting[key] == nil {
		w.waiting[key], w.accounts[key] = map[seen]bool{}, map[uuid.UUID][16]byte{}
	}
	if s.Network != "" {
		w.add(key, seen{ByNetwork, def.secret.sighted("network", s.Network), member})
	}
	if v.Kind != AccountVoter {
		return
	}
	if s.Device != "" {
		w.add(key, seen{OnDevice, def.secret.sighted("device", s.Device), member})
	}
	w.accounts[key][v.ID] = member
}

func (w *sightings) add(key pollKey, one seen) {
	if !w.waiting[key][one] {
		w.waiting[key][one] = true
		w.count++
	}
}

// sighted makes the hash that stands for a source or a voter in the sightings
// of one poll: it is not that of the roll, nor that of the ballot.
func (s *secrets) sighted(what, value string) [16]byte {
	mac := hmac.New(sha256.New, s.voters[:])
	mac.Write([]byte("sighting\n" + what + "\n" + value))
	return [16]byte(mac.Sum(nil)[:16])
}

// Watch writes what was seen, and forgets it when a poll has been over for a
// day, until ctx is done.
func (b *Box) Watch(ctx context.Context) error {
	ticks, forget := time.NewTicker(sightingsWait), time.NewTicker(time.Hour)
	defer ticks.Stop()
	defer forget.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticks.C:
			if err := b.WriteSightings(ctx); err != nil && ctx.Err() == nil {
				b.log.WarnContext(ctx, "write what scrutineers watch", "error", err)
			}
		case <-forget.C:
			if err := b.ForgetSightings(ctx); err != nil && ctx.Err() == nil {
				b.log.WarnContext(ctx, "forget what scrutineers watched", "error", err)
			}
		}
	}
}

// WriteSightings writes what waits. What cannot be written is lost: it decides
// nothing.
func (b *Box) WriteSightings(ctx context.Context) error {
	w := &b.sightings
	w.mu.Lock()
	waiting, accounts := w.waiting, w.accounts
	w.waiting, w.accounts, w.count = nil, nil, 0
	w.mu.Unlock()
	var errs []error
	for key := range waiting {
		errs = append(errs, b.db.InTenant(ctx, key.tenant, func(ctx context.Context, tx bun.Tx) error {
			thrown, err := selectThrowaway(ctx, tx, key.tenant, accounts[key])
			if err != nil {
				return err
			}
			return insertSightings(ctx, tx, key, append(thrown, slices.Collect(maps.Keys(waiting[key]))...))
		}))
	}
	return errors.Join(errs...)
}

// insertSightings writes hashes in their own order, so that none tells when it
// came.
func insertSightings(ctx context.Context, tx bun.IDB, key pollKey, list []seen) error {
	if len(list) == 0 {
		return nil
	}
	slices.SortFunc(list, func(a, b seen) int {
		if c := bytes.Compare(a.member[:], b.member[:]); c != 0 {
			return c
		}
		return bytes.Compare(a.source[:], b.source[:])
	})
	kinds, sources, members := make([]string, len(list)), make([]string, len(list)), make([]string, len(list))
	for i, one := range list {
		kinds[i], sources[i], members[i] = string(one.kind), hex.EncodeToString(one.source[:]), hex.EncodeToString(one.member[:])
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO voting.sightings (tenant_id, poll_id, kind, source, member)
		SELECT ?0, ?1, s.kind, decode(s.source, 'hex'), decode(s.member, 'hex') FROM unnest(?2::text[], ?3::text[], ?4::text[]) AS s (kind, source, member)
		WHERE EXISTS (SELECT FROM voting.polls p WHERE p.tenant_id = ?0 AND p.id = ?1) -- not of a poll that is gone
		ON CONFLICT ON CONSTRAINT one_sighting_per_member DO NOTHING`,
		key.tenant, key.poll, pgdialect.Array(kinds), pgdialect.Array(sources), pgdialect.Array(members))
	if err != nil {
		return fmt.Errorf("write where ballots come from: %w", err)
	}
	return nil
}

// ForgetSightings removes those of polls that have been over for a day, and
// keeps the counts that are large enough.
func (b *Box) ForgetSightings(ctx context.Context) error {
	var towns []tenant.ID
	err := b.db.Platform(ctx, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id FROM core.tenants`).Scan(ctx, &towns)
	})
	if err != nil {
		return err
	}
	var errs []error
	for _, t := range towns {
		errs = append(errs, b.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
			var old []PollID
			err := tx.NewRaw(`SELECT DISTINCT s.poll_id FROM voting.sightings s JOIN voting.polls p ON p.tenant_id = s.tenant_id AND p.id = s.poll_id
				WHERE s.tenant_id = ? AND coalesce(p.cancelled_at, p.closes_at) < core.now() - ?::interval`, t, sightingsAge.String()).Scan(ctx, &old)
			if err != nil {
				return fmt.Errorf("look for old sightings: %w", err)
			}
			for _, id := range old {
				if err := forget(ctx, tx, t, id); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return errors.Join(errs...)
}

func forget(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) error {
	signals, err := countSightings(ctx, tx, t, id)
	if err != nil {
		return err
	}
	for _, s := range signals {
		_, err := tx.ExecContext(ctx, `INSERT INTO voting.findings (tenant_id, poll_id, kind, sources, largest) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT ON CONSTRAINT one_finding_per_kind DO NOTHING`, t, id, s.Kind, s.Sources, s.Largest)
		if err != nil {
			return fmt.Errorf("keep what was found: %w", err)
		}
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM voting.sightings WHERE tenant_id = ? AND poll_id = ?`, t, id); err != nil {
		return fmt.Errorf("forget where ballots came from: %w", err)
	}
	return nil
}

// Signals returns what may be shown of where the ballots of a poll come from.
func (b *Box) Signals(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) ([]Signal, error) {
	var kept []Signal
	err := tx.NewRaw(`SELECT kind, sources, largest FROM voting.findings WHERE tenant_id = ? AND poll_id = ? ORDER BY kind`, t, id).Scan(ctx, &kept)
	if err != nil {
		return nil, fmt.Errorf("read what was found: %w", err)
	}
	if len(kept) > 0 {
		return kept, nil
	}
	return countSightings(ctx, tx, t, id)
}

func countSightings(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (list []Signal, err error) {
	for _, kind := range []SignalKind{ByNetwork, OnDevice, ByMail} {
		s := Signal{Kind: kind}
		err := tx.QueryRowContext(ctx, `SELECT count(*), coalesce(max(members), 0) FROM
			(SELECT count(*) AS members FROM voting.sightings WHERE tenant_id = ? AND poll_id = ? AND kind = ? GROUP BY source) AS per_source
			WHERE members >= ?`, t, id, kind, kind.FromHowMany()).Scan(&s.Sources, &s.Largest)
		if err != nil {
			return nil, fmt.Errorf("count where ballots come from: %w", err)
		}
		if s.Sources > 0 {
			list = append(list, s)
		}
	}
	return list, nil
}
