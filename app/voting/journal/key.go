package journal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/proof"
)

// townKey is the key of a town, and the host that its logs are named after.
type townKey struct {
	host    string
	private ed25519.PrivateKey
}

// signer signs for one poll of the town.
func (k townKey) signer(id voting.PollID) proof.Signer {
	return proof.NewSigner(proof.Origin(k.host, id.String()), k.private)
}

// Key returns the public key of a town, under its host's name: what everybody
// compares with. It is made the first time, and never changes.
func (j *Journal) Key(ctx context.Context, t tenant.ID) (proof.Key, error) {
	k, err := j.key(ctx, t)
	if err != nil {
		return proof.Key{}, err
	}
	return proof.NewSigner(k.host, k.private).Key, nil
}

// PollKey returns the same key under the name of a poll's log.
func (j *Journal) PollKey(ctx context.Context, t tenant.ID, id voting.PollID) (proof.Key, error) {
	k, err := j.key(ctx, t)
	if err != nil {
		return proof.Key{}, err
	}
	return k.signer(id).Key, nil
}

// key returns the town's key. It opens a transaction of its own the first time.
func (j *Journal) key(ctx context.Context, t tenant.ID) (townKey, error) {
	j.mu.Lock()
	k, known := j.keys[t]
	j.mu.Unlock()
	if known {
		return k, nil
	}
	err := j.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		k, err = j.selectKey(ctx, tx, t)
		return err
	})
	if err != nil {
		return k, err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.keys[t] = k
	return k, nil
}

// errNoHost: a log is named after its town's first host.
var errNoHost = errors.New("a town without a host cannot sign")

// selectKey reads the town's key, and makes it if there is none. Of two that
// make one together, the first is kept.
func (j *Journal) selectKey(ctx context.Context, tx bun.Tx, t tenant.ID) (townKey, error) {
	for range 2 {
		var k townKey
		var public, sealed []byte
		err := tx.QueryRowContext(ctx, `SELECT host, public, sealed FROM voting.signing_keys WHERE tenant_id = ?`, t).Scan(&k.host, &public, &sealed)
		if err == nil {
			k.private, err = j.unseal(t, public, sealed)
			return k, err
		}
		if !notFound(err) {
			return k, fmt.Errorf("read the signing key: %w", err)
		}
		if err := j.insertKey(ctx, tx, t); err != nil {
			return k, err
		}
	}
	return townKey{}, errNoHost
}

func (j *Journal) insertKey(ctx context.Context, tx bun.Tx, t tenant.ID) error {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return fmt.Errorf("make a signing key: %w", err)
	}
	sealed, err := j.seal(t, private)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.signing_keys (tenant_id, host, public, sealed)
		SELECT ?0, h.host, ?1, ?2 FROM core.tenant_hosts h WHERE h.tenant_id = ?0 ORDER BY h.position LIMIT 1
		ON CONFLICT ON CONSTRAINT one_signing_key_per_town DO NOTHING`, t, []byte(public), sealed)
	if err != nil {
		return fmt.Errorf("keep a signing key: %w", err)
	}
	return nil
}

// errSealed: the program's secret is not the one the key was sealed under.
var errSealed = errors.New("the signing key cannot be opened: PARVIS_SECRET has changed since it was made; restore it")

// seal encrypts a private key for the database: AES-256-GCM, under a key that
// only this town's signing key uses.
func (j *Journal) seal(t tenant.ID, private ed25519.PrivateKey) ([]byte, error) {
	box, err := j.cipher(t)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, box.NonceSize())
	_, _ = rand.Read(nonce) // never fails
	return box.Seal(nonce, nonce, private.Seed(), private.Public().(ed25519.PublicKey)), nil
}

func (j *Journal) unseal(t tenant.ID, public, sealed []byte) (ed25519.PrivateKey, error) {
	box, err := j.cipher(t)
	if err != nil {
		return nil, err
	}
	if len(sealed) < box.NonceSize() {
		return nil, errSealed
	}
	seed, err := box.Open(nil, sealed[:box.NonceSize()], sealed[box.NonceSize():], public)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil, errSealed
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

func (j *Journal) cipher(t tenant.ID) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, j.secret, t[:], "parvis signing key", 32)
	if err != nil {
		return nil, fmt.Errorf("derive the key of keys: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive the key of keys: %w", err)
	}
	return cipher.NewGCM(block)
}
