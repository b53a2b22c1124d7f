package voting

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/tenant"
	"parvis/app/voting/counting"
)

// Everything here is SQL for the acts on a poll; the path of the ballots is in
// batch.go. Every method takes the transaction, which has the tenant set.

type pollRow struct {
	bun.BaseModel `bun:"table:voting.polls,alias:poll"`

	TenantID      tenant.ID     `bun:"tenant_id,pk"`
	ID            PollID        `bun:"id,pk"`
	SubjectModule string        `bun:"subject_module"`
	SubjectID     uuid.UUID     `bun:"subject_id"`
	Position      int           `bun:"position"`
	Question      string        `bun:"question"`
	Description   string        `bun:"description"`
	Rules         string        `bun:"rules"`
	Method        Method        `bun:"method"`
	MaxChoices    int           `bun:"max_choices"`
	Rule          counting.Rule `bun:"rule,type:jsonb"`
	Visibility    Visibility    `bun:"visibility"`
	Release       Release       `bun:"release"`
	AllowChange   bool          `bun:"allow_change"`
	Electorate    Electorate    `bun:"electorate,type:jsonb"`
	Entitled      int64         `bun:"entitled"`
	RoomOpen      bool          `bun:"room_open"`
	RoomCode      string        `bun:"room_code,nullzero"`
	RoomVoter     VoterKind     `bun:"room_voter"`
	PresentByHost bool          `bun:"present_by_host"`
	Shown         bool          `bun:"shown"`
	OpensAt       time.Time     `bun:"opens_at,nullzero"`
	ClosesAt      time.Time     `bun:"closes_at,nullzero"`
	ScheduledAt   time.Time     `bun:"scheduled_at,nullzero"`
	OpenedAt      time.Time     `bun:"opened_at,nullzero"`
	ClosedAt      time.Time     `bun:"closed_at,nullzero"`
	CountedAt     time.Time     `bun:"counted_at,nullzero"`
	PublishedAt   time.Time     `bun:"published_at,nullzero"`
	CancelledAt   time.Time     `bun:"cancelled_at,nullzero"`
	CancelReason  string        `bun:"cancel_reason"`
	Revision      int64         `bun:"revision"`
	Paper         Typing        `bun:"paper"`
	PaperDoneAt   time.Time     `bun:"paper_done_at,nullzero"`

	Now       time.Time `bun:"now,scanonly"`
	SeveredAt time.Time `bun:"severed_at,scanonly"`
	Listed    int64     `bun:"listed,scanonly"`
}

type optionRow struct {
	bun.BaseModel `bun:"table:voting.options,alias:option"`

	TenantID    tenant.ID `bun:"tenant_id,pk"`
	PollID      PollID    `bun:"poll_id,pk"`
	ID          OptionID  `bun:"id,pk"`
	Position    int       `bun:"position"`
	Label       string    `bun:"label"`
	Description string    `bun:"description"`
	Cost        int64     `bun:"cost"`
	Zone        string    `bun:"zone"`
	Withdrawn   bool      `bun:"withdrawn"`
}

func (r *optionRow) option() Option {
	return Option{ID: r.ID, Label: r.Label, Description: r.Description, Cost: r.Cost, Zone: r.Zone, Withdrawn: r.Withdrawn}
}

func (r *pollRow) poll() *Poll {
	p := &Poll{
		ID: r.ID, Tenant: r.TenantID,
		Subject: Subject{Module: r.SubjectModule, ID: r.SubjectID},
		Terms: Terms{
			Question: r.Question, Description: r.Description, Rules: r.Rules,
			Method: r.Method, MaxChoices: r.MaxChoices, Rule: r.Rule,
			Visibility: r.Visibility, Release: r.Release, AllowChange: r.AllowChange,
			Electorate: r.Electorate, Entitled: r.Entitled, Paper: r.Paper,
			Room:  Room{Open: r.RoomOpen, Code: r.RoomCode, Voter: r.RoomVoter},
			Opens: utc(r.OpensAt), Closes: utc(r.ClosesAt), Position: r.Position,
		},
		OpenedAt: utc(r.OpenedAt), ClosedAt: utc(r.ClosedAt), CancelReason: r.CancelReason,
		Shown: r.Shown, HostCounted: r.PresentByHost, Revision: r.Revision, Now: utc(r.Now), SeveredAt: utc(r.SeveredAt), PaperDoneAt: utc(r.PaperDoneAt), Listed: r.Listed,
		scheduledAt: utc(r.ScheduledAt), countedAt: utc(r.CountedAt),
		publishedAt: utc(r.PublishedAt), cancelledAt: utc(r.CancelledAt),
	}
	p.State = p.StateAt(p.Now)
	return p
}

