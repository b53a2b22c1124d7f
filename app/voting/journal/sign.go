package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting/proof"
)

// checkpoint is a signed state of a poll's log.
type checkpoint struct {
	size   int64
	second int64
	note   string
}

// tree reads what a checkpoint of ours says.
func (c checkpoint) tree() (tlog.Tree, error) {
	lines := strings.SplitN(c.note, "\n", 4)
	if len(lines) < 4 || lines[1] != strconv.FormatInt(c.size, 10) {
		return tlog.Tree{}, errors.New("a stored checkpoint is not one")
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: c.size, Hash: root}, err
}

const selectLast = `SELECT size, second, note FROM voting.checkpoints WHERE tenant_id = ? AND poll_id = ? ORDER BY size DESC LIMIT 1`

// lastOf returns the last checkpoint of a poll, zero when there is none.
func lastOf(ctx context.Context, tx bun.IDB, p poll) (c checkpoint, err error) {
	err = tx.QueryRowContext(ctx, selectLast, p.tenant, p.id).Scan(&c.size, &c.second, &c.note)
	if notFound(err) {
		return c, nil
	}
	if err != nil {
		return c, fmt.Errorf("read a checkpoint: %w", err)
	}
	return c, nil
}

func (j *Journal) lastCheckpoint(ctx context.Context, p poll) (c checkpoint, err error) {
	err = j.db.ReadTenant(ctx, p.tenant, func(ctx context.Context, tx bun.Tx) error {
		c, err = lastOf(ctx, tx, p)
		return err
	})
	return c, err
}

// inSnapshot runs fn in one snapshot of a town's data.
func (j *Journal) inSnapshot(ctx context.Context, t tenant.ID, fn func(ctx context.Context) error) error {
	return j.db.ReadTenant(ctx, t, func(ctx context.Context, _ bun.Tx) error { return fn(ctx) })
}

func notFound(err error) bool {
	return err != nil && errors.Is(database.Fault(err), database.ErrNotFound)
}

// errForked stops signing: the log is not what was signed before, or not what
// its head says. It never happens unless somebody has changed the log.
var errForked = errors.New("the log of a poll does not agree with what was signed of it")

// sign signs the log of a poll as it stands, unless that is done. It reports
// whether it must be asked again: a checkpoint of this second is there
// already, or another node is at it.
func (j *Journal) sign(ctx context.Context, p poll) (again bool, err error) {
	key, err := j.key(ctx, p.tenant)
	if err != nil {
		return false, err
	}
	ctx = database.Patiently(ctx, time.Minute) // a log of a million leaves that nobody has signed yet
	err = j.db.InTenant(ctx, p.tenant, func(ctx context.Context, tx bun.Tx) error {
		// The lock of those who sign; ballots do not know it.
		var ours bool
		err := tx.QueryRowContext(ctx, `SELECT pg_try_advisory_xact_lock(hashtextextended(?, 0))`, "voting.checkpoints "+p.id.String()).Scan(&ours)
		if err != nil {
			return fmt.Errorf("lock the checkpoints of a poll: %w", err)
		}
		if !ours {
			again = true
			return nil
		}
		again, err = signLocked(ctx, tx, p, key.signer(p.id))
		return err
	})
	return again && err == nil, err
}

func signLocked(ctx context.Context, tx bun.Tx, p poll, by proof.Signer) (again bool, err error) {
	last, err := lastOf(ctx, tx, p)
	if err != nil {
		return false, err
	}
	var size, second int64
	var root []byte
	err = tx.QueryRowContext(ctx, `SELECT log_size, root, floor(extract(epoch FROM clock_timestamp()))::bigint FROM voting.heads
		WHERE tenant_id = ? AND poll_id = ?`, p.tenant, p.id).Scan(&size, &root, &second)
	if notFound(err) {
		return false, nil // deleted before it opened
	}
	if err != nil {
		return false, fmt.Errorf("read the head of a log: %w", err)
	}
	if size == last.size {
		return false, nil
	}
	if second <= last.second {
		return true, nil
	}
	head := tlog.Tree{N: size, Hash: tlog.Hash(root)}
	if err := (hashes{ctx, p}).agree(last, head); err != nil {
		return false, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.checkpoints (tenant_id, poll_id, size, second, note) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO NOTHING`, p.tenant, p.id, size, second, by.Sign(proof.CheckpointText(by.Name, head.N, head.Hash)))
	if err != nil {
		return false, fmt.Errorf("keep a checkpoint: %w", err)
	}
	return false, nil
}

// agree computes again, from the leaves, what is about to be signed, and
// checks that it continues what was signed before.
func (h hashes) agree(last checkpoint, head tlog.Tree) error {
	if head.N < last.size {
		return errForked
	}
	if err := h.grow(head.N); err != nil {
		return err
	}
	root, err := tlog.TreeHash(head.N, h.of(head))
	if err != nil || root != head.Hash {
		return errors.Join(errForked, err)
	}
	if last.size == 0 {
		return nil
	}
	was, err := last.tree()
	if err != nil {
		return err
	}
	root, err = tlog.TreeHash(was.N, h.of(head))
	if err != nil || !bytes.Equal(root[:], was.Hash[:]) {
		return errors.Join(errForked, err)
	}
	return nil
}

// signAll signs a log to its end, waiting for its second to come.
func (j *Journal) signAll(ctx context.Context, p poll) error {
	for {
		again, err := j.sign(ctx, p)
		if err != nil || !again {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(rhythm / 8):
		}
	}
}
