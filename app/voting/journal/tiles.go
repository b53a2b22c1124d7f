package journal

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/proof"
	"parvis/realtime"
)

// The height of tiles: each holds the hashes of up to 256 subtrees.
const (
	height = 8
	width  = 1 << height
)

// errShort: there are fewer hashes than the log is said to be long.
var errShort = errors.New("the log is shorter than its head says")

// hashes reads the hashes of a log within a transaction: leaves as the ballot
// box wrote them, and those of complete subtrees as grow has kept them. It is
// a tlog.TileReader, so that tlog checks all of them against a root.
type hashes struct {
	ctx context.Context
	poll
}

// read returns n hashes of a level, 0 for leaves, from the index first on.
func (h hashes) read(level int, first, n int64) ([]byte, error) {
	query, args := `SELECT leaf FROM voting.log_entries WHERE tenant_id = $1 AND poll_id = $2 AND index >= $3 AND index < $4 ORDER BY index`,
		[]any{h.tenant.String(), h.id.String(), first, first + n}
	if level > 0 {
		query = `SELECT hash FROM voting.log_hashes WHERE tenant_id = $1 AND poll_id = $2 AND index >= $3 AND index < $4 AND level = $5 ORDER BY index`
		args = append(args, level)
	}
	rows, err := database.Tx(h.ctx).Query(h.ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read the hashes of a log: %w", err)
	}
	out := make([]byte, 0, n*tlog.HashSize)
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&hash}, func() error {
		out = append(out, hash...)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the hashes of a log: %w", err)
	}
	if int64(len(out)) != n*tlog.HashSize {
		return nil, errShort
	}
	return out, nil
}

// Height implements tlog.TileReader.
func (h hashes) Height() int { return height }

// ReadTiles implements tlog.TileReader.
func (h hashes) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = h.read(tile.L, tile.N*width, int64(tile.W)); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// SaveTiles implements tlog.TileReader.
func (h hashes) SaveTiles([]tlog.Tile, [][]byte) {}

// of reads hashes that are checked against the root of the log.
func (h hashes) of(tree tlog.Tree) tlog.HashReader { return tlog.TileHashReader(tree, h) }

// grow keeps the hashes of the subtrees that are complete in a log of this size.
func (h hashes) grow(size int64) error {
	for level := 1; size>>(height*level) > 0; level++ {
		var kept int64
		err := database.Tx(h.ctx).QueryRow(h.ctx, `SELECT coalesce(max(index) + 1, 0) FROM voting.log_hashes
			WHERE tenant_id = $1 AND poll_id = $2 AND level = $3`, h.tenant.String(), h.id.String(), level).Scan(&kept)
		if err != nil {
			return fmt.Errorf("read the hashes of a log: %w", err)
		}
		const some = 64 // subtrees at a time: half a megabyte
		for whole := size >> (height * level); kept < whole; kept += some {
			if err := h.keep(level, kept, min(some, whole-kept)); err != nil {
				return err
			}
		}
	}
	return nil
}

// keep computes and keeps n hashes of a level from those of the level below.
func (h hashes) keep(level int, first, n int64) error {
	below, err := h.read(level-1, first*width, n*width)
	if err != nil {
		return err
	}
	kept := make([][]byte, n)
	for i := range kept {
		hash := subtree(below[i*width*tlog.HashSize : (i+1)*width*tlog.HashSize])
		kept[i] = hash[:]
	}
	_, err = database.Tx(h.ctx).Exec(h.ctx, `INSERT INTO voting.log_hashes (tenant_id, poll_id, level, index, hash)
		SELECT $1, $2, $3, $4 + k.rank - 1, k.hash FROM unnest($5::bytea[]) WITH ORDINALITY AS k (hash, rank)
		ON CONFLICT ON CONSTRAINT one_hash_per_subtree DO NOTHING`, h.tenant.String(), h.id.String(), level, first, kept)
	if err != nil {
		return fmt.Errorf("keep the hashes of a log: %w", err)
	}
	return nil
}

// subtree returns the root of the complete tree over these hashes.
func subtree(hashes []byte) tlog.Hash {
	var tree proof.Tree
	for ; len(hashes) > 0; hashes = hashes[tlog.HashSize:] {
		tree.Append(tlog.Hash(hashes[:tlog.HashSize]))
	}
	return tree.Root()
}

