package ui

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

// stone is a circle of the poster's ornament.
type stone struct{ x, y, r int }

// pavingStones are fans of cobbles, as on old squares: rows of concentric
// circles, each row half hiding the one before, in a flight of steps that
// rises to the right. They fill 960 by 480.
func pavingStones() []stone {
	const radius, rows, right = 80, 6, 960
	var stones []stone
	for row := range rows {
		for col := range row + 2 {
			x := right - col*2*radius + row%2*radius
			for r := radius; r > 0; r -= radius / 4 {
				stones = append(stones, stone{x, (row + 1) * radius, r})
			}
		}
	}
	return stones
}
