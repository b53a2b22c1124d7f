package voting_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/journal"
	"parvis/realtime"
)

// archivist is who severs in these tests.
var archivist = voting.Act{Actor: citizen.NewID()}

// vault is a hall with its journal, and what severs there.
type vault struct {
	*hall
	shelf   *files.Store
	journal *journal.Journal
	custody *voting.Custody
}

func newVault(t *testing.T) *vault {
	h := newHall(t)
	v := &vault{hall: h, shelf: files.New(t.TempDir())}
	v.journal = journal.New(journal.Deps{DB: h.db.DB, Box: h.box, Secret: bytes.Repeat([]byte("s"), 32), Kept: v.shelf})
	v.custody = v.withEvidence(v.journal)
	return v
}

func (v *vault) withEvidence(e voting.Evidence) *voting.Custody {
	return voting.NewCustody(voting.CustodyDeps{Box: v.box, Evidence: e, Shelf: v.shelf, CustodianURL: v.db.CustodianURL, OwnerURL: v.db.OwnerURL})
}

// settled is a poll that was voted on, closed and deliberated: tomorrow of its
// period's end.
func (v *vault) settled(choices string) (voting.PollID, []voting.Voter, []voting.Receipt) {
	v.Helper()
	id, voters, receipts := v.voted(choices)
	v.close(id)
	v.deliberate(id)
	v.later(100)
	return id, voters, receipts
}

func (v *vault) voted(choices string) (voting.PollID, []voting.Voter, []voting.Receipt) {
	v.Helper()
	id := v.open(terms(changeable))
	voters := v.citizens(len(choices))
	var receipts []voting.Receipt
	for i, c := range choices {
		receipts = append(receipts, v.cast(ballot(id, voters[i], string(c))))
	}
	return id, voters, receipts
}

func (v *vault) today() time.Time {
	v.Helper()
	m, err := v.custody.Matter(v.context(), v.town, v.draft(terms()))
	v.must(err)
	return m.Today
}

func (v *vault) deliberate(id voting.PollID) {
	v.Helper()
	v.must(v.custody.Deliberate(v.context(), v.town, id, voting.Deliberation{On: v.today(), Reference: "2026-112"}, archivist))
}

func (v *vault) context() context.Context { return context.Background() }

func (v *vault) must(err error) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
}

// later lets days go by.
func (v *vault) later(days int) {
	v.Helper()
	v.db.SetClock(v, v.town.ID, v.poll(v.draft(terms())).Now.AddDate(0, 0, days))
}

func order(id voting.PollID) voting.Order {
	return voting.Order{Visa: "AD52 2027/014", Word: voting.ConfirmationWord(id), By: "Anne Archiviste"}
}

func (v *vault) sever(id voting.PollID) *voting.Minute {
	v.Helper()
	m, err := v.custody.Sever(v.context(), v.town, id, order(id), archivist)
	v.must(err)
	return m
}

func (v *vault) refusedToSever(id voting.PollID, want error) {
	v.Helper()
	if _, err := v.custody.Sever(v.context(), v.town, id, order(id), archivist); !errors.Is(err, want) {
		v.Errorf("severed: %v, want %v", err, want)
	}
}

func (v *vault) archive(id voting.PollID) string {
	v.Helper()
	var out strings.Builder
	v.must(v.journal.Export(v.context(), &out, v.town.ID, id, realtime.Public))
	return out.String()
}

// held is what the database holds of a poll: ballots, severed ones,
// submissions, roll, secrets, minutes.
func (v *vault) held(id voting.PollID) (counts [6]int64) {
	v.Helper()
	for i, table := range []string{"ballots", "severed_ballots", "submissions", "roll", "poll_secrets", "minutes"} {
		counts[i] = v.number(`SELECT count(*) FROM voting.`+table+` WHERE poll_id = $1`, id.String())
	}
	return counts
}