// Checkpoint returns the last signed checkpoint of a poll's log, if whoever
// asks may follow it. One that has grown since is signed on the way, unless
// the last second has its checkpoint.
func (j *Journal) Checkpoint(ctx context.Context, t tenant.ID, id voting.PollID, as realtime.Audience) (string, error) {
	if err := j.mayFollow(ctx, t, id, as); err != nil {
		return "", err
	}
	p := poll{t, id}
	if _, err := j.sign(ctx, p); err != nil {
		return "", err
	}
	last, err := j.lastCheckpoint(ctx, p)
	if err == nil && last.size == 0 { // another node is signing the first one
		if err = j.signAll(ctx, p); err == nil {
			last, err = j.lastCheckpoint(ctx, p)
		}
	}
	if err == nil && last.size == 0 {
		err = voting.ErrNotFound
	}
	return last.note, err
}

// mayFollow: the log tells how many have voted, at least. Whoever may not know
// that may not follow it.
func (j *Journal) mayFollow(ctx context.Context, t tenant.ID, id voting.PollID, as realtime.Audience) error {
	view, err := j.box.View(ctx, t, id, as)
	switch {
	case err != nil:
		return err
	case view.State == voting.Draft || view.State == voting.Scheduled:
		return voting.ErrNotFound
	case view.Turnout == nil:
		return voting.ErrNotReleased
	}
	return nil
}

// Tile returns a tile of a poll's log, within its last signed checkpoint; one
// of level -1 holds entries.
func (j *Journal) Tile(ctx context.Context, t tenant.ID, id voting.PollID, tile tlog.Tile, as realtime.Audience) ([]byte, error) {
	if err := j.mayFollow(ctx, t, id, as); err != nil {
		return nil, err
	}
	p := poll{t, id}
	last, err := j.lastCheckpoint(ctx, p)
	if err != nil {
		return nil, err
	}
	level := max(tile.L, 0)
	end := tile.N*width + int64(tile.W)
	if tile.H != height || level > 6 || tile.W < 1 || tile.W > width || tile.N < 0 || tile.N > 1<<40 || end > last.size>>(height*level) {
		return nil, voting.ErrNotFound
	}
	var data []byte
	err = j.inSnapshot(ctx, t, func(ctx context.Context) (err error) {
		h := hashes{ctx, p}
		if tile.L < 0 {
			data, err = h.entries(tile.N*width, int64(tile.W))
		} else {
			data, err = h.read(tile.L, tile.N*width, int64(tile.W))
		}
		return err
	})
	return data, err
}

// entries returns entries as tiles hold them: each after its length on two
// bytes. Of a ballot there is its commitment, and nothing else.
func (h hashes) entries(first, n int64) ([]byte, error) {
	rows, err := database.Tx(h.ctx).Query(h.ctx, `SELECT kind, data FROM voting.log_entries
		WHERE tenant_id = $1 AND poll_id = $2 AND index >= $3 AND index < $4 ORDER BY index`, h.tenant.String(), h.id.String(), first, first+n)
	if err != nil {
		return nil, fmt.Errorf("read the entries of a log: %w", err)
	}
	var out, data []byte
	var kind string
	count := int64(0)
	_, err = pgx.ForEachRow(rows, []any{&kind, &data}, func() error {
		e, err := entryOf(0, kind, data)
		if err != nil {
			return err
		}
		record := proof.Record(kind, []byte(e.Data))
		if e.Ballot != nil {
			commitment := e.Ballot.Commitment()
			record = proof.Record(kind, commitment[:])
		}
		if len(record) > 0xffff {
			return fmt.Errorf("an entry of %d bytes does not fit a tile", len(record))
		}
		out = append(binary.BigEndian.AppendUint16(out, uint16(len(record))), record...)
		count++
		return nil
	})
	if err == nil && count != n {
		err = errShort
	}
	if err != nil {
		return nil, fmt.Errorf("read the entries of a log: %w", err)
	}
	return out, nil
}

// entryOf reads an entry as the ballot box stores it: of a ballot, the key,
// its rank on eight bytes and the inner hash.
func entryOf(index int64, kind string, data []byte) (*proof.Entry, error) {
	e := &proof.Entry{Index: index, Kind: kind}
	if kind != proof.KindBallot {
		e.Data = string(data)
		return e, nil
	}
	if len(data) != 72 {
		return nil, errors.New("a ballot's entry in the log has not its size")
	}
	e.Ballot = &proof.Ballot{Key: [32]byte(data[:32]), Seq: int64(binary.BigEndian.Uint64(data[32:40])), Inner: [32]byte(data[40:])}
	return e, nil
}
