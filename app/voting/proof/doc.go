// Package proof is what anyone can check of a poll without trusting whoever
// ran it: the archive of its log, the receipts of its ballots, the signatures
// that bind both, and the verification of all of it, offline.
//
// The package is pure: it reads and writes bytes, and knows no database, no
// clock and no network. It shares nothing with the ballot box but the method
// of counting, so that a mistake of the box is not repeated here. FORMAT.md
// says what the bytes are; a second verifier, written from that page alone in
// plain JavaScript, is app/ui/static/src/verifier.js.
package proof
