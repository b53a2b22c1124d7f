package identity

import (
	"bytes"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"parvis/app/fault"
)

// A password is optional. There is no rule of composition: only length, and a
// refusal of what everybody would try first.
var (
	ErrPasswordShort  = fault.New(fault.Invalid, "identity.password.short")
	ErrPasswordLong   = fault.New(fault.Invalid, "identity.password.long")
	ErrPasswordCommon = fault.New(fault.Invalid, "identity.password.common")
)

const (
	shortestPassword = 15
	longestPassword  = 128
)

// Cost of a hash, after OWASP's advice for argon2id: 19 MiB, 2 passes, 1 lane.
const (
	argonMemory = 19 * 1024
	argonPasses = 2
	argonLanes  = 1
	argonKey    = 32
)

//go:embed blocklist.txt
var blocklistText string

// blocklist holds the beginnings of long passwords everybody thinks of, in
// the form of squeeze.
var blocklist = strings.Fields(blocklistText)

// checkPassword refuses a password that is too short, or that an attacker
// would try first. known are words about the account: its address, its town.
func checkPassword(password string, known ...string) error {
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password):
		return fault.New(fault.Unreadable, "form.unreadable")
	case n < shortestPassword:
		return ErrPasswordShort.With(fault.Args{"Count": shortestPassword}).On("password")
	case n > longestPassword:
		return ErrPasswordLong.With(fault.Args{"Count": longestPassword}).On("password")
	}
	left := squeeze(password)
	for _, word := range append(known, blocklist...) {
		if word = squeeze(word); len(word) > 3 {
			left = strings.ReplaceAll(left, word, "")
		}
	}
	if distinct(left) < 5 {
		return ErrPasswordCommon.On("password")
	}
	return nil
}

// squeeze keeps letters and digits, without accents or capitals.
func squeeze(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return r
	}, NameKey(text))
}

// distinct counts the different characters of text.
func distinct(text string) int {
	seen := map[rune]bool{}
	for _, r := range text {
		seen[r] = true
	}
	return len(seen)
}

// hasher makes and checks hashes, a few at once: each takes 19 MiB.
type hasher chan struct{}

func newHasher() hasher { return make(hasher, 4) }

// hash returns the argon2id hash of password in PHC form.
func (h hasher) hash(password string) string {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails since Go 1.24
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, argonMemory, argonPasses, argonLanes, b64(salt), b64(h.key(password, salt)))
}

// matches reports whether password is the one hashed. An empty hash matches
// nothing, and takes as long to say so.
func (h hasher) matches(password, hash string) bool {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 {
		h.key(password, bytes.Repeat([]byte{1}, 16))
		return false
	}
	salt, errSalt := base64.RawStdEncoding.DecodeString(parts[4])
	want, errKey := base64.RawStdEncoding.DecodeString(parts[5])
	if errSalt != nil || errKey != nil {
		return false
	}
	return subtle.ConstantTimeCompare(h.key(password, salt), want) == 1
}

func (h hasher) key(password string, salt []byte) []byte {
	h <- struct{}{}
	defer func() { <-h }()
	return argon2.IDKey([]byte(password), salt, argonPasses, argonMemory, argonLanes, argonKey)
}
