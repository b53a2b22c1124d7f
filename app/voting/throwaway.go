package voting

import (
	"context"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/tenant"
)

// throwawayList is domains of mail that lasts minutes, one a line.
//
//go:embed throwaway.txt
var throwawayList string

var throwaway = func() map[string]bool {
	set := map[string]bool{}
	for domain := range strings.FieldsSeq(throwawayList) {
		set[domain] = true
	}
	return set
}()

// isThrowaway reports whether a domain, or the one it is under, is on the list.
func isThrowaway(domain string) bool {
	for domain = strings.ToLower(domain); domain != ""; {
		if throwaway[domain] {
			return true
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return false
}

// selectThrowaway returns the sightings of the accounts whose mail is thrown
// away. Nothing of the address is kept, and all count as of one source.
func selectThrowaway(ctx context.Context, tx bun.IDB, t tenant.ID, accounts map[uuid.UUID][16]byte) ([]seen, error) {
	ids := []string{}
	for id := range accounts {
		ids = append(ids, id.String())
	}
	slices.Sort(ids)
	var rows []struct {
		ID     uuid.UUID
		Domain string
	}
	err := tx.NewRaw(`SELECT c.id, split_part(c.email, '@', 2) AS domain FROM unnest(?::uuid[]) AS k (id)
		JOIN core.citizens c ON c.tenant_id = ? AND c.id = k.id WHERE c.email IS NOT NULL`, pgdialect.Array(ids), t).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("read the domains of mails: %w", err)
	}
	var list []seen
	for _, r := range rows {
		if isThrowaway(r.Domain) {
			list = append(list, seen{kind: ByMail, member: accounts[r.ID]})
		}
	}
	return list, nil
}