func TestASeveredPollKeepsItsResultAndForgetsItsVoters(t *testing.T) {
	v := newVault(t)
	id, voters, receipts := v.settled("aabbbbcaab")
	v.must(v.box.Publish(v.context(), v.town.ID, id, voting.Act{}))
	other, _, _ := v.settled("abc")
	archive, log, head := v.archive(id), v.log(id), v.head(id)
	result, err := v.box.Results(v.context(), v.town.ID, id, realtime.Public)
	v.must(err)
	if !voteKnown(v, id, voters[0]) {
		t.Fatal("the link was not there before")
	}

	m := v.sever(id)
	if got, want := v.held(id), [6]int64{0, 10, 0, 0, 0, 1}; got != want {
		t.Errorf("the box holds %v, want %v", got, want)
	}
	if got, want := v.held(other), [6]int64{3, 0, 3, 3, 1, 0}; got != want {
		t.Errorf("of another poll it holds %v, want %v", got, want)
	}
	now, err := v.box.Results(v.context(), v.town.ID, id, realtime.Public)
	v.must(err)
	if now.Text != result.Text || v.head(id).Root != head.Root || v.head(id).Participants != 10 {
		t.Error("the result, or the log, is another")
	}
	if diff := cmp.Diff(log, v.log(id), cmp.AllowUnexported(entry{})); diff != "" {
		t.Errorf("the log changed: %s", diff)
	}
	if v.archive(id) != archive {
		t.Error("the archive is another one")
	}
	if sum := sha256.Sum256([]byte(archive)); m.Archive == nil || m.Archive.SHA256 != hex.EncodeToString(sum[:]) {
		t.Errorf("the minute names the archive %+v", m.Archive)
	}
	for i, voter := range voters {
		if _, _, err := v.box.BallotOf(v.context(), v.town.ID, id, voter); !errors.Is(err, voting.ErrLinkGone) {
			t.Errorf("the ballot of a voter: %v", err)
		}
		if _, err := v.box.Receipt(v.context(), v.town.ID, id, receipts[i].Nonce, voter); !errors.Is(err, voting.ErrLinkGone) {
			t.Errorf("the receipt of a voter: %v", err)
		}
		if voteKnown(v, id, voter) {
			t.Error("the box still knows who has voted")
		}
	}
	if v.poll(id).SeveredAt.IsZero() || !v.poll(other).SeveredAt.IsZero() {
		t.Error("the polls do not say which is severed")
	}
}

// voteKnown asks the box all that it tells a voter, and those who export
// their data.
func voteKnown(v *vault, id voting.PollID, voter voting.Voter) (known bool) {
	v.Helper()
	v.inTown(func(ctx context.Context, tx bun.Tx) error {
		voted, err := v.box.Voted(ctx, tx, v.town.ID, voter, id)
		if err != nil {
			return err
		}
		copied, err := v.box.Export(ctx, tx, v.town.ID, citizen.ID(voter.ID))
		known = voted[id] || len(copied["ballots"].([]map[string]any)) > 0
		return err
	})
	return known
}

func TestTheMinuteSaysWhatWasDoneAndIsSigned(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.voted("abc")
	v.cast(ballot(id, v.citizens(1)[0], "a"))
	v.close(id)
	v.deliberate(id)
	today := v.today()
	appeal, err := v.custody.Appeal(v.context(), v.town, id, voting.Appeal{FiledOn: today, Reference: "TA 2600001"}, archivist)
	v.must(err)
	v.must(v.custody.Lift(v.context(), v.town, id, voting.Appeal{ID: appeal, LiftedOn: today, Outcome: "Désistement"}, archivist))
	v.later(100)
	m := v.sever(id)

	notary, err := v.journal.Notary(v.context(), v.town.ID, id)
	v.must(err)
	if text, err := notary.Key.Open(m.Note); err != nil || text != m.Text+"\n" {
		t.Errorf("the note opens as %q: %v", text, err)
	}
	log, err := v.journal.PollKey(v.context(), v.town.ID, id)
	v.must(err)
	if _, err := log.Open(m.Note); err == nil {
		t.Error("the minute passes for something the log has signed")
	}
	stored, err := v.box.Minute(v.context(), v.town.ID, id)
	v.must(err)
	if diff := cmp.Diff(m, stored); diff != "" {
		t.Errorf("the stored minute differs: %s", diff)
	}
	day := today.Format(time.DateOnly)
	want := &voting.Minute{
		Visa: "AD52 2027/014", By: "Anne Archiviste", Actor: uuid.UUID(archivist.Actor), Town: v.town.Name,
		Deliberation: voting.MinuteDeliberation{On: day, Reference: "2026-112", Months: 2, PossibleOn: stored.Deliberation.PossibleOn},
		Appeals:      []voting.MinuteAppeal{{FiledOn: day, Reference: "TA 2600001", LiftedOn: day, Outcome: "Désistement"}},
		Before:       voting.Held{Ballots: 4, Submissions: 4, Roll: 4, Secrets: 1}, After: voting.Held{Ballots: 4},
	}
	got := &voting.Minute{Visa: m.Visa, By: m.By, Actor: m.Actor, Town: m.Town, Deliberation: m.Deliberation, Appeals: m.Appeals, Before: m.Before, After: m.After}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if n := v.number(`SELECT count(*) FROM core.audit_entries WHERE subject = 'poll/' || $1::text AND actor = $2
		AND action IN ('voting.deliberate', 'voting.appeal', 'voting.lift', 'voting.sever')`, id.String(), archivist.Actor.String()); n != 4 {
		t.Errorf("%d lines in the journal, want one for each act", n)
	}
	v.inTown(func(ctx context.Context, tx bun.Tx) error {
		changes, err := v.box.Changes(ctx, tx, v.town.ID, id)
		if last := changes[len(changes)-1]; last.Kind != "severed" || last.Reason != "AD52 2027/014" {
			t.Errorf("the public register ends with %+v", last)
		}
		return err
	})
}

