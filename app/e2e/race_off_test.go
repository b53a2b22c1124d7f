//go:build !race

package e2e

// slack is by how much times may be longer: not at all.
const slack = 1

// sparse is by how much fewer of the hostile requests are sent: none.
const sparse = 1
