//go:build race

package e2e

// slack is by how much times may be longer under the race detector.
const slack = 10

// sparse is by how much fewer of the hostile requests are sent: the detector
// finds nothing in the hundredth that it does not in the first.
const sparse = 6
