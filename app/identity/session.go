package identity

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// How long a session lasts: unused, and at most. Those of people with powers
// are shorter.
const (
	sessionIdle  = 30 * 24 * time.Hour
	sessionMost  = 180 * 24 * time.Hour
	staffIdle    = 12 * time.Hour
	staffMost    = 7 * 24 * time.Hour
	touchEvery   = 10 * time.Minute
	viewerCached = time.Minute // a revocation made on another node is seen within this
)

// Method is how a session was opened.
type Method string

// The methods.
const (
	ByLink     Method = "link"
	ByCode     Method = "code"
	ByPassword Method = "password"
	ByDemo     Method = "demo"
)

// Opened is a session just opened. The token goes into the cookie and is
// nowhere else.
type Opened struct {
	Citizen   citizen.ID
	Token     string
	ExpiresAt time.Time
	ReturnTo  string // local path to go to, "" for the usual one
	Welcome   bool   // the account is new
	Address   string // the mail address that was proven, "" for none
}

// Session is an open session, as its owner sees it.
type Session struct {
	ID        uuid.UUID
	Device    string
	Method    Method
	CreatedAt time.Time
	SeenAt    time.Time
	Current   bool
}

// open opens a session for a citizen in tx, always with a new token.
func (s *Service) open(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID, m Method, device string) (Opened, error) {
	staff, err := s.store.hasGrants(ctx, tx, t, id)
	if err != nil {
		return Opened{}, err
	}
	now, most := s.clock.Now(), sessionMost
	if staff {
		most = staffMost
	}
	token, hash := newToken()
	_, err = tx.NewRaw(`
		INSERT INTO core.sessions (tenant_id, id, token_hash, citizen_id, device, method, created_at, seen_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t, uuid.New(), hash, id, device, m, now, now, now.Add(most)).Exec(ctx)
	if err != nil {
		return Opened{}, err
	}
	return Opened{Citizen: id, Token: token, ExpiresAt: now.Add(most)}, s.store.seen(ctx, tx, t, id, now)
}

// Viewer returns who holds the session token, or ErrNoSession when it is
// unknown, expired, revoked or of another tenant. The answer may be a minute
// old when the session was revoked on another node.
func (s *Service) Viewer(ctx context.Context, t tenant.ID, token string) (citizen.Viewer, error) {
	key := viewerKey{t, [32]byte(hashToken(token))}
	now := s.clock.Now()
	cached, generation, ok := s.viewers.get(key, now)
	if ok {
		return cached, nil
	}
	held, err := s.holder(ctx, t, key.hash[:])
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return citizen.Viewer{}, ErrNoSession
	case err != nil:
		return citizen.Viewer{}, err
	case held.over(now):
		return citizen.Viewer{}, ErrNoSession
	}
	if now.Sub(held.SeenAt) >= touchEvery {
		if err := s.touch(ctx, t, held, now); err != nil {
			return citizen.Viewer{}, err
		}
	}
	v, err := held.viewer()
	if err == nil {
		s.viewers.put(key, cachedViewer{v, now.Add(viewerCached)}, generation, now)
	}
	return v, err
}

// held is a session and its holder, as one row.
type held struct {
	ID                           uuid.UUID
	CitizenID                    citizen.ID
	CreatedAt, SeenAt, ExpiresAt time.Time
	Name, Locale, BornOn         string
	PersonProof, ResidenceProof  citizen.Proof
	ZoneID                       uuid.NullUUID
	Grants                       json.RawMessage
}

// over reports whether the session has ended, by age or by disuse. Whoever was
// given a role since it was opened is held to the shorter limits.
func (h held) over(now time.Time) bool {
	idle, most := sessionIdle, sessionMost
	if string(h.Grants) != "[]" {
		idle, most = staffIdle, staffMost
	}
	return !now.Before(h.ExpiresAt) || now.Sub(h.SeenAt) >= idle || now.Sub(h.CreatedAt) >= most
}

func (h held) viewer() (citizen.Viewer, error) {
	v := citizen.Viewer{
		ID: h.CitizenID, SignedIn: true, Name: h.Name, Person: h.PersonProof, Residence: h.ResidenceProof,
		Zone: h.ZoneID.UUID, BornOn: h.BornOn, Locale: h.Locale,
	}
	var grants []struct {
		Role   citizen.Role
		Module string
		Zone   uuid.NullUUID
	}
	if err := json.Unmarshal(h.Grants, &grants); err != nil {
		return citizen.Viewer{}, err
	}
	for _, g := range grants {
		v.Grants = append(v.Grants, citizen.Grant{Role: g.Role, Module: g.Module, Zone: g.Zone.UUID})
	}
	return v, nil
}

func (s *Service) holder(ctx context.Context, t tenant.ID, hash []byte) (held, error) {
	var h held
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT s.id, s.citizen_id, s.created_at, s.seen_at, s.expires_at, c.name, c.locale, coalesce(c.born_on::text, '') AS born_on,
			       c.person_proof, c.residence_proof, c.zone_id,
			       coalesce((SELECT jsonb_agg(jsonb_build_object('role', g.role, 'module', g.module, 'zone', g.zone_id) ORDER BY g.role, g.module)
			                 FROM core.role_grants g WHERE g.tenant_id = s.tenant_id AND g.citizen_id = s.citizen_id), '[]') AS grants
			FROM core.sessions s JOIN core.citizens c ON c.tenant_id = s.tenant_id AND c.id = s.citizen_id
			WHERE s.tenant_id = ? AND s.token_hash = ?`, t, hash).Scan(ctx, &h)
	})
	return h, err
}

