package views

import (
	"context"

	"github.com/a-h/templ"

	"parvis/app/i18n"
	"parvis/app/ui"
)

func formTitle(ctx context.Context, f Form) string {
	if f.Edit {
		return i18n.T(ctx, "ideas.edit")
	}
	return i18n.T(ctx, "ideas.new")
}

// whileTyping asks for similar ideas as the title is typed.
func whileTyping(f Form) templ.Attributes {
	if f.Edit {
		return nil
	}
	return templ.Attributes{"hx-get": f.Similar, "hx-trigger": "input changed delay:600ms", "hx-target": "#semblables", "hx-swap": "outerHTML"}
}

func caseLink(ctx context.Context, href string) *ui.Link {
	if href == "" {
		return nil
	}
	return &ui.Link{Label: i18n.T(ctx, "ideas.hidden.why"), Href: href}
}
