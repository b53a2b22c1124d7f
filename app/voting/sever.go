package voting

import (
	"context"
	cryptorand "crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting/proof"
	"parvis/realtime"
)

// Faults of a severing.
var (
	// ErrLinkGone answers whoever asks for their ballot in a severed poll.
	ErrLinkGone       = fault.New(fault.Closed, "voting.severed")
	ErrSevered        = fault.New(fault.Conflict, "voting.sever.twice")
	ErrNothingToSever = fault.New(fault.Conflict, "voting.sever.never_open")
	ErrNoDeliberation = fault.New(fault.Conflict, "voting.sever.no_deliberation")
	ErrPeriodRuns     = fault.New(fault.Conflict, "voting.sever.too_early")
	ErrAppealPending  = fault.New(fault.Conflict, "voting.sever.appeal")
	ErrNoCustodian    = fault.New(fault.Unavailable, "voting.sever.no_custodian")
	ErrBadArchive     = fault.New(fault.Conflict, "voting.sever.bad_archive")
	ErrVisaMissing    = fault.New(fault.Invalid, "voting.sever.visa_missing")
	ErrWrongWord      = fault.New(fault.Invalid, "voting.sever.wrong_word")
)

// Evidence makes what remains of a poll once its ballots are severed: the
// journal of its log.
type Evidence interface {
	Export(ctx context.Context, w io.Writer, t tenant.ID, id PollID, as realtime.Audience) error
	PollKey(ctx context.Context, t tenant.ID, id PollID) (proof.Key, error)
	// Notary returns what signs the minute of a poll.
	Notary(ctx context.Context, t tenant.ID, id PollID) (proof.Signer, error)
}

// Shelf keeps files for good, under the hash of their content.
type Shelf interface {
	Keep(ctx context.Context, t tenant.ID, space string, write func(io.Writer) error) (sha256 string, size int64, err error)
	Open(t tenant.ID, space, sha256 string) (*os.File, error)
}

// ArchiveSpace is where the archives of severed polls are kept on the shelf.
const ArchiveSpace = "archives"

// CustodyDeps are what a Custody works with.
type CustodyDeps struct {
	Box          *Box
	Evidence     Evidence
	Shelf        Shelf
	CustodianURL string // of the role that may destroy; nothing can be severed without it
	OwnerURL     string // to clean up behind; what is not known is left to PostgreSQL's own cleaning
	Log          *slog.Logger
}

// Custody severs the ballots of polls from their voters. Nothing here happens
// by itself: an administrator does it, poll by poll, once the délibération is
// old enough and no recours is left, with the visa of the archives.
type Custody struct{ CustodyDeps }

// NewCustody returns the custody of a box's ballots.
func NewCustody(d CustodyDeps) *Custody {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Custody{d}
}

// Ready reports whether the program has what it takes to sever.
func (c *Custody) Ready() bool { return c.CustodianURL != "" }

// Order is what an administrator enters to sever.
type Order struct {
	Visa string // reference of the archives' visa (visa d'élimination)
	Word string // see ConfirmationWord
	By   string // the name of who orders it, for the minute
}

// ConfirmationWord is what must be typed to sever a poll: short, and of that
// poll alone, so that nobody severs another one from habit.
func ConfirmationWord(id PollID) string {
	sum := sha256.Sum256([]byte("parvis severing " + id.String()))
	word := make([]byte, 6)
	for i := range word {
		word[i] = roomAlphabet[int(sum[i])%len(roomAlphabet)]
	}
	return string(word)
}

func (o *Order) check(id PollID) error {
	o.Visa = strings.TrimSpace(o.Visa)
	if o.Visa == "" {
		return ErrVisaMissing.On("visa")
	}
	if word, ok := ParseRoomCode(o.Word); !ok || word != ConfirmationWord(id) {
		return ErrWrongWord.On("word")
	}
	return nil
}

