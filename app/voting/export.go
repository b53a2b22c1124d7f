package voting

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/realtime"
)

// PublishedBallot is a ballot as it is published after closing: under a
// pseudonym that says nothing of the voter, with the nonce by which the voter,
// and nobody else, finds it.
type PublishedBallot struct {
	Pseudonym string `json:"pseudonym"`
	Marks     string `json:"marks"` // see EncodeMarks
	Nonce     string `json:"nonce"`
}

// Ballots gives each ballot of a closed poll to yield, if they may be seen, in
// the order of the pseudonyms: that of arrival is not told. Those of a severed
// poll have neither pseudonym nor nonce, but an id that says nothing; the kept
// archive is what they were published with. Those on paper come last, by their
// place in the batches; the null ones are left out, as they are from the count.
func (b *Box) Ballots(ctx context.Context, t tenant.ID, id PollID, as realtime.Audience, yield func(PublishedBallot) error) error {
	ctx = database.Patiently(ctx, 5*time.Minute)
	return b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		poll, err := selectPoll(ctx, tx, t, id)
		if err != nil {
			return err
		}
		if err := poll.mayShowResults(as); err != nil {
			return err
		}
		query := `SELECT ballot_key, marks, nonce FROM voting.ballots WHERE tenant_id = $1 AND poll_id = $2 ORDER BY ballot_key`
		if !poll.SeveredAt.IsZero() {
			query = `SELECT uuid_send(id), marks, ''::bytea FROM voting.severed_ballots WHERE tenant_id = $1 AND poll_id = $2 ORDER BY id`
		}
		rows, err := database.Tx(ctx).Query(ctx, query, t.String(), id.String())
		if err != nil {
			return fmt.Errorf("read the ballots: %w", err)
		}
		var key, nonce []byte
		var marks string
		_, err = pgx.ForEachRow(rows, []any{&key, &marks, &nonce}, func() error {
			return yield(PublishedBallot{Pseudonym: hex.EncodeToString(key), Marks: marks, Nonce: hex.EncodeToString(nonce)})
		})
		if err != nil {
			return err
		}
		n := 0
		return eachPaperBallot(ctx, tx, poll, func(s Sheet) error {
			n++
			return yield(PublishedBallot{Pseudonym: "papier-" + strconv.Itoa(n), Marks: string(s)})
		})
	})
}

// WriteCSV writes the ballots of a closed poll as CSV, with a heading.
func (b *Box) WriteCSV(ctx context.Context, w io.Writer, t tenant.ID, id PollID, as realtime.Audience) error {
	out := csv.NewWriter(w)
	started := false
	err := b.Ballots(ctx, t, id, as, func(p PublishedBallot) error {
		if !started {
			started = true
			if err := out.Write([]string{"pseudonym", "marks", "nonce"}); err != nil {
				return err
			}
		}
		return out.Write([]string{p.Pseudonym, p.Marks, p.Nonce})
	})
	if err == nil && !started {
		err = out.Write([]string{"pseudonym", "marks", "nonce"})
	}
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// WriteJSON writes the result of a closed poll and its ballots as one JSON
// object, from which anyone can count again.
func (b *Box) WriteJSON(ctx context.Context, w io.Writer, t tenant.ID, id PollID, as realtime.Audience) error {
	result, err := b.Results(ctx, t, id, as)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, `{"format":"parvis-ballots/1","result":%s,"ballots":[`, result.Text)
	separator := ""
	err = b.Ballots(ctx, t, id, as, func(p PublishedBallot) error {
		line, err := json.Marshal(p)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(out, "%s\n%s", separator, line)
		separator = ","
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprint(out, "\n]}\n")
	return out.Flush()
}
