package site

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"text/template"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/module"
	"parvis/app/places"
	"parvis/app/site/views"
	"parvis/app/tenant"
	"parvis/app/web"
)

//go:embed legal
var legalTexts embed.FS

var legalTemplates = template.Must(parseLegal())

func parseLegal() (*template.Template, error) {
	all := template.New("legal")
	for _, lang := range i18n.Languages() {
		for _, p := range legalPages {
			name := "legal/" + lang + p.path + ".md"
			source, err := legalTexts.ReadFile(name)
			if err != nil {
				return nil, err
			}
			if _, err := all.New(lang + p.path).Parse(string(source)); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

const accessibilityPath = "/accessibilite"

type legalPage struct {
	path, title string
	register    bool // ends with the register of processing activities
}

// legalPages are the pages of the footer, prefilled for every tenant.
//
// i18n: site.legal.*
var legalPages = []legalPage{
	{path: "/mentions-legales", title: "site.legal.mentions.title"},
	{path: "/donnees-personnelles", title: "site.legal.data.title", register: true},
	{path: "/charte", title: "site.legal.charter.title"},
	{path: accessibilityPath, title: "site.legal.access.title"},
}

// Legal is what an administrator fills in for the legal pages.
type Legal struct {
	Director string `json:"director,omitempty"` // of the publication
	Address  string `json:"address,omitempty"`
	Hosting  string `json:"hosting,omitempty"`
	DPO      string `json:"dpo,omitempty"` // e-mail
	SIRET    string `json:"siret,omitempty"`
	Audit    *Audit `json:"audit,omitempty"` // of accessibility; none until one is entered
}

// Audit is an audit of accessibility under the RGAA.
type Audit struct {
	On      time.Time `json:"on"`
	By      string    `json:"by"`
	Percent int       `json:"percent"` // of the applicable criteria that are met
}

// Conformity returns the message key of the declared conformity: below half
// of the criteria a site is not compliant, and only all of them make it fully so.
func (a *Audit) Conformity() string {
	switch {
	case a == nil || a.Percent < 50:
		return "site.legal.access.no"
	case a.Percent < 100:
		return "site.legal.access.partly"
	default:
		return "site.legal.access.fully"
	}
}

// legalData fills the placeholders of the texts.
type legalData struct {
	Publisher, Contact, Host, PlacesSource string
	Legal
	AuditStatus, AuditOn, AuditBy string
	AuditRate                     int
}

func (s *Site) legal(p legalPage) fiber.Handler {
	return func(c *fiber.Ctx) error {
		ctx, t := web.Context(c), web.Tenant(c)
		data, override, err := s.legalData(ctx, t, strings.TrimPrefix(p.path, "/"))
		if err != nil {
			return err
		}
		text := override
		if text == "" {
			if text, err = readyText(ctx, p, data); err != nil {
				return err
			}
		}
		page := views.Legal{Title: i18n.T(ctx, p.title), HTML: markdown.HTML(text, 2)}
		if p.register {
			page.Register = s.register(ctx, t)
		}
		return web.Page(c, views.LegalPage(page))
	}
}

// readyText writes the ready-made text of a page.
func readyText(ctx context.Context, p legalPage, data legalData) (string, error) {
	var b strings.Builder
	if err := legalTemplates.ExecuteTemplate(&b, i18n.Lang(ctx)+p.path, data); err != nil {
		return "", fmt.Errorf("write %s: %w", p.path, err)
	}
	return b.String(), nil
}

// legalData reads what the administrator filled in, and the text that
// replaces the ready-made one, if any.
func (s *Site) legalData(ctx context.Context, t *tenant.Tenant, page string) (legalData, string, error) {
	data := legalData{Publisher: t.Name, Host: t.Hosts[0], PlacesSource: places.Source}
	var settings, override string
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`SELECT email, settings, coalesce(pages->>?, '') FROM core.tenants WHERE id = ?`, page, t.ID).
			Scan(ctx, &data.Contact, &settings, &override)
	})
	if err != nil {
		return data, "", fmt.Errorf("read the legal texts: %w", err)
	}
	if err := json.Unmarshal([]byte(settings), &data.Legal); err != nil {
		return data, "", fmt.Errorf("read the settings of %s: %w", t.Slug, err)
	}
	if a := data.Audit; a != nil {
		data.AuditStatus, data.AuditOn = i18n.T(ctx, a.Conformity()), i18n.Date(ctx, a.On)
		data.AuditBy, data.AuditRate = a.By, a.Percent
	}
	return data, override, nil
}

// register says what is kept about people: by the platform, then by each
// module that is switched on.
func (s *Site) register(ctx context.Context, t *tenant.Tenant) []views.Holding {
	holdings := append([]module.Holding(nil), s.holdings...)
	_ = enabled(s, t, func(_ module.Manifest, m module.PersonalData) error {
		holdings = append(holdings, m.Holdings()...)
		return nil
	})
	lines := make([]views.Holding, len(holdings))
	for i, h := range holdings {
		lines[i] = views.Holding{
			What: i18n.T(ctx, h.What), Purpose: i18n.T(ctx, h.Purpose),
			LegalBasis: i18n.T(ctx, h.LegalBasis), Retention: i18n.T(ctx, h.Retention),
		}
	}
	return lines
}
