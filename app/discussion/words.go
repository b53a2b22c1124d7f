package discussion

import (
	"context"
	"fmt"
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/search"
	"parvis/app/tenant"
)

// Bounds of what people write.
const (
	maxComment = 2_000
	maxReason  = 1_000
	maxNote    = 500
	maxLinks   = 3
)

// An account is new for a week, unless somebody has met its owner or approved
// something of theirs; nobody posts faster than a person who thinks.
const (
	newFor     = 7 * 24 * time.Hour
	newPerDay  = 10
	fastWithin = 10 * time.Minute
	fastMost   = 10
)

// Writer is who writes, as far as abuse is concerned.
type Writer struct {
	ID  citizen.ID
	New bool
	Now time.Time
}

// Writer reads what is known of somebody about to write, and keeps their other
// requests waiting until tx ends, so that what is counted stays true.
func (s *Service) Writer(ctx context.Context, tx bun.IDB, t tenant.ID, v citizen.Viewer) (Writer, error) {
	w := Writer{ID: v.ID}
	var row struct {
		Young, Approved bool
		Now             time.Time
	}
	err := tx.NewRaw(`
		SELECT c.created_at > core.now() - make_interval(secs => ?) AS young, core.now() AS now,
			EXISTS (SELECT FROM discussion.cases k WHERE k.tenant_id = c.tenant_id AND k.author_id = c.id AND (k.decision = 'keep' OR k.ruling = 'restored')) AS approved
		FROM core.citizens c WHERE c.tenant_id = ? AND c.id = ? FOR NO KEY UPDATE OF c`, newFor.Seconds(), t, v.ID).Scan(ctx, &row)
	if err != nil {
		return w, fmt.Errorf("read who writes: %w", err)
	}
	w.New, w.Now = row.Young && !row.Approved && !v.Staff() && !Proven(v), row.Now
	return w, nil
}

// Proven reports whether something about v is proven beyond an address of mail.
func Proven(v citizen.Viewer) bool {
	return v.Person > citizen.PersonEmail || v.Residence >= citizen.ResidenceLetter
}

// Resident reports whether v is somebody who lives here and proved who they are
// beyond an address of mail: whose flags can hide.
func Resident(v citizen.Viewer) bool {
	return v.SignedIn && Proven(v) && v.Residence >= citizen.ResidenceDeclared
}

// CheckLinks refuses a text with more links than w may write.
func (w Writer) CheckLinks(text, field string) error {
	n := len(linkRE.FindAllString(text, -1))
	switch {
	case n > 0 && w.New:
		return ErrNewLinks.With(fault.Args{"Count": int(newFor / (24 * time.Hour))}).On(field)
	case n > maxLinks:
		return ErrManyLinks.With(fault.Args{"Count": n, "Limit": maxLinks}).On(field)
	}
	return nil
}

var linkRE = regexp.MustCompile(`(?i)\bhttps?://|\bwww\.|\bmailto:`)

// checkPace refuses whoever comments faster than people do.
func checkPace(ctx context.Context, tx bun.IDB, t tenant.ID, w Writer) error {
	var n struct{ Lately, Today int }
	err := tx.NewRaw(`
		SELECT count(*) FILTER (WHERE created_at > ?) AS lately, count(*) AS today FROM discussion.comments
		WHERE tenant_id = ? AND author_id = ? AND created_at > ?`, w.Now.Add(-fastWithin), t, w.ID, w.Now.Add(-24*time.Hour)).Scan(ctx, &n)
	switch {
	case err != nil:
		return fmt.Errorf("count recent comments: %w", err)
	case n.Lately >= fastMost:
		return ErrTooFast.With(fault.Args{"Count": int(fastWithin / time.Minute)})
	case w.New && n.Today >= newPerDay:
		return ErrNewQuota.With(fault.Args{"Count": newPerDay})
	}
	return nil
}

// checkFresh refuses what has been said already: by the same person anywhere of
// late, or, when it is long enough not to be a mere "I agree", below the same thing.
func checkFresh(ctx context.Context, tx bun.IDB, t tenant.ID, w Writer, of Subject, body string) error {
	var said struct{ Own, Here float32 }
	words := search.Words(body)
	err := tx.NewRaw(`
		SELECT coalesce((SELECT max(similarity(body, ?0)) FROM
				(SELECT body FROM discussion.comments WHERE tenant_id = ?1 AND author_id = ?2 AND state <> 'withdrawn' ORDER BY created_at DESC LIMIT 20) AS own), 0) AS own,
			coalesce((SELECT max(similarity(body, ?0)) FROM
				(SELECT body FROM discussion.comments WHERE tenant_id = ?1 AND module = ?3 AND subject_id = ?4 AND parent_id IS NULL ORDER BY created_at DESC LIMIT 60) AS here), 0) AS here`,
		body, t, w.ID, of.Module, of.ID).Scan(ctx, &said)
	switch {
	case err != nil:
		return fmt.Errorf("look for what was said already: %w", err)
	case said.Own >= 0.85:
		return ErrSaid.On("body")
	case said.Here >= 0.9 && utf8.RuneCountInString(words) >= 40:
		return ErrSaidHere.On("body")
	}
	return nil
}

// demand checks a text that must be there, within a bound.
func demand(field, text, missing string, most int) error {
	var wrong fault.Complaints
	wrong.When(text == "", field, missing)
	wrong.Bound(text, field, most)
	return wrong.Err()
}
