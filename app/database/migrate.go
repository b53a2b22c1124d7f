package database

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/migrate"
)

// migrationLock is the advisory lock that makes nodes migrate one at a time.
// PostgreSQL drops it with the connection, so a crash leaves nothing behind.
const migrationLock = 7_276_847 // "parvis" on a telephone keypad, roughly

// Migrate applies the migrations of files that have not been, in the order of
// their names, as the owner role, and returns the names of those it applied.
// A migration that fails leaves no trace and stops there.
func Migrate(ctx context.Context, ownerURL string, files fs.FS, log *slog.Logger) (applied []string, err error) {
	db, migrator, err := openMigrator(ownerURL, files)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	unlock, err := lockMigrations(ctx, db)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := prepareHistory(ctx, db, migrator); err != nil {
		return nil, err
	}
	pending, err := pendingOf(ctx, migrator)
	if err != nil || len(pending) == 0 {
		return nil, err
	}
	start := time.Now()
	if _, err := migrator.Migrate(ctx); err != nil {
		err = fmt.Errorf("apply migration: %w", err)
		left, unknown := pendingOf(context.WithoutCancel(ctx), migrator)
		if unknown != nil {
			return nil, errors.Join(err, unknown)
		}
		return pending[:len(pending)-len(left)], err
	}
	log.Info("migrations appliquées", "count", len(pending), "took", time.Since(start).Round(time.Millisecond))
	return pending, nil
}

// Pending names the migrations of files that the database at url has not had.
// Any role may ask.
func Pending(ctx context.Context, url string, files fs.FS) ([]string, error) {
	db, migrator, err := openMigrator(url, files)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	var exists bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass('public.bun_migrations') IS NOT NULL`).Scan(&exists); err != nil {
		return nil, Fault(fmt.Errorf("read the schema's history: %w", err))
	}
	if !exists {
		return checkedNames(files)
	}
	return pendingOf(ctx, migrator)
}

func openMigrator(url string, files fs.FS) (*bun.DB, *migrate.Migrator, error) {
	if _, err := checkedNames(files); err != nil {
		return nil, nil, err
	}
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, fmt.Errorf("read the owner's database address: %w", err)
	}
	config.RuntimeParams["application_name"] = "parvis migrate"
	// A migration that waits for a lock makes every later query wait behind
	// it: it gives up instead.
	config.RuntimeParams["lock_timeout"] = "5s"
	config.RuntimeParams["statement_timeout"] = "0"
	db := bun.NewDB(stdlib.OpenDB(*config), pgdialect.New())
	migrations := migrate.NewMigrations()
	if err := migrations.Discover(files); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read the migrations: %w", err), db.Close())
	}
	return db, migrate.NewMigrator(db, migrations, migrate.WithMarkAppliedOnSuccess(true), migrate.WithUpsert(true), migrate.AfterMigration(record)), nil
}

// record writes a migration into the history in the migration's own
// transaction. The migrator does it only afterwards: killed in between, it
// would apply the migration again.
func record(ctx context.Context, conn bun.IConn, m *migrate.Migration) error {
	_, err := conn.ExecContext(ctx, `INSERT INTO public.bun_migrations (name, group_id) VALUES (?, ?)`, m.Name, m.GroupID)
	return err
}

// lockMigrations waits for its turn.
func lockMigrations(ctx context.Context, db *bun.DB) (unlock func(), err error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, Fault(fmt.Errorf("reach the database: %w", err))
	}
	var got bool
	for {
		err := conn.QueryRowContext(ctx, `SELECT pg_try_advisory_lock(?)`, migrationLock).Scan(&got)
		if err != nil {
			return nil, errors.Join(Fault(fmt.Errorf("wait for the migration lock: %w", err)), conn.Close())
		}
		if got {
			return func() { _ = conn.Close() }, nil // closing db, which follows, frees the lock
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), conn.Close())
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// prepareHistory makes bun's table, and lets every role read what has been applied.
func prepareHistory(ctx context.Context, db *bun.DB, migrator *migrate.Migrator) error {
	if err := migrator.Init(ctx); err != nil {
		return fmt.Errorf("prepare the schema's history: %w", err)
	}
	if _, err := db.ExecContext(ctx, `GRANT SELECT ON bun_migrations TO PUBLIC`); err != nil {
		return fmt.Errorf("open the schema's history to reading: %w", err)
	}
	return nil
}

func pendingOf(ctx context.Context, migrator *migrate.Migrator) ([]string, error) {
	all, err := migrator.MigrationsWithStatus(ctx)
	if err != nil {
		return nil, Fault(fmt.Errorf("read the schema's history: %w", err))
	}
	var names []string
	for _, m := range all.Unapplied() {
		names = append(names, m.String())
	}
	return names, nil
}

var migrationName = regexp.MustCompile(`^(\d{14})_([a-z]+_[a-z0-9_]+)(\.tx)?\.up\.sql$`)

// checkedNames refuses what the migrator would take in silence: a number used
// twice, a number of another length (it would sort elsewhere), a line too long
// for its reader, a file in a folder.
func checkedNames(files fs.FS) ([]string, error) {
	entries, err := fs.ReadDir(files, ".")
	if err != nil {
		return nil, fmt.Errorf("read the migrations: %w", err)
	}
	seen := map[string]string{}
	var names []string
	for _, e := range entries {
		if e.IsDir() || !strings.HasSuffix(e.Name(), ".sql") {
			continue
		}
		parts := migrationName.FindStringSubmatch(e.Name())
		if parts == nil {
			return nil, fmt.Errorf("migration %s: the name must be YYYYMMDDhhmmss_owner_what.tx.up.sql", e.Name())
		}
		if other, twice := seen[parts[1]]; twice {
			return nil, fmt.Errorf("migrations %s and %s have the same number", other, e.Name())
		}
		seen[parts[1]] = e.Name()
		if err := checkText(files, e.Name(), parts[3] != ""); err != nil {
			return nil, err
		}
		names = append(names, parts[1]+"_"+parts[2])
	}
	slices.Sort(names)
	return names, nil
}

// checkText refuses a line that the migrator could not read, and a file that
// would leave half of itself behind: only an index built beside the traffic
// goes without a transaction.
func checkText(files fs.FS, name string, transaction bool) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read migration %s: %w", name, err)
	}
	for line := range strings.Lines(string(text)) {
		if len(line) > 60_000 {
			return fmt.Errorf("migration %s has a line over 60 000 bytes", name)
		}
	}
	if !transaction && !strings.Contains(string(text), "INDEX CONCURRENTLY") {
		return fmt.Errorf("migration %s: name it .tx.up.sql, so that it applies whole or not at all", name)
	}
	return nil
}
