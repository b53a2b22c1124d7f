package ideas

import (
	"context"

	"github.com/google/uuid"

	"parvis/app/discussion"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/modules/ideas/views"
)

const (
	sitePath   = "/idees"
	officePath = "/office/idees"
)

func href(id uuid.UUID) string       { return sitePath + "/" + id.String() }
func officeHref(id uuid.UUID) string { return officePath + "/" + id.String() }

// stateOf says what the town hall made of an idea.
func stateOf(ctx context.Context, state State) ui.State {
	switch state {
	case Studied:
		return ui.State{Word: i18n.T(ctx, "ideas.state.studied"), Tone: ui.Info, Icon: "search"}
	case Kept:
		return ui.State{Word: i18n.T(ctx, "ideas.state.kept"), Tone: ui.Success, Icon: "circle-check"}
	case Done:
		return ui.State{Word: i18n.T(ctx, "ideas.state.done"), Tone: ui.Success, Icon: "trophy"}
	case Refused:
		return ui.State{Word: i18n.T(ctx, "ideas.state.refused"), Tone: ui.Danger, Icon: "circle-x"}
	case Merged:
		return ui.State{Word: i18n.T(ctx, "ideas.state.merged"), Tone: ui.Neutral, Icon: "layers"}
	}
	return ui.State{Word: i18n.T(ctx, "ideas.state.deposited"), Tone: ui.Neutral, Icon: "lightbulb"}
}

// shownState is stateOf, unless it cannot be seen by everybody.
func shownState(ctx context.Context, i *Idea) ui.State {
	switch i.Seen {
	case draft:
		return ui.State{Word: i18n.T(ctx, "ideas.state.draft"), Tone: ui.Neutral, Icon: "pencil"}
	case discussion.Pending:
		return ui.State{Word: i18n.T(ctx, "ideas.state.pending"), Tone: ui.Warning, Icon: "eye-off"}
	case discussion.Hidden:
		return ui.State{Word: i18n.T(ctx, "ideas.state.hidden"), Tone: ui.Danger, Icon: "eye-off"}
	case discussion.Withdrawn:
		return ui.State{Word: i18n.T(ctx, "ideas.state.withdrawn"), Tone: ui.Neutral, Icon: "undo-2"}
	}
	return stateOf(ctx, i.State)
}

//i18n: ideas.theme.*

func themeName(ctx context.Context, theme string) string {
	if !knownTheme(theme) {
		return ""
	}
	return i18n.Message(ctx, "ideas.theme."+theme, nil)
}

func themeOptions(ctx context.Context) []ui.Option {
	options := make([]ui.Option, len(themes))
	for n, theme := range themes {
		options[n] = ui.Option{Value: theme, Label: themeName(ctx, theme)}
	}
	return options
}

// about is what an idea says beside its title in a list.
func about(ctx context.Context, t *tenant.Tenant, i *Idea) []ui.Meta {
	meta := []ui.Meta{{Icon: "heart", Text: i18n.T(ctx, "ideas.supports", "Count", i.Supports)}}
	if i.Comments > 0 {
		meta = append(meta, ui.Meta{Icon: "message-circle", Text: i18n.T(ctx, "ideas.comments", "Count", i.Comments)})
	}
	if zone := t.ZoneName(i.Zone); zone != "" {
		meta = append(meta, ui.Meta{Icon: "map-pin", Text: zone})
	}
	return meta
}

// item is an idea in a list.
func item(ctx context.Context, t *tenant.Tenant, i *Idea) views.Item {
	p := views.Item{
		Title: i.Title, Href: href(i.ID), Summary: markdown.Text(i.Body, 180), State: shownState(ctx, i), Meta: about(ctx, t, i), Theme: themeName(ctx, i.Theme),
	}
	if i.Photo.SHA256 != "" {
		p.Image, p.Alt = href(i.ID)+"/photo", i.PhotoAlt
	}
	return p
}

func items(ctx context.Context, t *tenant.Tenant, list []*Idea) []views.Item {
	out := make([]views.Item, len(list))
	for n, i := range list {
		out[n] = item(ctx, t, i)
	}
	return out
}

// mapOf draws the ideas that lie somewhere.
func mapOf(ctx context.Context, list []*Idea) ui.MapProps {
	p := ui.MapProps{ID: "plan", Label: i18n.T(ctx, "ideas.map.label")}
	for _, i := range list {
		if i.Point.IsZero() {
			continue
		}
		lat, lon := i.Point.Degrees()
		text := i18n.T(ctx, "ideas.supports", "Count", i.Supports)
		if i.Place != "" {
			text = i.Place + " · " + text
		}
		p.Places = append(p.Places, ui.Place{Name: i.Title, Href: href(i.ID), Text: text, Lat: lat, Lon: lon})
	}
	return p
}
