// Package torture kills, starves, cuts off and races the program while people
// vote, and checks afterwards, from the stored rows alone, that no acknowledged
// ballot is lost, none counts twice, and the log is the one that was signed for.
//
// It holds tests only: short ones for every run, long ones with PARVIS_LONG=1.
// Each leaves its report under var/torture. README.md says what is in it.
package torture
