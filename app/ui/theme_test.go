package ui

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestEveryBrandColourIsReadable: whatever a town's colour, all that is
// written with it, or on it, has the contrast the law asks for.
func TestEveryBrandColourIsReadable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		color := fmt.Sprintf("#%06x", rapid.Uint32Range(0, 0xffffff).Draw(t, "colour"))
		requireReadable(t, color)
	})
}

func TestExtremeBrandColoursAreReadable(t *testing.T) {
	t.Parallel()
	for _, color := range []string{"#ffffff", "#000000", "#ff0", "#0f0", "#00f", "#f0f", "#808080", "#777777", "#ffd700", "#fefefe", "#010101", "not a colour", "", "#12", "#zzzzzz"} {
		requireReadable(t, color)
	}
}

func requireReadable(t interface {
	Errorf(string, ...any)
}, color string) {
	_, _, _, report := Theme(color)
	for _, p := range report.Pairs {
		if !p.OK() {
			t.Errorf("%s, %s: %s on %s (%v) has %.2f, needs %.1f", color, p.Scheme, p.Front, p.Back, p.Colors, p.Ratio, p.Least)
		}
	}
}

// Values of WCAG's own definition: black on white is 21, and #767676 is the
// lightest grey that can be read on white.
func TestContrastIsThatOfWCAG(t *testing.T) {
	t.Parallel()
	white := mustColor("#fff")
	for color, want := range map[string]float64{"#000": 21, "#767676": 4.54, "#777": 4.48, "#f00": 4.00, "#fff": 1} {
		if got := contrast(mustColor(color), white); math.Abs(got-want) > 0.006 {
			t.Errorf("contrast of %s on white = %.3f, want %.2f", color, got, want)
		}
	}
}

func TestColoursSurviveTheRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rgb{rapid.Byte().Draw(t, "r"), rapid.Byte().Draw(t, "g"), rapid.Byte().Draw(t, "b")}
		if got := c.oklch().rgb(); got != c {
			t.Fatalf("%v became %v", c, got)
		}
	})
}

func TestAGoodBrandColourIsKept(t *testing.T) {
	t.Parallel()
	css, hash, adjusted, report := Theme("#0b5d57")
	if adjusted || report.Light.Strong != "#0b5d57" || report.Light.OnStrong != "#ffffff" {
		t.Errorf("a readable colour was adjusted: %+v", report.Light)
	}
	if !strings.Contains(string(css), "--brand:#0b5d57") || hash == "" {
		t.Errorf("theme.css = %s", css)
	}
}

func TestAnUnreadableBrandColourIsAdjustedAndBothAreShown(t *testing.T) {
	t.Parallel()
	_, _, adjusted, report := Theme("#ff0")
	if !adjusted || report.Given != "#ff0" || report.Light.Strong == "#ffff00" {
		t.Errorf("yellow: %+v", report)
	}
	_, _, adjusted, report = Theme("red; } body { display: none")
	if !adjusted || !report.Unreadable {
		t.Errorf("text that is no colour was taken for one: %+v", report)
	}
}

func TestThemesOfDifferentColoursHaveDifferentNames(t *testing.T) {
	t.Parallel()
	_, first, _, _ := Theme("#0b5d57")
	_, second, _, _ := Theme("#8a1538")
	_, again, _, _ := Theme("#0b5d57")
	if first == second || first != again {
		t.Errorf("hashes: %s, %s, %s", first, second, again)
	}
}
