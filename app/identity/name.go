package identity

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"parvis/app/fault"
)

// ErrName refuses what cannot be shown as somebody's name.
var ErrName = fault.New(fault.Invalid, "identity.name.invalid")

// ErrTooLong refuses an overlong text.
var ErrTooLong = fault.New(fault.Invalid, "identity.too_long")

const (
	longestName    = 80
	longestAddress = 200
)

// parseName returns a name as it will be shown: composed, on one line, with
// single spaces and at least one letter.
func parseName(text string) (string, error) {
	name, err := parseLine("name", text, longestName)
	if err != nil {
		return "", err
	}
	if utf8.RuneCountInString(name) < 2 || !strings.ContainsFunc(name, unicode.IsLetter) {
		return "", ErrName.On("name")
	}
	return name, nil
}

// parseLine returns a text on one line, without invisible characters.
func parseLine(field, text string, longest int) (string, error) {
	if !utf8.ValidString(text) {
		return "", fault.New(fault.Unreadable, "form.unreadable")
	}
	visible := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFC.String(text))
	line := strings.Join(strings.FieldsFunc(visible, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if utf8.RuneCountInString(line) > longest {
		return "", ErrTooLong.With(fault.Args{"Count": longest}).On(field)
	}
	return line, nil
}

// NameKey is a name without accents, capitals or punctuation: what the desk
// searches.
func NameKey(name string) string {
	var key strings.Builder
	for _, r := range norm.NFD.String(strings.ToLower(name)) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			key.WriteRune(r)
		default:
			key.WriteRune(' ')
		}
	}
	return strings.Join(strings.Fields(key.String()), " ")
}

// reversed is a key with its words the other way round, so that a family name
// finds its bearer: "martin jeanne".
func reversed(key string) string {
	words := strings.Fields(key)
	slices.Reverse(words)
	return strings.Join(words, " ")
}
