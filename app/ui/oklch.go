package ui

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// rgb is a colour of the screen, in eight bits: what is computed on is what is shown.
type rgb struct{ r, g, b uint8 }

// parseColor reads "#0b5d57", "0b5d57", "#ff0".
func parseColor(text string) (rgb, bool) {
	hex := strings.TrimPrefix(strings.TrimSpace(text), "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		return rgb{}, false
	}
	return rgb{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

func mustColor(text string) rgb {
	c, ok := parseColor(text)
	if !ok {
		panic("ui: not a colour: " + text)
	}
	return c
}

func (c rgb) String() string { return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b) }

// linear undoes the gamma of sRGB.
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func gamma(x float64) float64 {
	if x <= 0.0031308 {
		return x * 12.92
	}
	return 1.055*math.Pow(x, 1/2.4) - 0.055
}

// luminance is the relative luminance of WCAG 2.
func (c rgb) luminance() float64 {
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

// contrast is the contrast ratio of WCAG 2, from 1 to 21.
func contrast(a, b rgb) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// oklch is a colour as people see it: lightness from 0 to 1, chroma, hue in
// radians. Matrices from Björn Ottosson, "A perceptual color space for image
// processing" (2020).
type oklch struct{ l, c, h float64 }

func (c rgb) oklch() oklch {
	r, g, b := linear(c.r), linear(c.g), linear(c.b)
	l := math.Cbrt(0.4122214708*r + 0.5363325363*g + 0.0514459929*b)
	m := math.Cbrt(0.2119034982*r + 0.6806995451*g + 0.1073969566*b)
	s := math.Cbrt(0.0883024619*r + 0.2817188376*g + 0.6299787005*b)
	x := 1.9779984951*l - 2.4285922050*m + 0.4505937099*s
	y := 0.0259040371*l + 0.7827717662*m - 0.8086757660*s
	return oklch{0.2104542553*l + 0.7936177850*m - 0.0040720468*s, math.Hypot(x, y), math.Atan2(y, x)}
}

// unclamped is the colour in linear light, maybe out of what screens show.
func (c oklch) unclamped() (r, g, b float64) {
	x, y := c.c*math.Cos(c.h), c.c*math.Sin(c.h)
	l := c.l + 0.3963377774*x + 0.2158037573*y
	m := c.l - 0.1055613458*x - 0.0638541728*y
	s := c.l - 0.0894841775*x - 1.2914855480*y
	l, m, s = l*l*l, m*m*m, s*s*s
	return 4.0767416621*l - 3.3077115913*m + 0.2309699292*s,
		-1.2684380046*l + 2.6097574011*m - 0.3413193965*s,
		-0.0041960863*l - 0.7034186147*m + 1.7076147010*s
}

// rgb is the nearest colour of the same lightness and hue that screens show:
// chroma gives way.
func (c oklch) rgb() rgb {
	low, high := 0.0, c.c
	if c.shown() {
		low = c.c
	} else {
		for range 20 {
			c.c = (low + high) / 2
			if c.shown() {
				low = c.c
			} else {
				high = c.c
			}
		}
	}
	c.c = low
	r, g, b := c.unclamped()
	return rgb{eight(r), eight(g), eight(b)}
}

func (c oklch) shown() bool {
	const slack = 1e-4 // rounding of the matrices
	r, g, b := c.unclamped()
	return min(r, g, b) >= -slack && max(r, g, b) <= 1+slack
}

func eight(x float64) uint8 {
	return uint8(math.Round(gamma(min(max(x, 0), 1)) * 255))
}
