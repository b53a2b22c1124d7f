package database_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/database/embedded"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// zones lists the names of the zones that the transaction sees.
func zones(ctx context.Context, tx bun.IDB) (names []string, err error) {
	err = tx.NewSelect().TableExpr("core.zones").Column("name").Order("name").Scan(ctx, &names)
	return names, err
}

func addZone(ctx context.Context, tx bun.IDB, town tenant.ID, name string) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO core.zones (tenant_id, name) VALUES (?, ?)`, town, name)
	return err
}

func read(t *testing.T, db *testkit.DB, town tenant.ID) string {
	t.Helper()
	var names []string
	err := db.ReadTenant(t.Context(), town, func(ctx context.Context, tx bun.Tx) (err error) {
		names, err = zones(ctx, tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, ",")
}

func TestATransactionSeesItsTenantOnly(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	ours, theirs := db.Tenant(t, testkit.WithZones("La Noue")), db.Tenant(t, testkit.WithZones("Gigny"))
	if got := read(t, db, ours.ID); got != "La Noue" {
		t.Errorf("our zones: %s", got)
	}
	err := db.InTenant(t.Context(), ours.ID, func(ctx context.Context, tx bun.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE core.zones SET name = 'pris' WHERE tenant_id = ?`, theirs.ID)
		if err != nil {
			return err
		}
		if n, _ := done.RowsAffected(); n != 0 {
			t.Errorf("changed %d rows of another town", n)
		}
		done, err = tx.ExecContext(ctx, `UPDATE core.tenants SET name = 'pris' WHERE id = ?`, theirs.ID)
		if err != nil {
			return err
		}
		if n, _ := done.RowsAffected(); n != 0 {
			t.Error("renamed another town")
		}
		return addZone(ctx, tx, theirs.ID, "intruse")
	})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("a row written for another town: %v", err)
	}
	if got := read(t, db, theirs.ID); got != "Gigny" {
		t.Errorf("their zones: %s", got)
	}
}

func TestWithoutTenantNoRowIsSeen(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t, testkit.WithZones("La Noue"))
	err := db.Platform(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		if names, err := zones(ctx, tx); err != nil || len(names) != 0 {
			t.Errorf("zones without a tenant: %v, %v", names, err)
		}
		var host string
		if err := tx.QueryRowContext(ctx, `SELECT host FROM core.tenant_hosts WHERE tenant_id = ?`, town.ID).Scan(&host); err != nil || host != town.Hosts[0] {
			t.Errorf("host = %q, %v", host, err)
		}
		return addZone(ctx, tx, town.ID, "intruse")
	})
	if err == nil {
		t.Error("a zone was written without a tenant")
	}
	for name, open := range map[string]func(context.Context, tenant.ID, func(context.Context, bun.Tx) error) error{"InTenant": db.InTenant, "ReadTenant": db.ReadTenant} {
		if err := open(t.Context(), tenant.ID{}, func(context.Context, bun.Tx) error { t.Error("ran"); return nil }); err == nil {
			t.Errorf("%s accepted no tenant", name)
		}
	}
}

func TestEvenTheOwnerIsHeldToATenant(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	db.Tenant(t, testkit.WithZones("La Noue"))
	for name, pool := range map[string]interface {
		QueryRow(context.Context, string, ...any) pgx.Row
	}{"owner": db.Owner(t), "custodian": db.Custodian(t)} {
		var count int
		if err := pool.QueryRow(t.Context(), `SELECT count(*) FROM core.zones`).Scan(&count); err != nil || count != 0 {
			t.Errorf("the %s sees %d zones, %v", name, count, err)
		}
	}
	var count int
	if err := db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM core.zones`).Scan(&count); err != nil || count != 1 {
		t.Errorf("the control sees %d zones, %v", count, err)
	}
}

func TestTheApplicationCannotMoveTheClock(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO core.clock_offsets VALUES (?, interval '1 hour')`, town.ID)
		return err
	})
	if err == nil {
		t.Error("the application moved the clock that closes polls")
	}
}

