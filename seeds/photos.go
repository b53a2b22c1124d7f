package seeds

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// Drawings stand in for the photographs that people send with their projects:
// a few flat shapes for each theme, in as few colours as they need, so that
// they weigh next to nothing.
const (
	drawnWidth, drawnHeight = 480, 270
	finer                   = 2   // points drawn for one that is kept: edges are smooth
	scale                   = 7.5 // points of a drawing for one of the frame
)

// shape is a part of a drawing: where it is, in a frame of 64 by 36.
type shape struct {
	paint  int // of inks
	covers func(x, y float64) bool
}

// inks are the colours of the drawings.
var inks = []color.RGBA{
	{0xDD, 0xEE, 0xF2, 0xFF}, // sky
	{0xF4, 0xC9, 0x5D, 0xFF}, // sun
	{0xA9, 0xCB, 0x9C, 0xFF}, // far hill
	{0x6F, 0xA3, 0x6C, 0xFF}, // grass
	{0x3F, 0x7D, 0x58, 0xFF}, // leaves
	{0x8A, 0x5E, 0x3C, 0xFF}, // wood
	{0xC9, 0x5D, 0x45, 0xFF}, // brick
	{0x4A, 0x5A, 0x6A, 0xFF}, // slate
	{0xF7, 0xF3, 0xEA, 0xFF}, // plaster
	{0x4F, 0x8F, 0xB5, 0xFF}, // water
}

const (
	sky = iota
	sun
	hill
	grass
	leaves
	wood
	brick
	slate
	plaster
	water
)

func round(paint int, cx, cy, r float64) shape {
	return shape{paint, func(x, y float64) bool { return (x-cx)*(x-cx)+(y-cy)*(y-cy) <= r*r }}
}

func hoop(paint int, cx, cy, r, width float64) shape {
	return shape{paint, func(x, y float64) bool {
		d := (x-cx)*(x-cx) + (y-cy)*(y-cy)
		return d <= r*r && d >= (r-width)*(r-width)
	}}
}

func block(paint int, left, top, right, bottom float64) shape {
	return shape{paint, func(x, y float64) bool { return x >= left && x <= right && y >= top && y <= bottom }}
}

// roof is a triangle on a base.
func roof(paint int, left, right, top, base float64) shape {
	return shape{paint, func(x, y float64) bool {
		middle, half := (left+right)/2, (right-left)/2
		reach := half * (y - top) / (base - top)
		return y >= top && y <= base && x >= middle-reach && x <= middle+reach
	}}
}

func tree(x, base, size float64) []shape {
	return []shape{block(wood, x-size/9, base-size, x+size/9, base), round(leaves, x, base-size*1.2, size*0.55)}
}

