package ui

import (
	"math"
	"strconv"
)

// plan is where places are, seen from above, in a drawing of 600 by 400.
type plan struct {
	pins     []pin
	length   int    // of the scale bar
	distance string // that the bar stands for
}

type pin struct{ x, y, n int }

// plan draws places as near to each other as they are. At the size of a town
// the earth is flat: a degree of longitude is shorter than one of latitude by
// the cosine, and that is all.
func (p MapProps) plan() plan {
	const width, height, margin = 600.0, 400.0, 48.0
	const metres = 111_320.0 // of a degree of latitude
	var west, east, south, north = math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, place := range p.Places {
		if place.located() {
			west, east = min(west, place.Lon), max(east, place.Lon)
			south, north = min(south, place.Lat), max(north, place.Lat)
		}
	}
	if west > east {
		return plan{}
	}
	narrow := math.Cos((south + north) / 2 * math.Pi / 180)
	// At least 400 m are shown, so that one place, or two neighbours, do not fill the map.
	across, along := max((east-west)*narrow*metres, 400), max((north-south)*metres, 400)
	scale := min((width-2*margin)/across, (height-2*margin)/along)
	var out plan
	for i, place := range p.Places {
		if place.located() {
			x := width/2 + (place.Lon-(west+east)/2)*narrow*metres*scale
			y := height/2 - (place.Lat-(south+north)/2)*metres*scale
			out.pins = append(out.pins, pin{int(math.Round(x)), int(math.Round(y)), i + 1})
		}
	}
	out.length, out.distance = scaleBar(scale)
	return out
}

// example is the middle of the plan, as one would type it.
func (p PinProps) example() string { return degree(p.Lat) + ", " + degree(p.Lon) }

// degree writes an angle for a script to read.
func degree(angle float64) string { return strconv.FormatFloat(angle, 'f', 6, 64) }

func (p Place) located() bool { return p.Lat != 0 || p.Lon != 0 }

// scaleBar is the longest round distance that fits in 150 units, at so many
// units a metre.
func scaleBar(scale float64) (length int, distance string) {
	for _, m := range []int{50_000, 20_000, 10_000, 5_000, 2_000, 1_000, 500, 200, 100} {
		if length := int(float64(m) * scale); length <= 150 {
			if m >= 1000 {
				return length, strconv.Itoa(m/1000) + "\u00a0km"
			}
			return length, strconv.Itoa(m) + "\u00a0m"
		}
	}
	return 0, ""
}
