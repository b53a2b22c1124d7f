package voting

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/tenant"
)

// A batch of paper ballots is one entry of the log, with the hash of what its
// sheets say. The text itself is published with the other ballots, in the
// archive; its salt keeps anyone from guessing it before.

// paperBatch is what a batch says, in the form that is hashed.
type paperBatch struct {
	Format  string  `json:"format"` // "parvis-paper/1"
	Poll    PollID  `json:"poll"`
	Batch   int     `json:"batch"`
	Version int     `json:"version"`
	Typing  Typing  `json:"typing"`
	Salt    string  `json:"salt"` // 32 random bytes, hexadecimal
	Sheets  []Sheet `json:"sheets"`
}

// The public data of the entries about paper.
type (
	paperEntry struct {
		Batch   int    `json:"batch"`
		Version int    `json:"version"`
		Sheets  int    `json:"sheets"`
		SHA256  string `json:"sha256"`
		Reason  string `json:"reason,omitempty"` // of a correction, signed by two people
	}
	paperDoneEntry struct {
		At     time.Time `json:"at"`
		Handed int64     `json:"handed"` // sheets handed in: the roll
		Logged int64     `json:"logged"` // sheets in the batches
		Reason string    `json:"reason,omitempty"`
	}
)

// Logged is where a batch came to stand in the log.
type Logged struct {
	Index int64
	Root  [32]byte // of the log, this entry included
	Lot   [32]byte // the seed of the poll's lot, which nobody knows before the closing
}

// LogPaper puts a batch into the log and its sheets into the count, in the
// caller's transaction.
func (b *Box) LogPaper(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, batch int, sheets []Sheet, act Act) (Logged, error) {
	poll, head, err := lockForPaper(ctx, tx, t, id)
	if err != nil {
		return Logged{}, err
	}
	if err := poll.TakesSheets(); err != nil {
		return Logged{}, err
	}
	if err := poll.checkSheets(sheets); err != nil {
		return Logged{}, err
	}
	last, err := selectPaperBatch(ctx, tx, poll, batch)
	if err != nil {
		return Logged{}, err
	}
	if last != nil {
		return Logged{}, ErrBatchLogged
	}
	body := paperBatch{Format: "parvis-paper/1", Poll: id, Batch: batch, Version: 1, Typing: poll.Paper, Sheets: sheets}
	index, err := writePaper(ctx, tx, poll, &head, body, act)
	if err != nil {
		return Logged{}, err
	}
	head.countSheets(sheets, +1)
	secret, err := selectSecrets(ctx, tx, t, id)
	if err != nil {
		return Logged{}, err
	}
	logged := Logged{Index: index, Root: head.log.root(), Lot: secret.lot}
	return logged, saveHead(ctx, tx, t, &head)
}

// CorrectPaper replaces what one sheet of a logged batch says, in the caller's
// transaction. The log keeps both versions, and the reason. Once the poll is
// counted, it is counted again: a new result names the one before it.
func (b *Box) CorrectPaper(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, batch, sheet int, said Sheet, act Act) error {
	if strings.TrimSpace(act.Reason) == "" {
		return ErrReasonMissing.On("reason")
	}
	poll, head, err := lockForPaper(ctx, tx, t, id)
	if err != nil {
		return err
	}
	switch {
	case poll.Paper == NoPaper:
		return ErrNoPaper
	case poll.State == Cancelled:
		return ErrPollCancelled
	case !poll.SeveredAt.IsZero():
		return ErrPaperOver
	}
	body, err := selectPaperBatch(ctx, tx, poll, batch)
	if err != nil {
		return err
	}
	if body == nil || sheet < 1 || sheet > len(body.Sheets) {
		return ErrSheetUnknown
	}
	if err := poll.CheckSheet(said); err != nil {
		return err
	}
	head.countSheets(body.Sheets, -1)
	body.Sheets[sheet-1] = said
	body.Version++
	if _, err := writePaper(ctx, tx, poll, &head, *body, act); err != nil {
		return err
	}
	head.countSheets(body.Sheets, +1)
	if poll.State == Counted || poll.State == Published {
		if err := logResult(ctx, tx, poll, &head); err != nil {
			return err
		}
	}
	return saveHead(ctx, tx, t, &head)
}

// FinishPaper says that every sheet is in the log, in the caller's
// transaction: the poll can be counted. Where the sheets of the log are not as
// many as were handed in, it needs a reason, which is made public.
func (b *Box) FinishPaper(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, act Act) error {
	poll, head, err := lockForPaper(ctx, tx, t, id)
	if err != nil {
		return err
	}
	if err := poll.TakesSheets(); err != nil {
		return err
	}
	act.Reason = strings.TrimSpace(act.Reason)
	switch {
	case !poll.State.Over():
		return ErrNotClosedYet
	case head.Handed == head.Paper:
		act.Reason = ""
	case act.Reason == "":
		return ErrDifference.On("reason")
	}
	entry := paperDoneEntry{At: poll.Now, Handed: head.Handed, Logged: head.Paper, Reason: act.Reason}
	index, err := appendEntry(ctx, tx, t, &head, EntryPaperDone, entry)
	if err != nil {
		return err
	}
	if err := insertChange(ctx, tx, poll, poll.Now, change{kind: EntryPaperDone, act: act, details: entry, logIndex: &index}); err != nil {
		return err
	}
	if err := updatePoll(ctx, tx, poll, "paper_done_at = ?", poll.Now); err != nil {
		return err
	}
	return saveHead(ctx, tx, t, &head)
}

