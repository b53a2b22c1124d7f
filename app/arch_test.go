package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const project = "parvis/"

// leaves know nothing of the project, not even each other.
var leaves = []string{"app/tenant", "app/citizen", "app/fault", "app/clock", "app/money", "app/keyset", "app/writing"}

// TestFloors keeps the house standing: who may import whom.
func TestFloors(t *testing.T) {
	for pkg, imports := range projectImports(t) {
		for _, imp := range imports {
			if !mayImport(pkg, imp) {
				t.Errorf("%s must not import %s", pkg, imp)
			}
		}
	}
}

// projectImports maps each package of the project to those it imports; paths
// are relative to the module. Tests of a package are not held to its floor.
func projectImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, project+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	graph := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], project)
		for _, imp := range fields[1:] {
			if rest, ours := strings.CutPrefix(imp, project); ours {
				graph[pkg] = append(graph[pkg], rest)
			}
		}
	}
	return graph
}

func mayImport(pkg, imp string) bool {
	within := func(path string) bool { return pkg == path || strings.HasPrefix(pkg, path+"/") }
	of := func(paths ...string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return imp == p || strings.HasPrefix(imp, p+"/") })
	}
	switch {
	case slices.Contains(leaves, pkg):
		return false
	case within("app/voting/counting"):
		return of("app/voting/counting")
	case within("realtime"):
		return of("realtime")
	case pkg == "app/module":
		return of(append([]string{"realtime"}, leaves...)...)
	case pkg == "app", within("seeds"), within("app/e2e"), within("app/bench"), within("app/torture"):
		return true
	case within("app"):
		return of("app", "realtime", "migrations") && !of("app/e2e", "app/bench", "app/torture") && imp != "app"
	case pkg == "modules":
		return of("app", "realtime", "modules")
	case within("modules"):
		own := strings.Join(strings.Split(pkg, "/")[:2], "/")
		return of("app", "realtime", own)
	case within("migrations"):
		return false
	}
	return false
}

// TestViewsDecideNothing: templates get decided values, never the database or the request.
func TestViewsDecideNothing(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, project+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		if !strings.HasSuffix(fields[0], "/views") && fields[0] != project+"app/ui" {
			continue
		}
		for _, imp := range fields[1:] {
			if strings.HasPrefix(imp, "github.com/uptrace/bun") || strings.HasPrefix(imp, "github.com/gofiber") || imp == project+"app/database" {
				t.Errorf("%s must not import %s", fields[0], imp)
			}
		}
	}
}

// TestTopLevel keeps the top level of the repository to what the design names.
func TestTopLevel(t *testing.T) {
	named := []string{"app", "modules", "realtime", "migrations", "seeds", "go.mod", "go.sum", "Makefile", "README.md", "LICENSE"}
	ignored := []string{"bin", "var"} // made by the Makefile and by the program, never committed
	entries, err := os.ReadDir("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); !strings.HasPrefix(name, ".") && !slices.Contains(named, name) && !slices.Contains(ignored, name) {
			t.Errorf("%s has no place at the top level", name)
		}
	}
}

// TestModulesAgree: a module's folder, SQL schema and message keys carry one name.
func TestModulesAgree(t *testing.T) {
	folders, err := filepath.Glob("../modules/*/module.go")
	if err != nil || len(folders) == 0 {
		t.Fatal("no module found", err)
	}
	sources := map[string]string{}
	files, err := filepath.Glob("../migrations/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		sources[filepath.Base(f)] = string(raw)
	}
	tableOf := regexp.MustCompile(`(?i)CREATE TABLE (?:IF NOT EXISTS )?([a-z]+)\.`)
	for _, folder := range folders {
		name := filepath.Base(filepath.Dir(folder))
		for file, sql := range sources {
			if !strings.Contains(file, "_"+name+"_") {
				continue
			}
			for _, m := range tableOf.FindAllStringSubmatch(sql, -1) {
				if m[1] != name {
					t.Errorf("%s makes a table in schema %s", file, m[1])
				}
			}
		}
		for _, lang := range []string{"fr", "en"} {
			raw, err := os.ReadFile(filepath.Join(filepath.Dir(folder), "i18n", lang+".json"))
			if err != nil {
				t.Error(err)
				continue
			}
			for _, m := range regexp.MustCompile(`(?m)^\s{0,4}"([a-z_.-]+)"\s*:`).FindAllStringSubmatch(string(raw), -1) {
				own := strings.HasPrefix(m[1], name+".") || strings.HasPrefix(m[1], "audit.action."+name+".")
				if !own && strings.Contains(m[1], ".") {
					t.Errorf("%s/i18n/%s.json: key %s does not begin with the module's name", name, lang, m[1])
				}
			}
		}
	}
}
