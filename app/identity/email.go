package identity

import (
	"net/mail"
	"strings"

	"golang.org/x/net/idna"

	"parvis/app/fault"
)

// ErrEmail refuses what cannot be an address of mail.
var ErrEmail = fault.New(fault.Invalid, "identity.email.invalid")

// ParseEmail returns the normal form of an address of mail: without spaces
// around it, in lower case, its domain in ASCII. Two spellings of one mailbox
// are one address here as far as that can be known without asking the mailbox.
func ParseEmail(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	local, domain, found := cutLast(text, "@")
	if !found || len(local) > 64 || len(text) > 254 || !strings.Contains(domain, ".") {
		return "", ErrEmail.On("email")
	}
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil {
		return "", ErrEmail.On("email")
	}
	address := local + "@" + ascii
	parsed, err := mail.ParseAddress(address)
	if err != nil || parsed.Address != address || parsed.Name != "" || !isASCII(local) || strings.ContainsAny(local, `" `) {
		return "", ErrEmail.On("email")
	}
	return address, nil
}

// mailboxOf returns the address of the mailbox that an address of mail leads
// to, as far as that is known: what follows a "+" is a label of its owner's, and
// one large provider reads no dots. It tells voters apart; letters go to the
// address as it was typed.
func mailboxOf(email string) string {
	local, domain, found := cutLast(email, "@")
	if !found {
		return email
	}
	if name, _, labelled := strings.Cut(local, "+"); labelled && name != "" {
		local = name
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	return local + "@" + domain
}

// MaskEmail returns an address that its owner recognises and others do not
// learn: "j…n@exemple.fr".
func MaskEmail(email string) string {
	local, domain, found := cutLast(email, "@")
	if !found {
		return ""
	}
	if len(local) < 3 {
		return local[:1] + "…@" + domain
	}
	return local[:1] + "…" + local[len(local)-1:] + "@" + domain
}

func cutLast(text, separator string) (before, after string, found bool) {
	i := strings.LastIndex(text, separator)
	if i <= 0 {
		return text, "", false
	}
	return text[:i], text[i+len(separator):], true
}

func isASCII(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r < 33 || r > 126 }) < 0
}
