package audit

import (
	"context"

	"parvis/app/i18n"
)

// Label says an action in the reader's language: the message
// "audit.action.<action>" of whoever performs it. An action without a message,
// of a module that is gone, is shown as it was written.
func Label(ctx context.Context, action string) string {
	//i18n: audit.action.*
	if key := "audit.action." + action; i18n.Has(ctx, key) {
		return i18n.T(ctx, key)
	}
	return action
}
