package identity

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Grant is a role that an account holds.
type Grant struct {
	citizen.Grant
	ID        uuid.UUID
	GrantedAt time.Time
}

// SubjectOf is how the journal names an account.
func SubjectOf(id citizen.ID) string { return "citizen/" + id.String() }

// GrantRole gives somebody a role, within a scope.
func (s *Service) GrantRole(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, to citizen.ID, g citizen.Grant) error {
	if err := access.Platform.Decide(by, access.GrantRole, access.Scope{}).Err(); err != nil {
		return err
	}
	if !slices.Contains(citizen.Roles, g.Role) || (g.Module != "" && !module.NameRE.MatchString(g.Module)) {
		return ErrRole.On("role")
	}
	if err := checkZone(t, g.Zone); err != nil {
		return err
	}
	defer s.forget(t.ID, to)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		if _, err := s.lock(ctx, tx, t.ID, to); err != nil {
			return err
		}
		granted, err := s.store.grant(ctx, tx, t.ID, to, g, by.ID, s.clock.Now())
		if err != nil || !granted {
			return err
		}
		return s.record(ctx, tx, t.ID, by, access.GrantRole, to, roleDetails(g))
	})
}

// grant adds a role, and reports whether it was not there already.
func (store) grant(ctx context.Context, tx bun.Tx, t tenant.ID, to citizen.ID, g citizen.Grant, by citizen.ID, now time.Time) (bool, error) {
	result, err := tx.NewRaw(`
		INSERT INTO core.role_grants (tenant_id, id, citizen_id, role, module, zone_id, granted_by, granted_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT ON CONSTRAINT one_grant_per_scope DO NOTHING`,
		t, uuid.New(), to, g.Role, g.Module, database.NullID(g.Zone), database.NullID(uuid.UUID(by)), now).Exec(ctx)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n == 1, err
}

// RevokeRole takes a role back. The last administrator of a site stays.
func (s *Service) RevokeRole(ctx context.Context, t *tenant.Tenant, by citizen.Viewer, from citizen.ID, grant uuid.UUID) error {
	if err := access.Platform.Decide(by, access.RevokeRole, access.Scope{}).Err(); err != nil {
		return err
	}
	defer s.forget(t.ID, from)
	return s.db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		var g citizen.Grant
		var zone uuid.NullUUID
		err := tx.NewRaw(`DELETE FROM core.role_grants WHERE tenant_id = ? AND citizen_id = ? AND id = ? RETURNING role, module, zone_id`,
			t.ID, from, grant).Scan(ctx, &g.Role, &g.Module, &zone)
		if err != nil {
			return err
		}
		g.Zone = zone.UUID
		if err := s.keepAnAdministrator(ctx, tx, t.ID, g.Role); err != nil {
			return err
		}
		return s.record(ctx, tx, t.ID, by, access.RevokeRole, from, roleDetails(g))
	})
}

// keepAnAdministrator refuses to leave a site without anyone who can give
// powers. Revocations wait for each other here, so that two administrators
// cannot remove one another at the same moment.
func (s *Service) keepAnAdministrator(ctx context.Context, tx bun.Tx, t tenant.ID, lost citizen.Role) error {
	if lost != citizen.Administrator {
		return nil
	}
	if _, err := tx.NewRaw(`SELECT pg_advisory_xact_lock(hashtextextended(?, 0))`, "administrators of "+t.String()).Exec(ctx); err != nil {
		return err
	}
	var others bool
	err := tx.NewRaw(`SELECT EXISTS (SELECT 1 FROM core.role_grants WHERE tenant_id = ? AND role = ? AND module = '' AND zone_id IS NULL)`,
		t, citizen.Administrator).Scan(ctx, &others)
	if err == nil && !others {
		return ErrLastAdmin
	}
	return err
}

