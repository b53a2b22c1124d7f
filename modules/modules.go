// Package modules lists the features of the platform. Adding one is a folder
// here, a line below, and its migrations; removing one is the reverse.
package modules

import (
	"parvis/app/kernel"
	"parvis/app/module"
	"parvis/modules/agenda"
	"parvis/modules/associations"
	"parvis/modules/budgets"
	"parvis/modules/consultations"
	"parvis/modules/ideas"
	"parvis/modules/missions"
)

// All returns every module, in the order of the menu. Each is given only what
// it needs.
func All(p *kernel.Platform) []module.Module {
	directory := associations.New(associations.Deps{DB: p.DB, Files: p.Files, People: p.Identity, URL: p.URL, Agenda: p.Agenda, Log: p.Log})
	help := missions.New(missions.Deps{DB: p.DB, Identity: p.Identity, Hosts: directory, URL: p.URL, Secret: p.Key("missions"), Log: p.Log})
	funds := budgets.New(budgets.Deps{DB: p.DB, Box: p.Box, Files: p.Files, Identity: p.Identity, URL: p.URL, Live: p.Live, Helpers: help, Log: p.Log})
	diary := agenda.New(agenda.Deps{DB: p.DB, Organisations: directory, Agenda: p.Agenda, Diarists: p.Diarists, URL: p.URL})
	directory.Attend(diary, help)
	return []module.Module{
		consultations.New(consultations.Deps{DB: p.DB, Box: p.Box, Files: p.Files, Live: p.Live, Log: p.Log}),
		funds,
		ideas.New(ideas.Deps{DB: p.DB, Discussion: p.Discussion, Identity: p.Identity, Files: p.Files, Budgets: funds, URL: p.URL, Log: p.Log}),
		directory,
		diary,
		help,
	}
}
