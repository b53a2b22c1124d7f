// Package voting is the ballot box: polls, their rules, who has voted, what
// was voted, the log that proves it, and what may be seen of it when.
//
// One box serves every module that asks questions. A ballot is acknowledged
// only after PostgreSQL has committed it; a poll opens and closes by the
// database's clock, inside the transaction of each ballot; what must never
// happen (two ballots for one voter) is refused by a constraint and not by
// code alone.
//
// The package never counts by itself (see voting/counting), never shows a
// page (see booth), and never tells who voted what: not in a result, not in
// an export, not in a log line.
package voting
