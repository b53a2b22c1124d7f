package views

import (
	"context"

	"parvis/app/i18n"
)

// lead says what the list is for.
func lead(ctx context.Context, l List) string {
	if l.Civil {
		return i18n.T(ctx, "electors.lead.civil")
	}
	return i18n.T(ctx, "electors.lead.mail")
}