// TestWhoeverHoldsTheDatabaseCannotLinkBallotsAgain plays the attacker that
// mode A does not pretend to stop before, with all that PostgreSQL keeps.
func TestWhoeverHoldsTheDatabaseCannotLinkBallotsAgain(t *testing.T) {
	v := newVault(t)
	v.box.OneByOne(true)
	const half = 60
	id, _, receipts := v.settled(strings.Repeat("a", half) + strings.Repeat("b", half))
	v.archive(id)
	byTransaction := `SELECT count(*) FROM voting.roll r JOIN voting.%s b ON b.xmin = r.xmin AND b.poll_id = r.poll_id WHERE r.poll_id = $1`
	if n := v.number(fmt.Sprintf(byTransaction, "ballots"), id.String()); n != 2*half {
		t.Fatalf("the attack finds %d before: it is no attack", n)
	}
	secrets := v.bytes(`SELECT voters FROM voting.poll_secrets WHERE poll_id = $1 UNION ALL SELECT voter_key FROM voting.roll WHERE poll_id = $1`, id)
	for _, r := range receipts {
		secrets = append(secrets, r.Nonce[:])
	}
	keys := v.bytes(`SELECT ballot_key FROM voting.ballots WHERE poll_id = $1`, id)
	if found := v.search(secrets); len(found) == 0 {
		t.Fatal("the search finds nothing before: it is no search")
	}

	v.sever(id)
	if n := v.number(fmt.Sprintf(byTransaction, "severed_ballots"), id.String()); n != 0 {
		t.Errorf("the attack still finds %d", n)
	}
	if found := v.search(secrets); len(found) != 0 {
		t.Errorf("keys of the roll, nonces or the secret remain in %v", found)
	}
	if found := v.search(keys); !slices.Equal(found, []string{"voting.log_entries.data"}) {
		t.Errorf("pseudonyms of ballots remain in %v: the public log alone has them", found)
	}
	for _, table := range []string{"severed_ballots", "log_entries", "checkpoints"} {
		if n := v.number(`SELECT count(DISTINCT xmin::text) FROM voting.`+table+` WHERE poll_id = $1`, id.String()); n != 1 {
			t.Errorf("%s comes from %d transactions: each dates its rows", table, n)
		}
	}
	if n := v.number(`SELECT count(*) FROM voting.checkpoints WHERE poll_id = $1 AND second > 0`, id.String()); n != 0 {
		t.Errorf("%d checkpoints are still dated", n)
	}
	for _, by := range []string{"ctid", "id"} {
		first := v.number(`SELECT count(*) FROM (SELECT marks FROM voting.severed_ballots WHERE poll_id = $1 ORDER BY `+by+` LIMIT $2) x WHERE marks LIKE 'a%'`, id.String(), half)
		// 30 by chance, with a standard deviation under 2.8: 7 of them.
		if first < half/2-20 || first > half/2+20 {
			t.Errorf("by %s, %d of the first %d ballots say what the first voters chose", by, first, half)
		}
	}
}

// bytes returns the values of a query.
func (v *vault) bytes(query string, id voting.PollID) [][]byte {
	v.Helper()
	rows, err := v.superuser().Query(v.context(), query, id.String())
	v.must(err)
	list, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	v.must(err)
	return list
}

