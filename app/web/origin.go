package web

import "github.com/gofiber/fiber/v2"

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