// scenes are what is drawn for each theme, before the sky and the hills.
var scenes = map[string]func(shift float64) []shape{
	"nature": func(s float64) []shape {
		return append(append(tree(14+s, 29, 12), tree(34+s, 31, 15)...), tree(52+s, 29, 10)...)
	},
	"streets": func(s float64) []shape {
		return append(tree(48+s, 29, 13), block(wood, 14+s, 24, 34+s, 25.6), block(wood, 14+s, 19, 34+s, 20.4), block(wood, 14+s, 21.4, 34+s, 22.8),
			block(slate, 16+s, 19, 17.2+s, 30), block(slate, 30.8+s, 19, 32+s, 30))
	},
	"mobility": func(s float64) []shape {
		return []shape{block(slate, 0, 30, 64, 36), hoop(slate, 22+s, 25, 6, 0.9), hoop(slate, 40+s, 25, 6, 0.9), block(brick, 22+s, 19, 37+s, 20.2),
			block(brick, 30+s, 19, 31.2+s, 26), block(brick, 36.4+s, 16, 37.6+s, 22), block(slate, 35+s, 15.4, 40+s, 16.4), block(slate, 20+s, 17.4, 25+s, 18.4), block(brick, 22+s, 24.4, 31+s, 25.6)}
	},
	"sport": func(s float64) []shape {
		return []shape{block(brick, 0, 29, 64, 36), block(slate, 43+s, 10, 44.4+s, 30), block(plaster, 35+s, 8, 43+s, 15), block(brick, 36+s, 15, 40+s, 15.8), round(sun, 22+s, 25, 3.4)}
	},
	"culture": func(s float64) []shape {
		return []shape{roof(brick, 18+s, 46+s, 8, 14), block(plaster, 20+s, 14, 44+s, 30), block(slate, 23+s, 17, 25+s, 30), block(slate, 29+s, 17, 31+s, 30), block(slate, 35+s, 17, 37+s, 30), block(slate, 40+s, 17, 42+s, 30), block(slate, 17+s, 29.4, 47+s, 31)}
	},
	"youth": func(s float64) []shape {
		return []shape{block(slate, 14+s, 11, 15.2+s, 30), block(slate, 40+s, 11, 41.2+s, 30), block(slate, 13+s, 10, 42+s, 11.4), block(wood, 21+s, 11, 21.5+s, 25), block(wood, 26+s, 11, 26.5+s, 25), block(brick, 20+s, 24.6, 27.5+s, 26),
			roof(water, 44+s, 60+s, 12, 30)}
	},
	"solidarity": func(s float64) []shape {
		return append(tree(50+s, 30, 11), roof(brick, 13+s, 41+s, 9, 17), block(plaster, 16+s, 17, 38+s, 30), block(wood, 24+s, 22, 30+s, 30), block(water, 18+s, 20, 22+s, 24), block(water, 32+s, 20, 36+s, 24))
	},
	"digital": func(s float64) []shape {
		return []shape{block(slate, 18+s, 11, 46+s, 28), block(water, 19.4+s, 12.4, 44.6+s, 26.6), hoop(plaster, 32+s, 22.5, 8, 1.2), hoop(plaster, 32+s, 22.5, 4.6, 1.2), block(water, 19.4+s, 22.5, 44.6+s, 26.6), round(plaster, 32+s, 22.5, 1.4), block(slate, 28+s, 28, 36+s, 30), block(slate, 24+s, 30, 40+s, 31.2)}
	},
}

// drawing draws the n-th project of a theme, as a PNG.
func drawing(theme string, n int) (*bytes.Buffer, error) {
	scene, ok := scenes[theme]
	if !ok {
		return nil, fmt.Errorf("draw a project: no theme %q", theme)
	}
	shift := float64(n%5) - 2
	shapes := append([]shape{round(sun, 54-3*shift, 7, 3.6), round(hill, 12+2*shift, 52, 26), round(hill, 52-2*shift, 60, 36), block(grass, 0, 29, 64, 36)}, scene(shift)...)
	paint := func(x, y float64) int {
		for i := len(shapes) - 1; i >= 0; i-- {
			if shapes[i].covers(x/scale, y/scale) {
				return shapes[i].paint
			}
		}
		return sky
	}
	var plain [drawnHeight][drawnWidth]int
	for y := range drawnHeight {
		for x := range drawnWidth {
			plain[y][x] = paint(float64(x)+0.5, float64(y)+0.5)
		}
	}
	atEdge := func(x, y int) bool {
		here := plain[y][x]
		return plain[max(y-1, 0)][x] != here || plain[min(y+1, drawnHeight-1)][x] != here || plain[y][max(x-1, 0)] != here || plain[y][min(x+1, drawnWidth-1)] != here
	}
	picture := image.NewPaletted(image.Rect(0, 0, drawnWidth, drawnHeight), nil)
	places := map[color.RGBA]uint8{}
	for y := range drawnHeight {
		for x := range drawnWidth {
			mixed := inks[plain[y][x]]
			if atEdge(x, y) {
				var red, green, blue int
				for i := range finer * finer {
					ink := inks[paint(float64(x)+(float64(i%finer)+0.5)/finer, float64(y)+(float64(i/finer)+0.5)/finer)]
					red, green, blue = red+int(ink.R), green+int(ink.G), blue+int(ink.B)
				}
				const n, step = finer * finer, 8 // few enough shades for a palette
				mixed = color.RGBA{uint8(red / n / step * step), uint8(green / n / step * step), uint8(blue / n / step * step), 0xFF}
			}
			place, known := places[mixed]
			if !known {
				if len(picture.Palette) == 256 {
					return nil, fmt.Errorf("draw a project: too many shades of %s", theme)
				}
				place = uint8(len(picture.Palette))
				places[mixed], picture.Palette = place, append(picture.Palette, mixed)
			}
			picture.SetColorIndex(x, y, place)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("draw a project: %w", err)
	}
	return &out, nil
}
