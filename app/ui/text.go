package ui

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/a-h/templ"

	"parvis/app/i18n"
	"parvis/app/tenant"
)

// windowTitle is the page's title followed by the site's name.
func windowTitle(ctx context.Context, title string) string {
	site := ChromeOf(ctx).siteName()
	if title == "" || title == site {
		return site
	}
	return title + " · " + site
}

// officePage keeps the back office out of search engines, and its windows
// apart from the public ones of the same things.
func officePage(ctx context.Context, p PageProps) PageProps {
	p.NoIndex = true
	p.Title += " · " + i18n.T(ctx, "ui.office")
	return p
}

// titled ties a section to its title, by the id when it has one.
func titled(id, title string) templ.Attributes {
	if id == "" {
		return templ.Attributes{"aria-label": title}
	}
	return templ.Attributes{"aria-labelledby": id}
}

// named gives an element its id, when there is one.
func named(id string) templ.Attributes {
	if id == "" {
		return nil
	}
	return templ.Attributes{"id": id}
}

func boothClass(p BoothProps) string {
	if p.Kiosk {
		return "booth kiosk"
	}
	return "booth"
}

// schemeOf is the scheme the page is forced to, "" for the reader's choice.
func schemeOf(ctx context.Context, asked Scheme) string {
	if forced := ChromeOf(ctx).Scheme; forced != "" {
		return string(forced)
	}
	return string(asked)
}

// signInHref leads to the sign-in page, and back here afterwards.
func signInHref(ctx context.Context) string {
	path := ChromeOf(ctx).Path
	if path == "" || path == "/" {
		return "/connexion"
	}
	return "/connexion?retour=" + url.QueryEscape(path)
}

// accessibility is the declared conformity, as the footer must say it.
func accessibility(ctx context.Context) string {
	return orText(ChromeOf(ctx).Accessibility, i18n.T(ctx, "ui.accessibility.none"))
}

// townBelow is the town's name when the site has a name of its own.
func townBelow(ctx context.Context) string {
	t := ChromeOf(ctx).Tenant
	if t == nil || t.SiteName == "" || t.SiteName == t.Name {
		return ""
	}
	return t.Name
}

func current(yes bool) string {
	if yes {
		return "page"
	}
	return "false"
}

func orText(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// screenAttrs makes the whole screen follow its topic.
func screenAttrs(p ScreenProps) templ.Attributes {
	attrs := topicAttrs(p.Topic, orText(p.Audience, "screen"), p.Rev)
	return merge(set(attrs, "data-state", p.State), p.Attrs)
}

func screenScripts(p ScreenProps) []string {
	if p.Topic == "" || slices.Contains(p.Scripts, "live.js") {
		return p.Scripts
	}
	return append([]string{"live.js"}, p.Scripts...)
}

// headingClass makes long questions smaller, so that the screen holds the rest.
func headingClass(text string) string {
	switch n := utf8.RuneCountInString(text); {
	case n > 90:
		return "screen-heading screen-heading-small"
	case n > 45:
		return "screen-heading screen-heading-medium"
	default:
		return "screen-heading"
	}
}

// bindAttrs makes an element show a live number.
func bindAttrs(name string) templ.Attributes {
	if name == "" {
		return nil
	}
	return templ.Attributes{"data-live-bind": name}
}

// initials are at most two letters that stand for a name.
func initials(name string) string {
	var letters []rune
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '-' || r == '’' || r == '\'' }) {
		letters = append(letters, unicode.ToUpper([]rune(word)[0]))
	}
	switch len(letters) {
	case 0:
		return "?"
	case 1:
		return string(letters)
	default:
		return string(letters[0]) + string(letters[len(letters)-1])
	}
}

// ZoneOptions lists the parts of a town for a form.
func ZoneOptions(t *tenant.Tenant) []Option {
	options := make([]Option, len(t.Zones))
	for i, z := range t.Zones {
		options[i] = Option{Value: z.ID.String(), Label: z.Name}
	}
	return options
}
