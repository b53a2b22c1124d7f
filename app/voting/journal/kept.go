package journal

import (
	"context"
	"fmt"
	"io"
	"os"

	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/proof"
)

var _ voting.Evidence = (*Journal)(nil)

// Shelf is where the archives of severed polls are kept.
type Shelf interface {
	Open(t tenant.ID, space, sha256 string) (*os.File, error)
}

// Notary signs the minute of a poll's severing: with the town's key, under a
// name that no log has, so that a minute can never pass for a checkpoint.
func (j *Journal) Notary(ctx context.Context, t tenant.ID, id voting.PollID) (proof.Signer, error) {
	k, err := j.key(ctx, t)
	if err != nil {
		return proof.Signer{}, err
	}
	return proof.NewSigner(k.host+"/votes/"+id.String()+"/proces-verbal", k.private), nil
}

// copyKept writes the archive that was kept of a severed poll: no other can be
// made any more.
func (j *Journal) copyKept(ctx context.Context, w io.Writer, t tenant.ID, id voting.PollID) error {
	minute, err := j.box.Minute(ctx, t, id)
	if err != nil {
		return err
	}
	if j.kept == nil || minute == nil || minute.Archive == nil {
		return voting.ErrLinkGone
	}
	file, err := j.kept.Open(t, voting.ArchiveSpace, minute.Archive.SHA256)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := io.Copy(w, file); err != nil {
		return fmt.Errorf("write a kept archive: %w", err)
	}
	return nil
}
