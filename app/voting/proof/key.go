package proof

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// Key is a public key under the name of one log. A town has one key; each of
// its polls is a log, and signs with that key under its own name, so that
// nothing signed for one poll is worth anything for another.
type Key struct {
	Name   string // the log's origin
	Public ed25519.PublicKey
}

// Faults of keys and notes.
var (
	ErrKey       = errors.New("this is not a public key in its canonical form")
	ErrSignature = errors.New("the note is not signed by this key")
)

// ParseKey reads a key as signed notes write it: name+hash+base64.
func ParseKey(text string) (Key, error) {
	name, rest, _ := strings.Cut(text, "+")
	_, encoded, _ := strings.Cut(rest, "+")
	raw, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(raw) != 1+ed25519.PublicKeySize || raw[0] != 1 {
		return Key{}, ErrKey
	}
	k := Key{Name: name, Public: raw[1:]}
	if _, err := note.NewVerifier(text); err != nil || k.String() != text {
		return Key{}, ErrKey
	}
	return k, nil
}

// hash is the first four bytes of SHA-256 of the name and the key: it tells
// keys of the same name apart.
func (k Key) hash() uint32 {
	sum := sha256.Sum256(append([]byte(k.Name+"\n\x01"), k.Public...))
	return binary.BigEndian.Uint32(sum[:])
}

// String writes a key as ParseKey reads it.
func (k Key) String() string {
	return fmt.Sprintf("%s+%08x+%s", k.Name, k.hash(), base64.StdEncoding.EncodeToString(append([]byte{1}, k.Public...)))
}

// Named returns the same key under the name of another log.
func (k Key) Named(name string) Key { return Key{Name: name, Public: k.Public} }

// Same reports whether two keys are one, whatever their names.
func (k Key) Same(other Key) bool { return k.Public.Equal(other.Public) }

// Fingerprint is what people compare: SHA-256 of the key, in hexadecimal.
func (k Key) Fingerprint() string {
	sum := sha256.Sum256(k.Public)
	return hex.EncodeToString(sum[:])
}

// Open returns the text of a note signed by k. A note has one writing: with
// another signature beside ours, or the same in other letters, it is refused.
func (k Key) Open(signed string) (text string, err error) {
	verifier, err := note.NewVerifier(k.String())
	if err != nil {
		return "", ErrKey
	}
	n, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil || len(n.Sigs) != 1 || len(n.UnverifiedSigs) != 0 {
		return "", ErrSignature
	}
	raw, err := base64.StdEncoding.DecodeString(n.Sigs[0].Base64)
	if err != nil || signed != n.Text+signatureLine(k, raw[min(4, len(raw)):]) {
		return "", ErrSignature
	}
	return n.Text, nil
}

func signatureLine(k Key, signature []byte) string {
	raw := append(binary.BigEndian.AppendUint32(nil, k.hash()), signature...)
	return "\n— " + k.Name + " " + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// Signer signs for one log.
type Signer struct {
	Key
	private ed25519.PrivateKey
}

// NewSigner returns what signs under a log's name with a town's private key.
func NewSigner(origin string, private ed25519.PrivateKey) Signer {
	return Signer{Key: Key{Name: origin, Public: private.Public().(ed25519.PublicKey)}, private: private}
}

// Sign returns text, which ends with a line feed, as a signed note.
func (s Signer) Sign(text string) string {
	return text + signatureLine(s.Key, ed25519.Sign(s.private, []byte(text)))
}

// Origin names the log of a poll for ever: where it is served, without the
// protocol.
func Origin(host, poll string) string { return host + "/votes/" + poll + "/journal" }

// HostOf returns the host that an origin begins with.
func HostOf(origin string) string {
	host, _, _ := strings.Cut(origin, "/")
	return host
}
