package kernel

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"parvis/app/citizen"
	"parvis/app/module"
	"parvis/app/tenant"
)

// Agenda is the town's agenda, made of what every module says.
type Agenda = module.Agenda

func (a *App) agenda(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, q module.CalendarQuery, after *module.CalendarEntry) ([]module.CalendarEntry, error) {
	all, err := module.Gather(ctx, a.Modules, t, func(ctx context.Context, of module.Manifest, c module.Calendarer) ([]module.CalendarEntry, error) {
		if q.Module != "" && q.Module != of.Name {
			return nil, nil
		}
		entries, err := c.Calendar(ctx, t, v, startOf(q, of.Name, after))
		if err != nil {
			return nil, fmt.Errorf("agenda of %s: %w", of.Name, err)
		}
		for i := range entries {
			entries[i].Module = of.Name
		}
		return entries, nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortFunc(all, inAgenda)
	return all[:min(len(all), q.Limit)], nil
}

// diarists are the modules with something in the agenda of a town.
func (a *App) diarists(t *tenant.Tenant) []module.Manifest {
	var list []module.Manifest
	for _, m := range a.Modules {
		if _, ok := m.(module.Calendarer); ok && t.Enabled(m.Manifest().Name) {
			list = append(list, m.Manifest())
		}
	}
	return list
}

// inAgenda is the order of the agenda.
func inAgenda(a, b module.CalendarEntry) int {
	return cmp.Or(a.Starts.Compare(b.Starts), cmp.Compare(a.Module, b.Module), bytes.Compare(a.ID[:], b.ID[:]))
}

// startOf is where a page that comes after an entry begins in one module: at
// all that the order puts behind that entry.
func startOf(q module.CalendarQuery, name string, after *module.CalendarEntry) module.CalendarQuery {
	if after == nil {
		return q
	}
	q.From = after.Starts
	switch {
	case name == after.Module:
		q.After = after.ID
	case name < after.Module: // of that moment, everything was before
		q.From = q.From.Add(time.Microsecond)
	}
	return q
}
