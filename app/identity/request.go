package identity

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/mail"
	"parvis/app/tenant"
)

// A request is a mail that somebody asked for in order to sign in, to sign up
// or to change address. It lives ten minutes, serves once, and only in the
// browser that asked: a stranger who reads the mail elsewhere can do nothing
// with its link, and whoever asked in another's name never sees the mail.
const (
	requestLife = 10 * time.Minute
	codeTries   = 5
)

type purpose string

const (
	signIn      purpose = "sign-in"
	signUp      purpose = "sign-up"
	changeEmail purpose = "change-email"
	nobody      purpose = "nobody" // no account has the address: the mail says so, and opens nothing
)

// Browser is where a request comes from.
type Browser struct {
	Visit   string // random name of the browser (web.Visit)
	Address string // its address on the network, for the limits only
	Base    string // how it reached us: "https://participer.example.fr"
	Device  string // "Firefox, Android"
	Known   string // what it kept from a former sign-in, see Service.knownAs
}

// SignUp is what a person types to have an account.
type SignUp struct {
	Name    string
	Email   string
	Address string
	Zone    uuid.UUID
	Charter bool // consents to the charter of participation
	Notify  bool // consents to news by mail
}

// request is a row of core.sign_in_requests.
type request struct {
	ID          uuid.UUID
	Purpose     purpose
	Email       string
	CitizenID   uuid.NullUUID
	Profile     json.RawMessage
	ReturnTo    string
	BrowserHash []byte
	CodeHash    []byte
	Tries       int
	ExpiresAt   time.Time
	UsedAt      bun.NullTime
}

func (r request) live(now time.Time) bool {
	return r.UsedAt.IsZero() && now.Before(r.ExpiresAt)
}

func (r request) of(visit string) bool {
	return subtle.ConstantTimeCompare(r.BrowserHash, hashToken(visit)) == 1
}

// AskSignIn sends a mail to sign in with. Whether anyone has the address is
// said in the mail, to its owner, and nowhere else.
func (s *Service) AskSignIn(ctx context.Context, t *tenant.Tenant, b Browser, email, returnTo string) error {
	address, err := ParseEmail(email)
	if err != nil {
		return err
	}
	if err := s.allowMail(ctx, t.ID, b, address); err != nil {
		return err
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		id, err := s.store.byEmail(ctx, tx, t.ID, address)
		if err != nil {
			return err
		}
		r := request{Purpose: signIn, Email: address, CitizenID: database.NullID(uuid.UUID(id)), ReturnTo: returnTo}
		if id.IsZero() {
			r.Purpose = nobody
		}
		return s.ask(ctx, tx, t, b, r)
	})
}

// AskSignUp sends the mail that opens an account. Nothing is kept about the
// person until they answer it; somebody who has an account already gets the
// mail to sign in instead.
func (s *Service) AskSignUp(ctx context.Context, t *tenant.Tenant, b Browser, form SignUp, returnTo string) error {
	form, err := form.parse(t)
	if err != nil {
		return err
	}
	if err := s.allowMail(ctx, t.ID, b, form.Email); err != nil {
		return err
	}
	profile, err := json.Marshal(form)
	if err != nil {
		return fmt.Errorf("keep a sign-up: %w", err)
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		id, err := s.store.byEmail(ctx, tx, t.ID, form.Email)
		if err != nil {
			return err
		}
		r := request{Purpose: signUp, Email: form.Email, Profile: profile, ReturnTo: returnTo}
		if !id.IsZero() {
			r.Purpose, r.CitizenID, r.Profile = signIn, database.NullID(uuid.UUID(id)), nil
		}
		return s.ask(ctx, tx, t, b, r)
	})
}

// parse returns the form as it will be kept, or everything that is wrong with it.
func (f SignUp) parse(t *tenant.Tenant) (SignUp, error) {
	var wrong []error
	var err error
	f.Name, err = parseName(f.Name)
	wrong = append(wrong, err)
	f.Email, err = ParseEmail(f.Email)
	wrong = append(wrong, err)
	f.Address, err = parseLine("address", f.Address, longestAddress)
	wrong = append(wrong, err, checkZone(t, f.Zone))
	if !f.Charter {
		wrong = append(wrong, ErrCharter.On("charter"))
	}
	return f, gather(wrong...)
}

