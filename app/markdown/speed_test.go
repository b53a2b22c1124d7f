package markdown

import (
	"strings"
	"testing"
	"time"
)

// A body of the largest size a form accepts must not hold a server, whatever is in it.
func TestLargestHostileTextRendersQuickly(t *testing.T) {
	const size = 30_000
	for _, piece := range []string{"[", "> ", "*a ", "`", "- ", "![", "<", "|", "**_", "[a](", "&#", "a|b\n-|-\n", "1. ", "\t", "~~", "](", "http://a."} {
		start := time.Now()
		HTML(strings.Repeat(piece, size/len(piece)), 3)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d bytes of %q took %v", size, piece, took)
		}
	}
}

// A town's table must not take the server away from every other town.
func TestOneTableCannotTakeEveryTownDown(t *testing.T) {
	for _, margin := range []string{"", "> ", "   "} {
		columns := 2_000
		source := margin + strings.Repeat("|a", columns) + "\n" + margin + strings.Repeat("|-", columns) + "\n" + strings.Repeat(margin+"|\n", 5_000)
		if out := HTML(source, 3); len(out) > 20*len(source) {
			t.Errorf("%d bytes became %d", len(source), len(out))
		}
	}
	ordinary := strings.Repeat("| a ", 12) + "|\n" + strings.Repeat("|---", 12) + "|\n" + strings.Repeat(strings.Repeat("| 1 ", 12)+"|\n", 500)
	if out := HTML(ordinary, 3); strings.Count(out, "<tr>") != 501 {
		t.Error("an ordinary table is not shown as one")
	}
}
