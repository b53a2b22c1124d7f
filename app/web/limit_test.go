package web_test

import (
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/web"
)

func TestLimitIsEarnedBackWithTime(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/lien", web.LimitEveryone(web.Rate{Events: 3, Per: time.Minute}), func(c *fiber.Ctx) error { return c.SendString("envoyé") })
	for range 3 {
		s.get("/lien").want(t, 200)
	}
	refused := s.get("/lien").want(t, 429, "Un peu de patience")
	if refused.Header.Get("Retry-After") != "20" {
		t.Errorf("Retry-After: %q", refused.Header.Get("Retry-After"))
	}
	s.clock.Advance(20 * time.Second)
	s.get("/lien").want(t, 200)
	s.get("/lien").want(t, 429)
	s.clock.Advance(time.Hour)
	for range 3 {
		s.get("/lien").want(t, 200)
	}
}

func TestLimitIsPerAccountTownAndRoute(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	done := func(c *fiber.Ctx) error { return c.SendString("fait") }
	s.Get("/idee", web.LimitEveryone(web.Rate{Events: 1, Per: time.Minute}), done)
	s.Get("/avis", web.LimitEveryone(web.Rate{Events: 1, Per: time.Minute}), done)
	s.jar["parvis"] = "alice-token"
	s.get("/idee").want(t, 200)
	s.get("/idee").want(t, 429)
	s.get("/avis").want(t, 200)
	s.jar["parvis"] = "agent-token"
	s.get("/idee").want(t, 200)
	delete(s.jar, "parvis")
	s.get("/idee").want(t, 200)
	s.get("/idee").want(t, 429)
	s.host = seineHost
	s.get("/idee").want(t, 200)
}

func TestVotingIsNeverStoppedByAnAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, nil)
	s.Get("/voter", web.LimitAccount(web.Rate{Events: 2, Per: time.Minute}), func(c *fiber.Ctx) error { return c.SendString("voté") })
	for range 50 {
		s.get("/voter").want(t, 200)
	}
	s.jar["parvis"] = "alice-token"
	s.get("/voter").want(t, 200)
	s.get("/voter").want(t, 200)
	s.get("/voter").want(t, 429)
}