// gather makes one fault of several about fields, in their order; an error
// that is not about a field comes back alone.
func gather(errs ...error) error {
	var fields []fault.Field
	for _, err := range errs {
		if err == nil {
			continue
		}
		f, ok := errors.AsType[*fault.Error](err)
		if !ok || len(f.Fields) == 0 {
			return err
		}
		fields = append(fields, f.Fields...)
	}
	if len(fields) == 0 {
		return nil
	}
	return fault.OnFields(fields...)
}

func (s *Service) allowMail(ctx context.Context, t tenant.ID, b Browser, address string) error {
	if err := s.allow(ctx, t, mailsFromNetwork, network(b.Address)); err != nil {
		return err
	}
	return s.allowAbout(ctx, t, mailsToAddress, b, address)
}

// ask keeps a request and sends its mail. It does the same work whatever the
// request, so that its duration tells nothing.
func (s *Service) ask(ctx context.Context, tx bun.Tx, t *tenant.Tenant, b Browser, r request) error {
	id, now := uuid.New(), s.clock.Now()
	token, tokenHash := newToken()
	code := newCode()
	_, err := tx.NewRaw(`
		INSERT INTO core.sign_in_requests (tenant_id, id, purpose, email, citizen_id, profile, return_to, browser_hash, token_hash, code_hash, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?, ?, ?)`,
		t.ID, id, r.Purpose, r.Email, r.CitizenID, nullText(string(r.Profile)), r.ReturnTo,
		hashToken(b.Visit), tokenHash, s.hashCode(t.ID, id, code), now, now.Add(requestLife)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep a request: %w", err)
	}
	message, err := s.requestLetter(ctx, t, r, b.Base, token, code).To(ctx, t, r.Email)
	if err != nil {
		return err
	}
	return s.mail.Enqueue(ctx, tx, t, message)
}

func newCode() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1_000_000))
	if err != nil {
		panic(err) // crypto/rand never fails since Go 1.24
	}
	return fmt.Sprintf("%06d", n)
}

func (s *Service) hashCode(t tenant.ID, id uuid.UUID, code string) []byte {
	return s.keyed("code", t, id.String(), code)
}

const requestColumns = `id, purpose, email, citizen_id, profile, return_to, browser_hash, code_hash, tries, expires_at, used_at`

// LookAtLink says what a link would do, and changes nothing: mail programs and
// their scanners open links too. It returns the masked address the link was
// sent to, or ErrLinkGone, or ErrOtherBrowser.
func (s *Service) LookAtLink(ctx context.Context, t tenant.ID, visit, token string) (masked string, err error) {
	var r request
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		r, err = requestByToken(ctx, tx, t, token, "")
		return err
	})
	if err != nil {
		return "", err
	}
	return MaskEmail(r.Email), s.usable(r, visit)
}

func requestByToken(ctx context.Context, tx bun.Tx, t tenant.ID, token, lock string) (request, error) {
	var r request
	err := tx.NewRaw(`SELECT `+requestColumns+` FROM core.sign_in_requests WHERE tenant_id = ? AND token_hash = ? `+lock,
		t, hashToken(token)).Scan(ctx, &r)
	if errors.Is(err, sql.ErrNoRows) {
		return r, ErrLinkGone
	}
	return r, err
}

func (s *Service) usable(r request, visit string) error {
	switch {
	case !r.live(s.clock.Now()), r.Purpose == nobody:
		return ErrLinkGone
	case !r.of(visit):
		return ErrOtherBrowser
	}
	return nil
}

// FollowLink consumes a link and opens a session.
func (s *Service) FollowLink(ctx context.Context, t *tenant.Tenant, b Browser, token string) (Opened, error) {
	return s.consume(ctx, t, b, ByLink, func(ctx context.Context, tx bun.Tx) (request, error) {
		r, err := requestByToken(ctx, tx, t.ID, token, "FOR UPDATE")
		if err != nil {
			return r, err
		}
		return r, s.usable(r, b.Visit)
	})
}

// consume does what a request is for, once, in one transaction. Two people
// who sign up with one address at the same moment meet here: the second finds
// the account of the first.
func (s *Service) consume(ctx context.Context, t *tenant.Tenant, b Browser, m Method, find func(context.Context, bun.Tx) (request, error)) (Opened, error) {
	var opened Opened
	once := func() error {
		return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
			r, err := find(ctx, tx)
			if err != nil {
				return err
			}
			_, err = tx.NewRaw(`UPDATE core.sign_in_requests SET used_at = ? WHERE tenant_id = ? AND id = ?`, s.clock.Now(), t.ID, r.ID).Exec(ctx)
			if err != nil {
				return err
			}
			opened, err = s.fulfil(ctx, tx, t, b, m, r)
			opened.Address = r.Email
			return err
		})
	}
	err := once()
	if errors.Is(err, ErrEmailTaken) {
		err = once()
	}
	if err == nil {
		s.forget(t.ID, opened.Citizen)
	}
	return opened, err
}

