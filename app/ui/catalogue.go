package ui

import "embed"

// Catalogue holds the words of the components.
//
//go:embed i18n/*.json
var Catalogue embed.FS