// severWithin bounds the whole act. It is not the citizen's few seconds, and
// goes to its end even if whoever asked has closed the page.
const severWithin = 10 * time.Minute

// Sever rewrites the ballots of a poll in a random order without keys, nonces
// or indexes of the log, deletes its submissions and its roll, destroys its
// secret, and returns the minute. The archive is made, kept and verified
// before; the rest is one transaction of the custodian.
func (c *Custody) Sever(ctx context.Context, t *tenant.Tenant, id PollID, o Order, act Act) (*Minute, error) {
	if !c.Ready() {
		return nil, ErrNoCustodian
	}
	ctx, cancel := context.WithTimeout(database.Patiently(context.WithoutCancel(ctx), severWithin), severWithin)
	defer cancel()
	m, err := c.Matter(ctx, t, id)
	if err != nil {
		return nil, err
	}
	if obstacles := m.Obstacles(); len(obstacles) > 0 {
		return nil, obstacles[0]
	}
	if err := o.check(id); err != nil {
		return nil, err
	}
	kept, err := c.keepArchive(ctx, m.Poll)
	if err != nil {
		return nil, err
	}
	minute, err := c.asCustodian(ctx, t, id, severing{order: o, act: act, archive: kept})
	if err != nil {
		return nil, err
	}
	c.Box.announce(t.ID, id)
	if err := c.clean(ctx); err != nil {
		c.Log.WarnContext(ctx, "clean up behind a severing: PostgreSQL will do it in its time", "error", err)
	}
	return minute, nil
}

// keepArchive makes the archive of a poll, keeps it, reads it back and verifies
// it: what is about to be the only evidence must be good. A cancelled poll has
// no result, and so no archive.
func (c *Custody) keepArchive(ctx context.Context, p *Poll) (*KeptArchive, error) {
	if p.State == Cancelled {
		return nil, nil
	}
	sha, size, err := c.Shelf.Keep(ctx, p.Tenant, ArchiveSpace, func(w io.Writer) error {
		return c.Evidence.Export(ctx, w, p.Tenant, p.ID, realtime.Host)
	})
	if err != nil {
		return nil, fmt.Errorf("keep the archive of a poll: %w", err)
	}
	key, err := c.Evidence.PollKey(ctx, p.Tenant, p.ID)
	if err != nil {
		return nil, err
	}
	file, err := c.Shelf.Open(p.Tenant, ArchiveSpace, sha)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	report, err := proof.Verify(file, proof.Options{Key: key})
	switch {
	case err != nil:
		return nil, err
	case !report.OK:
		return nil, ErrBadArchive.Wrap(report.Fault)
	case report.Poll != p.ID.String():
		return nil, ErrBadArchive
	}
	return &KeptArchive{SHA256: sha, Size: size, Ballots: report.Ballots, Leaves: report.Leaves}, nil
}

// severing is an act of the custodian under way.
type severing struct {
	order   Order
	act     Act
	archive *KeptArchive
	notary  proof.Signer
}

// asCustodian opens the custodian's connection for one act, and closes it.
func (c *Custody) asCustodian(ctx context.Context, t *tenant.Tenant, id PollID, s severing) (minute *Minute, err error) {
	if s.notary, err = c.Evidence.Notary(ctx, t.ID, id); err != nil {
		return nil, err
	}
	db, err := database.Open(ctx, database.Options{URL: c.CustodianURL, Conns: 1, Name: "parvis custodian"})
	if err != nil {
		return nil, ErrNoCustodian.Wrap(err)
	}
	defer db.Close()
	err = db.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		minute, err = s.sever(ctx, tx, t, id)
		return err
	})
	return minute, err
}

