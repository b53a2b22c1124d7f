package database

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// The roles of the database. Nobody runs the program as a superuser.
const (
	Owner     = "parvis_owner"     // owns the database and its schemas; migrates
	App       = "parvis_app"       // serves requests; row level security applies to it
	Custodian = "parvis_custodian" // severs, retains and destroys
)

// PrepareServer makes the three roles where they are missing. superuserURL is
// that of a superuser, on any database of the server.
func PrepareServer(ctx context.Context, superuserURL string) error {
	return withConn(ctx, superuserURL, func(conn *pgx.Conn) error {
		for _, role := range []string{Owner, App, Custodian} {
			_, err := conn.Exec(ctx, fmt.Sprintf(`DO $$ BEGIN
				IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '%[1]s') THEN
					CREATE ROLE %[1]s LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS;
				END IF;
			END $$`, role))
			if err != nil {
				return fmt.Errorf("create role %s: %w", role, err)
			}
		}
		return nil
	})
}

// PrepareDatabase gives a database, as a superuser, what its owner may not
// take: the extensions and leakproof functions.
func PrepareDatabase(ctx context.Context, superuserURL string) error {
	return withConn(ctx, superuserURL, func(conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, prepareDatabase)
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "58P01" || pg.Code == "0A000") {
			return fmt.Errorf("il manque à PostgreSQL les extensions unaccent et pg_trgm : installez le paquet postgresql-contrib (%w)", err)
		}
		if err != nil {
			return fmt.Errorf("prepare the database: %w", err)
		}
		return nil
	})
}

// Under row level security an index serves only conditions whose functions
// are leakproof: the others are run after the policy, on every row. These
// reveal nothing of a row through an error, so they are declared such, and
// search stays fast.
const prepareDatabase = `
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO ` + Owner + `', current_database()); END $$;
DO $$
DECLARE
	f regprocedure;
BEGIN
	FOR f IN
		SELECT p.oid FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
		WHERE NOT p.proleakproof AND (
			n.nspname = 'pg_catalog' AND p.proname IN
				('ts_match_vq', 'ts_match_qv', 'textlike', 'textnlike', 'texticlike', 'texticnlike')
			OR n.nspname = 'pg_catalog' AND p.oid = 'pg_catalog.lower(text)'::regprocedure
			OR n.nspname = 'public' AND p.proname IN
				('similarity', 'similarity_op', 'similarity_dist',
				 'word_similarity', 'word_similarity_op', 'word_similarity_commutator_op',
				 'word_similarity_dist_op', 'word_similarity_dist_commutator_op',
				 'strict_word_similarity', 'strict_word_similarity_op', 'strict_word_similarity_commutator_op'))
	LOOP
		EXECUTE format('ALTER FUNCTION %s LEAKPROOF', f);
	END LOOP;
END $$`

func withConn(ctx context.Context, url string, fn func(*pgx.Conn) error) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	return fn(conn)
}
