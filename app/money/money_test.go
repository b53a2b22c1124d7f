package money

import (
	"errors"
	"testing"
)

func TestAmountsAsPeopleTypeThem(t *testing.T) {
	for text, want := range map[string]Cents{
		"12 345,67 €": 1234567, "12\u202f345,67\u00a0€": 1234567, "12345.67": 1234567, "12 345": 1234500,
		"0": 0, "0,5": 50, " 7 € ": 700, "100000000000": maxCents,
	} {
		if got, err := Parse(text); err != nil || got != want {
			t.Errorf("Parse(%q) = %d, %v, want %d", text, got, err, want)
		}
	}
}

func TestAmountsRefused(t *testing.T) {
	for text, want := range map[string]error{
		"": ErrSyntax, "€": ErrSyntax, ",50": ErrSyntax, "12,": ErrSyntax, "1e9": ErrSyntax, "1,234": ErrSyntax, "douze": ErrSyntax,
		"1.2.3": ErrSyntax, "١٢": ErrSyntax, "-1": ErrRange, "-0,01 €": ErrRange, "100000000001": ErrRange, "99999999999999999999999": ErrRange,
	} {
		if got, err := Parse(text); !errors.Is(err, want) {
			t.Errorf("Parse(%q) = %d, %v, want %v", text, got, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("12 345,67 €")
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := Parse(text); err == nil && (c < 0 || c > maxCents) {
			t.Errorf("Parse(%q) = %d", text, c)
		}
	})
}
