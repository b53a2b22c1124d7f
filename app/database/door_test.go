package database_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// keyHolders are the packages that may reach PostgreSQL beside the door, and why.
var keyHolders = map[string]string{
	"app/database": "the door itself",
	"app/testkit":  "makes the tests' databases",
	"app/voting":   "casts ballots in batches, each in a transaction that sets its tenant",
	"app/jobs":     "the job queue's tables hold no tenant's data",
	"app/kernel":   "hands the pool to the job queue and to the bus between nodes; sets a demonstration's clock",
	"realtime":     "listens for other nodes on a connection of its own",
	"app/bench":    "measures the naive pattern beside ours",
}

// waysAround are the functions that open PostgreSQL beside the door.
var waysAround = []string{
	"pgx.Connect", "pgx.ConnectConfig", "pgx.ConnectWithOptions", "pgconn.Connect", "pgconn.ConnectConfig",
	"pgxpool.New", "pgxpool.NewWithConfig", "sql.Open", "sql.OpenDB", "bun.NewDB",
	"stdlib.OpenDB", "stdlib.OpenDBFromPool", "stdlib.GetPoolConnector", "pgdriver.NewConnector",
}

// TestThereIsOneDoorToTheDatabase: a query made elsewhere than in a
// transaction of this package would have no tenant, or worse, another's.
func TestThereIsOneDoorToTheDatabase(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	looked := 0
	for _, top := range []string{"app", "modules", "realtime", "seeds"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				if d == nil {
					return nil // not built yet
				}
				return err
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			rel, err := filepath.Rel(root, path)
			if err != nil || holdsKey(filepath.ToSlash(rel)) {
				return err
			}
			looked++
			for _, breach := range breachesOf(t, path, nil) {
				t.Errorf("%s (see database.InTenant)", breach)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if looked < 20 {
		t.Errorf("looked at %d files only", looked)
	}
}

func holdsKey(path string) bool {
	for holder := range keyHolders {
		if strings.HasPrefix(path, holder+"/") {
			return true
		}
	}
	return false
}

// breachesOf lists where a file goes round the door. text replaces the file's
// own when it is not nil.
func breachesOf(t *testing.T, path string, text any) (breaches []string) {
	t.Helper()
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	say := func(node ast.Node, what string) {
		breaches = append(breaches, positions.Position(node.Pos()).String()+": "+what)
	}
	ast.Inspect(file, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.SelectorExpr:
			name := ""
			if x, ok := n.X.(*ast.Ident); ok {
				name = x.Name + "." + n.Sel.Name
			}
			if slices.Contains(waysAround, name) {
				say(n, name)
			}
			if n.Sel.Name == "Pool" && name != "sync.Pool" && name != "pgxpool.Pool" {
				say(n, "uses the pool itself")
			}
		case *ast.BasicLit:
			if n.Kind == token.STRING && strings.Contains(n.Value, "app.tenant_id") {
				say(n, "sets the tenant by hand")
			}
		}
		return true
	})
	return breaches
}

func TestTheDoorsGuardBites(t *testing.T) {
	t.Parallel()
	for statement, caught := range map[string]bool{
		`s.db.Pool.Query(ctx, "SELECT 1")`:                           true,
		`pgx.Connect(ctx, url)`:                                      true,
		`sql.OpenDB(connector)`:                                      true,
		"tx.ExecContext(ctx, `SET app.tenant_id = 'x'`)":             true,
		`s.db.InTenant(ctx, t, func() { tx.NewSelect().Scan(ctx) })`: false,
		`buffers := sync.Pool{}; buffers.Get()`:                      false,
	} {
		text := "package p\nfunc f() {\n" + statement + "\n}"
		if got := len(breachesOf(t, "probe.go", text)) > 0; got != caught {
			t.Errorf("%s: caught = %v", statement, got)
		}
	}
}