// touch notes that a session and its account are in use.
func (s *Service) touch(ctx context.Context, t tenant.ID, h held, now time.Time) error {
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE core.sessions SET seen_at = ? WHERE tenant_id = ? AND id = ?`, now, t, h.ID).Exec(ctx)
		if err != nil {
			return err
		}
		return s.store.seen(ctx, tx, t, h.CitizenID, now)
	})
}

// SignOut ends the session of token. Ending one that is over is no error.
func (s *Service) SignOut(ctx context.Context, t tenant.ID, token string) error {
	hash := hashToken(token)
	defer s.viewers.drop(func(k viewerKey, _ citizen.ID) bool { return k == viewerKey{t, [32]byte(hash)} })
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`DELETE FROM core.sessions WHERE tenant_id = ? AND token_hash = ?`, t, hash).Exec(ctx)
		return err
	})
}

// Sessions returns the open sessions of a citizen, the last used first.
func (s *Service) Sessions(ctx context.Context, t tenant.ID, id citizen.ID, token string) ([]Session, error) {
	var rows []struct {
		ID                uuid.UUID
		TokenHash         []byte
		Device            string
		Method            Method
		CreatedAt, SeenAt time.Time
	}
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT id, token_hash, device, method, created_at, seen_at FROM core.sessions
			WHERE tenant_id = ? AND citizen_id = ? AND expires_at > ? ORDER BY seen_at DESC, id`,
			t, id, s.clock.Now()).Scan(ctx, &rows)
	})
	current := hashToken(token)
	sessions := make([]Session, len(rows))
	for i, r := range rows {
		sessions[i] = Session{
			ID: r.ID, Device: r.Device, Method: r.Method, CreatedAt: r.CreatedAt, SeenAt: r.SeenAt,
			Current: subtle.ConstantTimeCompare(r.TokenHash, current) == 1,
		}
	}
	return sessions, err
}

// Revoke ends one session of a citizen.
func (s *Service) Revoke(ctx context.Context, t tenant.ID, id citizen.ID, session uuid.UUID) error {
	defer s.forget(t, id)
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		result, err := tx.NewRaw(`DELETE FROM core.sessions WHERE tenant_id = ? AND citizen_id = ? AND id = ?`, t, id, session).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || n == 0 {
			return ErrNoSession.Wrap(err)
		}
		return s.dropMoves(ctx, tx, t, id)
	})
}

// dropMoves ends the changes of address that wait for their code.
func (s *Service) dropMoves(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID) error {
	_, err := tx.NewRaw(`UPDATE core.sign_in_requests SET expires_at = ? WHERE tenant_id = ? AND citizen_id = ? AND purpose = ? AND used_at IS NULL`,
		s.clock.Now(), t, id, changeEmail).Exec(ctx)
	return err
}

// RevokeOthers ends every session of a citizen but the one of token, and what
// they began: an address of mail that one of them is about to give the account.
func (s *Service) RevokeOthers(ctx context.Context, t tenant.ID, id citizen.ID, token string) error {
	defer s.forget(t, id)
	return s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`DELETE FROM core.sessions WHERE tenant_id = ? AND citizen_id = ? AND token_hash <> ?`, t, id, hashToken(token)).Exec(ctx)
		if err != nil {
			return err
		}
		return s.dropMoves(ctx, tx, t, id)
	})
}

// forget has this node look again at who a citizen is.
func (s *Service) forget(t tenant.ID, id citizen.ID) {
	s.viewers.drop(func(k viewerKey, of citizen.ID) bool { return k.tenant == t && of == id })
}

// viewerCache remembers for a minute who holds a session.
type viewerCache struct {
	mu         sync.Mutex
	entries    map[viewerKey]cachedViewer
	generation uint64 // grows at each drop: what was read before is not put after
}

type viewerKey struct {
	tenant tenant.ID
	hash   [32]byte
}

type cachedViewer struct {
	viewer citizen.Viewer
	until  time.Time
}

// mostCached bounds the cache: about 20 MB.
const mostCached = 50_000

func newViewerCache() *viewerCache { return &viewerCache{entries: map[viewerKey]cachedViewer{}} }

func (c *viewerCache) get(key viewerKey, now time.Time) (v citizen.Viewer, generation uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.entries[key]
	return entry.viewer, c.generation, ok && now.Before(entry.until)
}

func (c *viewerCache) put(key viewerKey, entry cachedViewer, generation uint64, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation != c.generation {
		return
	}
	if len(c.entries) >= mostCached {
		maps.DeleteFunc(c.entries, func(_ viewerKey, e cachedViewer) bool { return !now.Before(e.until) })
	}
	if len(c.entries) < mostCached {
		c.entries[key] = entry
	}
}

func (c *viewerCache) drop(matching func(viewerKey, citizen.ID) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	maps.DeleteFunc(c.entries, func(k viewerKey, e cachedViewer) bool { return matching(k, e.viewer.ID) })
}
