// Package migrations holds the schema's history, all modules together, in one
// order: that of the file names, YYYYMMDDhhmmss_owner_what.tx.up.sql. Files are
// plain SQL, forward only, and run as the owner role. Only a file that holds
// CREATE INDEX CONCURRENTLY goes without ".tx".
package migrations

import "embed"

// FS holds the migrations.
//
//go:embed *.sql
var FS embed.FS