func (s *Service) fulfil(ctx context.Context, tx bun.Tx, t *tenant.Tenant, b Browser, m Method, r request) (Opened, error) {
	id, welcome, err := citizen.ID(r.CitizenID.UUID), false, error(nil)
	switch r.Purpose {
	case signUp:
		id, welcome, err = s.openAccount(ctx, tx, t, r)
	case changeEmail:
		err = s.moveEmail(ctx, tx, t, id, r.Email)
	case signIn:
		err = s.proveEmail(ctx, tx, t.ID, id)
	default:
		err = ErrLinkGone
	}
	if err != nil {
		return Opened{}, err
	}
	opened, err := s.open(ctx, tx, t.ID, id, m, b.Device)
	opened.ReturnTo, opened.Welcome = r.ReturnTo, welcome
	return opened, err
}

// openAccount makes the account of somebody who answered the mail, or gives
// theirs back to somebody who had left.
func (s *Service) openAccount(ctx context.Context, tx bun.Tx, t *tenant.Tenant, r request) (id citizen.ID, welcome bool, err error) {
	if id, err = s.store.byEmail(ctx, tx, t.ID, r.Email); err != nil || !id.IsZero() {
		return id, false, err
	}
	var form SignUp
	if err := json.Unmarshal(r.Profile, &form); err != nil {
		return id, false, fmt.Errorf("read a sign-up: %w", err)
	}
	hash := s.emailMark(t.ID, r.Email)
	if id, err = s.store.erased(ctx, tx, t.ID, hash); err != nil {
		return id, false, err
	}
	if id.IsZero() {
		id = citizen.NewID()
	}
	a := newAccount{
		ID: id, Email: r.Email, Name: form.Name, Address: form.Address, Zone: form.Zone, Notify: form.Notify,
		Person: citizen.PersonEmail, Residence: declared(form.Address),
	}
	if err := s.store.insert(ctx, tx, t.ID, a, s.clock.Now()); err != nil {
		return id, false, err
	}
	return id, true, s.store.mark(ctx, tx, t.ID, hash, id)
}

// proveEmail notes that the owner of an account answered a mail: the agent
// who opened it at the desk had only their word.
func (s *Service) proveEmail(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID) error {
	_, err := tx.NewRaw(`
		UPDATE core.citizens SET person_proof = ?, person_proven_at = ?
		WHERE tenant_id = ? AND id = ? AND person_proof < ?`,
		citizen.PersonEmail, s.clock.Now(), t, id, citizen.PersonEmail).Exec(ctx)
	return err
}

// moveEmail gives an account its new address. Its sessions elsewhere and what
// was asked for elsewhere end: the old mailbox may be why it moved. The old
// address is told, for whoever moves the account may not be its owner.
func (s *Service) moveEmail(ctx context.Context, tx bun.Tx, t *tenant.Tenant, id citizen.ID, email string) error {
	before, err := s.lock(ctx, tx, t.ID, id)
	if errors.Is(err, ErrNoAccount) {
		return ErrLinkGone.Wrap(err)
	}
	if err != nil {
		return err
	}
	if _, err := tx.NewRaw(`UPDATE core.citizens SET email = ? WHERE tenant_id = ? AND id = ?`, email, t.ID, id).Exec(ctx); err != nil {
		return emailFault(err)
	}
	// The old mark stays for as long as that of an account that is erased: the
	// old mailbox must not open a second account, and vote again with it.
	for _, statement := range []string{
		`UPDATE core.identity_marks SET erased_at = ? WHERE tenant_id = ? AND citizen_id = ?`,
		`UPDATE core.sign_in_requests SET expires_at = ? WHERE tenant_id = ? AND citizen_id = ? AND used_at IS NULL`,
	} {
		if _, err := tx.NewRaw(statement, s.clock.Now(), t.ID, id).Exec(ctx); err != nil {
			return err
		}
	}
	if _, err := tx.NewRaw(`DELETE FROM core.sessions WHERE tenant_id = ? AND citizen_id = ?`, t.ID, id).Exec(ctx); err != nil {
		return err
	}
	if err := s.store.mark(ctx, tx, t.ID, s.emailMark(t.ID, email), id); err != nil {
		return err
	}
	if err := s.proveEmail(ctx, tx, t.ID, id); err != nil {
		return err
	}
	return s.warn(ctx, tx, t, before.Email, movedLetter(ctx, t))
}

