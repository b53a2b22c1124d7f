package kernel

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"

	"parvis/app/module"
)

type stub struct {
	name, path string
	catalogue  fs.FS
}

func (s stub) Manifest() module.Manifest {
	return module.Manifest{Name: s.name, Path: s.path, Catalogue: s.catalogue}
}
func (stub) Mount(_, _, _ fiber.Router) {}

func TestBadModulesAreRefusedAtStart(t *testing.T) {
	catalogue := fstest.MapFS{}
	good := stub{"budgets", "budgets-participatifs", catalogue}
	for _, tt := range []struct {
		name    string
		modules []module.Module
		want    string
	}{
		{"upper case", []module.Module{stub{"Budgets", "budgets", catalogue}}, "name"},
		{"name twice", []module.Module{good, stub{"budgets", "autre", catalogue}}, "name"},
		{"path twice", []module.Module{good, stub{"ideas", "budgets-participatifs", catalogue}}, "path"},
		{"reserved path", []module.Module{stub{"budgets", "office", catalogue}}, "path"},
		{"accented path", []module.Module{stub{"ideas", "idées", catalogue}}, "path"},
		{"no catalogue", []module.Module{stub{"ideas", "idees", nil}}, "catalogue"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := checkModules(tt.modules); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an error about the %s", err, tt.want)
			}
		})
	}
	if err := checkModules([]module.Module{good, stub{"ideas", "boite-a-idees", catalogue}}); err != nil {
		t.Error(err)
	}
}
