package ui

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strings"
)

// DefaultColor is the brand colour of a town that gave none.
const DefaultColor = "#1d4f4a"

// The contrasts that the law asks for (WCAG 2.2 AA).
const (
	textContrast    = 4.5
	controlContrast = 3.0
)

// ThemeReport says what became of a brand colour.
type ThemeReport struct {
	Given       string // the colour as given
	Light, Dark Palette
	Adjusted    bool // the colour cannot be used as it is, at least in the light scheme
	Unreadable  bool // what was given is no colour: the default is used
	Pairs       []Pair
}

// Palette is the scale made of a brand colour, for one scheme. Colours are "#rrggbb".
type Palette struct {
	Background  string // behind what belongs to the town: quiet
	Border      string // decoration
	Text        string // links and words in the town's colour
	Strong      string // buttons, posters, bars
	OnStrong    string // words on Strong
	StrongHover string // Strong under the pointer
}

// Pair is two colours that meet, and whether they can be told apart.
type Pair struct {
	Scheme       Scheme
	Front, Back  string // names: "text", "paper"
	Colors       [2]string
	Ratio, Least float64
}

// OK reports whether the pair has the contrast it needs.
func (p Pair) OK() bool { return p.Ratio >= p.Least }

// ground is what a scheme has of its own, the same for every town.
type ground struct {
	scheme                        Scheme
	paper, surface, raised, track rgb
	ink, muted, line, control     rgb
	background, border, chroma    float64 // of the brand's quiet colours
	poster                        string  // declarations: the ground of posters
	tones                         []tone
}

// tone is the colours of a status. Its word and its icon say the same.
type tone struct {
	name                     Tone
	background, border, text rgb
}

func lightGround() ground {
	return ground{
		scheme: Light,
		paper:  mustColor("#ffffff"), surface: mustColor("#f7f6f3"), raised: mustColor("#ffffff"), track: mustColor("#ebe9e4"),
		ink: mustColor("#1a1917"), muted: mustColor("#5b5750"), line: mustColor("#dcd9d2"), control: mustColor("#837e75"),
		background: 0.966, border: 0.84, chroma: 0.018,
		poster: "--poster:var(--brand);--poster-ink:var(--on-brand);--poster-line:var(--on-brand);",
		tones: []tone{
			{Info, mustColor("#e9f0fa"), mustColor("#a9c4e6"), mustColor("#1d4c8a")},
			{Success, mustColor("#e6f4ea"), mustColor("#9fd0b1"), mustColor("#155c37")},
			{Warning, mustColor("#fdf2de"), mustColor("#e3bd78"), mustColor("#744600")},
			{Danger, mustColor("#fdecea"), mustColor("#eaafac"), mustColor("#a01822")},
		},
	}
}

func darkGround() ground {
	return ground{
		scheme: Dark,
		paper:  mustColor("#141311"), surface: mustColor("#1c1b18"), raised: mustColor("#22211d"), track: mustColor("#302e29"),
		ink: mustColor("#f3f1ec"), muted: mustColor("#b7b2a8"), line: mustColor("#3a3832"), control: mustColor("#8d887e"),
		background: 0.275, border: 0.45, chroma: 0.035,
		// A whole band of the brand colour would dazzle in the dark.
		poster: "--poster:var(--brand-background);--poster-ink:var(--ink);--poster-line:var(--brand);",
		tones: []tone{
			{Info, mustColor("#16253a"), mustColor("#31527d"), mustColor("#abcdf8")},
			{Success, mustColor("#132a1c"), mustColor("#2c5e3f"), mustColor("#97dbaf")},
			{Warning, mustColor("#2e230f"), mustColor("#6c521f"), mustColor("#f2ca7c")},
			{Danger, mustColor("#371718"), mustColor("#7d3436"), mustColor("#f8b4b2")},
		},
	}
}

// nearBlack is the dark of words on a light brand colour.
func nearBlack() rgb { return mustColor("#11100e") }

// Theme derives a town's style sheet from its brand colour. adjusted says
// that the colour could not be used as it is; the report shows both. hash
// names the style sheet: it changes with its content.
func Theme(color string) (css []byte, hash string, adjusted bool, report ThemeReport) {
	brand, ok := parseColor(color)
	if !ok {
		brand = mustColor(DefaultColor)
	}
	light, dark := lightGround(), darkGround()
	report = ThemeReport{Given: color, Unreadable: !ok, Light: light.derive(brand), Dark: dark.derive(brand)}
	report.Adjusted = !ok || report.Light.Strong != brand.String()
	report.Pairs = append(light.pairs(report.Light), dark.pairs(report.Dark)...)
	css = []byte(schemes("theme", report.Light.declarations(), report.Dark.declarations()))
	sum := sha256.Sum256(css)
	return css, hex.EncodeToString(sum[:6]), report.Adjusted, report
}

// Colors is the style sheet of what every town shares, with the default
// brand colour: pages of no town use it alone. It is built into app.css.
func Colors() string {
	light, dark := lightGround(), darkGround()
	brand := mustColor(DefaultColor)
	return schemes("tokens", light.declarations()+light.derive(brand).declarations(), dark.declarations()+dark.derive(brand).declarations())
}

// schemes writes declarations for both schemes: the reader's, unless the page
// forces one. Paper is always light.
func schemes(layer, light, dark string) string {
	return fmt.Sprintf("@layer %s{:root{%s}@media screen and (prefers-color-scheme:dark){:root:not([data-theme=light]){%s}}@media screen{:root[data-theme=dark]{%s}}}\n", layer, light, dark, dark)
}

