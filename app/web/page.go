package web

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"parvis/app/i18n"
	"parvis/app/ui"
)

// Page answers with a component as HTML, with the status already set. Nothing
// is sent when it cannot be rendered to its end. A page without a form, read
// by a visitor, sets no cookie and may be kept and asked for again by ETag.
func Page(c *fiber.Ctx, page templ.Component) error {
	r := of(c)
	flash := r.takeFlash(c)
	body, err := r.render(c, page, flash)
	if err != nil {
		return fmt.Errorf("render the page: %w", err)
	}
	hasForm := r.csrf != "" && bytes.Contains(body, []byte(r.csrf))
	if hasForm && r.session == "" {
		r.keepVisit(c)
	}
	c.Type("html", "utf-8")
	c.Vary(fiber.HeaderCookie, "HX-Request")
	if c.GetRespHeader(fiber.HeaderCacheControl) == "" {
		c.Set(fiber.HeaderCacheControl, "private, no-cache")
	}
	if !hasForm && flash == nil && !r.viewer.SignedIn && c.Response().StatusCode() == fiber.StatusOK {
		return sendTagged(c, body)
	}
	return c.Send(body)
}

func (r *request) render(c *fiber.Ctx, page templ.Component, flash *ui.Flash) ([]byte, error) {
	chrome := r.chrome
	chrome.Flash = flash
	var buffer bytes.Buffer
	err := page.Render(ui.NewContext(c.UserContext(), chrome), &buffer)
	return buffer.Bytes(), err
}

// sendTagged answers 304 to who already has the body.
func sendTagged(c *fiber.Ctx, body []byte) error {
	sum := sha256.Sum256(body)
	tag := `W/"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	c.Set(fiber.HeaderETag, tag)
	if c.Get(fiber.HeaderIfNoneMatch) == tag {
		return c.SendStatus(fiber.StatusNotModified)
	}
	return c.Send(body)
}

// NoStore keeps the answer out of every cache, the browser's too. What was
// typed in its forms is then lost by going back: it is for pages to read, such
// as a receipt or an export of personal data.
func NoStore(c *fiber.Ctx) { c.Set(fiber.HeaderCacheControl, "no-store") }

// Fragment reports whether htmx asks for a piece of the page only.
func Fragment(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-History-Restore-Request") != "true" && c.Get("HX-Boosted") != "true"
}

// SeeOther sends the browser to a page of this site after a form.
func SeeOther(c *fiber.Ctx, path string) error {
	return c.Redirect(path, fiber.StatusSeeOther)
}

// flashAge is how long a message waits for the next page.
const flashAge = time.Minute

type storedFlash struct {
	Tone ui.Tone `json:"t,omitempty"`
	Text string  `json:"m"`
}

// Flash says a success on the next page, once.
func Flash(c *fiber.Ctx, key string, args ...any) { FlashAs(c, ui.Success, key, args...) }

// FlashAs says something on the next page, once, in another tone.
func FlashAs(c *fiber.Ctx, tone ui.Tone, key string, args ...any) {
	text := i18n.T(c.UserContext(), key, args...)
	stored, err := json.Marshal(storedFlash{Tone: tone, Text: text})
	if err != nil {
		return // two strings: cannot happen
	}
	of(c).setSigned(c, flashCookie, string(stored), flashAge)
}

// takeFlash returns what waits to be said, and forgets it. A fragment leaves
// it for the next whole page.
func (r *request) takeFlash(c *fiber.Ctx) *ui.Flash {
	value, ok := r.signed(c, flashCookie)
	if !ok || Fragment(c) {
		return nil
	}
	r.setCookie(c, flashCookie, "", -1)
	var stored storedFlash
	if json.Unmarshal([]byte(value), &stored) != nil {
		return nil
	}
	return &ui.Flash{Tone: stored.Tone, Text: stored.Text}
}
