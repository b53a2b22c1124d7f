package identity

import "embed"

// Catalogue holds what this package says to people.
//
//go:embed i18n/*.json
var Catalogue embed.FS
