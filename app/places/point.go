package places

import (
	"math"
	"regexp"
	"strconv"
	"strings"

	"parvis/app/fault"
	"parvis/app/tenant"
)

// Point is a place on earth, in micro-degrees (about eleven centimetres). The
// zero value is no place: it lies in the Atlantic, where no commune does.
type Point struct{ Lat, Lon int }

// What can be wrong with a point as typed.
var (
	ErrPoint   = fault.New(fault.Invalid, "places.point")
	ErrOutside = fault.New(fault.Invalid, "places.outside")
)

var pointRE = regexp.MustCompile(`^(-?\d{1,2}[.,]\d{1,8})°?\s*[,;/ ]\s*(-?\d{1,3}[.,]\d{1,8})°?$`)

// ParsePoint reads "48.6280, 4.9492", latitude first, as maps on the web give
// it; decimal commas are read too. Nothing typed is no point.
func ParsePoint(text string) (Point, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Point{}, nil
	}
	m := pointRE.FindStringSubmatch(text)
	if m == nil {
		return Point{}, ErrPoint
	}
	p := Point{Lat: micro(m[1]), Lon: micro(m[2])}
	if abs(p.Lat) > 90_000_000 || abs(p.Lon) > 180_000_000 || p.IsZero() {
		return Point{}, ErrPoint
	}
	return p, nil
}

// micro reads a decimal number that pointRE has let through, digits beyond
// the sixth being cut.
func micro(text string) int {
	whole, decimals, _ := strings.Cut(strings.Replace(text, ",", ".", 1), ".")
	decimals = (decimals + "000000")[:6]
	n, _ := strconv.Atoi(strings.TrimPrefix(whole, "-") + decimals)
	if strings.HasPrefix(whole, "-") {
		return -n
	}
	return n
}

// IsZero reports whether p is no place.
func (p Point) IsZero() bool { return p == Point{} }

// String writes p as ParsePoint reads it; "" for no place.
func (p Point) String() string {
	if p.IsZero() {
		return ""
	}
	return degrees(p.Lat) + ", " + degrees(p.Lon)
}

func degrees(micro int) string {
	sign := ""
	if micro < 0 {
		sign = "-"
	}
	return sign + strconv.Itoa(abs(micro)/1_000_000) + "." + strconv.Itoa(1_000_000 + abs(micro)%1_000_000)[1:]
}

func abs(n int) int { return max(n, -n) }

// Degrees returns p for drawing.
func (p Point) Degrees() (lat, lon float64) { return float64(p.Lat) / 1e6, float64(p.Lon) / 1e6 }

// Metres returns how far q is from p, as if the earth were flat around them:
// exact to a thousandth at the size of a town.
func (p Point) Metres(q Point) int {
	const metres = 0.111320 // in a micro-degree of latitude
	north := float64(p.Lat-q.Lat) * metres
	east := float64(p.Lon-q.Lon) * metres * math.Cos(float64(p.Lat+q.Lat)/2e6*math.Pi/180)
	return int(math.Round(math.Hypot(north, east)))
}

// Center is the middle of a tenant's territory.
func Center(t *tenant.Tenant) Point { return Point{t.CenterLat, t.CenterLon} }

// Place reads a point typed for a tenant's plan, and refuses one that is
// outside of its territory.
func Place(t *tenant.Tenant, text string) (Point, error) {
	p, err := ParsePoint(text)
	if err != nil || p.IsZero() {
		return p, err
	}
	if t.Radius > 0 && Center(t).Metres(p) > t.Radius {
		return Point{}, ErrOutside.With(fault.Args{"Kilometres": (t.Radius + 999) / 1000})
	}
	return p, nil
}