// sever does it all, under the poll's lock.
func (s severing) sever(ctx context.Context, tx bun.Tx, t *tenant.Tenant, id PollID) (*Minute, error) {
	poll, head, err := lockPoll(ctx, tx, t.ID, id)
	if err != nil {
		return nil, err
	}
	m, err := selectMatter(ctx, tx, t, poll)
	if err != nil {
		return nil, err
	}
	if obstacles := m.Obstacles(); len(obstacles) > 0 {
		return nil, obstacles[0]
	}
	minute, err := s.draft(ctx, tx, m, &head)
	if err != nil {
		return nil, err
	}
	if minute.Before, err = selectHeld(ctx, tx, poll, "voting.ballots"); err != nil {
		return nil, err
	}
	if err := s.agree(minute, &head); err != nil {
		return nil, err
	}
	if err := rewrite(ctx, tx, poll); err != nil {
		return nil, err
	}
	if minute.After, err = selectHeld(ctx, tx, poll, "voting.severed_ballots"); err != nil {
		return nil, err
	}
	if minute.After != (Held{Ballots: minute.Before.Ballots}) {
		return nil, errLeft
	}
	if err := minute.sign(s.notary); err != nil {
		return nil, err
	}
	return minute, s.write(ctx, tx, poll, minute)
}

var (
	errLeft  = errors.New("a severing has left something behind, or lost a ballot")
	errMoved = errors.New("the box does not hold the ballots that its head and its archive count")
)

// agree checks that the box, its head and the archive count the same ballots.
func (s severing) agree(m *Minute, head *Head) error {
	if m.Before.Ballots+head.Paper != head.Participants || m.Before.Secrets != 1 {
		return errMoved
	}
	if s.archive != nil && (s.archive.Ballots != head.Participants || s.archive.Leaves != head.LogSize) {
		return errMoved
	}
	return nil
}

