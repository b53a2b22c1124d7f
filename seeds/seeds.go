// Package seeds fills a demonstration with believable towns. They are files
// that anyone can read and change (towns/*.toml), loaded through the modules'
// own services, with dates relative to the day they are loaded: whatever the
// date, something is open, something is decided, something is to come.
package seeds

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"time"

	"github.com/BurntSushi/toml"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/identity"
	"parvis/app/kernel"
	"parvis/app/places"
	"parvis/app/site"
	"parvis/app/tenant"
	"parvis/modules/consultations"
)

//go:embed towns
var towns embed.FS

// town is a file of towns/.
type town struct {
	INSEE         string
	Slug          string
	Name          string
	SiteName      string `toml:"site_name"`
	Host          string
	Color         string
	Contact       string
	Director      string
	Modules       []string
	Zones         []string
	Center        string         // latitude, longitude
	Radius        int            // kilometres
	Accounts      []account      `toml:"account"`
	Consultations []consultation `toml:"consultation"`
}

type account struct {
	Name, Email, Note, Zone, Born, Person, Residence string
	Roles                                            []string
}

// Load creates the demonstration towns that are not there yet.
func Load(ctx context.Context, s kernel.Seeding) error {
	files, err := fs.Glob(towns, "towns/*.toml")
	if err != nil {
		return err
	}
	ctx = database.Patiently(ctx, time.Minute)
	for _, file := range files {
		var w town
		meta, err := toml.DecodeFS(towns, file, &w)
		if err != nil {
			return fmt.Errorf("read %s: %w", file, err)
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			return fmt.Errorf("read %s: unknown key %s", file, unknown[0])
		}
		if err := w.readConsultations(); err != nil {
			return err
		}
		if err := load(ctx, s, w); err != nil {
			return fmt.Errorf("load %s: %w", file, err)
		}
	}
	s.Directory.Forget()
	return nil
}

// load creates one town. Its last account comes last: a town that has them all
// is complete, and one that was interrupted before says so.
func load(ctx context.Context, s kernel.Seeding, w town) error {
	if t, err := s.Directory.ByHost(ctx, w.Host); err == nil {
		offered, err := s.Identity.DemoAccounts(ctx, t)
		if err == nil && len(offered) < len(w.Accounts) {
			err = fmt.Errorf("un chargement précédent a été interrompu : videz le dossier %s, puis recommencez", s.Config.Data)
		}
		return err
	}
	center, err := places.ParsePoint(w.Center)
	if err != nil {
		return fmt.Errorf("center %q: %w", w.Center, err)
	}
	t, err := site.Add(ctx, s.DB, site.NewTenant{
		INSEE: w.INSEE, Slug: w.Slug, Name: w.Name, SiteName: w.SiteName, Hosts: []string{w.Host}, Color: w.Color,
		Email: w.Contact, Modules: w.Modules, Zones: w.Zones, Territory: tenant.Territory{CenterLat: center.Lat, CenterLon: center.Lon, Radius: w.Radius * 1000}, Legal: site.Legal{Director: w.Director}, Demo: true,
	})
	if err != nil {
		return err
	}
	editions, err := budget(w.Slug)
	if err != nil {
		return err
	}
	last := max(len(w.Accounts)-1, 0)
	named, err := accounts(ctx, s, t, w.Accounts[:last])
	if err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	crowd, err := s.Identity.Demo(ctx, t, inhabitants(t, max(w.crowd(), voters(editions)), w.proven()))
	if err != nil {
		return fmt.Errorf("people: %w", err)
	}
	loader := loader{Seeding: s, tenant: t, people: crowd, accounts: named}
	for _, m := range s.Modules {
		if m, ok := m.(*consultations.Module); ok && t.Enabled(m.Manifest().Name) {
			loader.consultations = m
		}
	}
	for _, c := range w.Consultations {
		if err := loader.consultation(ctx, c); err != nil {
			return fmt.Errorf("consultation %s: %w", c.Slug, err)
		}
	}
	if err := loadBudgets(ctx, s, loader, editions); err != nil {
		return err
	}
	if err := loadIdeas(ctx, s, loader, w.Slug); err != nil {
		return err
	}
	if err := loadAssociations(ctx, s, loader, w.Slug); err != nil {
		return err
	}
	if err := loadMissions(ctx, s, loader, w.Slug); err != nil {
		return err
	}
	_, err = accounts(ctx, s, t, w.Accounts[last:])
	return err
}

// founder is who writes the town's past: the program itself, which has no
// account.
var founder = citizen.Viewer{SignedIn: true, Grants: []citizen.Grant{{Role: citizen.Administrator}}}

var (
	persons    = map[string]citizen.Proof{"": citizen.PersonEmail, "email": citizen.PersonEmail, "desk": citizen.PersonDesk}
	residences = map[string]citizen.Proof{"": citizen.ResidenceNone, "declared": citizen.ResidenceDeclared, "desk": citizen.ResidenceDesk}
)

// accounts opens the accounts that the sign-in page offers, and returns them as
// their sessions know them, by address.
func accounts(ctx context.Context, s kernel.Seeding, t *tenant.Tenant, list []account) (map[string]citizen.Viewer, error) {
	wanted := make([]identity.DemoAccount, len(list))
	for i, a := range list {
		wanted[i] = identity.DemoAccount{
			Name: a.Name, Email: a.Email, Note: a.Note, BornOn: a.Born, Person: persons[a.Person], Residence: residences[a.Residence],
		}
		for _, z := range t.Zones {
			if z.Name == a.Zone {
				wanted[i].Zone = z.ID
			}
		}
		for _, role := range a.Roles {
			wanted[i].Grants = append(wanted[i].Grants, citizen.Grant{Role: citizen.Role(role)})
		}
	}
	ids, err := s.Identity.Demo(ctx, t, wanted)
	if err != nil {
		return nil, err
	}
	named := map[string]citizen.Viewer{}
	for i, a := range wanted {
		named[a.Email] = citizen.Viewer{
			ID: ids[i], SignedIn: true, Name: a.Name, Zone: a.Zone, BornOn: a.BornOn, Person: a.Person, Residence: a.Residence, Grants: a.Grants,
		}
	}
	return named, nil
}
