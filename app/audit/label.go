package audit

import (
	"context"
	"strings"

	"parvis/app/i18n"
)

// Label says an action in the reader's language. The platform's actions are
// messages "audit.<action>"; a module's, "<module>.audit.<verb>"; an action
// without a message, of a module that is gone, is shown as it was written.
func Label(ctx context.Context, action string) string {
	//i18n: audit.*
	if key := "audit." + action; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	module, verb, _ := strings.Cut(action, ".")
	if key := module + ".audit." + verb; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return action
}
