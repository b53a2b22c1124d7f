package identity

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
)

// At the desk, an agent finds the account of the person who is there, writes
// down what that person showed, or opens an account with them. Nothing shown
// is copied or kept. Every gesture stands in the journal.

// mostFound bounds a search: more means the name is too common to search by.
const mostFound = 20

// Found is a line of the desk's search.
type Found struct {
	ID        citizen.ID
	Name      string
	Email     string // masked
	Zone      uuid.UUID
	Person    citizen.Proof
	Residence citizen.Proof
}

// Find looks for accounts by exact address of mail, or by the beginning of the
// first or last name. Only those within the agent's reach come back.
func (s *Service) Find(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, query string) ([]Found, error) {
	if !mayAnywhere(by, access.FindCitizen) {
		return nil, access.Platform.Decide(by, access.FindCitizen, access.Scope{}).Err()
	}
	kind, where, args, err := searchOf(t.ID, query)
	if err != nil {
		return nil, err
	}
	var rows []accountRow
	found := []Found{}
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		err := tx.NewRaw(`SELECT `+accountColumns+` FROM core.citizens c WHERE `+where+` AND c.erased_at IS NULL ORDER BY c.name_key, c.id LIMIT ?`,
			append(args, mostFound)...).Scan(ctx, &rows)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if access.Platform.Decide(by, access.FindCitizen, access.Scope{Zone: row.ZoneID.UUID}).Allowed {
				found = append(found, Found{row.ID, row.Name, MaskEmail(row.Email), row.ZoneID.UUID, row.PersonProof, row.ResidenceProof})
			}
		}
		return s.record(ctx, tx, t.ID, by, access.FindCitizen, citizen.ID{}, map[string]any{"by": kind, "found": len(found)})
	})
	return found, err
}

// searchOf reads what an agent typed. The ranges of names are comparisons of
// plain text, which an index serves even behind row level security.
func searchOf(t tenant.ID, query string) (kind, where string, args []any, err error) {
	query = strings.TrimSpace(query)
	if strings.Contains(query, "@") {
		email, err := ParseEmail(query)
		if err != nil {
			return "", "", nil, ErrEmail.On("q")
		}
		return "email", `c.tenant_id = ? AND c.email = ?`, []any{t, email}, nil
	}
	key := NameKey(query)
	if utf8.RuneCountInString(key) < 3 || len(key) > 4*longestName {
		return "", "", nil, ErrSearchShort.With(fault.Args{"Count": 3}).On("q")
	}
	end := key + "\U0010FFFF"
	return "name", `c.tenant_id = ? AND ((c.name_key >= ? AND c.name_key < ?) OR (c.name_key_reversed >= ? AND c.name_key_reversed < ?))`,
		[]any{t, key, end, key, end}, nil
}

// mayAnywhere reports whether by may do action in some zone at least.
func mayAnywhere(by citizen.Viewer, action access.Action) bool {
	if access.Platform.Decide(by, action, access.Scope{}).Allowed {
		return true
	}
	for _, g := range by.Grants {
		if access.Platform.Decide(by, action, access.Scope{Module: g.Module, Zone: g.Zone}).Allowed && g.Module == "" {
			return true
		}
	}
	return false
}

// Open shows an agent one account.
func (s *Service) Open(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id citizen.ID) (Account, error) {
	var a Account
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if a, err = s.reach(ctx, tx, t.ID, by, access.FindCitizen, id); err != nil {
			return err
		}
		return s.record(ctx, tx, t.ID, by, "citizens.open", id, nil)
	})
	return a, err
}

// reach returns an account if by may perform action on it. What an agent may
// not reach does not exist for them.
func (s *Service) reach(ctx context.Context, tx bun.Tx, t tenant.ID, by citizen.Viewer, action access.Action, id citizen.ID) (Account, error) {
	if !mayAnywhere(by, action) {
		return Account{}, access.Platform.Decide(by, action, access.Scope{}).Err()
	}
	a, err := s.lock(ctx, tx, t, id)
	if err != nil {
		return a, err
	}
	if !access.Platform.Decide(by, action, access.Scope{Zone: a.Zone}).Allowed {
		return Account{}, ErrNoAccount
	}
	return a, nil
}

