// Package identity knows people: their accounts, how they sign in, what is
// proven about them, which powers they hold, and how they leave. An account
// belongs to one tenant; the same person in two towns has two accounts that
// know nothing of each other.
//
// It never tells a stranger whether an account exists, keeps no secret in
// clear (links, codes, sessions and passwords are hashed), and sends nothing
// but through the transaction of the act itself.
package identity

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/mail"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Deps is what the service needs.
type Deps struct {
	DB     *database.DB
	Mail   *mail.Sender
	Clock  clock.Clock
	Secret []byte // keys the hashes of codes and of what was proven; the same on every node, for ever
	Demo   bool   // demonstration sites may offer their accounts in one click
	Log    *slog.Logger
}

// Service is identity's use cases.
type Service struct {
	db      *database.DB
	mail    *mail.Sender
	clock   clock.Clock
	secret  []byte
	demo    bool
	log     *slog.Logger
	hashes  hasher
	viewers *viewerCache
	store   store
	holders []module.PersonalData // who else keeps personal data
	namer   Namer                 // knows what the journal speaks of
	proven  func()                // told when something was proven
}

// New returns the service.
func New(d Deps) *Service {
	return &Service{
		db: d.DB, mail: d.Mail, clock: d.Clock, secret: d.Secret, demo: d.Demo, log: d.Log,
		hashes: newHasher(), viewers: newViewerCache(),
	}
}

// OnProof gives the service whom to tell, after the commit, that something was
// proven about somebody. The kernel calls it once, before serving.
func (s *Service) OnProof(tell func()) { s.proven = tell }

// Holders tells the service who else keeps personal data, so that export and
// erasure leave nothing out. The kernel calls it once, before serving.
func (s *Service) Holders(holders ...module.PersonalData) { s.holders = holders }

// The faults of the package.
var (
	ErrCharter       = fault.New(fault.Invalid, "identity.charter.required")
	ErrPresence      = fault.New(fault.Invalid, "identity.presence.required")
	ErrBornOn        = fault.New(fault.Invalid, "identity.born_on.invalid")
	ErrZone          = fault.New(fault.Invalid, "identity.zone.unknown")
	ErrEmailTaken    = fault.New(fault.Conflict, "identity.email.taken")
	ErrMailboxUsed   = fault.New(fault.Conflict, "identity.email.mailbox_used")
	ErrCode          = fault.New(fault.Invalid, "identity.code.wrong")
	ErrCodeSpent     = fault.New(fault.Invalid, "identity.code.spent")
	ErrLinkGone      = fault.New(fault.Closed, "identity.link.gone")
	ErrOtherBrowser  = fault.New(fault.Conflict, "identity.link.other_browser")
	ErrPassword      = fault.New(fault.Invalid, "identity.password.wrong")
	ErrTooOften      = fault.New(fault.TooMany, "identity.too_often")
	ErrNoAccount     = fault.New(fault.NotFound, "identity.account.not_found")
	ErrNoSession     = fault.New(fault.NotFound, "identity.session.not_found")
	ErrLastAdmin     = fault.New(fault.Conflict, "identity.roles.last_administrator")
	ErrRole          = fault.New(fault.Invalid, "identity.roles.unknown")
	ErrSearchShort   = fault.New(fault.Invalid, "identity.search.short")
	ErrNoDemo        = fault.New(fault.NotFound, "identity.account.not_found")
	ErrErasureUnsure = fault.New(fault.Invalid, "identity.erase.unsure")
)

// Account is what is kept about a person.
type Account struct {
	ID                citizen.ID
	Email             string // "" without one
	Name              string
	Address           string
	Zone              uuid.UUID // zero if unknown
	BornOn            string    // "2001-05-30", "" if unknown
	Locale            string
	Person            citizen.Proof
	PersonProvenAt    time.Time
	Residence         citizen.Proof
	ResidenceProvenAt time.Time
	HasPassword       bool
	Notify            bool
	CharterAcceptedAt time.Time
	Assisted          bool // opened at the desk
	CreatedAt         time.Time
	ErasedAt          time.Time
	Grants            []Grant
}

// Account returns an account.
func (s *Service) Account(ctx context.Context, t tenant.ID, id citizen.ID) (Account, error) {
	var a Account
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		a, err = s.store.account(ctx, tx, t, id)
		return err
	})
	return a, err
}

// newToken returns 256 random bits as text, and their hash.
func newToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails since Go 1.24
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashToken(token)
}

// hashToken is how a token is kept: it has enough randomness of its own to
// need neither salt nor slowness.
func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// keyed is a hash that only the holder of the secret can make, for what could
// be guessed: codes, addresses. Each use has its own purpose, and each tenant
// its own hashes.
func (s *Service) keyed(purpose string, t tenant.ID, parts ...string) []byte {
	mac := hmac.New(sha256.New, s.secret)
	mac.Write([]byte(purpose))
	mac.Write(t[:])
	for _, part := range parts {
		mac.Write([]byte{0})
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)
}