// search looks for values in every column of every table, whole or as part of
// a value, as bytes or in hexadecimal, and names the columns that hold one.
func (v *vault) search(values [][]byte) (found []string) {
	v.Helper()
	rows, err := v.superuser().Query(v.context(), `SELECT format('%I.%I', table_schema, table_name), column_name::text
		FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
		WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE' ORDER BY 1, 2`)
	v.must(err)
	type place struct{ Table, Column string }
	places, err := pgx.CollectRows(rows, pgx.RowToStructByPos[place])
	v.must(err)
	var texts []string
	for _, value := range values {
		texts = append(texts, hex.EncodeToString(value))
	}
	for _, p := range places {
		if v.number(fmt.Sprintf(`SELECT count(*) FROM %s r, unnest($1::text[]) AS k (hex) WHERE strpos(r.%s::text, k.hex) > 0`,
			p.Table, pgx.Identifier{p.Column}.Sanitize()), texts) > 0 {
			found = append(found, p.Table+"."+p.Column)
		}
	}
	return found
}

func TestExportsNeverCarryTheVoter(t *testing.T) {
	v := newVault(t)
	id, voters, receipts := v.settled("aabcb")
	forbidden := v.bytes(`SELECT voters FROM voting.poll_secrets WHERE poll_id = $1 UNION ALL SELECT voter_key FROM voting.roll WHERE poll_id = $1`, id)
	for _, voter := range voters {
		forbidden = append(forbidden, []byte(voter.ID.String()), voter.ID[:])
	}
	exports := func() map[string]string {
		var rows, whole strings.Builder
		v.must(v.box.WriteCSV(v.context(), &rows, v.town.ID, id, realtime.Public))
		v.must(v.box.WriteJSON(v.context(), &whole, v.town.ID, id, realtime.Public))
		return map[string]string{"CSV": rows.String(), "JSON": whole.String(), "archive": v.archive(id)}
	}
	check := func(files map[string]string, forbidden [][]byte) {
		t.Helper()
		for name, text := range files {
			for _, value := range forbidden {
				if strings.Contains(text, string(value)) || strings.Contains(text, hex.EncodeToString(value)) {
					t.Errorf("%s carries %x", name, value)
				}
			}
		}
	}
	before := exports()
	check(before, forbidden)
	keys := v.bytes(`SELECT ballot_key FROM voting.ballots WHERE poll_id = $1`, id)
	minute := v.sever(id)
	after := exports()
	check(after, forbidden)
	check(map[string]string{"the minute": minute.Note}, forbidden)
	if after["archive"] != before["archive"] {
		t.Error("the archive has changed")
	}
	delete(after, "archive") // the evidence, published before, keeps its pseudonyms
	for _, r := range receipts {
		keys = append(keys, r.Nonce[:])
	}
	check(after, keys)
	said := func(text string) (marks []string) {
		for _, line := range strings.Split(strings.TrimSpace(text), "\n")[1:] {
			marks = append(marks, strings.Split(line, ",")[1])
		}
		slices.Sort(marks)
		return marks
	}
	if diff := cmp.Diff(said(before["CSV"]), said(after["CSV"])); diff != "" {
		t.Errorf("the ballots do not say the same: %s", diff)
	}
}