func TestARevisionGrowsWithAnythingShown(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	last := town.Revision
	for what, statement := range map[string]string{
		"name": `UPDATE core.tenants SET name = 'Autre nom' WHERE id = ?`,
		"host": `INSERT INTO core.tenant_hosts (host, tenant_id, position) VALUES ('autre.localhost', ?, 1)`,
		"zone": `INSERT INTO core.zones (tenant_id, name) VALUES (?, 'Le Vert-Bois')`,
	} {
		err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, statement, town.ID); err != nil {
				return err
			}
			before := last
			if err := tx.QueryRowContext(ctx, `SELECT revision FROM core.tenants WHERE id = ?`, town.ID).Scan(&last); err != nil {
				return err
			}
			if last <= before {
				t.Errorf("%s changed and the revision stayed %d", what, last)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnErrorOrAPanicRollsBack(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	mine := fault.New(fault.Closed, "test.closed")
	err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		if err := addZone(ctx, tx, town.ID, "perdue"); err != nil {
			return err
		}
		return mine
	})
	if err != mine {
		t.Errorf("the fault came back as %v", err)
	}
	func() {
		defer func() { recover() }()
		db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
			addZone(ctx, tx, town.ID, "perdue")
			panic("bug")
		})
	}()
	ctx, cancel := context.WithCancel(t.Context())
	err = db.InTenant(ctx, town.ID, func(ctx context.Context, tx bun.Tx) error {
		err := addZone(ctx, tx, town.ID, "perdue")
		cancel()
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who left: %v", err)
	}
	if got := read(t, db, town.ID); got != "" {
		t.Errorf("left behind: %s", got)
	}
	if in := db.Pool.Stat().AcquiredConns(); in != 0 {
		t.Errorf("%d connections were not given back", in)
	}
}

func TestASwallowedErrorIsNotACommit(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		if err := addZone(ctx, tx, town.ID, "perdue"); err != nil {
			return err
		}
		_, _ = tx.ExecContext(ctx, `SELECT 1/0`) // aborts the transaction; PostgreSQL would answer ROLLBACK to COMMIT
		return nil
	})
	if err == nil {
		t.Error("a transaction that PostgreSQL rolled back was reported as committed")
	}
}

func TestReadTenantIsOneSnapshotAndWritesNothing(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t, testkit.WithZones("La Noue"))
	err := db.ReadTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		before, err := zones(ctx, tx)
		if err != nil {
			return err
		}
		err = db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
			return addZone(ctx, tx, town.ID, "Gigny")
		})
		if err != nil {
			return err
		}
		after, err := zones(ctx, tx)
		if err != nil {
			return err
		}
		if len(before) != len(after) {
			t.Errorf("the snapshot moved: %v, %v", before, after)
		}
		return addZone(ctx, tx, town.ID, "interdite")
	})
	if err == nil {
		t.Error("wrote in a transaction for reading")
	}
	if got := read(t, db, town.ID); got != "Gigny,La Noue" {
		t.Errorf("zones: %s", got)
	}
}

func TestATransactionInsideAnotherIsRefused(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, _ bun.Tx) error {
		return db.ReadTenant(ctx, town.ID, func(context.Context, bun.Tx) error { return nil })
	})
	if err == nil || !strings.Contains(err.Error(), "inside another") {
		t.Errorf("nested: %v", err)
	}
}

func TestTxIsTheSameTransaction(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	town := db.Tenant(t)
	ours := errors.New("undo")
	err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
		_, err := database.Tx(ctx).Exec(ctx, `INSERT INTO core.zones (tenant_id, name) SELECT $1, unnest($2::text[])`,
			uuid.UUID(town.ID), []string{"La Noue", "Gigny"})
		if err != nil {
			return err
		}
		if names, err := zones(ctx, tx); err != nil || len(names) != 2 {
			t.Errorf("bun sees %v, %v", names, err)
		}
		if err := database.Tx(ctx).Commit(ctx); err == nil {
			t.Error("a borrowed transaction was committed")
		}
		return ours
	})
	if !errors.Is(err, ours) || read(t, db, town.ID) != "" {
		t.Errorf("after a rollback: %v, %q", err, read(t, db, town.ID))
	}
}

func TestNothingHangs(t *testing.T) {
	t.Parallel()
	source := testkit.Database(t)
	town := source.Tenant(t, testkit.WithZones("La Noue"))
	db, err := database.Open(t.Context(), database.Options{URL: source.URL, Conns: 1, Timeout: 400 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	sleep := func(seconds float64) func(context.Context, bun.Tx) error {
		return func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.ExecContext(ctx, `SELECT pg_sleep(?)`, seconds)
			return err
		}
	}
	within := func(what string, run func() error) {
		t.Helper()
		begun := time.Now()
		if err := run(); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v, want unavailable", what, err)
		}
		if took := time.Since(begun); took > 3*time.Second {
			t.Errorf("%s took %v", what, took)
		}
	}
	within("a slow statement", func() error { return db.InTenant(t.Context(), town.ID, sleep(30)) })
	within("a lock held by another", func() error {
		return source.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
			if _, err := tx.ExecContext(ctx, `SELECT * FROM core.zones FOR UPDATE`); err != nil {
				return err
			}
			return db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.ExecContext(ctx, `SELECT * FROM core.zones FOR UPDATE`)
				return err
			})
		})
	})
	held := make(chan struct{})
	release := make(chan struct{})
	var holder sync.WaitGroup
	holder.Go(func() {
		db.InTenant(database.Patiently(t.Context(), time.Minute), town.ID, func(context.Context, bun.Tx) error {
			close(held)
			<-release
			return nil
		})
	})
	<-held
	within("an exhausted pool", func() error { return db.InTenant(t.Context(), town.ID, sleep(0)) })
	close(release)
	holder.Wait()
	if err := db.InTenant(database.Patiently(t.Context(), 10*time.Second), town.ID, sleep(0.8)); err != nil {
		t.Errorf("patiently: %v", err)
	}
	if err := db.InTenant(t.Context(), town.ID, sleep(0)); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestAHalfOpenConnectionIsGivenUp puts a proxy that goes silent, without
