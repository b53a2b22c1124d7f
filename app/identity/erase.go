package identity

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/module"
	"parvis/app/tenant"
)

// How long things are kept. An account that nobody uses is erased, its owner
// warned a month before; the hash that recognises a returning voter goes when
// the polls of its time can no longer be contested.
const (
	keepUnused    = 24 // months
	warnUnused    = 23 // months
	warnedAtLeast = 30 * 24 * time.Hour
	keepMarks     = 365 * 24 * time.Hour
	keepTraces    = 24 * time.Hour // requests and attempts: only counters of today
)

var _ module.PersonalData = (*Service)(nil)

// Holdings is what the register of processing activities says of accounts.
func (s *Service) Holdings() []module.Holding {
	//i18n: identity.holding.*
	holding := func(name string) module.Holding {
		key := "identity.holding." + name
		return module.Holding{What: key + ".what", Purpose: key + ".purpose", LegalBasis: "identity.holding.public_task", Retention: key + ".retention"}
	}
	return []module.Holding{holding("account"), holding("sessions"), holding("mark"), holding("journal")}
}

// Export returns what the platform knows of a citizen by itself.
func (s *Service) Export(ctx context.Context, tx bun.IDB, t tenant.ID, id citizen.ID) (map[string]any, error) {
	var row accountRow
	err := tx.NewRaw(`SELECT `+accountColumns+` FROM core.citizens c WHERE c.tenant_id = ? AND c.id = ?`, t, id).Scan(ctx, &row)
	if err != nil {
		return nil, fmt.Errorf("export an account: %w", err)
	}
	a := row.account()
	sessions := []map[string]any{}
	if err := tx.NewRaw(`SELECT device, method, created_at, seen_at FROM core.sessions WHERE tenant_id = ? AND citizen_id = ? ORDER BY created_at`, t, id).Scan(ctx, &sessions); err != nil {
		return nil, fmt.Errorf("export the sessions: %w", err)
	}
	roles := []map[string]any{}
	if err := tx.NewRaw(`SELECT role, module, granted_at FROM core.role_grants WHERE tenant_id = ? AND citizen_id = ? ORDER BY granted_at`, t, id).Scan(ctx, &roles); err != nil {
		return nil, fmt.Errorf("export the roles: %w", err)
	}
	journal := []map[string]any{}
	err = tx.NewRaw(`SELECT at, action FROM core.audit_entries WHERE tenant_id = ? AND (actor = ? OR subject = ?) ORDER BY id`, t, id, SubjectOf(id)).Scan(ctx, &journal)
	if err != nil {
		return nil, fmt.Errorf("export the journal: %w", err)
	}
	return map[string]any{
		"id": a.ID.String(), "email": a.Email, "name": a.Name, "address": a.Address, "zone": zoneText(a.Zone), "born_on": a.BornOn,
		"language": a.Locale, "news_by_mail": a.Notify, "charter_accepted_at": a.CharterAcceptedAt, "created_at": a.CreatedAt,
		"has_password":    a.HasPassword,
		"person_proof":    map[string]any{"level": a.Person, "at": a.PersonProvenAt},
		"residence_proof": map[string]any{"level": a.Residence, "at": a.ResidenceProvenAt},
		"sessions":        sessions, "roles": roles, "journal": journal,
	}, nil
}

func zoneText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}