func TestNothingIsSeveredBeforeItsTime(t *testing.T) {
	v := newVault(t)
	at := func(text string) {
		moment, err := time.ParseInLocation("2006-01-02 15:04", text, v.town.TimeZone)
		v.must(err)
		v.db.SetClock(t, v.town.ID, moment)
	}
	on := func(text string) time.Time {
		moment, err := time.ParseInLocation(time.DateOnly, text, v.town.TimeZone)
		v.must(err)
		return moment
	}
	enter := func(id voting.PollID, day, reference string, months int) error {
		return v.custody.Deliberate(v.context(), v.town, id, voting.Deliberation{On: on(day), Reference: reference, Months: months}, archivist)
	}
	at("2026-12-20 18:00")
	id, _, _ := v.voted("aab")
	v.refusedToSever(id, voting.ErrNotClosedYet)
	if err := enter(id, "2026-12-20", "2026-140", 2); !errors.Is(err, voting.ErrNotClosedYet) {
		t.Errorf("a délibération before the vote is over: %v", err)
	}
	v.close(id)
	v.refusedToSever(id, voting.ErrNoDeliberation)
	at("2026-12-31 18:00")
	wantField(t, enter(id, "2026-12-19", "2026-140", 2), "on", "voting.sever.before_closing")
	wantField(t, enter(id, "2027-01-01", "2026-140", 2), "on", "voting.sever.future")
	wantField(t, enter(id, "2026-12-31", "  ", 2), "reference", "voting.sever.reference_missing")
	wantField(t, enter(id, "2026-12-31", "2026-140", 1), "months", "voting.sever.months")
	v.must(enter(id, "2026-12-31", "2026-140", 0))
	// Two months from 31 December end with February; the term of a délai franc
	// is the day after, and the next day is the first on which it is over.
	m, err := v.custody.Matter(v.context(), v.town, id)
	v.must(err)
	if !m.PossibleOn.Equal(on("2027-03-02")) {
		t.Errorf("possible on %s", m.PossibleOn)
	}
	at("2027-03-01 23:59")
	v.refusedToSever(id, voting.ErrPeriodRuns)
	at("2027-03-02 00:01")
	appeal, err := v.custody.Appeal(v.context(), v.town, id, voting.Appeal{FiledOn: on("2027-02-27"), Reference: "TA 2700001"}, archivist)
	v.must(err)
	v.refusedToSever(id, voting.ErrAppealPending)
	lift := func(day, outcome string) error {
		return v.custody.Lift(v.context(), v.town, id, voting.Appeal{ID: appeal, LiftedOn: on(day), Outcome: outcome}, archivist)
	}
	wantField(t, lift("2027-02-26", "Rejet"), "lifted_on", "voting.sever.before_filing")
	wantField(t, lift("2027-03-03", "Rejet"), "lifted_on", "voting.sever.future")
	wantField(t, lift("2027-03-02", ""), "outcome", "voting.sever.outcome_missing")
	v.refusedToSever(id, voting.ErrAppealPending)
	v.must(lift("2027-03-02", "Rejet"))
	if err := lift("2027-03-02", "Rejet"); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("lifted twice: %v", err)
	}
	for name, o := range map[string]voting.Order{
		"visa": {Word: voting.ConfirmationWord(id)}, "word": {Visa: "AD52 2027/014", Word: voting.ConfirmationWord(voting.NewPollID())},
	} {
		if _, err := v.custody.Sever(v.context(), v.town, id, o, archivist); fault.KindOf(err) != fault.Invalid {
			t.Errorf("severed with a wrong %s: %v", name, err)
		}
	}
	if got, want := v.held(id), [6]int64{3, 0, 3, 3, 1, 0}; got != want {
		t.Errorf("a refusal has left %v, want %v", got, want)
	}
	v.sever(id)
	v.refusedToSever(id, voting.ErrSevered)
	if err := enter(id, "2027-03-01", "2027-001", 2); !errors.Is(err, voting.ErrSevered) {
		t.Errorf("a délibération after the severing: %v", err)
	}
}

func wantField(t *testing.T, err error, name, key string) {
	t.Helper()
	f, ok := errors.AsType[*fault.Error](err)
	if !ok || len(f.Fields) != 1 || f.Fields[0].Name != name || f.Fields[0].Key != key {
		t.Errorf("%v, want %s on %s", err, key, name)
	}
}

// TestADeliberationOfTheTropicsIsOfItsDay: days are the town's, wherever it is.
func TestADeliberationOfTheTropicsIsOfItsDay(t *testing.T) {
	v := newVault(t)
	v.town.TimeZone = time.FixedZone("America/Martinique", -4*3600)
	_, err := v.superuser().Exec(v.context(), `UPDATE core.tenants SET time_zone = 'America/Martinique' WHERE id = $1`, v.town.ID.String())
	v.must(err)
	v.db.SetClock(t, v.town.ID, time.Date(2026, 12, 11, 2, 0, 0, 0, time.UTC)) // the evening of the 10th there
	id, _, _ := v.voted("a")
	v.close(id)
	v.deliberate(id)
	m, err := v.custody.Matter(v.context(), v.town, id)
	v.must(err)
	if got := m.DeliberatedOn.Format(time.DateOnly) + " " + m.PossibleOn.Format(time.DateOnly); got != "2026-12-10 2027-02-12" {
		t.Errorf("deliberated and possible on %s", got)
	}
	v.db.SetClock(t, v.town.ID, time.Date(2027, 2, 12, 3, 0, 0, 0, time.UTC)) // still the 11th
	v.refusedToSever(id, voting.ErrPeriodRuns)
	v.db.SetClock(t, v.town.ID, time.Date(2027, 2, 12, 5, 0, 0, 0, time.UTC))
	v.sever(id)
}

