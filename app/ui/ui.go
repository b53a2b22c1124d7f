// Package ui is what people see: layouts, components, icons, colours and the
// static files they need. Components receive values already decided and write
// HTML; the package knows nothing of HTTP, of the database or of any feature,
// and no right is decided here.
package ui

import (
	"context"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
)

// Chrome is everything around a page: whose site it is, who looks at it, and
// the menus. The web layer puts it in the context once for each request.
type Chrome struct {
	Tenant     *tenant.Tenant // nil on pages that belong to no town (see Plain)
	Viewer     citizen.Viewer
	Menu       []MenuItem // the site's menu
	OfficeMenu []MenuItem // the back office's menu
	Footer     []Link     // legal pages; Accessibility adds its own link
	CSRF       string     // token of the hidden field that CSRF writes
	Path       string     // path of the request, to come back to after signing in
	Lang       string     // language of the page: "fr"
	Langs      []Language // languages on offer; the switch is hidden below two
	Flash      *Flash     // said once, after a redirection
	// Accessibility is the declared conformity, as the law wants it written in
	// the footer: "non conforme" when empty.
	Accessibility string
	Scheme        Scheme // forces light or dark; the reader's choice when empty
	Demo          bool   // a demonstration: says so on every page
}

// Scheme is light or dark; the zero value follows the reader's system.
type Scheme string

// The schemes.
const (
	Light Scheme = "light"
	Dark  Scheme = "dark"
)

// MenuItem is an entry of a menu.
type MenuItem struct {
	Label, Href string
	Icon        string // name of an icon, "" for none
	Current     bool   // the page, or the part of the site, one is in
	Count       int    // what waits there; not shown when zero
}

// Link is a labelled address.
type Link struct {
	Label, Href string
	Icon        string // name of an icon, "" for none
}

// Language is a language the page exists in.
type Language struct {
	Code, Name, Href string // "en", "English", "/langue/en?retour=…"
	Current          bool
}

// Tone is what a message, a state or a notice feels like. It never carries
// meaning alone: an icon and words always go with it.
type Tone string

// The tones.
const (
	Neutral Tone = "neutral"
	Info    Tone = "info"
	Success Tone = "success"
	Warning Tone = "warning"
	Danger  Tone = "danger"
	Accent  Tone = "accent" // the town's colour: something goes on right now
)

// icon is the icon that goes with a tone when none is given.
func (t Tone) icon() string {
	switch t {
	case Success:
		return "circle-check"
	case Warning:
		return "triangle-alert"
	case Danger:
		return "circle-alert"
	case Accent:
		return "radio"
	default:
		return "info"
	}
}

// or returns t, or another tone when t is unset.
func (t Tone) or(other Tone) Tone {
	if t == "" {
		return other
	}
	return t
}

// Flash is a message said once, at the top of the next page.
type Flash struct {
	Tone Tone // Success when empty
	Text string
}

// FieldError is what is wrong with one field of a form.
type FieldError struct {
	Name    string // the field's name; "" when it is about the whole form
	Label   string // what the field is called, for the summary; "" when the message says it
	Message string // in the reader's language
}

// summary is what the summary of a form says of the field.
func (e FieldError) summary(ctx context.Context) string {
	if e.Label == "" {
		return e.Message
	}
	return i18n.T(ctx, "ui.form.about", "Field", e.Label, "Message", e.Message)
}

// Errors is what is wrong with a form, in the order of its fields.
type Errors []FieldError

// For returns the first message about the named field, or "".
func (e Errors) For(name string) string {
	for _, f := range e {
		if f.Name == name {
			return f.Message
		}
	}
	return ""
}

// Any reports whether anything is wrong.
func (e Errors) Any() bool { return len(e) > 0 }

// FieldID is the id of the control named name: what the error summary links
// to, and what a label elsewhere may point at.
func FieldID(name string) string { return "f-" + name }

type contextKey struct{}

// NewContext returns ctx carrying c.
func NewContext(ctx context.Context, c Chrome) context.Context {
	return context.WithValue(ctx, contextKey{}, c)
}

// ChromeOf returns the chrome in ctx; one without a town when there is none.
func ChromeOf(ctx context.Context) Chrome {
	c, _ := ctx.Value(contextKey{}).(Chrome)
	if c.Lang == "" {
		c.Lang = "fr"
	}
	return c
}

// siteName is the name shown in the header and in the titles.
func (c Chrome) siteName() string {
	switch {
	case c.Tenant == nil:
		return "Parvis"
	case c.Tenant.SiteName != "":
		return c.Tenant.SiteName
	default:
		return c.Tenant.Name
	}
}

// themeHref is the address of the town's colours, "" on pages of no town.
func (c Chrome) themeHref() string {
	if c.Tenant == nil {
		return ""
	}
	return "/theme.css?v=" + c.Tenant.Theme
}
