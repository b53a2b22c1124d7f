package database_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

func TestConstraintsBecomeFaults(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t, testkit.WithZones("La Noue"))
	for name, probe := range map[string]struct {
		statement  string
		args       []any
		want       *fault.Error
		constraint string
	}{
		"twice":           {`INSERT INTO core.zones (tenant_id, name) VALUES (?, 'La Noue')`, []any{town.ID}, database.ErrDuplicate, "one_zone_per_name"},
		"check":           {`INSERT INTO core.zones (tenant_id, name) VALUES (?, '')`, []any{town.ID}, database.ErrRefused, "zone_has_a_name"},
		"bad uuid":        {`SELECT * FROM core.zones WHERE id = 'x'::uuid`, nil, database.ErrUnreadable, ""},
		"number too big":  {`SELECT 99999999999::int`, nil, database.ErrUnreadable, ""},
		"not permitted":   {`DELETE FROM core.tenants`, nil, nil, ""},
		"a mistake of us": {`SELECT * FROM core.nowhere`, nil, nil, ""},
	} {
		err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, probe.statement, probe.args...); err != nil {
				return fmt.Errorf("probe: %w", err)
			}
			return nil
		})
		switch {
		case err == nil:
			t.Errorf("%s: no error", name)
		case probe.want == nil && fault.KindOf(err) != fault.Internal:
			t.Errorf("%s: %v is told to the citizen", name, err)
		case probe.want != nil && !errors.Is(err, probe.want):
			t.Errorf("%s: %v, want %v", name, err, probe.want)
		}
		if got := database.Constraint(err); probe.constraint != "" && got != probe.constraint {
			t.Errorf("%s: constraint %q, want %q", name, got, probe.constraint)
		}
	}
}

func TestTextThatCannotBeStoredIsUnreadable(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	for _, text := range []string{"\xff", "a\x00b"} {
		err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, _ bun.Tx) error {
			_, err := database.Tx(ctx).Exec(ctx, `INSERT INTO core.zones (tenant_id, name) VALUES ($1, $2)`, town.ID, text)
			return err
		})
		if !errors.Is(err, database.ErrUnreadable) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestForeignKeysBecomeConflicts(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	unknown := tenant.NewID()
	err := db.InTenant(t.Context(), unknown, func(ctx context.Context, tx bun.Tx) error {
		return addZone(ctx, tx, unknown, "nulle part")
	})
	if !errors.Is(err, database.ErrReference) || fault.KindOf(err) != fault.Conflict {
		t.Errorf("a zone of no town: %v", err)
	}
}

func TestNoRowIsNotFound(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	err := db.Platform(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		var id tenant.ID
		return tx.QueryRowContext(ctx, `SELECT id FROM core.tenants WHERE slug = 'nulle-part'`).Scan(&id)
	})
	if !errors.Is(err, database.ErrNotFound) || !errors.Is(err, sql.ErrNoRows) {
		t.Errorf("no row: %v", err)
	}
}

func TestTroubleOfTheServerIsUnavailable(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]*fault.Error{
		"57P01": database.ErrUnavailable, "57P02": database.ErrUnavailable, "57P03": database.ErrUnavailable,
		"53300": database.ErrUnavailable, "53100": database.ErrUnavailable, "08006": database.ErrUnavailable,
		"40P01": database.ErrBusy, "40001": database.ErrBusy, "55P03": database.ErrBusy, "57014": database.ErrBusy,
	} {
		err := database.Fault(fmt.Errorf("act: %w", &pgconn.PgError{Code: code}))
		if !errors.Is(err, want) || fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, want %v", code, err, want)
		}
	}
	if err := database.Fault(context.Canceled); !errors.Is(err, context.Canceled) || fault.KindOf(err) != fault.Internal {
		t.Errorf("a caller who left: %v", err)
	}
	if _, err := database.Open(t.Context(), database.Options{URL: "postgres://nobody@127.0.0.1:1/none"}); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("nobody there: %v", err)
	}
	if err := database.Fault(nil); err != nil {
		t.Errorf("nothing: %v", err)
	}
}

func TestEveryFaultHasItsWords(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"fr", "en"} {
		words, err := i18n.Read(database.Catalogue, "i18n/"+lang+".json")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range []*fault.Error{
			database.ErrNotFound, database.ErrDuplicate, database.ErrReference, database.ErrRefused,
			database.ErrUnreadable, database.ErrBusy, database.ErrUnavailable,
		} {
			if _, said := words[f.Key]; !said {
				t.Errorf("%s: nothing to say for %s", lang, f.Key)
			}
		}
	}
}
