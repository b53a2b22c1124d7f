// Package e2e tests the whole program as people use it: over HTTP, over
// WebSocket and in a browser, with every module, on a real database.
//
// What it holds for every route (that towns never mix, that nothing anybody
// sends makes a route fail, that every page is accessible) is driven by the
// live route table and by routes_test.go, which says for each route how to
// reach it: a route without a line there fails the tests.
//
// With PARVIS_LONG=1 the accessibility matrix is complete. Pictures of the
// pages are kept in var/screenshots.
package e2e
