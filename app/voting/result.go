package voting

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/database"
	"parvis/app/tenant"
	"parvis/app/voting/counting"
	"parvis/realtime"
)

// Result is the count of a closed poll, in the form that is hashed into its
// log. Everything in it may be published.
type Result struct {
	Format   string           `json:"format"` // "parvis-result/1"
	Poll     PollID           `json:"poll"`
	Version  int              `json:"version"`
	Corrects string           `json:"corrects,omitempty"` // hash of the result that this one replaces
	ClosedAt time.Time        `json:"closed_at"`
	LogSize  int64            `json:"log_size"` // at closing
	Root     string           `json:"root"`     // of the log at closing, hexadecimal
	Rule     counting.Rule    `json:"rule"`     // with the seed of the lot, revealed
	Ballots  int64            `json:"ballots"`
	Blank    int64            `json:"blank"`
	Null     int64            `json:"null,omitempty"` // paper ballots that cannot be counted
	Base     int64            `json:"base"`           // what percentages are of: ballots that mark something, and can be counted
	Present  int64            `json:"present,omitempty"`
	Entitled int64            `json:"entitled,omitempty"`
	Counts   []Cell           `json:"counts"`
	Origins  []Origin         `json:"origins"`
	Outcome  counting.Outcome `json:"outcome"`

	Text      string `json:"-"` // the canonical text of the above
	SHA256    string `json:"-"` // of Text, hexadecimal
	LogIndex  int64  `json:"-"` // of the entry that holds the hash
	Signature []byte `json:"-"` // nil until the log is signed
}

// Origin is how many ballots came by a channel.
type Origin struct {
	Channel Channel `json:"channel"`
	Ballots *int64  `json:"ballots"` // null under MinShown, or where it would tell such a number
}

// Results returns the result of a poll that has closed, if it may be seen.
func (b *Box) Results(ctx context.Context, t tenant.ID, id PollID, as realtime.Audience) (*Result, error) {
	poll, err := b.read(ctx, t, id)
	if err != nil {
		return nil, err
	}
	if err := poll.mayShowResults(as); err != nil {
		return nil, err
	}
	return b.result(ctx, t, id)
}

func (p *Poll) mayShowResults(as realtime.Audience) error {
	switch {
	case p.State == Draft:
		return ErrNotFound
	case p.State == Cancelled:
		return ErrPollCancelled
	case !p.State.Over():
		return ErrNotClosedYet
	case !p.resultsVisible(p.State, as):
		return ErrNotReleased
	}
	return nil
}

func (b *Box) read(ctx context.Context, t tenant.ID, id PollID) (poll *Poll, err error) {
	err = b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		poll, err = selectPoll(ctx, tx, t, id)
		return err
	})
	return poll, err
}

// Publish makes the results of a closed poll public.
func (b *Box) Publish(ctx context.Context, t tenant.ID, id PollID, act Act) error {
	if _, err := b.result(ctx, t, id); err != nil {
		return err
	}
	return b.actAs(ctx, t, id, act, func(ctx context.Context, tx bun.IDB, poll *Poll, _ *Head) error {
		if poll.State == Published {
			return nil
		}
		if err := insertChange(ctx, tx, poll, poll.Now, change{kind: changePublished, act: act}); err != nil {
			return err
		}
		return updatePoll(ctx, tx, poll, "published_at = ?", poll.Now)
	})
}

// changePublished is in the register of changes only: publishing adds nothing
// to what the log proves.
const changePublished EntryKind = "published"

// result returns the logged result of a closed poll, counting it first if
// nobody has.
func (b *Box) result(ctx context.Context, t tenant.ID, id PollID) (*Result, error) {
	ctx = database.Patiently(ctx, time.Minute) // a million ballots are a lot of them
	var r *Result
	err := b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		r, err = selectResult(ctx, tx, t, id)
		return err
	})
	if err == nil || !isNotFound(err) {
		return r, err
	}
	if err := b.checkDurable(ctx); err != nil {
		return nil, err
	}
	err = b.act(ctx, t, id, func(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) (err error) {
		if !poll.State.Over() {
			return ErrNotClosedYet
		}
		if poll.State == Closed {
			if poll.PaperPending() {
				return ErrPaperPending
			}
			if err := logDue(ctx, tx, poll, head); err != nil {
				return err
			}
			if err := logResult(ctx, tx, poll, head); err != nil {
				return err
			}
		}
		r, err = selectResult(ctx, tx, t, id)
		return err
	})
	return r, err
}

