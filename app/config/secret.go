package config

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// minSecret is the fewest characters a secret may have.
const minSecret = 32

// Key returns the 32 bytes that sign cookies and tokens: those of
// PARVIS_SECRET, or of the file PARVIS_DATA/secret, which is made the first
// time and which only its owner can read. Losing it signs everybody out.
func (c Config) Key() ([]byte, error) {
	secret := c.Secret
	if secret == "" {
		kept, err := keptSecret(filepath.Join(c.Data, "secret"))
		if err != nil {
			return nil, err
		}
		secret = kept
	}
	sum := sha256.Sum256([]byte(secret))
	return sum[:], nil
}

func keptSecret(path string) (string, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := makeSecret(path); err != nil {
			return "", fmt.Errorf("créer le secret %s : %w", path, err)
		}
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return "", fmt.Errorf("lire le secret : %w", err)
	}
	secret := strings.TrimSpace(string(text))
	if len(secret) < minSecret {
		return "", fmt.Errorf("le secret %s est trop court : effacez ce fichier pour qu'il soit refait (tout le monde devra se reconnecter)", path)
	}
	return secret, nil
}

// makeSecret writes a new secret under another name and links it: of two
// programs that start together, one wins and both read the same, whole.
func makeSecret(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(path), "secret-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(draft.Name())
	_, err = draft.WriteString(rand.Text() + rand.Text() + "\n") // 260 bits
	if err = errors.Join(err, draft.Sync(), draft.Close()); err != nil {
		return err
	}
	if err := os.Link(draft.Name(), path); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
