package seeds

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
)

// emblemColors are the grounds of the emblems of demonstration associations.
var emblemColors = []color.NRGBA{
	{0x0b, 0x5d, 0x57, 0xff}, {0x8a, 0x3b, 0x12, 0xff}, {0x2f, 0x4b, 0x8f, 0xff}, {0x7a, 0x2e, 0x5d, 0xff}, {0x4c, 0x66, 0x1f, 0xff}, {0x6b, 0x4a, 0x00, 0xff},
}

// emblems draw what an association is about, by its theme: whether a point of
// a square from −1 to 1 is ink.
var emblems = map[string]func(x, y float64) bool{
	"environnement": func(x, y float64) bool {
		return leaf(x, y) && math.Abs(x) > 0.04 || math.Abs(x) < 0.04 && y > 0 && y < 0.8
	},
	"culture": func(x, y float64) bool {
		return bar(x+0.5, y, 0.3) || bar(x+0.17, y, 0.65) || bar(x-0.17, y, 0.45) || bar(x-0.5, y, 0.6)
	},
	"solidarite": func(x, y float64) bool { return disc(x, y, 0.65) && y > 0 || wave(x, y) },
	"sport": func(x, y float64) bool {
		return ring(x, y, 0.55, 0.7) || disc(x, y, 0.12) || disc(x, y, 0.6) && spoke(x, y)
	},
	"education": func(x, y float64) bool {
		return math.Abs(x) > 0.04 && math.Abs(x) < 0.7 && math.Abs(y+0.25*math.Abs(x)) < 0.42
	},
	"patrimoine": func(x, y float64) bool {
		return math.Abs(x) < 0.4 && y > -0.4 && y < 0.65 && !gate(x, y) || crenel(x, y)
	},
	"sante": func(x, y float64) bool {
		return disc(x, y-0.2, 0.42) || y < 0.2 && y > -0.7 && math.Abs(x) < 0.42*(y+0.7)/0.9
	},
	"familles-aines": func(x, y float64) bool {
		return y < 0 && y > -0.6 && math.Abs(x) < 1.2*(y+0.6) || math.Abs(x) < 0.5 && y >= 0 && y < 0.6 && !gate(x, y)
	},
	"loisirs": func(x, y float64) bool {
		return y < 0.5 && (y > -0.5+1.6*math.Abs(x+0.2) || y > -0.15+1.6*math.Abs(x-0.35))
	},
}

func disc(x, y, radius float64) bool       { return x*x+y*y < radius*radius }
func ring(x, y, inner, outer float64) bool { return disc(x, y, outer) && !disc(x, y, inner) }
func bar(x, y, height float64) bool        { return math.Abs(x) < 0.1 && math.Abs(y) < height }
func leaf(x, y float64) bool               { return disc(x-0.45, y+0.05, 0.8) && disc(x+0.45, y+0.05, 0.8) }
func gate(x, y float64) bool               { return math.Abs(x) < 0.13 && y > 0.25 }
func wave(x, y float64) bool {
	return y < -0.1 && y > -0.6 && math.Abs(math.Mod(math.Abs(x+0.08*math.Sin(9*y)), 0.3)-0.15) < 0.04 && math.Abs(x) < 0.45
}
func crenel(x, y float64) bool {
	return y <= -0.4 && y > -0.6 && math.Abs(x) < 0.5 && math.Mod(math.Abs(x)+0.1, 0.4) < 0.2
}
func spoke(x, y float64) bool  { return math.Abs(math.Sin(3*math.Atan2(y, x)))*math.Hypot(x, y) < 0.05 }
func around(x, y float64) bool { return ring(x, y, 0.5, 0.65) || disc(x, y, 0.2) }

// emblem is the logo of the nth association of a town, as a picture.
func emblem(theme string, nth int) ([]byte, error) {
	const side, fine = 160, 3
	ink, known := emblems[theme]
	if !known {
		ink = around
	}
	ground, img := emblemColors[nth%len(emblemColors)], image.NewNRGBA(image.Rect(0, 0, side, side))
	for i := range side * side {
		lit := 0 // of the nine points of this dot
		for k := range fine * fine {
			x, y := float64(i%side*fine+k%fine)/(side*fine)*2-1, float64(i/side*fine+k/fine)/(side*fine)*2-1
			if ink(x, y) {
				lit++
			}
		}
		mix := func(from uint8) uint8 { return uint8((int(from)*(fine*fine-lit) + 255*lit) / (fine * fine)) }
		img.SetNRGBA(i%side, i/side, color.NRGBA{mix(ground.R), mix(ground.G), mix(ground.B), 255})
	}
	var out bytes.Buffer
	err := png.Encode(&out, img)
	return out.Bytes(), err
}
