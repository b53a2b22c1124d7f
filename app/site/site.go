// Package site is a town's site around the features: which town answers on a
// host, the home page, search, the legal pages, and the settings that an
// administrator changes. It gathers what modules declare through the socket
// and knows none of them.
package site

import (
	"context"
	"embed"
	"errors"

	"parvis/app/citizen"
	"parvis/app/clock"
	"parvis/app/database"
	"parvis/app/files"
	"parvis/app/module"
	"parvis/app/notify"
	"parvis/app/tenant"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Site serves the pages of the town itself.
type Site struct {
	db        *database.DB
	clock     clock.Clock
	directory *Directory
	files     *files.Store
	modules   []module.Module
	holdings  []module.Holding // of the platform: accounts, ballots
	news      *notify.Service
	waiting   []module.Todoer
}

// Deps is what a Site needs.
type Deps struct {
	DB        *database.DB
	Clock     clock.Clock
	Directory *Directory
	Files     *files.Store
	Modules   []module.Module  // in the order of the menu
	Holdings  []module.Holding // what the platform itself keeps about people
	News      *notify.Service
	Waiting   []module.Todoer // what waits for the staff in the platform itself
}

// New returns the site.
func New(d Deps) *Site {
	return &Site{db: d.DB, clock: d.Clock, directory: d.Directory, files: d.Files, modules: d.Modules, holdings: d.Holdings, news: d.News, waiting: d.Waiting}
}

// enabled calls do with each module that is switched on for t and has the
// capability C, and with its manifest, until one fails.
func enabled[C any](s *Site, t *tenant.Tenant, do func(module.Manifest, C) error) error {
	for _, m := range s.modules {
		manifest := m.Manifest()
		if c, ok := m.(C); ok && t.Enabled(manifest.Name) {
			if err := do(manifest, c); err != nil {
				return err
			}
		}
	}
	return nil
}

// Todos returns what waits for v: in the modules, in their order, then in the
// platform.
func (s *Site) Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]module.Todo, error) {
	var todos []module.Todo
	err := enabled(s, t, func(_ module.Manifest, m module.Todoer) error {
		more, err := m.Todos(ctx, t, v)
		todos = append(todos, more...)
		return err
	})
	for _, w := range s.waiting {
		more, wrong := w.Todos(ctx, t, v)
		todos, err = append(todos, more...), errors.Join(err, wrong)
	}
	return todos, err
}
