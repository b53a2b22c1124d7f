package associations

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/google/uuid"

	"parvis/app/fault"
	"parvis/app/identity"
	"parvis/app/search"
	"parvis/app/tenant"
)

// complaints gathers what is wrong with the fields of a form.
type complaints []fault.Field

// when adds a complaint about a field if bad.
func (c *complaints) when(bad bool, field, key string) {
	if bad {
		*c = append(*c, fault.Field{Name: field, Key: key})
	}
}

// bound adds a complaint about a text that is longer than limit characters.
func (c *complaints) bound(text, field string, limit int) {
	if utf8.RuneCountInString(text) > limit {
		*c = append(*c, fault.Field{Name: field, Key: "associations.too_long", Args: fault.Args{"Limit": limit}})
	}
}

// err returns the fault that says it all, nil when nothing is wrong.
func (c complaints) err() error {
	if len(c) == 0 {
		return nil
	}
	return fault.OnFields(c...)
}

// tidy keeps the lines of a text as the browser sends them, without what
// PostgreSQL cannot hold.
func tidy(text string) string {
	return strings.TrimSpace(strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "").Replace(text))
}

// line keeps a text on one line.
func line(text string) string { return strings.Join(strings.Fields(tidy(text)), " ") }

// trimmed returns the sheet as it is kept: numbers without their spaces, the
// site with its scheme.
func (s Sheet) trimmed() Sheet {
	for _, field := range []*string{&s.Name, &s.Acronym, &s.Purpose, &s.Address, &s.Email, &s.Phone, &s.Website} {
		*field = line(*field)
	}
	s.Body = tidy(s.Body)
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
func (s Sheet) check(c *complaints, town *tenant.Tenant) {
	c.when(search.Words(s.Name) == "", "name", "associations.name.missing")
	c.bound(s.Name, "name", maxName)
	c.bound(s.Acronym, "acronym", maxAcronym)
	c.when(s.Purpose == "", "purpose", "associations.purpose.missing")
	c.bound(s.Purpose, "purpose", maxPurpose)
	c.bound(s.Body, "body", maxBody)
	c.when(!knownTheme(s.Theme), "theme", "associations.theme.missing")
	known := s.Zone == uuid.Nil || slices.ContainsFunc(town.Zones, func(z tenant.Zone) bool { return z.ID == s.Zone })
	c.when(!known, "zone", "associations.zone.unknown")
	c.bound(s.Address, "address", maxAddress)
	_, badEmail := identity.ParseEmail(s.Email)
	c.when(s.Email != "" && (badEmail != nil || len(s.Email) > maxEmail), "email", "associations.email.bad")
	c.when(s.Phone != "" && (!phoneRE.MatchString(s.Phone) || len(s.Phone) > maxPhone), "phone", "associations.phone.bad")
	c.when(s.Website != "" && !isWeb(s.Website), "website", "associations.website.bad")
	_, goodRNA := parseRNA(s.RNA)
	c.when(!goodRNA, "rna", "associations.rna.bad")
	_, goodSIRET := parseSIRET(s.SIRET)
	c.when(!goodSIRET, "siret", "associations.siret.bad")
}

// isWeb reports whether text is the address of a site.
func isWeb(text string) bool {
	address, err := url.Parse(text)
	return err == nil && (address.Scheme == "https" || address.Scheme == "http") && strings.Contains(address.Host, ".") && len(text) <= maxWebsite
}

// checkClaim says what is wrong with a claim.
func checkClaim(c *complaints, position, message string) {
	c.when(!slices.Contains(Positions, position), "position", "associations.position.missing")
	c.bound(message, "message", maxMessage)
}

// checkReason says what is wrong with a reason that will be told.
func checkReason(reason string) error {
	var wrong complaints
	wrong.when(reason == "", "reason", "associations.reason.missing")
	wrong.bound(reason, "reason", maxReason)
	return wrong.err()
}