// setTerms copies the terms into the row; the room's code is the box's own.
func (r *pollRow) setTerms(t Terms) {
	r.Position, r.Question, r.Description, r.Rules = t.Position, t.Question, t.Description, t.Rules
	r.Method, r.MaxChoices, r.Rule = t.Method, t.MaxChoices, t.Rule
	r.Visibility, r.Release, r.AllowChange = t.Visibility, t.Release, t.AllowChange
	r.Electorate, r.Entitled, r.RoomOpen, r.RoomVoter = t.Electorate, t.Entitled, t.Room.Open, t.Room.Voter
	r.OpensAt, r.ClosesAt, r.Paper = t.Opens, t.Closes, t.Paper
}

func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC()
}

// selectRows reads polls as the condition says, in the order of their subject,
// without their options.
func selectRows(ctx context.Context, tx bun.IDB, t tenant.ID, where string, args ...any) ([]*Poll, error) {
	var rows []*pollRow
	err := tx.NewSelect().Model(&rows).ColumnExpr("?TableColumns").ColumnExpr("core.now() AS now").
		ColumnExpr("coalesce((SELECT l.entries FROM voting.lists l WHERE l.tenant_id = poll.tenant_id AND l.poll_id = poll.id), 0) AS listed").
		ColumnExpr("(SELECT m.severed_at FROM voting.minutes m WHERE m.tenant_id = poll.tenant_id AND m.poll_id = poll.id)").
		Where("poll.tenant_id = ?", t).Where(where, args...).
		Order("poll.position", "poll.created_at", "poll.id").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read polls: %w", err)
	}
	polls := make([]*Poll, len(rows))
	for i, r := range rows {
		polls[i] = r.poll()
	}
	return polls, nil
}

// selectPolls is selectRows with the options.
func selectPolls(ctx context.Context, tx bun.IDB, t tenant.ID, where string, args ...any) ([]*Poll, error) {
	polls, err := selectRows(ctx, tx, t, where, args...)
	if err != nil || len(polls) == 0 {
		return nil, err
	}
	byID, ids := map[PollID]*Poll{}, make([]PollID, len(polls))
	for i, p := range polls {
		byID[p.ID], ids[i] = p, p.ID
	}
	var options []optionRow
	err = tx.NewSelect().Model(&options).Where("option.tenant_id = ?", t).Where("option.poll_id IN (?)", bun.List(ids)).
		Order("option.poll_id", "option.position").Scan(ctx)
	if err != nil {
		return nil, fmt.Errorf("read options: %w", err)
	}
	for _, o := range options {
		p := byID[o.PollID]
		p.Options = append(p.Options, o.option())
	}
	return polls, nil
}

func selectPoll(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Poll, error) {
	polls, err := selectPolls(ctx, tx, t, "poll.id = ?", id)
	if err != nil {
		return nil, err
	}
	if len(polls) == 0 {
		return nil, ErrNotFound
	}
	return polls[0], nil
}

func insertPoll(ctx context.Context, tx bun.IDB, r *pollRow, s secrets) error {
	r.Revision, r.Shown = 1, true
	if _, err := tx.NewInsert().Model(r).Exec(ctx); err != nil {
		return fmt.Errorf("insert a poll: %w", err)
	}
	for _, sql := range []string{
		`INSERT INTO voting.heads (tenant_id, poll_id) VALUES (?0, ?1)`,
		`INSERT INTO voting.poll_secrets (tenant_id, poll_id, voters, lot) VALUES (?0, ?1, ?2, ?3)`,
	} {
		if _, err := tx.ExecContext(ctx, sql, r.TenantID, r.ID, s.voters[:], s.lot[:]); err != nil {
			return fmt.Errorf("insert a poll: %w", err)
		}
	}
	return nil
}

