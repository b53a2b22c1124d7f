package torture

import (
	"context"
	"fmt"
	"os"
	"testing"
	"testing/fstest"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/modules"
)

// TestMain is also the program: tests start it again as a process to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) < 2 || os.Args[1] != "serve" {
		os.Exit(m.Run())
	}
	program := kernel.Program{
		Version: "torture", Stdout: os.Stdout, Stderr: os.Stderr,
		Modules: func(p *kernel.Platform) []module.Module { return append(modules.All(p), square{}) },
	}
	if err := program.Run(context.Background(), os.Args); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

const moduleName = "torture"

// square is a module whose polls anybody may see.
type square struct{}

var _ booth.Subjects = square{}

func (square) Manifest() module.Manifest {
	return module.Manifest{Name: moduleName, Path: "epreuves", Catalogue: fstest.MapFS{
		"i18n/fr.json": {Data: []byte(`{"torture.title": "Épreuves"}`)},
		"i18n/en.json": {Data: []byte(`{"torture.title": "Trials"}`)},
	}}
}

func (square) Mount(_, _, _ fiber.Router) {}

func (square) Subject(context.Context, *tenant.Tenant, citizen.Viewer, voting.Subject) (booth.SubjectInfo, error) {
	return booth.SubjectInfo{Title: "Épreuve", Href: "/", Visible: true}, nil
}
