package associations

import (
	"strings"
	"time"

	"github.com/google/uuid"

	"parvis/app/module"
	"parvis/app/places"
)

// Bounds of what is typed, in characters.
const (
	maxName    = 150
	maxAcronym = 30
	maxPurpose = 400
	maxBody    = 10_000
	maxAddress = 200
	maxEmail   = 200
	maxPhone   = 30
	maxWebsite = 300
	maxMessage = 1_000
	maxReason  = 500
	maxTitle   = 150
)

// State is where an association stands in the directory.
type State string

// The states. Only a verified association publishes anything beyond its page.
const (
	Pending  State = "pending"  // made by somebody who answers for it: not public before the town hall has checked
	Listed   State = "listed"   // made by the town hall: public, nobody has been checked yet
	Verified State = "verified" // the town hall has checked that it exists, and who answers for it
	Refused  State = "refused"  // not public
	Closed   State = "closed"   // it is no more; not public
)

// states lists them in the order of the back office.
var states = []State{Pending, Listed, Verified, Refused, Closed}

// Public reports whether anyone may see its page.
func (s State) Public() bool { return s == Listed || s == Verified }

// Association is an association of the town.
type Association struct {
	ID      uuid.UUID
	Version int64 // grows at each change
	Sheet

	Logo       string // hash of the file; "" for none
	State      State
	Reason     string // why it was refused or closed
	VerifiedAt time.Time
	CreatedAt  time.Time
	UpdatedAt  time.Time
}

// Sheet is what an association says of itself, all of it public.
type Sheet struct {
	Name    string
	Acronym string
	Purpose string // one or two sentences
	Body    string // Markdown
	Theme   string
	Zone    uuid.UUID // zero: the whole territory
	Address string
	At      places.Point
	Email   string // the association's, never a person's
	Phone   string
	Website string
	RNA     string
	SIRET   string
}

// organisation is what other modules know of it.
func (a *Association) organisation() module.Organisation {
	return module.Organisation{
		ID: a.ID, Name: a.Name, Href: href(a.ID), Desk: deskHref(a.ID), Verified: a.State == Verified, Listed: a.State.Public(),
		Zone: a.Zone, Address: a.Address, Lat: a.At.Lat, Lon: a.At.Lon,
	}
}

// Positions are what somebody may do in an association, as they say.
var Positions = []string{"president", "treasurer", "secretary", "board", "employee", "member"}

// ClaimState is what became of a claim.
type ClaimState string

// The states of a claim.
const (
	Waiting   ClaimState = "waiting"
	Accepted  ClaimState = "accepted"
	Denied    ClaimState = "refused"
	Withdrawn ClaimState = "withdrawn"
)

// Post is a piece of news of an association.
type Post struct {
	ID    uuid.UUID
	At    time.Time
	Title string
	Body  string // Markdown
}

// Theme is what an association is about: families of social objects of the
// national directory (répertoire national des associations), gathered under a
// word that people use.
type Theme struct {
	Name     string   // in addresses; on screen, the message "associations.theme.<Name>"
	Families []string // the first three digits of the social object (objet social)
}

// Themes covers all the families.
var Themes = []Theme{
	{"sport", []string{"011"}},
	{"culture", []string{"006"}},
	{"loisirs", []string{"007", "009", "013", "014"}},
	{"education", []string{"015", "016", "005"}},
	{"solidarite", []string{"018", "019", "020"}},
	{"familles-aines", []string{"021"}},
	{"sante", []string{"017"}},
	{"environnement", []string{"024"}},
	{"patrimoine", []string{"010", "034"}},
	{"vie-locale", []string{"030", "032"}},
	{"citoyennete", []string{"001", "002", "003", "004"}},
	{"economie", []string{"022", "023"}},
	{"securite-memoire", []string{"036", "038"}},
	{"cultes", []string{"040"}},
	{"autre", []string{"050"}},
}

// knownTheme reports whether there is a theme of that name.
func knownTheme(name string) bool {
	for _, t := range Themes {
		if t.Name == name {
			return true
		}
	}
	return false
}

// ThemeOf returns the theme of a social object of the national directory:
// "011075", or its family, "011".
func ThemeOf(object string) string {
	for _, t := range Themes {
		for _, family := range t.Families {
			if strings.HasPrefix(object, family) {
				return t.Name
			}
		}
	}
	return "autre"
}
