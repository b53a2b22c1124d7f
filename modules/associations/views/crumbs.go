package views

import (
	"context"

	"parvis/app/i18n"
	"parvis/app/ui"
)

func crumbs(ctx context.Context) []ui.Link {
	return []ui.Link{{Label: i18n.T(ctx, "associations.title"), Href: "/associations"}}
}

func deskCrumbs(ctx context.Context, name, desk string) []ui.Link {
	return append(crumbs(ctx), ui.Link{Label: i18n.T(ctx, "associations.desk.of", "Name", name), Href: desk})
}

func officeCrumbs(ctx context.Context) []ui.Link {
	return []ui.Link{{Label: i18n.T(ctx, "associations.title"), Href: "/office/associations"}}
}
