package journal

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/proof"
	"parvis/realtime"
)

// Export writes the archive of a closed poll, if whoever asks may see its
// result: all that is needed to verify it without us, and nothing of a voter.
// It is the same file each time: of a severed poll, the one that was kept
// before. FORMAT.md of voting/proof describes it.
func (j *Journal) Export(ctx context.Context, w io.Writer, t tenant.ID, id voting.PollID, as realtime.Audience) error {
	ctx = database.Patiently(ctx, 5*time.Minute)
	if _, err := j.box.Results(ctx, t, id, as); err != nil {
		return err
	}
	p := poll{t, id}
	if err := j.signAll(ctx, p); err != nil {
		return err
	}
	key, err := j.PollKey(ctx, t, id)
	if err != nil {
		return err
	}
	out := bufio.NewWriterSize(w, 64<<10)
	severed := false
	err = j.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		asked, err := j.box.Poll(ctx, tx, t, id)
		if severed = err == nil && !asked.SeveredAt.IsZero(); severed || err != nil {
			return err
		}
		return (&archive{poll: p, out: out}).write(ctx, tx, key)
	})
	if err != nil {
		return err
	}
	if severed {
		return j.copyKept(ctx, w, t, id)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	return nil
}

// archive is an archive being written, in one snapshot.
type archive struct {
	poll
	out         *bufio.Writer
	checkpoints []checkpoint
	documents   map[int64]string // by the index of their entry
	tree        proof.Tree
}

func (a *archive) write(ctx context.Context, tx bun.Tx, key proof.Key) error {
	header := &proof.Header{Origin: key.Name, Poll: a.id.String(), Key: key.String()}
	if err := a.readCheckpoints(ctx, tx); err != nil {
		return err
	}
	if err := a.readDocuments(ctx, tx); err != nil {
		return err
	}
	header.Checkpoints = int64(len(a.checkpoints))
	// What came after the last checkpoint belongs to the next archive.
	header.Leaves = a.checkpoints[len(a.checkpoints)-1].size
	if err := a.line(proof.Line{Header: header}); err != nil {
		return err
	}
	return a.writeEntries(ctx, header.Leaves)
}

func (a *archive) line(l proof.Line) error {
	if _, err := a.out.Write(append(l.Encode(), '\n')); err != nil {
		return fmt.Errorf("write an archive: %w", err)
	}
	return nil
}

func (a *archive) readCheckpoints(ctx context.Context, tx bun.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT size, note FROM voting.checkpoints WHERE tenant_id = ? AND poll_id = ? ORDER BY size`, a.tenant, a.id)
	if err != nil {
		return fmt.Errorf("read the checkpoints: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c checkpoint
		if err := rows.Scan(&c.size, &c.note); err != nil {
			return fmt.Errorf("read the checkpoints: %w", err)
		}
		a.checkpoints = append(a.checkpoints, c)
	}
	if len(a.checkpoints) == 0 {
		return voting.ErrNotFound
	}
	return rows.Err()
}

func (a *archive) readDocuments(ctx context.Context, tx bun.Tx) error {
	rows, err := tx.QueryContext(ctx, `SELECT log_index, body FROM voting.rulesets WHERE tenant_id = ?0 AND poll_id = ?1
		UNION ALL SELECT log_index, body FROM voting.paper_batches WHERE tenant_id = ?0 AND poll_id = ?1
		UNION ALL SELECT log_index, body FROM voting.results WHERE tenant_id = ?0 AND poll_id = ?1`, a.tenant, a.id)
	if err != nil {
		return fmt.Errorf("read the rules and results: %w", err)
	}
	defer rows.Close()
	a.documents = map[int64]string{}
	for rows.Next() {
		var index int64
		var body string
		if err := rows.Scan(&index, &body); err != nil {
			return fmt.Errorf("read the rules and results: %w", err)
		}
		a.documents[index] = body
	}
	return rows.Err()
}

// writeEntries writes the log. The ballot that counts of each key is opened;
// those it replaced are not, and nobody learns what they said.
func (a *archive) writeEntries(ctx context.Context, size int64) error {
	rows, err := database.Tx(ctx).Query(ctx, `SELECT l.index, l.kind, l.data, b.nonce, coalesce(b.marks, '') FROM voting.log_entries l
		LEFT JOIN voting.ballots b ON l.kind = 'ballot' AND b.tenant_id = l.tenant_id AND b.poll_id = l.poll_id
			AND b.ballot_key = substring(l.data FOR 32) AND b.log_index = l.index
		WHERE l.tenant_id = $1 AND l.poll_id = $2 AND l.index < $3 ORDER BY l.index`, a.tenant.String(), a.id.String(), size)
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	var index int64
	var kind, marks string
	var data, nonce []byte
	_, err = pgx.ForEachRow(rows, []any{&index, &kind, &data, &nonce, &marks}, func() error {
		e, err := entryOf(index, kind, data)
		if err != nil {
			return err
		}
		e.Text = a.documents[index]
		if len(nonce) == 16 {
			e.Ballot.Opened = &proof.Opened{Nonce: [16]byte(nonce), Marks: marks}
		}
		return a.writeEntry(e)
	})
	if err == nil && len(a.checkpoints) > 0 {
		err = errForked // leaves are missing
	}
	if err != nil {
		return fmt.Errorf("read the log: %w", err)
	}
	return nil
}

func (a *archive) writeEntry(e *proof.Entry) error {
	if err := a.line(proof.Line{Entry: e}); err != nil {
		return err
	}
	a.tree.Append(e.Leaf())
	if len(a.checkpoints) == 0 || a.checkpoints[0].size != a.tree.Size() {
		return nil
	}
	c := a.checkpoints[0]
	a.checkpoints = a.checkpoints[1:]
	// Every leaf is hashed again here: nobody is handed an archive that would
	// be refused, and whoever changed the log is found out.
	if said, err := c.tree(); err != nil || said.Hash != a.tree.Root() {
		return errors.Join(errForked, err)
	}
	return a.line(proof.Line{Checkpoint: c.note})
}
