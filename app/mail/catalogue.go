package mail

import "embed"

// Catalogue holds the words of letters and of the outbox page.
//
//go:embed i18n/*.json
var Catalogue embed.FS
