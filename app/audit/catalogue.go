package audit

import "embed"

// Catalogue holds the names of the acts that the journal keeps.
//
//go:embed i18n/*.json
var Catalogue embed.FS