func (p Palette) declarations() string {
	return fmt.Sprintf("--brand-background:%s;--brand-border:%s;--brand-text:%s;--brand:%s;--on-brand:%s;--brand-hover:%s;",
		p.Background, p.Border, p.Text, p.Strong, p.OnStrong, p.StrongHover)
}

func (g ground) declarations() string {
	var b strings.Builder
	fmt.Fprintf(&b, "color-scheme:%s;", g.scheme)
	fmt.Fprintf(&b, "--paper:%s;--surface:%s;--raised:%s;--track:%s;--ink:%s;--muted:%s;--line:%s;--control:%s;",
		g.paper, g.surface, g.raised, g.track, g.ink, g.muted, g.line, g.control)
	b.WriteString(g.poster)
	for _, t := range g.tones {
		fmt.Fprintf(&b, "--%[1]s-background:%[2]s;--%[1]s-border:%[3]s;--%[1]s-text:%[4]s;", t.name, t.background, t.border, t.text)
	}
	return b.String()
}

// derive makes the scale of a brand colour on this ground. Colours move in
// lightness alone, as little as contrast allows.
func (g ground) derive(brand rgb) Palette {
	c := brand.oklch()
	background := oklch{g.background, min(c.c, g.chroma), c.h}.rgb()
	text, _ := nearest(c, func(x rgb) bool { // black or white always does
		return reaches(x, textContrast, g.paper, g.surface, g.raised, background)
	})
	strong, on := g.strong(c)
	return Palette{
		Background: background.String(),
		Border:     oklch{g.border, min(c.c, 3*g.chroma), c.h}.rgb().String(),
		Text:       text.String(),
		Strong:     strong.String(), OnStrong: on.String(),
		StrongHover: hover(strong, on).String(),
	}
}

// strong is the nearest colour that stands out from the page and can be
// written on, in white or in black. White is preferred to a colour slightly
// nearer: towns know their colour with white on it.
func (g ground) strong(brand oklch) (strong, on rgb) {
	const preference = 0.06
	best := math.Inf(1)
	for _, words := range []rgb{mustColor("#ffffff"), nearBlack()} {
		found, ok := nearest(brand, func(x rgb) bool {
			return reaches(x, controlContrast, g.paper, g.surface, g.raised, g.track) && contrast(x, words) >= textContrast
		})
		if !ok { // white on a colour that stands out from the dark: hardly any
			continue
		}
		distance := math.Abs(found.oklch().l - brand.l)
		if words == nearBlack() {
			distance += preference
		}
		if distance < best {
			best, strong, on = distance, found, words
		}
	}
	return strong, on
}

// hover moves a strong colour away from the words on it.
func hover(strong, on rgb) rgb {
	c := strong.oklch()
	if on.luminance() > strong.luminance() {
		c.l = max(c.l-0.07, 0)
	} else {
		c.l = min(c.l+0.07, 1)
	}
	return c.rgb()
}

// nearest is the colour of the same hue, nearest in lightness, that ok
// accepts; false when it accepts none.
func nearest(c oklch, ok func(rgb) bool) (rgb, bool) {
	if exact := c.rgb(); ok(exact) {
		return exact, true
	}
	const step = 1.0 / 512
	for d := step; d <= 1; d += step {
		for _, l := range []float64{c.l - d, c.l + d} {
			if l < 0 || l > 1 {
				continue
			}
			if x := (oklch{l, c.c, c.h}).rgb(); ok(x) {
				return x, true
			}
		}
	}
	return rgb{}, false
}

// reaches reports whether x stands out from every back.
func reaches(x rgb, least float64, backs ...rgb) bool {
	for _, back := range backs {
		if contrast(x, back) < least {
			return false
		}
	}
	return true
}

// pairs are the colours of this ground and of the palette that meet on a page.
func (g ground) pairs(p Palette) []Pair {
	brandBack, text, strong := mustColor(p.Background), mustColor(p.Text), mustColor(p.Strong)
	on, hover := mustColor(p.OnStrong), mustColor(p.StrongHover)
	type meeting struct {
		front, back string
		a, b        rgb
		least       float64
	}
	met := []meeting{
		{"on-strong", "strong", on, strong, textContrast},
		{"on-strong", "strong-hover", on, hover, textContrast},
		{"ink", "brand-background", g.ink, brandBack, textContrast},
		{"muted", "brand-background", g.muted, brandBack, textContrast},
		{"text", "brand-background", text, brandBack, textContrast},
		{"strong", "track", strong, g.track, controlContrast},
		{"paper", "ink", g.paper, g.ink, textContrast},
	}
	for name, back := range map[string]rgb{"paper": g.paper, "surface": g.surface, "raised": g.raised} {
		met = append(met,
			meeting{"text", name, text, back, textContrast},
			meeting{"ink", name, g.ink, back, textContrast},
			meeting{"muted", name, g.muted, back, textContrast},
			meeting{"strong", name, strong, back, controlContrast},
			meeting{"control", name, g.control, back, controlContrast},
		)
		for _, t := range g.tones {
			met = append(met, meeting{string(t.name) + "-text", name, t.text, back, textContrast})
		}
	}
	for _, t := range g.tones {
		met = append(met,
			meeting{string(t.name) + "-text", string(t.name) + "-background", t.text, t.background, textContrast},
			meeting{"ink", string(t.name) + "-background", g.ink, t.background, textContrast},
		)
	}
	pairs := make([]Pair, len(met))
	for i, m := range met {
		pairs[i] = Pair{g.scheme, m.front, m.back, [2]string{m.a.String(), m.b.String()}, contrast(m.a, m.b), m.least}
	}
	return pairs
}