func TestATownSeversItsOwnPollsOnly(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.settled("aab")
	other := v.db.Tenant(t)
	v.db.SetClock(t, other.ID, time.Now().AddDate(1, 0, 0))
	if _, err := v.custody.Sever(v.context(), other, id, order(id), archivist); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("another town severs: %v", err)
	}
	if _, err := v.custody.Appeal(v.context(), other, id, voting.Appeal{FiledOn: time.Now(), Reference: "x"}, archivist); !errors.Is(err, voting.ErrNotFound) {
		t.Errorf("another town records a recours: %v", err)
	}
	tx := v.tx(v.db.Custodian(t), other.ID)
	for _, table := range []string{"ballots", "roll", "submissions", "poll_secrets"} {
		tag, err := tx.Exec(v.context(), `DELETE FROM voting.`+table)
		if err != nil || tag.RowsAffected() != 0 {
			t.Errorf("the custodian in another town deletes %d %s: %v", tag.RowsAffected(), table, err)
		}
	}
}

// tx begins a transaction of a role in a town.
func (v *vault) tx(pool *pgxpool.Pool, town tenant.ID) pgx.Tx {
	v.Helper()
	tx, err := pool.Begin(v.context())
	v.must(err)
	v.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	_, err = tx.Exec(v.context(), database.SetTenant, town.String())
	v.must(err)
	return tx
}

func TestTheApplicationCannotDestroyNorTheCustodianRead(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.settled("aab")
	denied := func(pool *pgxpool.Pool, statements ...string) {
		t.Helper()
		for _, sql := range statements {
			tx := v.tx(pool, v.town.ID)
			_, err := tx.Exec(v.context(), sql)
			if pg, ok := errors.AsType[*pgconn.PgError](err); !ok || pg.Code != "42501" {
				t.Errorf("%s: %v, want permission denied", sql, err)
			}
			v.must(tx.Rollback(v.context()))
		}
	}
	denied(v.db.Pool, `DELETE FROM voting.ballots`, `DELETE FROM voting.submissions`, `DELETE FROM voting.poll_secrets`,
		`UPDATE voting.poll_secrets SET voters = voters`, `DELETE FROM voting.log_entries`, `UPDATE voting.log_entries SET index = index`,
		`INSERT INTO voting.severed_ballots DEFAULT VALUES`, `INSERT INTO voting.minutes DEFAULT VALUES`, `DELETE FROM voting.minutes`,
		`UPDATE voting.minutes SET body = ''`, `DELETE FROM voting.appeals`, `UPDATE voting.appeals SET reference = 'x'`, `DELETE FROM voting.matters`)
	denied(v.db.Custodian(t), `SELECT ballot_key FROM voting.ballots`, `SELECT nonce FROM voting.ballots`, `SELECT log_index FROM voting.ballots`,
		`SELECT voter_key FROM voting.roll`, `SELECT nonce FROM voting.submissions`, `SELECT voters FROM voting.poll_secrets`,
		`SELECT data FROM voting.log_entries`, `UPDATE voting.log_entries SET data = ''`, `DELETE FROM voting.log_entries`,
		`UPDATE voting.results SET body = ''`, `DELETE FROM voting.minutes`, `SELECT sealed FROM voting.signing_keys`, `SELECT name FROM core.citizens`,
		`UPDATE voting.matters SET deliberated_on = '2020-01-01'`, `DELETE FROM voting.appeals`)

	tag, err := v.tx(v.db.Pool, v.town.ID).Exec(v.context(), `DELETE FROM voting.roll`) // only a signed act takes a mark of paper off
	if err != nil || tag.RowsAffected() != 0 {
		t.Errorf("the application takes %d voters off the roll: %v", tag.RowsAffected(), err)
	}

	impostor := voting.NewCustody(voting.CustodyDeps{Box: v.box, Evidence: v.journal, Shelf: v.shelf, CustodianURL: v.db.URL})
	if _, err := impostor.Sever(v.context(), v.town, id, order(id), archivist); err == nil {
		t.Error("the application's role has severed")
	}
	keyless := voting.NewCustody(voting.CustodyDeps{Box: v.box, Evidence: v.journal, Shelf: v.shelf})
	if _, err := keyless.Sever(v.context(), v.town, id, order(id), archivist); !errors.Is(err, voting.ErrNoCustodian) {
		t.Errorf("without a custodian: %v", err)
	}
	if got, want := v.held(id), [6]int64{3, 0, 3, 3, 1, 0}; got != want {
		t.Errorf("left %v, want %v", got, want)
	}
}

