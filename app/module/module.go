// Package module is the contract between the platform and a feature.
//
// A module implements Module and whichever optional interfaces below it
// needs; the kernel discovers those once, at start. A module states which
// ones it means to implement with lines like
//
//	var _ module.Carder = (*Module)(nil)
//
// so that a mistyped method is a compile error rather than a silent absence.
package module

import (
	"context"
	"io/fs"
	"regexp"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/tenant"
	"parvis/realtime"
)

// Module is a feature a tenant can switch on.
type Module interface {
	// Manifest describes the module. It does no I/O and always returns the
	// same value.
	Manifest() Manifest

	// Mount adds the module's routes. Every router is already behind the
	// tenant, session and CSRF middleware and the check that the module is
	// switched on. site answers under /<Path>, office under
	// /office/<Path> (for holders of one of Manifest.Office), api under
	// /api/v1/<Path>.
	Mount(site, office, api fiber.Router)
}

// Manifest names a module. One Name serves everywhere, so that a reader who
// knows it can guess the rest: Go package modules/<name>, SQL schema <name>,
// message keys <name>.*, live topics <name>/*, migrations *_<name>_*.
type Manifest struct {
	Name      string         // English, lower case: "budgets"
	Path      string         // French, what citizens see in the address bar: "budgets-participatifs"
	Office    []citizen.Role // who may enter the module's back office
	Catalogue fs.FS          // i18n/fr.json and i18n/en.json; holds "<name>.title", the module's name on screen
}

// NameRE is what a Name must look like.
var NameRE = regexp.MustCompile(`^[a-z]{3,20}$`)

// PathRE is what a Path must look like.
var PathRE = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// Carder is a module with a card on the tenant's home page.
type Carder interface {
	// Cards returns what the module has to say there, most urgent first;
	// none when there is nothing to show.
	Cards(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]Card, error)
}

// Card is a piece of the home page.
type Card struct {
	Section Section // where on the page
	Urgency time.Time
	Body    templ.Component
}

// Section is a part of the home page.
type Section string

// The home page's sections, in order.
const (
	SectionOpen    Section = "open"    // what one can do now
	SectionDecided Section = "decided" // what was decided
	SectionAgenda  Section = "agenda"  // this week
	SectionHelp    Section = "help"    // missions near me
)

// Counter is one honest number of the home page.
type Counter struct {
	Key   string // message key; plural on Count
	Count int64
}

// Counters is a module with numbers for the home page.
type Counters interface {
	Counters(ctx context.Context, t *tenant.Tenant) ([]Counter, error)
}

// Navigator is a module with entries in the menu. A module that is switched
// on and is no Navigator has none.
type Navigator interface {
	// Menu returns the entry of the site's menu, and that of the back office.
	Menu() (site, office *Entry)
}

// Entry is an entry of a menu.
type Entry struct {
	Key  string // message key
	Href string
	Icon string // name of an icon of app/ui
}

// Broadcaster is a module with live topics, all named "<module>/…".
type Broadcaster interface {
	// Audience says as which audience viewer v may follow the topic, given the
	// one asked for, or a fault when v may not.
	Audience(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error)
	// Snapshot returns the state of a topic as an audience may see it. It is
	// called when the topic has changed, at most a few times a second however
	// many votes come in, and its answer is sent to all.
	Snapshot(ctx context.Context, topic realtime.Topic, audience realtime.Audience) (realtime.State, error)
}

// Worker is a module with something to do in the background.
type Worker interface {
	// Work returns when ctx is done, or with the error that stopped it.
	Work(ctx context.Context) error
}

// Reminder is a module that has to tell people of something when its time
// comes.
type Reminder interface {
	// Remind tells those of a town whom it is time to tell, each once however
	// often it is called: several times an hour, in the town's language.
	Remind(ctx context.Context, t *tenant.Tenant) error
}

// Searcher is a module whose content can be found.
type Searcher interface {
	// Search returns at most limit hits, best first, that v may see.
	Search(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, query string, limit int) ([]Hit, error)
}

// Hit is a search result.
type Hit struct {
	Title, Summary, Href string
	Kind                 string // message key: what it is
}

// Todoer is a module that has work waiting for staff.
type Todoer interface {
	Todos(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]Todo, error)
}

// Todo is something that waits for the viewer in the back office.
type Todo struct {
	Key   string // message key; plural on Count
	Args  map[string]any
	Count int
	Href  string
	Since time.Time
}

// PersonalData is a module that holds personal data. The register of
// processing activities (registre des traitements), export, erasure and the
// retention job are made from it.
type PersonalData interface {
	// Holdings declares what the module keeps about people, and for how long.
	Holdings() []Holding
	// Export returns what the module knows of a citizen, ready for JSON.
	Export(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) (map[string]any, error)
	// Erase removes or anonymises what the module knows of a citizen, in tx.
	Erase(ctx context.Context, tx bun.IDB, t tenant.ID, c citizen.ID) error
}

// Holding is a line of the register of processing activities. Texts are
// message keys.
type Holding struct {
	What, Purpose, LegalBasis, Retention string
}

// Activity is a module that tells a citizen what they did in it.
type Activity interface {
	// Activity returns what v did, newest first, for the page "Mon engagement".
	Activity(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) ([]Deed, error)
}

// Deed is a line of a citizen's activity.
type Deed struct {
	At    time.Time
	Key   string // message key
	Args  map[string]any
	Title string
	Href  string
}

// Companion is a module with a part of a citizen's own page, "Mon engagement",
// such as a gauge of hours.
type Companion interface {
	// Mine returns that part; nil when there is nothing to show v.
	Mine(ctx context.Context, t *tenant.Tenant, v citizen.Viewer) (templ.Component, error)
}
