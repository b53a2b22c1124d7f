package views

import (
	"context"

	"parvis/app/i18n"
	"parvis/app/ui"
)

func emptyAction(ctx context.Context, staff bool) *ui.Link {
	if staff {
		return &ui.Link{Label: i18n.T(ctx, "site.home.empty.staff"), Href: "/office"}
	}
	return &ui.Link{Label: i18n.T(ctx, "site.home.empty.action"), Href: "/inscription"}
}

func registerTable(ctx context.Context, holdings []Holding) ui.TableProps {
	table := ui.TableProps{
		Caption: i18n.T(ctx, "site.register.title"),
		Columns: []ui.Column{
			{Label: i18n.T(ctx, "site.register.what")}, {Label: i18n.T(ctx, "site.register.purpose")},
			{Label: i18n.T(ctx, "site.register.basis")}, {Label: i18n.T(ctx, "site.register.retention")},
		},
	}
	for _, h := range holdings {
		table.Rows = append(table.Rows, ui.Row{Cells: []ui.Cell{ui.Text(h.What), ui.Text(h.Purpose), ui.Text(h.LegalBasis), ui.Text(h.Retention)}})
	}
	return table
}

func deedMeta(d Deed) []ui.Meta {
	if d.When == "" {
		return nil
	}
	return []ui.Meta{{Icon: "calendar", Text: d.When}}
}