// TestTheDatabaseRefusesAMinuteBeforeItsDay: even to the custodian itself.
func TestTheDatabaseRefusesAMinuteBeforeItsDay(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.voted("aab")
	v.close(id)
	write := func() error {
		tx := v.tx(v.db.Custodian(t), v.town.ID)
		_, err := tx.Exec(v.context(), `INSERT INTO voting.minutes VALUES ($1, $2, now(), '{}', '')`, v.town.ID.String(), id.String())
		return errors.Join(err, tx.Rollback(v.context()))
	}
	refused := func(when string) {
		t.Helper()
		if err := write(); database.Constraint(err) != "no_severing_before_its_day" {
			t.Errorf("%s: %v", when, err)
		}
	}
	refused("without a délibération")
	v.deliberate(id)
	refused("on the day of the délibération")
	v.later(100)
	if err := write(); err != nil {
		t.Errorf("after the period: %v", err)
	}
	_, err := v.custody.Appeal(v.context(), v.town, id, voting.Appeal{FiledOn: v.today(), Reference: "TA 2700001"}, archivist)
	v.must(err)
	refused("with a recours pending")
}

func TestHowManyAskItIsSeveredOnce(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.settled("aabbc")
	v.archive(id)
	errs := make([]error, 6)
	var group sync.WaitGroup
	for i := range errs {
		group.Go(func() { _, errs[i] = v.custody.Sever(v.context(), v.town, id, order(id), archivist) })
	}
	group.Wait()
	done := 0
	for _, err := range errs {
		if err == nil {
			done++
		} else if !errors.Is(err, voting.ErrSevered) {
			t.Errorf("refused with %v", err)
		}
	}
	if done != 1 {
		t.Errorf("severed %d times", done)
	}
	if got, want := v.held(id), [6]int64{0, 5, 0, 0, 0, 1}; got != want {
		t.Errorf("left %v, want %v", got, want)
	}
}

// TestARecoursAndASeveringNeverBothPass: whichever comes first under the lock
// refuses the other.
func TestARecoursAndASeveringNeverBothPass(t *testing.T) {
	v := newVault(t)
	for range 5 {
		id, _, _ := v.settled("ab")
		v.archive(id)
		today := v.today()
		var appealed, severed error
		var group sync.WaitGroup
		group.Go(func() {
			_, appealed = v.custody.Appeal(v.context(), v.town, id, voting.Appeal{FiledOn: today, Reference: "TA 2700001"}, archivist)
		})
		group.Go(func() { _, severed = v.custody.Sever(v.context(), v.town, id, order(id), archivist) })
		group.Wait()
		if (appealed == nil) == (severed == nil) {
			t.Fatalf("recours: %v, severing: %v", appealed, severed)
		}
		if appealed != nil && !errors.Is(appealed, voting.ErrSevered) || severed != nil && !errors.Is(severed, voting.ErrAppealPending) {
			t.Errorf("recours: %v, severing: %v", appealed, severed)
		}
	}
}

// TestAKillInTheMiddleLeavesEverythingAsItWas ends the custodian's connection
// once it has deleted all, and is about to say so.
func TestAKillInTheMiddleLeavesEverythingAsItWas(t *testing.T) {
	v := newVault(t)
	id, voters, _ := v.settled("aabbc")
	archive := v.archive(id)
	wall, err := v.superuser().Begin(v.context())
	v.must(err)
	_, err = wall.Exec(v.context(), `LOCK TABLE voting.changes IN ACCESS EXCLUSIVE MODE`)
	v.must(err)
	done := make(chan error)
	go func() {
		_, err := v.custody.Sever(v.context(), v.town, id, order(id), archivist)
		done <- err
	}()
	killed := false
	for deadline := time.Now().Add(30 * time.Second); !killed && time.Now().Before(deadline); {
		_ = v.superuser().QueryRow(v.context(), `SELECT coalesce(bool_or(pg_terminate_backend(pid)), false) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'parvis custodian' AND wait_event_type = 'Lock'`).Scan(&killed)
	}
	if !killed {
		t.Error("the custodian never came to the wall")
	}
	if err := <-done; err == nil {
		t.Error("severed by a dead connection")
	}
	v.must(wall.Rollback(v.context()))
	if got, want := v.held(id), [6]int64{5, 0, 5, 5, 1, 0}; got != want {
		t.Errorf("left %v, want %v", got, want)
	}
	if !voteKnown(v, id, voters[0]) || v.archive(id) != archive {
		t.Error("the poll is not as it was")
	}
	if m := v.sever(id); m.After != (voting.Held{Ballots: 5}) {
		t.Errorf("the second try leaves %+v", m.After)
	}
}

// spoiled is a journal whose archives are not what they should be.
type spoiled struct {
	*journal.Journal
	spoil func([]byte) []byte
	err   error
}

