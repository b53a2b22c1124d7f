package voting

import (
	"context"
	"encoding/binary"
	"errors"

	"github.com/google/uuid"

	"parvis/app/tenant"
)

// FileVoter is a line of a published file of ballots: one ballot per line.
const FileVoter VoterKind = "file"

// File is the channel of ballots that somebody else published.
const File Channel = "file"

// lines names the voters of files, so that a line is the same voter however
// often its file is read.
var lines = uuid.MustParse("6f1d1f1c-8b57-4f0e-9c5e-2f7a4b3e9d10")

// Import puts the ballots of a published file into a poll that is open to them
// (Electorate.Imported), a thousand at a time, each with its leaf in the log:
// what holds of ballots that were cast holds of these. next returns the marks
// of one line after the other, and false after the last. Importing again goes
// on where it stopped: a line has one ballot. told, if not nil, hears how many
// lines have been read.
func (b *Box) Import(ctx context.Context, t tenant.ID, id PollID, next func() ([]Mark, bool), told func(int64)) (taken int64, err error) {
	var line int64
	for more := true; more; {
		var batch []*waiter
		for len(batch) < maxBatch {
			marks, ok := next()
			if more = ok; !ok {
				break
			}
			line++
			batch = append(batch, &waiter{ctx: ctx, done: make(chan outcome, 1), sub: Submission{
				Poll: id, Voter: byLine(id, line), Nonce: NewNonce(), Marks: marks, Channel: File,
			}})
		}
		b.commit(pollKey{t, id}, batch)
		for _, w := range batch {
			if w.ctx.Err() != nil {
				return taken, ctx.Err()
			}
			o := <-w.done
			switch {
			case errors.Is(o.err, ErrAlreadyVoted): // by an import that was interrupted
			case o.err != nil:
				return taken, o.err
			default:
				taken++
			}
		}
		if told != nil {
			told(line)
		}
	}
	return taken, nil
}

// byLine is the voter of one line of the file that a poll was made from.
func byLine(id PollID, line int64) Voter {
	name := binary.BigEndian.AppendUint64(append([]byte(nil), id[:]...), uint64(line))
	return Voter{Kind: FileVoter, ID: uuid.NewSHA1(lines, name)}
}
