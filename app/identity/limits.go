package identity

import (
	"context"
	"encoding/hex"
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
	mailsToAddress   = quota{limit{"mail", 5, time.Hour}, limit{"mail-all", 20, time.Hour}}
	mailsFromNetwork = limit{"mail-network", 120, time.Hour}
	codesOfAddress   = quota{limit{"code", 30, 24 * time.Hour}, limit{"code-all", 150, 24 * time.Hour}}
	passwordsOfOne   = quota{limit{"password", 10, 15 * time.Minute}, limit{"password-all", 50, 15 * time.Minute}}
	passwordsNetwork = limit{"password-network", 120, 15 * time.Minute}
)

// quota limits what is tried about one mail address: by each network, and by
// all of them together, which is larger. A stranger who spends theirs takes
// nothing from the owner; and if strangers from many networks spend it all, a
// browser in which the owner has signed in before still has its own.
type quota struct{ near, all limit }

// allowAbout counts a try about an address.
func (s *Service) allowAbout(ctx context.Context, t tenant.ID, q quota, b Browser, address string) error {
	if b.Known != "" && b.Known == s.knownAs(t, address) {
		return s.allow(ctx, t, q.near, "known "+address)
	}
	if err := s.allow(ctx, t, q.near, network(b.Address)+" "+address); err != nil {
		return err
	}
	return s.allow(ctx, t, q.all, address)
}

// knownAs is what a browser keeps once the owner of an address has signed in
// there: it says nothing to anybody else, and opens nothing by itself.
func (s *Service) knownAs(t tenant.ID, address string) string {
	return hex.EncodeToString(s.keyed("known browser", t, address))
}

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
