package associations

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/identity"
	"parvis/app/search"
	"parvis/app/tenant"
	"parvis/app/writing"
)

// trimmed returns the sheet as it is kept: numbers without their spaces, the
// site with its scheme.
func (s Sheet) trimmed() Sheet {
	for _, field := range []*string{&s.Name, &s.Acronym, &s.Purpose, &s.Address, &s.Email, &s.Phone, &s.Website} {
		*field = writing.Line(*field)
	}
	s.Body = writing.Tidy(s.Body)
	s.RNA, _ = parseRNA(s.RNA)
	s.SIRET, _ = parseSIRET(s.SIRET)
	if s.Website != "" && !strings.Contains(s.Website, "://") {
		s.Website = "https://" + s.Website
	}
	return s
}

// phoneRE is a telephone number as people write it: digits, and what groups them.
var phoneRE = regexp.MustCompile(`^\+?[0-9][0-9 .()-]{4,}$`)

// check says what is wrong with a trimmed sheet.
func (s Sheet) check(c *fault.Complaints, town *tenant.Tenant) {
	c.When(search.Words(s.Name) == "", "name", "associations.name.missing")
	c.Bound(s.Name, "name", maxName)
	c.Bound(s.Acronym, "acronym", maxAcronym)
	c.When(s.Purpose == "", "purpose", "associations.purpose.missing")
	c.Bound(s.Purpose, "purpose", maxPurpose)
	c.Bound(s.Body, "body", maxBody)
	c.When(!knownTheme(s.Theme), "theme", "associations.theme.missing")
	known := s.Zone == uuid.Nil || town.HasZone(s.Zone)
	c.When(!known, "zone", "associations.zone.unknown")
	c.Bound(s.Address, "address", maxAddress)
	_, badEmail := identity.ParseEmail(s.Email)
	c.When(s.Email != "" && (badEmail != nil || len(s.Email) > maxEmail), "email", "associations.email.bad")
	c.When(s.Phone != "" && (!phoneRE.MatchString(s.Phone) || len(s.Phone) > maxPhone), "phone", "associations.phone.bad")
	c.When(s.Website != "" && !isWeb(s.Website), "website", "associations.website.bad")
	_, goodRNA := parseRNA(s.RNA)
	c.When(!goodRNA, "rna", "associations.rna.bad")
	_, goodSIRET := parseSIRET(s.SIRET)
	c.When(!goodSIRET, "siret", "associations.siret.bad")
}

// isWeb reports whether text is the address of a site.
func isWeb(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "https" || address.Scheme == "http") && strings.Contains(address.Host, ".") && len(text) <= maxWebsite
}

// checkClaim says what is wrong with a claim.
func checkClaim(c *fault.Complaints, position, message string) {
	c.When(!slices.Contains(Positions, position), "position", "associations.position.missing")
	c.Bound(message, "message", maxMessage)
}

// checkReason says what is wrong with a reason that will be told.
func checkReason(reason string) error {
	var wrong fault.Complaints
	wrong.When(reason == "", "reason", "associations.reason.missing")
	wrong.Bound(reason, "reason", maxReason)
	return wrong.Err()
}