// Erase empties an account of everything that tells who it was. What remains
// is a row without a name, so that what was done still counts once, and a
// keyed hash, so that the same person coming back is the same voter.
func (s *Service) Erase(ctx context.Context, tx bun.IDB, t tenant.ID, id citizen.ID) error {
	now := s.clock.Now()
	statements := []struct {
		what  string
		query string
		args  []any
	}{
		{"mails", `DELETE FROM core.mails m USING core.citizens c WHERE m.tenant_id = ? AND c.tenant_id = m.tenant_id AND c.id = ? AND m.recipient = c.email`, []any{t, id}},
		{"requests", `DELETE FROM core.sign_in_requests r USING core.citizens c WHERE r.tenant_id = ? AND c.tenant_id = r.tenant_id AND c.id = ? AND (r.citizen_id = c.id OR r.email = c.email)`, []any{t, id}},
		{"sessions", `DELETE FROM core.sessions WHERE tenant_id = ? AND citizen_id = ?`, []any{t, id}},
		{"roles", `DELETE FROM core.role_grants WHERE tenant_id = ? AND citizen_id = ?`, []any{t, id}},
		{"marks", `UPDATE core.identity_marks SET erased_at = ? WHERE tenant_id = ? AND citizen_id = ?`, []any{now, t, id}},
		{"person", `UPDATE core.persons p SET left_at = ? FROM core.citizens c WHERE p.tenant_id = ? AND c.tenant_id = p.tenant_id AND c.id = ? AND p.id = c.person_id
			AND NOT EXISTS (SELECT FROM core.citizens o WHERE o.tenant_id = p.tenant_id AND o.person_id = p.id AND o.id <> c.id)`, []any{now, t, id}},
		{"account", `
			UPDATE core.citizens SET email = NULL, name = '', name_key = '', name_key_reversed = '', address = '', zone_id = NULL, born_on = NULL,
				locale = '', person_proof = 0, person_proven_at = NULL, residence_proof = 0, residence_proven_at = NULL, person_id = NULL,
				password_hash = NULL, charter_accepted_at = NULL, notify = false, demo_note = NULL, erased_at = ?
			WHERE tenant_id = ? AND id = ?`, []any{now, t, id}},
	}
	for _, st := range statements {
		if _, err := tx.NewRaw(st.query, st.args...).Exec(ctx); err != nil {
			return fmt.Errorf("erase the %s of an account: %w", st.what, err)
		}
	}
	return nil
}

// ExportAll returns everything the site knows of a citizen, by holder.
func (s *Service) ExportAll(ctx context.Context, t *tenant.Tenant, id citizen.ID) (map[string]any, error) {
	all := map[string]any{"site": t.Name, "exported_at": s.clock.Now()}
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		account, err := s.Export(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		all["account"] = account
		for _, holder := range s.holders {
			part, err := holder.Export(ctx, tx, t.ID, id)
			if err != nil {
				return err
			}
			for name, value := range part {
				all[name] = value
			}
		}
		return nil
	})
	return all, err
}

// EraseAll erases a citizen everywhere on the site, at once or not at all.
func (s *Service) EraseAll(ctx context.Context, t *tenant.Tenant, id citizen.ID, sure bool) error {
	if !sure {
		return ErrErasureUnsure.On("sure")
	}
	defer s.forget(t.ID, id)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error { return s.eraseAll(ctx, tx, t, id) })
}

func (s *Service) eraseAll(ctx context.Context, tx bun.Tx, t *tenant.Tenant, id citizen.ID) error {
	a, err := s.lock(ctx, tx, t.ID, id)
	if err != nil {
		return err
	}
	for _, holder := range s.holders {
		if err := holder.Erase(ctx, tx, t.ID, id); err != nil {
			return err
		}
	}
	if err := s.Erase(ctx, tx, t.ID, id); err != nil {
		return err
	}
	for _, g := range a.Grants {
		if err := s.keepAnAdministrator(ctx, tx, t.ID, g.Role); err != nil {
			return err
		}
	}
	if a.Email == "" {
		return nil
	}
	message, err := erasedLetter(ctx, t).To(ctx, t, a.Email)
	if err != nil {
		return err
	}
	return s.mail.Enqueue(ctx, tx, t, message)
}

// Towns lists the tenants, for what is done to each in turn.
type Towns interface {
	All(ctx context.Context) ([]*tenant.Tenant, error)
}

