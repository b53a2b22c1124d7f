package views

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"parvis/app/i18n"
	"parvis/app/ui"
)

func crumbs(ctx context.Context) []ui.Link {
	return []ui.Link{{Label: i18n.T(ctx, "agenda.title"), Href: "/agenda"}}
}

// weekdays are the heads of a month: short and long names, from Monday.
//
// i18n: agenda.weekday.*
func weekdays(ctx context.Context) []ui.Option {
	days := make([]ui.Option, 7)
	for i := range days {
		key := "agenda.weekday." + [...]string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}[(i+int(time.Monday)+6)%7]
		days[i] = ui.Option{Value: i18n.Message(ctx, key+".short", nil), Label: i18n.Message(ctx, key, nil)}
	}
	return days
}

func current(today bool) templ.Attributes {
	if today {
		return templ.Attributes{"aria-current": "date"}
	}
	return nil
}

// level is a row whose heading has another level.
func level(r Row, n int) ui.RowProps {
	props := r.RowProps
	props.Level = n
	return props
}