// rewrite is the severing itself.
func rewrite(ctx context.Context, tx bun.Tx, p *Poll) error {
	said, err := selectSaid(ctx, p, "voting.ballots")
	if err != nil {
		return err
	}
	for _, table := range []string{"submissions", "roll", "ballots", "tickets", "presences", "sightings", "waiting_ballots", "poll_secrets"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM voting.`+table+` WHERE tenant_id = ? AND poll_id = ?`, p.Tenant, p.ID); err != nil {
			return fmt.Errorf("destroy the %s of a poll: %w", table, err)
		}
	}
	if err := insertSevered(ctx, p, shuffled(said)); err != nil {
		return err
	}
	again, err := selectSaid(ctx, p, "voting.severed_ballots")
	if err != nil {
		return err
	}
	if !maps.Equal(said, again) {
		return errLeft
	}
	return undate(ctx, tx, p)
}

// selectSaid returns how many ballots say the same: no order comes with it.
func selectSaid(ctx context.Context, p *Poll, table string) (map[string]int64, error) {
	rows, err := database.Tx(ctx).Query(ctx, `SELECT marks, count(*) FROM `+table+` WHERE tenant_id = $1 AND poll_id = $2 GROUP BY marks`,
		p.Tenant.String(), p.ID.String())
	if err != nil {
		return nil, fmt.Errorf("read what the ballots say: %w", err)
	}
	said := map[string]int64{}
	var marks string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&marks, &n}, func() error {
		said[marks] = n
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what the ballots say: %w", err)
	}
	return said, nil
}

// shuffled returns one text for each ballot, in an order drawn at random by a
// generator that nobody can predict or run again.
func shuffled(said map[string]int64) (list []string) {
	for marks, n := range said {
		for range n {
			list = append(list, marks)
		}
	}
	var seed [32]byte
	_, _ = cryptorand.Read(seed[:]) // never fails
	rand.New(rand.NewChaCha8(seed)).Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// insertSevered writes the ballots again, each under a new random id.
func insertSevered(ctx context.Context, p *Poll, list []string) error {
	const some = 10_000 // at a time
	for len(list) > 0 {
		n := min(some, len(list))
		ids := make([]uuid.UUID, n)
		for i := range ids {
			ids[i] = uuid.New()
		}
		_, err := database.Tx(ctx).Exec(ctx, `INSERT INTO voting.severed_ballots (tenant_id, poll_id, id, marks)
			SELECT $1, $2, n.id, n.marks FROM unnest($3::uuid[], $4::text[]) WITH ORDINALITY AS n (id, marks, rank) ORDER BY n.rank`,
			p.Tenant.String(), p.ID.String(), ids, list[:n])
		if err != nil {
			return fmt.Errorf("write the severed ballots: %w", err)
		}
		list = list[n:]
	}
	return nil
}

// undate writes the rows of the log anew, as they are, so that they all come
// from this transaction; and takes from its checkpoints the second they were
// signed in, which dated each ballot.
func undate(ctx context.Context, tx bun.Tx, p *Poll) error {
	for _, sql := range []string{
		`UPDATE voting.log_entries SET index = index WHERE tenant_id = ? AND poll_id = ?`,
		`UPDATE voting.log_hashes SET index = index WHERE tenant_id = ? AND poll_id = ?`,
		`UPDATE voting.checkpoints SET second = -size WHERE tenant_id = ? AND poll_id = ?`,
	} {
		if _, err := tx.ExecContext(ctx, sql, p.Tenant, p.ID); err != nil {
			return fmt.Errorf("take the dates out of a log: %w", err)
		}
	}
	return nil
}

// selectHeld counts what the box holds of a poll.
func selectHeld(ctx context.Context, tx bun.IDB, p *Poll, ballots string) (h Held, err error) {
	of := ` WHERE tenant_id = ?0 AND poll_id = ?1`
	err = tx.QueryRowContext(ctx, `SELECT (SELECT count(*) FROM `+ballots+of+`), (SELECT count(*) FROM voting.submissions`+of+`),
		(SELECT count(*) FROM voting.roll`+of+`), (SELECT count(*) FROM voting.poll_secrets`+of+`)`,
		p.Tenant, p.ID).Scan(&h.Ballots, &h.Submissions, &h.Roll, &h.Secrets)
	if err != nil {
		return h, fmt.Errorf("count what a box holds: %w", err)
	}
	return h, nil
}

// write keeps the minute, and says it in the public register and the journal.
func (s severing) write(ctx context.Context, tx bun.Tx, p *Poll, m *Minute) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO voting.minutes (tenant_id, poll_id, severed_at, body, note) VALUES (?, ?, ?, ?, ?)`,
		p.Tenant, p.ID, m.At, m.Text, m.Note)
	if database.Constraint(err) == "no_severing_before_its_day" {
		return ErrPeriodRuns.Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("write the minute of a severing: %w", err)
	}
	act := Act{Actor: s.act.Actor, Reason: m.Visa}
	if err := insertChange(ctx, tx, p, m.At, change{kind: ChangeSevered, act: act}); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `UPDATE voting.heads SET revision = revision + 1 WHERE tenant_id = ? AND poll_id = ?`, p.Tenant, p.ID); err != nil {
		return fmt.Errorf("write a poll's head: %w", err)
	}
	return audit.Record(ctx, tx, audit.Entry{
		Tenant: p.Tenant, Actor: s.act.Actor, Action: "voting.sever", Subject: "poll/" + p.ID.String(),
		Details: map[string]any{"visa": m.Visa, "ballots": m.Before.Ballots},
	})
}

// ChangeSevered is in the register of changes only: the log was closed with
// the result. Its reason is the archives' visa.
const ChangeSevered EntryKind = "severed"

// clean has PostgreSQL give back the room of the rows that were deleted, which
// it would otherwise do in its own time. Only the owner of the tables may ask.
func (c *Custody) clean(ctx context.Context) error {
	if c.OwnerURL == "" {
		return nil
	}
	conn, err := pgx.Connect(ctx, c.OwnerURL)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `VACUUM voting.poll_secrets, voting.roll, voting.tickets, voting.presences, voting.sightings, voting.waiting_ballots, voting.submissions, voting.ballots, voting.log_entries, voting.checkpoints`)
	return err
}
