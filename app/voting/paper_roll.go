package voting

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/tenant"
)

// Standing is what the desk is told of somebody who comes to vote.
type Standing struct {
	Verdict
	Voted   bool    // is on the roll already
	Channel Channel // by which way
}

// StandingOf says whether the holder of an account may still vote, at the desk
// or on paper, by what the account says now. It never tells what was voted.
func (b *Box) StandingOf(ctx context.Context, tx bun.IDB, p *Poll, who citizen.ID) (Standing, error) {
	_, s, err := standing(ctx, tx, p, who)
	return s, err
}

// standing also returns the key of the voter on the roll.
func standing(ctx context.Context, tx bun.IDB, p *Poll, who citizen.ID) (key Key, s Standing, err error) {
	viewer, person, today, err := selectAccount(ctx, tx, p.Tenant, who)
	if err != nil {
		return key, s, err
	}
	voter := ByAccount(viewer)
	s.Verdict = p.eligible(voter, today)
	if p.VoterKind() == IdentityVoter && person != uuid.Nil {
		voter = ByIdentity(person)
	}
	secret, err := selectSecrets(ctx, tx, p.Tenant, p.ID)
	if err != nil {
		return key, s, err
	}
	key = secret.rollKey(voter)
	err = tx.QueryRowContext(ctx, `SELECT channel FROM voting.roll WHERE tenant_id = ? AND poll_id = ? AND voter_key = ?`,
		p.Tenant, p.ID, key[:]).Scan(&s.Channel)
	if err != nil && !isNotFound(err) {
		return key, s, fmt.Errorf("read the roll: %w", err)
	}
	s.Voted = err == nil
	return key, s, nil
}

// selectAccount reads what the electorate is judged by, and the civil day.
func selectAccount(ctx context.Context, tx bun.IDB, t tenant.ID, who citizen.ID) (v citizen.Viewer, person uuid.UUID, today string, err error) {
	var zone, somebody uuid.NullUUID
	var roles []string
	v = citizen.Viewer{ID: who, SignedIn: true}
	err = tx.QueryRowContext(ctx, `SELECT c.person_proof, c.residence_proof, c.zone_id, coalesce(c.born_on::text, ''), c.person_id,
			ARRAY(SELECT g.role FROM core.role_grants g WHERE g.tenant_id = c.tenant_id AND g.citizen_id = c.id),
			(core.now() AT TIME ZONE t.time_zone)::date::text
		FROM core.citizens c JOIN core.tenants t ON t.id = c.tenant_id WHERE c.tenant_id = ? AND c.id = ? AND c.erased_at IS NULL`, t, who).
		Scan(&v.Person, &v.Residence, &zone, &v.BornOn, &somebody, pgdialect.Array(&roles), &today)
	if isNotFound(err) {
		return v, person, today, ErrNotFound
	}
	if err != nil {
		return v, person, today, fmt.Errorf("read an account: %w", err)
	}
	v.Zone = zone.UUID
	for _, role := range roles {
		v.Grants = append(v.Grants, citizen.Grant{Role: citizen.Role(role)})
	}
	return v, somebody.UUID, today, nil
}

// HandIn marks the roll for somebody who hands in a paper ballot, in the
// caller's transaction: from then on they have voted, and no other way is open
// to them. What the sheet says comes with its batch, and is nobody's.
func (b *Box) HandIn(ctx context.Context, tx bun.IDB, t tenant.ID, id PollID, who citizen.ID) error {
	poll, head, err := lockPoll(ctx, tx, t, id)
	if err != nil {
		return err
	}
	if err := logDue(ctx, tx, poll, &head); err != nil {
		return err
	}
	if err := poll.takesVoters(); err != nil {
		return err
	}
	key, s, err := standing(ctx, tx, poll, who)
	switch {
	case err != nil:
		return err
	case s.Voted && s.Channel == Paper:
		return ErrHandedIn
	case s.Voted:
		return ErrVotedAlready
	case !s.Allowed:
		return &NotEligible{Reasons: s.Reasons}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO voting.roll (tenant_id, poll_id, voter_key, channel) VALUES (?, ?, ?, ?)`, t, id, key[:], Paper)
	if err != nil {
		return fmt.Errorf("mark the roll: %w", err)
	}
	head.Handed++
	return saveHead(ctx, tx, t, &head)
}

// takesVoters says whether sheets may be handed in now.
func (p *Poll) takesVoters() error {
	if p.Paper == NoPaper {
		return ErrNoPaper
	}
	return p.State.MayVote()
}

// Changed tells whoever watches a poll that something has been committed for
// it by a caller's transaction.
func (b *Box) Changed(t tenant.ID, id PollID) {
	b.announce(t, id)
	b.stir()
}

// Reconciliation is what anyone may compare: the sheets that were handed in,
// and those in the log.
type Reconciliation struct {
	Handed  int64 // the roll
	Logged  int64 // the batches of the log
	Spoiled int64 // of them, the null ones
	DoneAt  time.Time
	Reason  string // why the numbers differ, "" when they do not
}

// Reconcile returns how the paper ballots of a poll stand.
func (b *Box) Reconcile(ctx context.Context, tx bun.IDB, p *Poll) (r Reconciliation, err error) {
	head, err := selectHead(ctx, tx, p.Tenant, p.ID, "")
	if err != nil {
		return r, err
	}
	r = Reconciliation{Handed: head.Handed, Logged: head.Paper, Spoiled: head.Spoiled, DoneAt: p.PaperDoneAt}
	if p.PaperDoneAt.IsZero() {
		return r, nil
	}
	err = tx.QueryRowContext(ctx, `SELECT reason FROM voting.changes WHERE tenant_id = ? AND poll_id = ? AND kind = ?`, p.Tenant, p.ID, EntryPaperDone).Scan(&r.Reason)
	if err != nil {
		return r, fmt.Errorf("read why the sheets differ: %w", err)
	}
	return r, nil
}
