package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"
)

// PublicOrigin is Origin for what is read elsewhere and later, such as a mail:
// the port is the configuration's, whatever the request says.
func PublicOrigin(c *fiber.Ctx) string {
	r := of(c)
	if r.server.Public == nil {
		return Origin(c)
	}
	_, port, _ := splitHost(r.host)
	return r.server.Public(strings.TrimSuffix(r.host, port), "")
}

// Network returns the network that whoever asks comes from, /24 in IPv4 and
// /64 in IPv6: what one household or one organisation holds.
func Network(c *fiber.Ctx) string { return networkOf(of(c).server.addressOf(c)) }

// Origin returns how the browser reached us, "https://participer.example.fr",
// with the port if there is one: what links in mails and posters begin with.
func Origin(c *fiber.Ctx) string {
	r := of(c)
	return map[bool]string{true: "https://", false: "http://"}[r.server.HTTPS] + r.host
}

// Address returns the network address of whoever asks, as the trusted proxies
// tell it. It is for limits, never for the log.
func Address(c *fiber.Ctx) string { return of(c).server.addressOf(c).String() }
