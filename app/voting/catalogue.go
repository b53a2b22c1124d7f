package voting

import "embed"

// Catalogue holds what the box says, in each language.
//
//go:embed i18n/*.json
var Catalogue embed.FS