// Assisted is what an agent types with somebody who is there.
type Assisted struct {
	SignUp
	BornOn        string
	FamilyName    string // at birth, as the proof of identity says
	FirstName     string // the first of them
	BornIn        string // see Civil
	Present       bool   // the person is there and agrees
	IdentityShown bool
	SamePerson    bool // the agent knows that the person has another account
	AddressShown  bool
}

func (f Assisted) civil() Civil {
	return Civil{FamilyName: f.FamilyName, FirstName: f.FirstName, BornOn: f.BornOn, BornIn: f.BornIn}
}

// CreateAssisted opens an account for a person at the desk. An address of
// mail is optional; whoever gives one is told by mail.
func (s *Service) CreateAssisted(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, b Browser, form Assisted) (citizen.ID, error) {
	form, err := form.parse(t, s)
	if err != nil {
		return citizen.ID{}, err
	}
	if err := access.Platform.Decide(by, access.CreateCitizen, access.Scope{Zone: form.Zone}).Err(); err != nil {
		return citizen.ID{}, err
	}
	var id citizen.ID
	err = s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if id, err = s.assist(ctx, tx, t, by, form); err != nil {
			return err
		}
		if form.Email == "" {
			return nil
		}
		message, err := assistedLetter(ctx, t, b.Base).To(ctx, t, form.Email)
		if err != nil {
			return err
		}
		return s.mail.Enqueue(ctx, tx, t, message)
	})
	return id, err
}

func (f Assisted) parse(t *tenant.Tenant, s *Service) (Assisted, error) {
	var errs [7]error
	f.Name, errs[0] = parseName(f.Name)
	if strings.TrimSpace(f.Email) != "" {
		f.Email, errs[1] = ParseEmail(f.Email)
	} else {
		f.Email = ""
	}
	f.BornOn, errs[2] = parseBornOn(f.BornOn, s.clock.Now())
	f.Address, errs[3] = parseLine("address", f.Address, longestAddress)
	errs[4] = checkZone(t, f.Zone)
	if !f.Present {
		errs[5] = ErrPresence.On("present")
	}
	if f.IdentityShown && errs[2] == nil {
		_, errs[6] = f.civil().parse(s.clock.Now())
	}
	return f, gather(errs[:]...)
}

func (s *Service) assist(ctx context.Context, tx bun.Tx, t *tenant.Tenant, by citizen.Viewer, form Assisted) (citizen.ID, error) {
	a := newAccount{
		ID: citizen.NewID(), Email: form.Email, Name: form.Name, Address: form.Address, Zone: form.Zone, BornOn: form.BornOn,
		Residence: declared(form.Address), Assistant: by.ID,
	}
	if form.IdentityShown {
		a.Person = citizen.PersonDesk
	}
	if form.AddressShown && form.Address != "" {
		a.Residence = citizen.ResidenceDesk
	}
	if form.Email != "" {
		left, err := s.store.erased(ctx, tx, t.ID, s.emailMark(t.ID, form.Email))
		if err != nil {
			return a.ID, err
		}
		if !left.IsZero() {
			a.ID = left
		}
	}
	if form.IdentityShown {
		civil, err := form.civil().parse(s.clock.Now())
		if err != nil {
			return a.ID, err
		}
		if a.Identity, err = s.personFor(ctx, tx, t.ID, a.ID, civil, form.SamePerson); err != nil {
			return a.ID, err
		}
	}
	if err := s.store.insert(ctx, tx, t.ID, a, s.clock.Now()); err != nil {
		return a.ID, err
	}
	if form.Email != "" {
		if err := s.store.mark(ctx, tx, t.ID, s.emailMark(t.ID, form.Email), a.ID); err != nil {
			return a.ID, err
		}
	}
	return a.ID, s.record(ctx, tx, t.ID, by, access.CreateCitizen, a.ID, map[string]any{"person": a.Person, "residence": a.Residence})
}