// Retain is the daily round of retention: it forgets what has been kept long
// enough, warns owners of unused accounts, and erases those warned in time.
func (s *Service) Retain(ctx context.Context, towns Towns, messages *i18n.Bundle, base func(*tenant.Tenant) string) error {
	all, err := towns.All(ctx)
	if err != nil {
		return err
	}
	for _, t := range all {
		ctx := messages.NewContext(tenant.NewContext(ctx, t), t.Locale, t.TimeZone)
		if err := s.retain(ctx, t, base(t)); err != nil {
			return fmt.Errorf("retention of %s: %w", t.Slug, err)
		}
	}
	return nil
}

func (s *Service) retain(ctx context.Context, t *tenant.Tenant, base string) error {
	now := s.clock.Now()
	err := s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		for _, st := range []struct {
			query string
			until time.Time
		}{
			{`DELETE FROM core.sessions WHERE tenant_id = ? AND expires_at < ?`, now},
			{`DELETE FROM core.sign_in_requests WHERE tenant_id = ? AND created_at < ?`, now.Add(-keepTraces)},
			{`DELETE FROM core.attempts WHERE tenant_id = ? AND starts_at < ?`, now.Add(-2 * keepTraces)},
			{`DELETE FROM core.identity_marks WHERE tenant_id = ? AND erased_at < ?`, now.Add(-keepMarks)},
			{`DELETE FROM core.persons p WHERE p.tenant_id = ? AND p.left_at < ?
				AND NOT EXISTS (SELECT FROM core.citizens c WHERE c.tenant_id = p.tenant_id AND c.person_id = p.id)`, now.Add(-keepMarks)},
		} {
			if _, err := tx.NewRaw(st.query, t.ID, st.until).Exec(ctx); err != nil {
				return err
			}
		}
		return s.mail.Forget(ctx, tx, t.ID)
	})
	if err != nil {
		return err
	}
	if err := s.warnUnused(ctx, t, base); err != nil {
		return err
	}
	return s.eraseUnused(ctx, t)
}

// batch bounds what one round does at a time.
const batch = 100

// warnUnused writes to the owners of accounts that will soon be erased.
func (s *Service) warnUnused(ctx context.Context, t *tenant.Tenant, base string) error {
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		var emails []string
		err := tx.NewRaw(`
			UPDATE core.citizens SET warned_at = ? WHERE tenant_id = ? AND id IN (
				SELECT id FROM core.citizens
				WHERE tenant_id = ? AND seen_on < ? AND erased_at IS NULL AND warned_at IS NULL LIMIT ?)
			RETURNING coalesce(email, '')`,
			s.clock.Now(), t.ID, t.ID, day(s.clock.Now().AddDate(0, -warnUnused, 0)), batch).Scan(ctx, &emails)
		if err != nil {
			return err
		}
		for _, email := range emails {
			if email == "" {
				continue
			}
			message, err := unusedLetter(ctx, t, base).To(ctx, t, email)
			if err != nil {
				return err
			}
			if err := s.mail.Enqueue(ctx, tx, t, message); err != nil {
				return err
			}
		}
		return nil
	})
}

// eraseUnused erases accounts that stayed unused after the warning. Those
// that hold a role stay: taking a power back is a decision, not an oversight.
func (s *Service) eraseUnused(ctx context.Context, t *tenant.Tenant) error {
	var ids []citizen.ID
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			SELECT id FROM core.citizens c
			WHERE tenant_id = ? AND seen_on < ? AND erased_at IS NULL AND warned_at < ?
			AND NOT EXISTS (SELECT 1 FROM core.role_grants g WHERE g.tenant_id = c.tenant_id AND g.citizen_id = c.id) LIMIT ?`,
			t.ID, day(s.clock.Now().AddDate(0, -keepUnused, 0)), s.clock.Now().Add(-warnedAtLeast), batch).Scan(ctx, &ids)
	})
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.EraseAll(ctx, t, id, true); err != nil {
			return err
		}
	}
	return nil
}