func replaceOptions(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, options []Option) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM voting.options WHERE tenant_id = ? AND poll_id = ?`, t, id); err != nil {
		return fmt.Errorf("clear the options: %w", err)
	}
	rows := make([]optionRow, len(options))
	for i, o := range options {
		rows[i] = optionRow{
			TenantID: t, PollID: id, ID: o.ID, Position: i, Label: o.Label, Description: o.Description,
			Cost: o.Cost, Zone: o.Zone, Withdrawn: o.Withdrawn,
		}
	}
	if _, err := tx.NewInsert().Model(&rows).Exec(ctx); err != nil {
		return fmt.Errorf("insert the options: %w", err)
	}
	return nil
}

// updatePoll sets columns of a poll and makes its revision grow. sets is SQL
// of this package, never of a visitor.
func updatePoll(ctx context.Context, tx bun.IDB, p *Poll, sets string, args ...any) error {
	query := tx.NewUpdate().Table("voting.polls").Set(sets, args...).Set("revision = revision + 1").
		Where("tenant_id = ?", p.Tenant).Where("id = ?", p.ID)
	if _, err := query.Exec(ctx); err != nil {
		return fmt.Errorf("update a poll: %w", err)
	}
	return nil
}

func selectSecrets(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (s secrets, err error) {
	var voters, lot []byte
	err = tx.QueryRowContext(ctx, `SELECT voters, lot FROM voting.poll_secrets WHERE tenant_id = ? AND poll_id = ?`, t, id).Scan(&voters, &lot)
	if err != nil {
		return s, fmt.Errorf("read a poll's secrets: %w", err)
	}
	s.voters, s.lot = [32]byte(voters), [32]byte(lot)
	return s, nil
}

// Head is how a poll stands: what every ballot changes.
type Head struct {
	Poll         PollID
	Participants int64 // voters whose ballot is in the box
	Blank        int64 // of them, those who marked nothing
	Handed       int64 // paper ballots handed in
	Paper        int64 // of them, those in the log: participants too
	Spoiled      int64 // of those, the null ones
	Present      int64 // people in the room, as the host counted them
	Counts       Counts
	LogSize      int64
	Root         [32]byte // of the log
	Revision     int64

	log tree
}

const headColumns = `log_size, root, frontier, participants, blank, present, counts, revision, handed, paper, spoiled`

func scanHead(id PollID, scan func(...any) error) (Head, error) {
	h := Head{Poll: id}
	var root, frontier, counts []byte
	if err := scan(&h.LogSize, &root, &frontier, &h.Participants, &h.Blank, &h.Present, &counts, &h.Revision, &h.Handed, &h.Paper, &h.Spoiled); err != nil {
		return h, fmt.Errorf("read a poll's head: %w", err)
	}
	var cells []Cell
	if err := json.Unmarshal(counts, &cells); err != nil {
		return h, fmt.Errorf("read a poll's counts: %w", err)
	}
	h.Counts = countsOf(cells)
	var err error
	if h.log, err = treeOf(h.LogSize, frontier); err != nil {
		return h, err
	}
	h.Root = h.log.root()
	if [32]byte(root) != h.Root {
		return h, errFrontier
	}
	return h, nil
}

// columns returns the head as it is stored, in the order of headColumns.
func (h *Head) columns() ([]any, error) {
	counts, err := json.Marshal(h.Counts.Cells())
	if err != nil {
		return nil, err
	}
	h.LogSize, h.Root = h.log.size, h.log.root()
	return []any{h.LogSize, h.Root[:], h.log.bytes(), h.Participants, h.Blank, h.Present, string(counts), h.Revision, h.Handed, h.Paper, h.Spoiled}, nil
}

func selectHead(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, lock string) (Head, error) {
	row := tx.QueryRowContext(ctx, `SELECT `+headColumns+` FROM voting.heads WHERE tenant_id = ? AND poll_id = ? `+lock, t, id)
	return scanHead(id, row.Scan)
}

// lockPoll takes the poll's lock, then reads the poll and the clock: whoever
// holds the lock knows that no ballot is being cast meanwhile.
func lockPoll(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID) (*Poll, Head, error) {
	head, err := selectHead(ctx, tx, t, id, "FOR UPDATE")
	if err != nil {
		if isNotFound(err) {
			return nil, head, ErrNotFound
		}
		return nil, head, err
	}
	poll, err := selectPoll(ctx, tx, t, id)
	return poll, head, err
}

func saveHead(ctx context.Context, tx bun.IDB, t tenant.ID, h *Head) error {
	h.Revision++
	columns, err := h.columns()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `UPDATE voting.heads SET (`+headColumns+`) = (?, ?, ?, ?, ?, ?, ?::jsonb, ?, ?, ?, ?)
		WHERE tenant_id = ? AND poll_id = ?`, append(columns, t, h.Poll)...)
	if err != nil {
		return fmt.Errorf("write a poll's head: %w", err)
	}
	return nil
}

// appendEntry adds an entry about the poll itself to its log. The head, which
// the caller has locked, is saved by the caller.
func appendEntry(ctx context.Context, tx bun.IDB, t tenant.ID, h *Head, kind EntryKind, content any) (int64, error) {
	data, err := canonical(content)
	if err != nil {
		return 0, err
	}
	leaf := tlog.RecordHash(record(kind, data))
	index := h.log.append(leaf)
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.log_entries (tenant_id, poll_id, index, kind, leaf, data) VALUES (?, ?, ?, ?, ?, ?)`,
		t, h.Poll, index, kind, leaf[:], data)
	if err != nil {
		return 0, fmt.Errorf("append to the log: %w", err)
	}
	return index, nil
}

