package files

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"parvis/app/tenant"
)

func TestTendingGoesOnAfterAFailure(t *testing.T) {
	s, town := New(t.TempDir()), tenant.NewID()
	blob := put(t, s, town, pdf)
	long := time.Now().Add(-48 * time.Hour)
	path := filepath.Join(s.folder(town, space), blob.SHA256[:2], blob.SHA256)
	if err := os.Chtimes(path, long, long); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	asked := 0
	err := s.tend(ctx, slog.New(slog.DiscardHandler), space, func(context.Context, tenant.ID) ([]string, error) {
		switch asked++; asked {
		case 1:
			return nil, errors.New("the database is away")
		case 3:
			stop() // the second sweep has ended
		}
		return nil, nil
	}, time.Millisecond)
	if _, missing := os.Stat(path); err != nil || !errors.Is(missing, os.ErrNotExist) {
		t.Errorf("tended %d times: %v, and the file: %v", asked, err, missing)
	}
}
