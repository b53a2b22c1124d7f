package associations

import (
	"regexp"
	"strings"
)

// rnaRE is a number of the national directory of associations: W, a digit, a
// digit or a letter (Corsica's départements are 2A and 2B), seven digits.
var rnaRE = regexp.MustCompile(`^W[0-9][0-9A-Z][0-9]{7}$`)

// parseRNA reads a number of the national directory however it was typed,
// "w521 001 234" too. Nothing typed is no number.
func parseRNA(text string) (rna string, ok bool) {
	rna = strings.ToUpper(squeeze(text))
	return rna, rna == "" || rnaRE.MatchString(rna)
}

var siretRE = regexp.MustCompile(`^[0-9]{14}$`)

// laPoste is the company whose establishments were numbered before the key was
// thought of: the sum of their digits is a multiple of five.
const laPoste = "356000000"

// parseSIRET reads the number of an establishment however it was typed, and
// checks its key. Nothing typed is no number.
func parseSIRET(text string) (siret string, ok bool) {
	siret = squeeze(text)
	switch {
	case siret == "":
		return "", true
	case !siretRE.MatchString(siret):
		return siret, false
	case strings.HasPrefix(siret, laPoste) && digitSum(siret)%5 == 0:
		return siret, true
	}
	return siret, luhn(siret)
}

// squeeze takes out what people put between groups of digits.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\t', '.', '-':
			return -1
		}
		return r
	}, text)
}

func digitSum(digits string) (sum int) {
	for _, d := range digits {
		sum += int(d - '0')
	}
	return sum
}

// luhn reports whether the last digit is the key of those before.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}
