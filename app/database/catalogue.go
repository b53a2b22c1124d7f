package database

import "embed"

// Catalogue holds what the faults of this package say to citizens.
//
//go:embed i18n/*.json
var Catalogue embed.FS
