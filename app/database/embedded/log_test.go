package embedded

import (
	"log/slog"
	"testing"
)

// The first lines a newcomer reads must not be a false alarm; a true one must stay.
func TestOnlyWhatIsWrongIsWarnedOf(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]slog.Level{
		"FATAL:  the database system is starting up":               slog.LevelDebug,
		"FATAL:  the database system is shutting down":             slog.LevelDebug,
		"LOG:  database system is ready to accept connections":     slog.LevelDebug,
		"FATAL:  could not write lock file: No space left":         slog.LevelWarn,
		"PANIC:  could not write to file: No space left on device": slog.LevelWarn,
	} {
		if got := severity(line); got != want {
			t.Errorf("%q is logged as %v, want %v", line, got, want)
		}
	}
}
