package identity

import (
	"context"
	"net/netip"
	"time"

	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/tenant"
)

// limit is how often something may be tried in a window of time.
type limit struct {
	name   string
	most   int
	window time.Duration
}

// Limits by address of the network are wide: a school, a village or a whole
// mobile operator may share one.
var (
	mailsToAddress   = limit{"mail", 5, time.Hour}
	mailsFromNetwork = limit{"mail-network", 120, time.Hour}
	codesOfAddress   = limit{"code", 30, 24 * time.Hour}
	passwordsOfOne   = limit{"password", 10, 15 * time.Minute}
	passwordsNetwork = limit{"password-network", 120, 15 * time.Minute}
)

// allow counts one try of what about whom, and refuses when there were too
// many. It counts in a transaction of its own: a refusal is counted too.
func (s *Service) allow(ctx context.Context, t tenant.ID, l limit, whom string) error {
	start := s.clock.Now().Truncate(l.window)
	var count int
	err := s.db.InTenant(ctx, t, func(ctx context.Context, tx bun.Tx) error {
		return tx.NewRaw(`
			INSERT INTO core.attempts (tenant_id, bucket, starts_at, count) VALUES (?, ?, ?, 1)
			ON CONFLICT (tenant_id, bucket, starts_at) DO UPDATE SET count = core.attempts.count + 1
			RETURNING count`,
			t, s.keyed("attempt", t, l.name, whom), start).Scan(ctx, &count)
	})
	if err != nil {
		return err
	}
	if count <= l.most {
		return nil
	}
	wait := start.Add(l.window).Sub(s.clock.Now())
	return ErrTooOften.With(fault.Args{"Count": int(wait/time.Minute) + 1})
}

// network is the part of an address that one subscriber or one site has: the
// /24 of IPv4, the /64 of IPv6.
func network(address string) string {
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return address
	}
	bits := 64
	if ip = ip.Unmap().WithZone(""); ip.Is4() {
		bits = 24
	}
	prefix, err := ip.Prefix(bits)
	if err != nil {
		return address
	}
	return prefix.String()
}