// lockForPaper is lockPoll, with what is due logged first: a batch that comes
// after the closing is told so by its place.
func lockForPaper(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Poll, Head, error) {
	poll, head, err := lockPoll(ctx, tx, t, id)
	if err != nil {
		return nil, head, err
	}
	return poll, head, logDue(ctx, tx, poll, &head)
}

func (p *Poll) checkSheets(sheets []Sheet) error {
	if len(sheets) == 0 || len(sheets) > MaxSheets {
		return ErrSheetUnknown
	}
	for _, s := range sheets {
		if err := p.CheckSheet(s); err != nil {
			return err
		}
	}
	return nil
}

// writePaper logs a version of a batch, under a new salt.
func writePaper(ctx context.Context, tx bun.IDB, p *Poll, h *Head, body paperBatch, act Act) (int64, error) {
	var salt [32]byte
	_, _ = rand.Read(salt[:]) // never fails
	body.Salt = hex.EncodeToString(salt[:])
	text, err := canonical(body)
	if err != nil {
		return 0, err
	}
	hash := sha256.Sum256(text)
	kind := EntryPaper
	if body.Version > 1 {
		kind = EntryCorrection
	}
	entry := paperEntry{Batch: body.Batch, Version: body.Version, Sheets: len(body.Sheets), SHA256: hex32(hash)}
	if kind == EntryCorrection {
		entry.Reason = act.Reason
	}
	index, err := appendEntry(ctx, tx, p.Tenant, h, kind, entry)
	if err != nil {
		return 0, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.paper_batches (tenant_id, poll_id, batch, version, body, sha256, log_index) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.ID, body.Batch, body.Version, string(text), hash[:], index)
	if err != nil {
		return 0, fmt.Errorf("write a batch of paper ballots: %w", err)
	}
	details := map[string]any{"batch": body.Batch, "sheets": len(body.Sheets)}
	return index, insertChange(ctx, tx, p, p.Now, change{kind: kind, act: Act{Actor: act.Actor, Reason: entry.Reason}, details: details, logIndex: &index})
}

// countSheets adds a batch to the counts n times; n is -1 for one that is replaced.
func (h *Head) countSheets(sheets []Sheet, n int64) {
	for _, s := range sheets {
		h.Participants += n
		h.Paper += n
		marks, err := s.Marks()
		switch {
		case s.Null() != "":
			h.Spoiled += n
		case err == nil && len(marks) == 0:
			h.Blank += n
		case err == nil: // they were checked before they were logged
			h.Counts.add(marks, n)
		}
	}
}

// selectPaperBatch returns the last version of a batch, nil when it is not logged.
func selectPaperBatch(ctx context.Context, tx bun.IDB, p *Poll, batch int) (*paperBatch, error) {
	list, err := selectPaper(ctx, tx, p, "batch = ?", batch)
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &list[0], nil
}

// selectPaper returns the last version of the batches that the condition names.
func selectPaper(ctx context.Context, tx bun.IDB, p *Poll, where string, args ...any) ([]paperBatch, error) {
	rows, err := tx.QueryContext(ctx, `SELECT DISTINCT ON (batch) body FROM voting.paper_batches
		WHERE tenant_id = ? AND poll_id = ? AND `+where+` ORDER BY batch, version DESC`, append([]any{p.Tenant, p.ID}, args...)...)
	if err != nil {
		return nil, fmt.Errorf("read the paper ballots: %w", err)
	}
	defer rows.Close()
	var list []paperBatch
	for rows.Next() {
		var text string
		var b paperBatch
		if err := rows.Scan(&text); err != nil {
			return nil, fmt.Errorf("read the paper ballots: %w", err)
		}
		if err := json.Unmarshal([]byte(text), &b); err != nil {
			return nil, fmt.Errorf("read the paper ballots: %w", err)
		}
		list = append(list, b)
	}
	return list, rows.Err()
}

// paperOrigin counts the ballots on paper by their batches, which the roll may
// differ from (see Reconcile).
func (h *Head) paperOrigin(origins []Origin) []Origin {
	origins = slices.DeleteFunc(origins, func(o Origin) bool { return o.Channel == Paper })
	if h.Paper > 0 {
		origins = append(origins, Origin{Channel: Paper, Ballots: &h.Paper})
	}
	return origins
}

// eachPaperBallot gives every paper ballot that can be counted to do.
func eachPaperBallot(ctx context.Context, tx bun.IDB, p *Poll, do func(Sheet) error) error {
	if p.Paper == NoPaper {
		return nil
	}
	batches, err := selectPaper(ctx, tx, p, "true")
	if err != nil {
		return err
	}
	for _, b := range batches {
		for _, s := range b.Sheets {
			if s.Null() != "" {
				continue
			}
			if err := do(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// PaperSheets returns what the sheets of a logged batch say, the first one
// first; none when it is not logged. It is for the office's own pages.
func (b *Box) PaperSheets(ctx context.Context, tx bun.IDB, p *Poll, batch int) ([]Sheet, error) {
	body, err := selectPaperBatch(ctx, tx, p, batch)
	if err != nil || body == nil {
		return nil, err
	}
	return body.Sheets, nil
}