// closing anything, between the program and PostgreSQL.
func TestAHalfOpenConnectionIsGivenUp(t *testing.T) {
	t.Parallel()
	source := testkit.Database(t)
	town := source.Tenant(t)
	config, err := pgx.ParseConfig(source.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := newProxy(t, config.Host+"/.s.PGSQL.5432")
	db, err := database.Open(t.Context(), database.Options{URL: proxy.url(source), Timeout: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	touch := func() error {
		return db.ReadTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) error {
			_, err := zones(ctx, tx)
			return err
		})
	}
	if err := touch(); err != nil {
		t.Fatal(err)
	}
	proxy.silent.Store(true)
	begun := time.Now()
	if err := touch(); fault.KindOf(err) != fault.Unavailable {
		t.Errorf("through a dead connection: %v", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v to give up", took)
	}
	proxy.silent.Store(false)
	begun = time.Now()
	for touch() != nil {
		if time.Since(begun) > 10*time.Second {
			t.Fatal("it never came back")
		}
	}
}

type proxy struct {
	net.Listener
	target string
	silent atomic.Bool
}

func newProxy(t *testing.T, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{Listener: listener, target: target}
	t.Cleanup(func() { p.Close() })
	go func() {
		for {
			client, err := p.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("unix", target)
			if err != nil {
				client.Close()
				continue
			}
			go p.pipe(client, server)
			go p.pipe(server, client)
		}
	}()
	return p
}

func (p *proxy) url(db *testkit.DB) string {
	return "postgres://" + database.App + "@" + p.Addr().String() + "/" + db.Name + "?sslmode=disable"
}

func (p *proxy) pipe(from, to net.Conn) {
	defer to.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if err != nil {
			return
		}
		if !p.silent.Load() {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
	}
}

// TestAKilledServerIsHardlyFelt kills PostgreSQL under the program: what is
// begun during the restart waits for it, what was under way is told so, and
// what was acknowledged is there.
func TestAKilledServerIsHardlyFelt(t *testing.T) {
	t.Parallel()
	server := privateServer(t)
	db, err := database.Open(t.Context(), database.Options{URL: server.URL(database.App), Timeout: 30 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckDurability(t.Context()); err != nil {
		t.Fatal(err)
	}
	town := tenant.NewID()
	acknowledged := 0
	add := func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.ExecContext(ctx, `INSERT INTO marks (tenant_id) VALUES (?)`, town)
		return err
	}
	for range 3 {
		for range 20 {
			if err := db.InTenant(t.Context(), town, add); err != nil {
				t.Fatal(err)
			}
			acknowledged++
		}
		err := db.InTenant(t.Context(), town, func(ctx context.Context, tx bun.Tx) error {
			if err := syscall.Kill(server.PID(), syscall.SIGKILL); err != nil {
				return err
			}
			_, err := tx.ExecContext(ctx, `SELECT pg_sleep(3)`) // the backend dies with its postmaster
			if err != nil {
				return err
			}
			return add(ctx, tx)
		})
		if fault.KindOf(err) != fault.Unavailable {
			t.Errorf("under way when the server was killed: %v", err)
		}
	}
	var count int
	err = db.ReadTenant(t.Context(), town, func(ctx context.Context, tx bun.Tx) error {
		return tx.QueryRowContext(ctx, `SELECT count(*) FROM marks`).Scan(&count)
	})
	if err != nil || count != acknowledged {
		t.Errorf("%d of %d acknowledged rows are there, %v", count, acknowledged, err)
	}
}

// privateServer is a PostgreSQL that a test may kill.
func privateServer(t *testing.T) *embedded.Server {
	t.Helper()
	server, err := embedded.Start(t.Context(), embedded.Config{Dir: testkit.Folder(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	conn, err := pgx.Connect(t.Context(), server.URL(database.Owner))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `CREATE TABLE marks (tenant_id uuid); GRANT SELECT, INSERT ON marks TO `+database.App)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

func TestUnsafeSettingsAreSeen(t *testing.T) {
	t.Parallel()
	source := testkit.Database(t)
	if err := source.CheckDurability(t.Context()); err != nil {
		t.Errorf("the tests' own server: %v", err)
	}
	db, err := database.Open(t.Context(), database.Options{URL: source.URL + "&synchronous_commit=off"})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.CheckDurability(t.Context()); err == nil || !strings.Contains(err.Error(), "synchronous_commit") {
		t.Errorf("with synchronous_commit off: %v", err)
	}
}
