// Package files keeps what people upload, on the local disk, under a name that
// is the hash of its content: a file is never overwritten, and its name says
// whether it is intact. Each tenant has its own folder, each module its own
// space inside it. The package knows nothing of who may read a file: the module
// that holds its record decides, then calls Send.
package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"parvis/app/fault"
	"parvis/app/tenant"
)

// What can be wrong with an upload. Keys are in this package's catalogue.
var (
	ErrEmpty     = fault.New(fault.Invalid, "files.empty")
	ErrTooLarge  = fault.New(fault.Invalid, "files.too_large") // args: Limit
	ErrType      = fault.New(fault.Invalid, "files.type")
	ErrBroken    = fault.New(fault.Invalid, "files.broken")
	ErrTooWide   = fault.New(fault.Invalid, "files.too_wide")
	ErrNotFound  = fault.New(fault.NotFound, "files.not_found")
	ErrDiskFull  = fault.New(fault.Unavailable, "files.disk_full")
	errBadRecord = errors.New("not the hash of a file")
)

// Blob is a stored content.
type Blob struct {
	SHA256    string // 64 hexadecimal digits
	MediaType string // sniffed from the content, never what the browser claimed
	Size      int64
}

// Store is a folder of blobs.
type Store struct{ root string }

// New returns the store under root, which it creates at the first upload.
func New(root string) *Store { return &Store{root: root} }

// Put stores what r gives, at most limit bytes of one of the kinds, and says
// what it was. Pictures are drawn again, so that the place and the device they
// were taken with do not travel along. A content that is there already is kept.
func (s *Store) Put(ctx context.Context, t tenant.ID, space string, r io.Reader, limit int64, kinds ...Kind) (Blob, error) {
	if err := ctx.Err(); err != nil {
		return Blob{}, err
	}
	folder := s.folder(t, space)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return Blob{}, onDisk(fmt.Errorf("make the folder of uploads: %w", err))
	}
	tmp, err := os.CreateTemp(folder, ".upload-*")
	if err != nil {
		return Blob{}, onDisk(fmt.Errorf("create an upload: %w", err))
	}
	defer os.Remove(tmp.Name()) // gone already when it was kept
	defer tmp.Close()

	size, err := io.Copy(tmp, io.LimitReader(r, limit+1))
	switch {
	case err != nil:
		return Blob{}, onDisk(fmt.Errorf("receive an upload: %w", err))
	case size == 0:
		return Blob{}, ErrEmpty
	case size > limit:
		return Blob{}, ErrTooLarge.With(fault.Args{"Limit": limit >> 20})
	}
	kind, err := sniff(tmp, kinds)
	if err != nil {
		return Blob{}, err
	}
	if kind.picture {
		if err := redraw(tmp, kind); err != nil {
			return Blob{}, err
		}
	}
	return s.keep(tmp, folder, kind.MediaType)
}

// Keep stores what the program itself writes, whatever its kind and size, and
// returns its hash. It is on the disk when Keep returns, or not at all.
func (s *Store) Keep(ctx context.Context, t tenant.ID, space string, write func(io.Writer) error) (sha256 string, size int64, err error) {
	if err := ctx.Err(); err != nil {
		return "", 0, err
	}
	folder := s.folder(t, space)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", 0, onDisk(fmt.Errorf("make a folder of files: %w", err))
	}
	tmp, err := os.CreateTemp(folder, ".upload-*")
	if err != nil {
		return "", 0, onDisk(fmt.Errorf("create a file: %w", err))
	}
	defer os.Remove(tmp.Name()) // gone already when it was kept
	defer tmp.Close()
	if err := write(tmp); err != nil {
		return "", 0, onDisk(fmt.Errorf("write a file: %w", err))
	}
	blob, err := s.keep(tmp, folder, "")
	return blob.SHA256, blob.Size, err
}

// keep gives a finished upload its final name, durably.
func (s *Store) keep(tmp *os.File, folder, mediaType string) (Blob, error) {
	hash := sha256.New()
	if _, err := tmp.Seek(0, io.SeekStart); err != nil {
		return Blob{}, fmt.Errorf("rewind an upload: %w", err)
	}
	size, err := io.Copy(hash, tmp)
	if err != nil {
		return Blob{}, fmt.Errorf("read an upload back: %w", err)
	}
	blob := Blob{SHA256: hex.EncodeToString(hash.Sum(nil)), MediaType: mediaType, Size: size}
	if err := tmp.Sync(); err != nil {
		return Blob{}, onDisk(fmt.Errorf("flush an upload: %w", err))
	}
	final := filepath.Join(folder, blob.SHA256[:2], blob.SHA256)
	if err := os.MkdirAll(filepath.Dir(final), 0o700); err != nil {
		return Blob{}, onDisk(fmt.Errorf("make the folder of an upload: %w", err))
	}
	// Renaming over an identical content also makes it young again for Sweep.
	if err := os.Rename(tmp.Name(), final); err != nil {
		return Blob{}, onDisk(fmt.Errorf("keep an upload: %w", err))
	}
	return blob, syncFolder(filepath.Dir(final))
}

// Open opens a stored content. The caller closes it.
func (s *Store) Open(t tenant.ID, space, sha string) (*os.File, error) {
	if !hashRE.MatchString(sha) {
		return nil, ErrNotFound.Wrap(errBadRecord)
	}
	f, err := os.Open(filepath.Join(s.folder(t, space), sha[:2], sha))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound.Wrap(err)
	}
	if err != nil {
		return nil, fmt.Errorf("open a stored file: %w", err)
	}
	return f, nil
}

// Sweep deletes, in every tenant's folder of a space, the contents older than
// before that used does not list. It is how a removed document leaves the disk:
// removing at once could take a content away from an upload under way.
func (s *Store) Sweep(ctx context.Context, space string, before time.Time, used func(context.Context, tenant.ID) ([]string, error)) (removed int, err error) {
	entries, err := os.ReadDir(s.root)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("list the tenants that have files: %w", err)
	}
	for _, entry := range entries {
		t, err := tenant.ParseID(entry.Name())
		if err != nil {
			continue // not ours
		}
		kept, err := used(ctx, t)
		if err != nil {
			return removed, err
		}
		n, err := sweepFolder(ctx, s.folder(t, space), before, kept)
		removed += n
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

func sweepFolder(ctx context.Context, folder string, before time.Time, kept []string) (removed int, err error) {
	claimed := map[string]bool{}
	for _, hash := range kept {
		claimed[hash] = true
	}
	err = filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // swept by another node meanwhile, or no file yet
		}
		if err != nil || d.IsDir() || claimed[d.Name()] {
			return err
		}
		info, err := d.Info()
		if err != nil || !info.ModTime().Before(before) {
			return ignoreMissing(err)
		}
		if err := os.Remove(path); err != nil {
			return ignoreMissing(err)
		}
		removed++
		return ctx.Err()
	})
	return removed, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s *Store) folder(t tenant.ID, space string) string {
	return filepath.Join(s.root, t.String(), space)
}

// hashRE keeps anything that is not a hash out of a path.
var hashRE = regexp.MustCompile(`^[0-9a-f]{64}$`)

// onDisk tells a full disk, which passes, from the rest.
func onDisk(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return ErrDiskFull.Wrap(err)
	}
	return err
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("open the folder of an upload: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return onDisk(fmt.Errorf("flush the folder of an upload: %w", err))
	}
	return nil
}
