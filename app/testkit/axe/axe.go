// Package axe holds axe-core 4.14.1, the accessibility checker that browser
// tests inject into pages. It is never served.
package axe

import _ "embed"

// Source is axe.min.js (Mozilla Public License 2.0, see LICENSE).
//
//go:embed axe.min.js
var Source string