func selectResult(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Result, error) {
	var body string
	var hash []byte
	r := &Result{}
	err := tx.QueryRowContext(ctx, `SELECT body, sha256, signature, log_index FROM voting.results
		WHERE tenant_id = ? AND poll_id = ? ORDER BY version DESC LIMIT 1`, t, id).Scan(&body, &hash, &r.Signature, &r.LogIndex)
	if err != nil {
		return nil, fmt.Errorf("read a result: %w", err)
	}
	if err := json.Unmarshal([]byte(body), r); err != nil {
		return nil, fmt.Errorf("read a result: %w", err)
	}
	r.SHA256, r.Text = hex.EncodeToString(hash), body
	return r, nil
}

// logResult counts the ballots and logs the result.
func logResult(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) error {
	r, err := tally(ctx, tx, poll, head)
	if err != nil {
		return err
	}
	if err := r.follow(ctx, tx, poll.Tenant); err != nil {
		return err
	}
	body, err := canonical(r)
	if err != nil {
		return err
	}
	hash := sha256.Sum256(body)
	index, err := appendEntry(ctx, tx, poll.Tenant, head, EntryResult, resultEntry{Version: r.Version, SHA256: hex32(hash)})
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.results (tenant_id, poll_id, version, body, sha256, log_index) VALUES (?, ?, ?, ?, ?, ?)`,
		poll.Tenant, poll.ID, r.Version, string(body), hash[:], index)
	if err != nil {
		return fmt.Errorf("write a result: %w", err)
	}
	if err := insertChange(ctx, tx, poll, poll.Now, change{kind: EntryResult, logIndex: &index}); err != nil {
		return err
	}
	return updatePoll(ctx, tx, poll, "counted_at = coalesce(counted_at, ?)", poll.Now)
}

// follow numbers a result after the one it corrects, if there is one.
func (r *Result) follow(ctx context.Context, tx bun.IDB, t tenant.ID) error {
	was, err := selectResult(ctx, tx, t, r.Poll)
	if isNotFound(err) {
		return nil
	}
	if err == nil {
		r.Version, r.Corrects = was.Version+1, was.SHA256
	}
	return err
}

// tally counts the ballots themselves. The counts kept live in the head must
// agree, or nothing is published.
func tally(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) (*Result, error) {
	closed, err := selectClosing(ctx, tx, poll)
	if err != nil {
		return nil, err
	}
	profile, counts, err := selectProfile(ctx, tx, poll)
	if err != nil {
		return nil, err
	}
	ballots := profile.Total()
	if ballots+head.Spoiled != head.Participants || !slices.Equal(counts.Cells(), head.Counts.Cells()) {
		return nil, fmt.Errorf("poll %s: its ballots do not add up to its live counts", poll.ID)
	}
	rule, err := closed.rule(poll, head)
	if err != nil {
		return nil, err
	}
	outcome, err := counting.Count(profile, rule)
	if err != nil {
		return nil, fmt.Errorf("count a poll: %w", err)
	}
	origins, err := selectOrigins(ctx, tx, poll, head)
	if err != nil {
		return nil, err
	}
	return &Result{
		Format: "parvis-result/1", Poll: poll.ID, Version: 1, ClosedAt: closed.At,
		LogSize: closed.Size, Root: closed.Root, Rule: rule,
		Ballots: head.Participants, Blank: head.Blank, Null: head.Spoiled, Base: ballots - head.Blank, Present: rule.Present, Entitled: poll.Entitled,
		Counts: counts.Cells(), Origins: origins, Outcome: outcome,
	}, nil
}

// rule completes the rule of the ruleset with what was only known at closing.
func (c closedEntry) rule(poll *Poll, head *Head) (counting.Rule, error) {
	seed, err := hex.DecodeString(c.Lot)
	if err != nil {
		return counting.Rule{}, fmt.Errorf("read the seed of the lot: %w", err)
	}
	root, err := hex.DecodeString(c.Root)
	if err != nil {
		return counting.Rule{}, fmt.Errorf("read the closing root: %w", err)
	}
	rule := poll.Rule
	if len(rule.Ties.Keys) == 0 { // else somebody else's file says how theirs were settled
		rule.Ties = counting.Ties{Keys: []counting.TieKey{counting.TieLot}, Seed: seed, Root: root}
	}
	rule.Present, rule.Entitled = poll.presentFor(head), poll.entitledFor(head)
	return rule, nil
}

func selectClosing(ctx context.Context, tx bun.IDB, poll *Poll) (c closedEntry, err error) {
	var data []byte
	err = tx.QueryRowContext(ctx, `SELECT data FROM voting.log_entries WHERE tenant_id = ? AND poll_id = ? AND kind = ?`,
		poll.Tenant, poll.ID, EntryClosed).Scan(&data)
	if err == nil {
		err = json.Unmarshal(data, &c)
	}
	if err != nil {
		return c, fmt.Errorf("read the closing of a poll: %w", err)
	}
	return c, nil
}

// selectProfile reads the ballots, identical ones together.
func selectProfile(ctx context.Context, tx bun.IDB, poll *Poll) (counting.Profile, Counts, error) {
	builder, err := counting.NewBuilder(poll.Kind(), poll.Projects())
	if err != nil {
		return counting.Profile{}, nil, fmt.Errorf("count a poll: %w", err)
	}
	ballots := "voting.ballots"
	if !poll.SeveredAt.IsZero() {
		ballots = "voting.severed_ballots"
	}
	rows, err := database.Tx(ctx).Query(ctx, `SELECT marks, count(*) FROM `+ballots+`
		WHERE tenant_id = $1 AND poll_id = $2 GROUP BY marks ORDER BY marks COLLATE "C"`, poll.Tenant.String(), poll.ID.String())
	if err != nil {
		return counting.Profile{}, nil, fmt.Errorf("read the ballots: %w", err)
	}
	counts := Counts{}
	add := func(text string, n int64) error {
		marks, err := DecodeMarks(text)
		if err != nil {
			return errStored
		}
		counts.add(marks, n)
		named := make([]counting.Named, len(marks))
		for i, m := range marks {
			named[i] = counting.Named{Option: m.Option, Value: int32(m.Value)}
		}
		return builder.Add(n, named...)
	}
	var text string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&text, &n}, func() error { return add(text, n) })
	if err == nil {
		err = eachPaperBallot(ctx, tx, poll, func(s Sheet) error { return add(string(s), 1) })
	}
	if err != nil {
		return counting.Profile{}, nil, fmt.Errorf("read the ballots: %w", err)
	}
	return builder.Profile(), counts, nil
}

// Kind is what the values of the poll's marks mean to the count.
func (p *Poll) Kind() counting.Kind {
	switch {
	case p.Method == YesNoAbstain:
		return counting.Answers
	case p.Rule.PointsPerBallot > 0:
		return counting.Points
	}
	return counting.Choices
}

func selectOrigins(ctx context.Context, tx bun.IDB, poll *Poll, head *Head) ([]Origin, error) {
	rows, err := tx.QueryContext(ctx, `SELECT channel, count(*) FROM voting.roll WHERE tenant_id = ? AND poll_id = ? GROUP BY channel ORDER BY channel`,
		poll.Tenant, poll.ID)
	if err != nil {
		return nil, fmt.Errorf("read where ballots came from: %w", err)
	}
	defer rows.Close()
	origins := []Origin{}
	for rows.Next() {
		o := Origin{Ballots: new(int64)}
		if err := rows.Scan(&o.Channel, o.Ballots); err != nil {
			return nil, fmt.Errorf("read where ballots came from: %w", err)
		}
		origins = append(origins, o)
	}
	if poll.Paper != NoPaper {
		origins = head.paperOrigin(origins)
	}
	return withhold(origins), rows.Err()
}

// withhold hides the numbers under MinShown. One hidden number alone could be
// had by subtraction from the total, so the next smallest goes with it. When
// everything came by one channel its number is the turnout, and hides nothing.
func withhold(origins []Origin) []Origin {
	if len(origins) < 2 {
		return origins
	}
	bySize := make([]*Origin, len(origins))
	for i := range origins {
		bySize[i] = &origins[i]
	}
	slices.SortStableFunc(bySize, func(a, b *Origin) int { return int(*a.Ballots - *b.Ballots) })
	hidden := 0
	for _, o := range bySize {
		if *o.Ballots < MinShown || hidden == 1 {
			o.Ballots = nil
			hidden++
		}
	}
	return origins
}