func roleDetails(g citizen.Grant) map[string]any {
	details := map[string]any{"role": g.Role}
	if g.Module != "" {
		details["module"] = g.Module
	}
	if g.Zone != uuid.Nil {
		details["zone"] = g.Zone
	}
	return details
}

// record writes in the journal that somebody used a power over an account.
func (s *Service) record(ctx context.Context, tx bun.Tx, t tenant.ID, by citizen.Viewer, action access.Action, about citizen.ID, details map[string]any) error {
	entry := audit.Entry{Tenant: t, Actor: by.ID, Action: string(action), Details: details}
	if !about.IsZero() {
		entry.Subject = SubjectOf(about)
	}
	return audit.Record(ctx, tx, entry)
}

// Named is what something that the journal speaks of is called, and where it is.
type Named struct{ Name, Href string }

// Names are those of the accounts and things that lines of the journal speak of.
type Names map[uuid.UUID]Named

// Namer adds to names those of the things that it knows, by their IDs; kinds
// says of what each is said to be, "" where the journal does not.
type Namer func(ctx context.Context, tx bun.Tx, t tenant.ID, kinds map[uuid.UUID]string, names Names) error

// Name gives the service who knows what things are called. The kernel calls it
// once, before serving.
func (s *Service) Name(namer Namer) { s.namer = namer }

// Journal returns lines of the journal, with the names of those who acted and
// of what they acted upon.
func (s *Service) Journal(ctx context.Context, t tenant.ID, by citizen.Viewer, q audit.Query) ([]audit.Line, Names, error) {
	if err := access.Platform.Decide(by, access.ReadJournal, access.Scope{}).Err(); err != nil {
		return nil, nil, err
	}
	var lines []audit.Line
	names := Names{}
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		if lines, err = audit.Read(ctx, tx, t, q); err != nil {
			return err
		}
		kinds := thingsOf(lines)
		if s.namer != nil {
			if err := s.namer(ctx, tx, t, kinds, names); err != nil {
				return err
			}
		}
		return s.store.names(ctx, tx, t, slices.Collect(maps.Keys(kinds)), names)
	})
	return lines, names, err
}

// thingsOf lists what lines of the journal name by an identifier, and the kind
// of each where it is said.
func thingsOf(lines []audit.Line) map[uuid.UUID]string {
	kinds := map[uuid.UUID]string{}
	for _, line := range lines {
		if !line.Actor.IsZero() {
			kinds[uuid.UUID(line.Actor)] = ""
		}
		for _, value := range line.Details {
			if text, ok := value.(string); ok && len(text) == 36 {
				if id, err := uuid.Parse(text); err == nil && kinds[id] == "" {
					kinds[id] = ""
				}
			}
		}
		kind, text, _ := strings.Cut(line.Subject, "/")
		if id, err := uuid.Parse(text); err == nil {
			kinds[id] = kind
		}
	}
	return kinds
}

var errNotACitizen = errors.New("not an account")

// CitizenOf reads back what SubjectOf wrote.
func CitizenOf(subject string) (citizen.ID, error) {
	const prefix = "citizen/"
	if len(subject) <= len(prefix) || subject[:len(prefix)] != prefix {
		return citizen.ID{}, errNotACitizen
	}
	return citizen.ParseID(subject[len(prefix):])
}

func (store) names(ctx context.Context, tx bun.Tx, t tenant.ID, ids []uuid.UUID, into Names) error {
	if len(ids) == 0 {
		return nil
	}
	var rows []struct {
		ID   citizen.ID
		Name string
	}
	err := tx.NewRaw(`SELECT id, name FROM core.citizens WHERE tenant_id = ?0 AND id IN (?1)
		UNION ALL SELECT id, name FROM core.zones WHERE tenant_id = ?0 AND id IN (?1)`, t, bun.List(ids)).Scan(ctx, &rows)
	for _, row := range rows {
		into[uuid.UUID(row.ID)] = Named{Name: row.Name}
	}
	return err
}
