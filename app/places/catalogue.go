package places

import "embed"

// Catalogue holds what is said of places.
//
//go:embed i18n/*.json
var Catalogue embed.FS
