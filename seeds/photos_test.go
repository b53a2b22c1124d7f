package seeds

import (
	"image/png"
	"testing"

	"parvis/modules/budgets"
)

// TestEveryThemeHasALightDrawing: a list of projects stays within the weight of
// a page.
func TestEveryThemeHasALightDrawing(t *testing.T) {
	for i, theme := range budgets.Themes {
		drawn, err := drawing(string(theme), i)
		if err != nil {
			t.Fatal(err)
		}
		if drawn.Len() > 6<<10 {
			t.Errorf("%s weighs %d bytes", theme, drawn.Len())
		}
		t.Logf("%s: %d bytes", theme, drawn.Len())
		if _, err := png.Decode(drawn); err != nil {
			t.Error(err)
		}
	}
	if _, err := drawing("flying", 0); err == nil {
		t.Error("a theme that does not exist is drawn")
	}
}
