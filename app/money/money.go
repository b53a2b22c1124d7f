// Package money is amounts in whole cents: no floating point ever holds
// money. It is a leaf: it imports nothing from the project. Amounts are
// written for people by app/i18n.
package money

import (
	"errors"
	"strings"
)

// Cents is an amount in euro cents.
type Cents int64

// ErrSyntax and ErrRange are what Parse refuses.
var (
	ErrSyntax = errors.New("money: not an amount in euros")
	ErrRange  = errors.New("money: amount below zero or above one hundred billion euros")
)

const maxCents = 100_000_000_000 * 100

// Parse reads an amount as French people type it: "12 345,67 €", "12345.67",
// "12 345". Spaces of any width group digits; a comma or a point separates at
// most two decimals. Exponents and signs are refused.
func Parse(text string) (Cents, error) {
	digits := strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '\u202f', '\u2009':
			return -1
		case ',':
			return '.'
		}
		return r
	}, strings.TrimSuffix(strings.TrimSpace(text), "€"))
	if strings.HasPrefix(digits, "-") {
		return 0, ErrRange
	}
	whole, fraction, hasPoint := strings.Cut(digits, ".")
	if whole == "" || len(fraction) > 2 || hasPoint && fraction == "" {
		return 0, ErrSyntax
	}
	fraction += strings.Repeat("0", 2-len(fraction))
	var cents int64
	for _, r := range whole + fraction {
		if r < '0' || r > '9' {
			return 0, ErrSyntax
		}
		cents = cents*10 + int64(r-'0')
		if cents > maxCents {
			return 0, ErrRange
		}
	}
	return Cents(cents), nil
}