// change is a line of the public register of changes.
type change struct {
	kind     EntryKind
	act      Act
	details  any
	logIndex *int64
}

func insertChange(ctx context.Context, tx bun.IDB, p *Poll, at time.Time, c change) error {
	details, err := canonical(c.details)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.changes (tenant_id, poll_id, number, kind, at, actor, reason, details, log_index)
		SELECT ?0, ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6::jsonb, ?7
		FROM voting.changes WHERE tenant_id = ?0 AND poll_id = ?1`,
		p.Tenant, p.ID, c.kind, at, c.act.actor(), c.act.Reason, string(details), c.logIndex)
	if err != nil {
		return fmt.Errorf("write the register of changes: %w", err)
	}
	return nil
}

// insertRuleset logs a version of the rules.
func insertRuleset(ctx context.Context, tx bun.IDB, p *Poll, h *Head, act Act) (hash [32]byte, err error) {
	var version int
	err = tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) + 1 FROM voting.rulesets WHERE tenant_id = ? AND poll_id = ?`, p.Tenant, p.ID).Scan(&version)
	if err != nil {
		return hash, fmt.Errorf("number a ruleset: %w", err)
	}
	rules := p.ruleset(version)
	if rules.List, err = summariseList(ctx, tx, p); err != nil {
		return hash, err
	}
	body, err := canonical(rules)
	if err != nil {
		return hash, err
	}
	hash = sha256.Sum256(body)
	index, err := appendEntry(ctx, tx, p.Tenant, h, EntryRuleset, rulesetEntry{Version: version, SHA256: hex32(hash), Reason: act.Reason})
	if err != nil {
		return hash, err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.rulesets (tenant_id, poll_id, version, body, sha256, log_index) VALUES (?, ?, ?, ?, ?, ?)`,
		p.Tenant, p.ID, version, string(body), hash[:], index)
	if err != nil {
		return hash, fmt.Errorf("write a ruleset: %w", err)
	}
	return hash, insertChange(ctx, tx, p, p.Now, change{kind: EntryRuleset, act: act, details: map[string]any{"version": version}, logIndex: &index})
}
