// Package counting counts ballots by every method that Parvis offers: see the constants of Method for their
// definitions, sources, tie rules and costs. It is pure: it reads a profile (options, and distinct ballots with their
// weights) and a rule, and returns an outcome with the steps that explain it. It never reads a clock, a file, a
// database or the network, keeps no state between counts, and never decides anything in floating point: totals are
// whole numbers or exact fractions, and two options are tied only if they are exactly equal.
//
// Count is the one entrance; a Histogram counts live, ballot by ballot, where the method allows it, and gives the same
// outcome. Package formats reads public files of ballots; app/voting/explain turns outcomes into sentences and tables.
package counting
