package access

import (
	"slices"
	"time"

	"github.com/google/uuid"

	"parvis/app/citizen"
	"parvis/app/fault"
)

// Requirements is what somebody must be or have shown in order to take part.
// The zero value asks for nothing but an account. It is stored, as JSON, in
// what it governs (the ruleset of a poll).
type Requirements struct {
	Person    citizen.Proof  `json:"person"`             // at least this proof of person
	Residence citizen.Proof  `json:"residence"`          // at least this proof of residence
	Roles     []citizen.Role `json:"roles,omitempty"`    // one of these, anywhere on the site; empty: no role needed
	AgeFrom   int            `json:"age_from,omitempty"` // completed years, included; 0: no lower limit
	AgeTo     int            `json:"age_to,omitempty"`   // completed years, included; 0: no upper limit
	AgeOn     string         `json:"age_on,omitempty"`   // the day the age is taken, "2027-01-01"; "": today
	Zones     []uuid.UUID    `json:"zones,omitempty"`    // lives in one of these; empty: anywhere
}

const (
	proofsHref  = "/moi/preuves"
	profileHref = "/moi/profil"
)

var signIn = Reason{Key: ErrSignInRequired.Key, RemedyKey: "access.sign_in.remedy", RemedyHref: "/connexion"}

// Missing returns why v does not satisfy r on the given day, in the order in
// which a person would put things right; none when v does. today is the
// tenant's civil day, as "2006-01-02".
func (r Requirements) Missing(v citizen.Viewer, today string) []Reason {
	if !v.SignedIn {
		return []Reason{signIn}
	}
	var missing []Reason
	missing = append(missing, r.missingRole(v)...)
	missing = append(missing, r.missingAge(v, today)...)
	missing = append(missing, r.missingZone(v)...)
	if v.Person < r.Person {
		missing = append(missing, personReasons[r.Person])
	}
	if v.Residence < r.Residence {
		missing = append(missing, residenceReasons[r.Residence])
	}
	return missing
}

//i18n: access.person.* access.residence.*

var personReasons = map[citizen.Proof]Reason{
	citizen.PersonEmail:         {Key: "access.person.email", RemedyKey: "access.person.email.remedy", RemedyHref: proofsHref},
	citizen.PersonPhone:         {Key: "access.person.phone", RemedyKey: "access.person.phone.remedy", RemedyHref: proofsHref},
	citizen.PersonFranceConnect: {Key: "access.person.franceconnect", RemedyKey: "access.person.franceconnect.remedy", RemedyHref: proofsHref},
	citizen.PersonDesk:          {Key: "access.person.desk", RemedyKey: "access.person.desk.remedy", RemedyHref: proofsHref},
}

var residenceReasons = map[citizen.Proof]Reason{
	citizen.ResidenceDeclared: {Key: "access.residence.declared", RemedyKey: "access.residence.declared.remedy", RemedyHref: profileHref},
	citizen.ResidenceLetter:   {Key: "access.residence.letter", RemedyKey: "access.residence.letter.remedy", RemedyHref: proofsHref},
	citizen.ResidenceDesk:     {Key: "access.residence.desk", RemedyKey: "access.residence.desk.remedy", RemedyHref: proofsHref},
}

func (r Requirements) missingRole(v citizen.Viewer) []Reason {
	if len(r.Roles) == 0 || slices.ContainsFunc(v.Grants, func(g citizen.Grant) bool { return slices.Contains(r.Roles, g.Role) }) {
		return nil
	}
	return []Reason{{Key: "access.role"}}
}

func (r Requirements) missingAge(v citizen.Viewer, today string) []Reason {
	if r.AgeFrom == 0 && r.AgeTo == 0 {
		return nil
	}
	on := r.AgeOn
	if on == "" {
		on = today
	}
	age, known := ageOn(v.BornOn, on)
	switch {
	case !known:
		return []Reason{{Key: "access.age.unknown", RemedyKey: "access.age.unknown.remedy", RemedyHref: profileHref}}
	case age < r.AgeFrom:
		return []Reason{{Key: "access.age.too_young", Args: fault.Args{"Count": r.AgeFrom}}}
	case r.AgeTo > 0 && age > r.AgeTo:
		return []Reason{{Key: "access.age.too_old", Args: fault.Args{"Count": r.AgeTo}}}
	}
	return nil
}

func (r Requirements) missingZone(v citizen.Viewer) []Reason {
	switch {
	case len(r.Zones) == 0 || slices.Contains(r.Zones, v.Zone):
		return nil
	case v.Zone == uuid.Nil:
		return []Reason{{Key: "access.zone.unknown", RemedyKey: "access.zone.unknown.remedy", RemedyHref: profileHref}}
	default:
		return []Reason{{Key: "access.zone.other", RemedyKey: "access.zone.other.remedy", RemedyHref: profileHref}}
	}
}

// ageOn returns the completed years of somebody born on born at the day on.
// Whoever was born on 29 February grows older on 1 March of ordinary years.
func ageOn(born, on string) (years int, known bool) {
	b, errB := time.Parse(time.DateOnly, born)
	o, errO := time.Parse(time.DateOnly, on)
	if errB != nil || errO != nil {
		return 0, false
	}
	years = o.Year() - b.Year()
	if o.Month() < b.Month() || (o.Month() == b.Month() && o.Day() < b.Day()) {
		years--
	}
	return years, true
}
