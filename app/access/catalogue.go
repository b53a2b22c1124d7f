package access

import "embed"

// Catalogue holds the reasons and remedies, in each language.
//
//go:embed i18n/*.json
var Catalogue embed.FS
