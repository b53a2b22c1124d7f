package kernel

import (
	"fmt"
	"log/slog"
	"slices"

	"parvis/app/module"
)

// capabilities lists the optional interfaces of the socket, in the order of
// their declaration.
var capabilities = []struct {
	name string
	has  func(module.Module) bool
}{
	{"cards", is[module.Carder]},
	{"counters", is[module.Counters]},
	{"menu", is[module.Navigator]},
	{"live", is[module.Broadcaster]},
	{"worker", is[module.Worker]},
	{"reminder", is[module.Reminder]},
	{"search", is[module.Searcher]},
	{"todo", is[module.Todoer]},
	{"personal-data", is[module.PersonalData]},
	{"activity", is[module.Activity]},
	{"companion", is[module.Companion]},
	{"calendar", is[module.Calendarer]},
	{"namer", is[module.Namer]},
	{"workplace", is[module.Workplace]},
}

func is[C any](m module.Module) bool {
	_, ok := m.(C)
	return ok
}

// with returns the modules that have a capability, in the order of the menu.
func with[C any](modules []module.Module) []C {
	var found []C
	for _, m := range modules {
		if c, ok := m.(C); ok {
			found = append(found, c)
		}
	}
	return found
}

// reservedPaths are first segments of the platform's own addresses.
var reservedPaths = []string{
	"office", "api", "static", "direct", "ecran", "votes", "v", "borne", "moi", "connexion", "inscription", "deconnexion",
	"recherche", "charte", "logo", "verifier", "accessibilite", "methodes", "courrier", "healthz", "readyz",
	"discussion", "mentions-legales", "donnees-personnelles", "plan-du-site", "langue",
}

// checkModules refuses a module whose name or path is bad, taken or reserved,
// or which brings no catalogue.
func checkModules(modules []module.Module) error {
	names, paths := map[string]bool{}, map[string]bool{}
	for _, m := range modules {
		manifest := m.Manifest()
		switch {
		case !module.NameRE.MatchString(manifest.Name) || names[manifest.Name]:
			return fmt.Errorf("module %q: bad or repeated name", manifest.Name)
		case !module.PathRE.MatchString(manifest.Path) || paths[manifest.Path] || slices.Contains(reservedPaths, manifest.Path):
			return fmt.Errorf("module %s: bad, repeated or reserved path %q", manifest.Name, manifest.Path)
		case manifest.Catalogue == nil:
			return fmt.Errorf("module %s: no catalogue", manifest.Name)
		}
		names[manifest.Name], paths[manifest.Path] = true, true
	}
	return nil
}

// logModules says at start which modules there are and what each can do.
func logModules(log *slog.Logger, modules []module.Module) {
	for _, m := range modules {
		var can []string
		for _, c := range capabilities {
			if c.has(m) {
				can = append(can, c.name)
			}
		}
		log.Info("module", "name", m.Manifest().Name, "path", m.Manifest().Path, "capabilities", can)
	}
}
