//go:build race

package e2e

// slack is by how much times may be longer under the race detector.
const slack = 10
