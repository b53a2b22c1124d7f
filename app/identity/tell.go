package identity

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/notify"
	"parvis/app/tenant"
)

// Tell writes the same letter to accounts, in the transaction of what it tells
// about, and keeps it on their page of news, where those without an address of
// mail find it too. Accounts that were erased get neither. write is called once
// for each language that somebody reads; ctx says which. Whoever asks never
// learns an address.
func (s *Service) Tell(ctx context.Context, tx bun.Tx, t *tenant.Tenant, to []citizen.ID, write func(ctx context.Context) mail.Letter) error {
	if len(to) == 0 {
		return nil
	}
	ids := make([]uuid.UUID, len(to))
	for i, id := range to {
		ids[i] = uuid.UUID(id)
	}
	var rows []struct {
		ID            uuid.UUID
		Email, Locale string
	}
	err := tx.NewRaw(`
		SELECT id, coalesce(email, '') AS email, locale FROM core.citizens
		WHERE tenant_id = ? AND id = ANY (?::uuid[]) AND erased_at IS NULL
		ORDER BY id`, t.ID, pgdialect.Array(ids)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("find whom to tell: %w", err)
	}
	addresses, readers := map[string][]string{}, map[string][]uuid.UUID{}
	for _, r := range rows {
		language := r.Locale
		if language == "" {
			language = t.Locale
		}
		readers[language] = append(readers[language], r.ID)
		if r.Email != "" {
			addresses[language] = append(addresses[language], r.Email)
		}
	}
	for language, list := range readers {
		spoken := i18n.In(ctx, language, t.TimeZone)
		letter := write(spoken)
		if letter.Until.IsZero() {
			letter.Until = s.clock.Now().Add(tellWithin)
		}
		notice := notify.Notice{Title: letter.Subject, Text: strings.Join(letter.Paragraphs, "\n\n"), Href: letter.Button.Href, Module: letter.Module}
		if err := notify.Add(ctx, tx, t.ID, list, notice); err != nil {
			return err
		}
		if err := s.mail.EnqueueAll(spoken, tx, t, addresses[language], letter); err != nil {
			return err
		}
	}
	return nil
}

// tellWithin is how long news is worth sending.
const tellWithin = 7 * 24 * time.Hour