// Shown is what a person showed at the desk.
type Shown struct {
	Civil             // read on the proof of identity
	SamePerson bool   // the agent knows that the person has another account
	Address    string // read on the proof of address
	Zone       uuid.UUID
}

// ErrAddressMissing: an address cannot be proven when it is not written down.
var ErrAddressMissing = fault.New(fault.Invalid, "identity.address.required")

// ErrOwnAccount: nobody vouches for themselves.
var ErrOwnAccount = fault.New(fault.Forbidden, "identity.desk.own_account")

// ProvePerson records that somebody showed who they are. From then on all
// their accounts are one voter wherever a poll asks for such a proof.
func (s *Service) ProvePerson(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id citizen.ID, shown Shown) error {
	civil, err := shown.Civil.parse(s.clock.Now())
	if err != nil {
		return err
	}
	return s.atDesk(ctx, t, by, access.ProvePerson, id, func(ctx context.Context, tx bun.Tx, _ Account) error {
		person, err := s.personFor(ctx, tx, t.ID, id, civil, shown.SamePerson)
		if err != nil {
			return err
		}
		_, err = tx.NewRaw(`UPDATE core.citizens SET person_proof = ?, person_proven_at = ?, born_on = ?, person_id = ? WHERE tenant_id = ? AND id = ?`,
			citizen.PersonDesk, s.clock.Now(), civil.BornOn, person, t.ID, id).Exec(ctx)
		return err
	})
}

// ProveResidence records that somebody showed where they live.
func (s *Service) ProveResidence(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id citizen.ID, shown Shown) error {
	address, err := parseLine("address", shown.Address, longestAddress)
	if address == "" && err == nil {
		err = ErrAddressMissing.On("address")
	}
	if err := gather(err, checkZone(t, shown.Zone)); err != nil {
		return err
	}
	return s.atDesk(ctx, t, by, access.ProveResidence, id, func(ctx context.Context, tx bun.Tx, _ Account) error {
		_, err := tx.NewRaw(`UPDATE core.citizens SET residence_proof = ?, residence_proven_at = ?, address = ?, zone_id = ? WHERE tenant_id = ? AND id = ?`,
			citizen.ResidenceDesk, s.clock.Now(), address, database.NullID(shown.Zone), t.ID, id).Exec(ctx)
		return err
	})
}

// WithdrawProof takes back what was recorded at the desk by mistake. The
// account stays the person it was taken for, until it is proven anew: nobody
// becomes a second voter by it.
func (s *Service) WithdrawProof(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, id citizen.ID, residence bool) error {
	return s.atDesk(ctx, t, by, access.WithdrawProof, id, func(ctx context.Context, tx bun.Tx, before Account) error {
		column, left := "person", citizen.PersonNone
		if before.Email != "" {
			left = citizen.PersonEmail
		}
		if residence {
			column, left = "residence", declared(before.Address)
		}
		_, err := tx.NewRaw(`UPDATE core.citizens SET ?_proof = ?, ?_proven_at = ? WHERE tenant_id = ? AND id = ?`,
			bun.Safe(column), left, bun.Safe(column), bun.NullTime{Time: timeIf(left > 0, s.clock.Now())}, t.ID, id).Exec(ctx)
		return err
	})
}

// atDesk does one gesture on one account within the agent's reach, and writes
// it in the journal.
func (s *Service) atDesk(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, action access.Action, id citizen.ID, do func(context.Context, bun.Tx, Account) error) error {
	if by.ID == id {
		return ErrOwnAccount
	}
	defer s.forget(t.ID, id)
	if s.proven != nil {
		defer s.proven()
	}
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		before, err := s.reach(ctx, tx, t.ID, by, action, id)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, before); err != nil {
			return err
		}
		return s.record(ctx, tx, t.ID, by, action, id, nil)
	})
}
