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
