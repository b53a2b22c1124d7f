package web

import (
	"cmp"
	"slices"

	"github.com/gofiber/fiber/v2"
)

// Route is a route that answers, for the tests that visit them all.
type Route struct {
	Method string
	Path   string // Fiber's pattern
}

// RouteTable returns every route of the application once, without middleware
// and without the HEAD that goes with each GET, by path.
func RouteTable(app *fiber.App) []Route {
	var table []Route
	for _, route := range app.GetRoutes(true) {
		if route.Method != fiber.MethodHead {
			table = append(table, Route{Method: route.Method, Path: route.Path})
		}
	}
	slices.SortFunc(table, func(a, b Route) int {
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method))
	})
	return slices.Compact(table)
}