func (s spoiled) Export(ctx context.Context, w io.Writer, t tenant.ID, id voting.PollID, as realtime.Audience) error {
	var whole bytes.Buffer
	if err := s.Journal.Export(ctx, &whole, t, id, as); err != nil {
		return err
	}
	if _, err := w.Write(s.spoil(whole.Bytes())); err != nil {
		return err
	}
	return s.err
}

func TestNothingIsDestroyedWithoutAGoodArchive(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.settled("aab")
	stranger, _, _ := v.settled("b")
	foreign := []byte(v.archive(stranger))
	broken := errors.New("the disk is full")
	for name, c := range map[string]struct {
		spoiled
		want error
	}{
		"cut short":         {spoiled{v.journal, func(b []byte) []byte { return b[:len(b)/2] }, nil}, voting.ErrBadArchive},
		"one vote changed":  {spoiled{v.journal, func(b []byte) []byte { return bytes.Replace(b, []byte(`"a=1"`), []byte(`"b=1"`), 1) }, nil}, voting.ErrBadArchive},
		"of another poll":   {spoiled{v.journal, func([]byte) []byte { return foreign }, nil}, voting.ErrBadArchive},
		"that fails midway": {spoiled{v.journal, func(b []byte) []byte { return b }, broken}, broken},
	} {
		if _, err := v.withEvidence(c.spoiled).Sever(v.context(), v.town, id, order(id), archivist); !errors.Is(err, c.want) {
			t.Errorf("with an archive %s: %v", name, err)
		}
	}
	if got, want := v.held(id), [6]int64{3, 0, 3, 3, 1, 0}; got != want {
		t.Errorf("left %v, want %v", got, want)
	}
}

func TestACancelledPollIsSeveredWithoutAnArchive(t *testing.T) {
	v := newVault(t)
	id, _, _ := v.voted("aab")
	v.must(v.box.Cancel(v.context(), v.town.ID, id, voting.Act{Reason: "Une erreur dans la question"}))
	v.deliberate(id)
	v.later(100)
	if m := v.sever(id); m.Archive != nil || m.Result != "" || m.After != (voting.Held{Ballots: 3}) {
		t.Errorf("%+v", m)
	}
	never := v.scheduled(terms(between(time.Now().AddDate(1, 0, 0), time.Now().AddDate(2, 0, 0))))
	v.must(v.box.Cancel(v.context(), v.town.ID, never, voting.Act{Reason: "Reportée"}))
	v.refusedToSever(never, voting.ErrNothingToSever)
}

// TestEveryTableOfAPollHasItsFate: whoever adds a table that holds something
// of a poll says here what severing does to it, and does it.
func TestEveryTableOfAPollHasItsFate(t *testing.T) {
	v := newVault(t)
	fates := map[string]string{
		"options": "stays: public", "rulesets": "stays: public", "changes": "stays: public", "heads": "stays: counts", "results": "stays: public",
		"paper_batches": "stays: names nobody",
		"log_entries":   "stays, written anew", "log_hashes": "stays, written anew", "checkpoints": "stays, without its seconds",
		"matters": "stays", "appeals": "stays", "minutes": "is written", "severed_ballots": "is written",
		"ballots": "is emptied", "submissions": "is emptied", "roll": "is emptied", "poll_secrets": "is emptied",
		"lists": "stays: how many were on it", "list_entries": "stays: hashes whose salt is gone", "waiting_ballots": "is emptied",
		"presences": "is emptied", "tickets": "is emptied", "ticket_batches": "stays: how many were printed",
		"sightings": "is emptied", "findings": "stays: counts", "incident_entries": "stays: public",
	}
	rows, err := v.superuser().Query(v.context(), `SELECT DISTINCT table_name::text FROM information_schema.columns
		WHERE column_name = 'poll_id' AND table_schema = 'voting' ORDER BY 1`)
	v.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	v.must(err)
	for _, table := range tables {
		if fates[table] == "" {
			t.Errorf("voting.%s holds something of a poll: what does severing do to it?", table)
		}
	}
}

func TestTheWordIsOfOnePoll(t *testing.T) {
	words := map[string]bool{}
	for range 200 {
		id := voting.PollID(uuid.New())
		word := voting.ConfirmationWord(id)
		if word != voting.ConfirmationWord(id) || len(word) != 6 {
			t.Fatalf("%q", word)
		}
		words[word] = true
	}
	if len(words) < 198 { // of 23^6: three in 200 agree never
		t.Errorf("%d words for 200 polls", len(words))
	}
}
