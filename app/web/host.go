package web

import (
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/net/idna"

	"parvis/app/fault"
	"parvis/app/tenant"
)

// ErrUnknownHost is a request for a host that belongs to no tenant.
var ErrUnknownHost = fault.New(fault.NotFound, "web.unknown_host")

// NormalHost returns the form in which hosts are stored and compared: lower
// case, without port or final dot, international names in ASCII. It reports
// false for what cannot be a host.
func NormalHost(host string) (string, bool) {
	name, _, ok := splitHost(host)
	return name, ok
}

// splitHost separates a host and its port, ":8080" or "".
func splitHost(host string) (name, port string, ok bool) {
	name = host
	if !utf8.ValidString(host) {
		return "", "", false
	}
	if colon := strings.LastIndexByte(host, ':'); colon >= 0 && !strings.HasSuffix(host, "]") {
		name, port = host[:colon], host[colon:]
		if !isPort(port[1:]) {
			return "", "", false
		}
	}
	name = strings.TrimSuffix(name, ".")
	if address, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		return address.String(), port, true
	}
	name, err := idna.Lookup.ToASCII(name)
	if err != nil || name == "" || strings.HasSuffix(name, ".") || len(name) > 253 {
		return "", "", false
	}
	return name, port, true
}

func isPort(text string) bool {
	for _, r := range text {
		if r < '0' || r > '9' {
			return false
		}
	}
	return len(text) >= 1 && len(text) <= 5
}

// hostOf returns the normalised host and port of the request: those of the
// proxy when it is trusted; "" when they make no sense.
func (s *server) hostOf(c *fiber.Ctx) string {
	name, port, ok := splitHost(c.Hostname())
	if !ok {
		return ""
	}
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	return name + port
}

// findTenant puts the tenant of the host in the context.
func (s *server) findTenant(c *fiber.Ctx) error {
	if err := s.loadTenant(c); err != nil {
		return err
	}
	return c.Next()
}

func (s *server) loadTenant(c *fiber.Ctx) error {
	r := of(c)
	if r.tenant != nil {
		return nil
	}
	name, _, ok := splitHost(r.host)
	if !ok {
		return ErrUnknownHost
	}
	r.sought = true
	t, err := s.Tenants.ByHost(c.UserContext(), name)
	if fault.KindOf(err) == fault.NotFound && err != nil {
		return ErrUnknownHost.Wrap(err)
	}
	if err != nil {
		return fmt.Errorf("find the tenant of the host: %w", err)
	}
	r.tenant = t
	ctx := tenant.NewContext(c.UserContext(), t)
	c.SetUserContext(s.Messages.NewContext(ctx, t.Locale, t.TimeZone))
	return nil
}

// networks are the addresses of trusted proxies.
type networks []netip.Prefix

func parseNetworks(texts []string) (networks, error) {
	var out networks
	for _, text := range texts {
		prefix, err := netip.ParsePrefix(text)
		if address, err2 := netip.ParseAddr(text); err2 == nil {
			prefix, err = netip.PrefixFrom(address, address.BitLen()), nil
		}
		if err != nil {
			return nil, fmt.Errorf("web: trusted proxy %q is neither an address nor a network", text)
		}
		out = append(out, prefix.Masked())
	}
	return out, nil
}

func (n networks) contain(address netip.Addr) bool {
	for _, prefix := range n {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

// addressOf returns the address the request comes from: that of the socket,
// or, behind trusted proxies, the last one that they did not add themselves.
// What stands further left in X-Forwarded-For was written by the client.
func (s *server) addressOf(c *fiber.Ctx) netip.Addr {
	address, _ := netip.AddrFromSlice(c.Context().RemoteIP())
	address = address.Unmap()
	hops := strings.Split(c.Get(fiber.HeaderXForwardedFor), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted.contain(address); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		address = hop.Unmap()
	}
	return address
}
