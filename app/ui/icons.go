package ui

import "fmt"

// iconPaths is the drawing of the named icon; a circle when there is none,
// which the tests refuse.
func iconPaths(name string) string {
	if d, ok := lucide(name); ok {
		return d
	}
	d, _ := lucide("circle")
	return d
}

// HasIcon reports whether there is an icon of that name.
func HasIcon(name string) bool {
	_, ok := lucide(name)
	return ok
}

// pavingFans are the arcs of the poster's ornament: concentric quarter
// circles on a square grid, each row shifted by half a stone.
func pavingFans() []string {
	const side = 100
	var fans []string
	for row := range 4 {
		for col := range 5 {
			x, y := col*side-row%2*side/2, (row+1)*side
			for _, r := range []int{side / 4, side / 2, side * 3 / 4, side} {
				fans = append(fans, fmt.Sprintf("M%d %da%d %d 0 0 1 %d -%d", x, y, r, r, r, r))
			}
		}
	}
	return fans
}