// warn tells an account's owner that how one signs in has changed.
func (s *Service) warn(ctx context.Context, tx bun.Tx, t *tenant.Tenant, email string, letter mail.Letter) error {
	if email == "" {
		return nil
	}
	message, err := letter.To(ctx, t, email)
	if err != nil {
		return err
	}
	return s.mail.Enqueue(ctx, tx, t, message)
}

// emailMark is the keyed hash that outlives an account: that of the mailbox,
// whichever of its addresses the account has.
func (s *Service) emailMark(t tenant.ID, email string) []byte {
	return s.keyed("email", t, mailboxOf(email))
}

func declared(address string) citizen.Proof {
	if address == "" {
		return citizen.ResidenceNone
	}
	return citizen.ResidenceDeclared
}

// EnterCode consumes the last mail asked for by this browser, by its code.
// Wrong tries are counted for the mail and for the address.
func (s *Service) EnterCode(ctx context.Context, t *tenant.Tenant, b Browser, code string) (Opened, error) {
	code = digits(code)
	waiting, err := s.waiting(ctx, t.ID, b.Visit)
	if err != nil {
		return Opened{}, err
	}
	if err := s.allowAbout(ctx, t.ID, codesOfAddress, b, waiting.Email); err != nil {
		return Opened{}, err
	}
	if err := s.tryCode(ctx, t.ID, waiting, code); err != nil {
		return Opened{}, err
	}
	return s.consume(ctx, t, b, ByCode, func(ctx context.Context, tx bun.Tx) (request, error) {
		var r request
		err := tx.NewRaw(`SELECT `+requestColumns+` FROM core.sign_in_requests WHERE tenant_id = ? AND id = ? FOR UPDATE`, t.ID, waiting.ID).Scan(ctx, &r)
		if err != nil {
			return r, err
		}
		return r, s.usable(r, b.Visit)
	})
}

// tryCode compares a code, counting the try first, in a transaction that
// stays: whoever hangs up early has tried all the same.
func (s *Service) tryCode(ctx context.Context, t tenant.ID, r request, code string) error {
	var tries int
	err := s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`UPDATE core.sign_in_requests SET tries = tries + 1 WHERE tenant_id = ? AND id = ? AND tries < ? RETURNING tries`,
			t, r.ID, codeTries).Scan(ctx, &tries)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return ErrCodeSpent.On("code")
	}
	if err != nil {
		return err
	}
	right := subtle.ConstantTimeCompare(s.hashCode(t, r.ID, code), r.CodeHash) == 1
	if right && r.Purpose != nobody {
		return nil
	}
	return ErrCode.With(fault.Args{"Count": codeTries - tries}).On("code")
}

// Waiting returns the address of the mail this browser waits for, as it was
// typed there, and whether there is one.
func (s *Service) Waiting(ctx context.Context, t tenant.ID, visit string) (email string, ok bool, err error) {
	r, err := s.waiting(ctx, t, visit)
	if errors.Is(err, ErrCodeSpent) {
		return "", false, nil
	}
	return r.Email, err == nil, err
}

// waiting is the last request of a browser, if it can still be answered.
func (s *Service) waiting(ctx context.Context, t tenant.ID, visit string) (request, error) {
	var r request
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT `+requestColumns+` FROM core.sign_in_requests
			WHERE tenant_id = ? AND browser_hash = ? ORDER BY created_at DESC, id LIMIT 1`,
			t, hashToken(visit)).Scan(ctx, &r)
	})
	if errors.Is(err, sql.ErrNoRows) || (err == nil && (!r.live(s.clock.Now()) || r.Tries >= codeTries)) {
		return r, ErrCodeSpent.On("code")
	}
	return r, err
}

func digits(text string) string {
	kept := make([]byte, 0, 6)
	for i := range len(text) {
		if text[i] >= '0' && text[i] <= '9' {
			kept = append(kept, text[i])
		}
	}
	return string(kept)
}
