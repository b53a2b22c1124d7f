package identity

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// Profile is what a person may say about themselves.
type Profile struct {
	Name    string
	Address string
	Zone    uuid.UUID
	BornOn  string // "2001-05-30", "" for untold
	Locale  string // "" for the site's
	Notify  bool
}

func (p Profile) parse(t *tenant.Tenant, now time.Time) (Profile, error) {
	var errs [5]error
	p.Name, errs[0] = parseName(p.Name)
	p.BornOn, errs[1] = parseBornOn(p.BornOn, now)
	p.Address, errs[2] = parseLine("address", p.Address, longestAddress)
	errs[3] = checkZone(t, p.Zone)
	if p.Locale != "fr" && p.Locale != "en" {
		p.Locale = ""
	}
	return p, gather(errs[:]...)
}

// parseBornOn accepts a day of birth that a living person can have.
func parseBornOn(text string, now time.Time) (string, error) {
	if text == "" {
		return "", nil
	}
	born, err := time.Parse(time.DateOnly, text)
	if err != nil || born.After(now) || born.Before(now.AddDate(-130, 0, 0)) {
		return "", ErrBornOn.On("born_on")
	}
	return text, nil
}

func checkZone(t *tenant.Tenant, zone uuid.UUID) error {
	if zone == uuid.Nil {
		return nil
	}
	for _, z := range t.Zones {
		if z.ID == zone {
			return nil
		}
	}
	return ErrZone.On("zone")
}

// SaveProfile changes what a person says about themselves. A new address or
// zone is only declared, whatever was proven about the old one; a date of birth
// that was checked at the desk does not change here.
func (s *Service) SaveProfile(ctx context.Context, t *tenant.Tenant, id citizen.ID, p Profile) error {
	p, err := p.parse(t, s.clock.Now())
	if err != nil {
		return err
	}
	defer s.forget(t.ID, id)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		before, err := s.lock(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		if before.Person >= citizen.PersonDesk {
			p.BornOn = before.BornOn
		}
		residence, provenAt := before.Residence, before.ResidenceProvenAt
		if p.Address != before.Address || p.Zone != before.Zone {
			residence = declared(p.Address)
			provenAt = timeIf(residence > 0, s.clock.Now())
		}
		return saveProfile(ctx, tx, t.ID, id, p, residence, provenAt)
	})
}

func saveProfile(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID, p Profile, residence citizen.Proof, provenAt time.Time) error {
	key := NameKey(p.Name)
	_, err := tx.NewRaw(`
		UPDATE core.citizens SET name = ?, name_key = ?, name_key_reversed = ?, address = ?, zone_id = ?, born_on = ?, locale = ?, notify = ?,
			residence_proof = ?, residence_proven_at = ?
		WHERE tenant_id = ? AND id = ?`,
		p.Name, key, reversed(key), p.Address, database.NullID(p.Zone), nullText(p.BornOn), p.Locale, p.Notify,
		residence, bun.NullTime{Time: provenAt}, t, id).Exec(ctx)
	return err
}

// lock reads an account that is about to change, and keeps others from
// changing it meanwhile.
func (s *Service) lock(ctx context.Context, tx bun.Tx, t tenant.ID, id citizen.ID) (Account, error) {
	if _, err := tx.NewRaw(`SELECT 1 FROM core.citizens WHERE tenant_id = ? AND id = ? FOR UPDATE`, t, id).Exec(ctx); err != nil {
		return Account{}, err
	}
	a, err := s.store.account(ctx, tx, t, id)
	if err == nil && !a.ErasedAt.IsZero() {
		return a, ErrNoAccount
	}
	return a, err
}

// AskNewEmail sends a mail to the address a signed-in person wants to have.
// If somebody else has it, that person is told, and nothing happens.
func (s *Service) AskNewEmail(ctx context.Context, t *tenant.Tenant, id citizen.ID, b Browser, email string) error {
	address, err := ParseEmail(email)
	if err != nil {
		return err
	}
	if err := s.allowMail(ctx, t.ID, b, address); err != nil {
		return err
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		owner, err := s.store.byEmail(ctx, tx, t.ID, address)
		if err != nil {
			return err
		}
		r := request{Purpose: changeEmail, Email: address, CitizenID: database.NullID(uuid.UUID(id)), ReturnTo: "/moi/profil"}
		if !owner.IsZero() && owner != id {
			r.Purpose, r.CitizenID = signIn, database.NullID(uuid.UUID(owner))
		}
		return s.ask(ctx, tx, t, b, r)
	})
}

func emailFault(err error) error {
	if database.Constraint(err) == "one_account_per_email" {
		return ErrEmailTaken.Wrap(err).On("email")
	}
	return err
}

// SetPassword gives an account a password, or takes it away when empty. The
// account's other sessions end, and its owner is told by mail.
func (s *Service) SetPassword(ctx context.Context, t *tenant.Tenant, id citizen.ID, password, token string) error {
	hash := ""
	a, err := s.Account(ctx, t.ID, id)
	if err != nil {
		return err
	}
	if password != "" {
		local, _, _ := cutLast(a.Email, "@")
		if err := checkPassword(password, local, a.Name, t.Name, t.SiteName); err != nil {
			return err
		}
		hash = s.hashes.hash(password)
	}
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewRaw(`UPDATE core.citizens SET password_hash = ? WHERE tenant_id = ? AND id = ? AND erased_at IS NULL`, nullText(hash), t.ID, id).Exec(ctx)
		if err != nil {
			return err
		}
		return s.warn(ctx, tx, t, a.Email, passwordLetter(ctx, t))
	})
	if err != nil {
		return err
	}
	return s.RevokeOthers(ctx, t.ID, id, token)
}

// SignInWithPassword opens a session. Whether the address or the password is
// wrong is not said, and takes as long to find out.
func (s *Service) SignInWithPassword(ctx context.Context, t *tenant.Tenant, b Browser, email, password string) (Opened, error) {
	address, err := ParseEmail(email)
	if err != nil {
		return Opened{}, err
	}
	if err := s.allow(ctx, t.ID, passwordsNetwork, network(b.Address)); err != nil {
		return Opened{}, err
	}
	if err := s.allowAbout(ctx, t.ID, passwordsOfOne, b, address); err != nil {
		return Opened{}, err
	}
	id, hash, err := s.passwordOf(ctx, t.ID, address)
	if err != nil {
		return Opened{}, err
	}
	if len(password) > 4*longestPassword || !s.hashes.matches(password, hash) {
		return Opened{}, ErrPassword.On("password")
	}
	var opened Opened
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		opened, err = s.open(ctx, tx, t.ID, id, ByPassword, b.Device)
		return err
	})
	opened.Address = address
	return opened, err
}

func (s *Service) passwordOf(ctx context.Context, t tenant.ID, email string) (id citizen.ID, hash string, err error) {
	err = s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT id, coalesce(password_hash, '') FROM core.citizens WHERE tenant_id = ? AND email = ?`, t, email).Scan(ctx, &id, &hash)
	})
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return id, "", nil
	}
	return id, hash, err
}
