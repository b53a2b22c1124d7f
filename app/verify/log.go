package verify

import (
	"io"
	"strings"

	"github.com/gofiber/fiber/v2"
	"golang.org/x/mod/sumdb/tlog"

	"parvis/app/citizen"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// visit finds the poll of the address: one that the viewer may not see does
// not exist. Anybody is whether any visitor may see it too, so that shared
// caches may keep what was signed.
func (p *Pages) visit(c *fiber.Ctx) (id voting.PollID, anybody bool, err error) {
	id, err = voting.ParsePollID(c.Params("poll"))
	if err != nil || len(c.Params("poll")) != 36 {
		return id, false, voting.ErrNotFound
	}
	ctx, t := web.Context(c), web.Tenant(c)
	topic := voting.Topic(t.ID, id)
	if _, err := p.polls.Audience(ctx, t, web.Viewer(c), topic, realtime.Public); err != nil {
		return id, false, err
	}
	_, err = p.polls.Audience(ctx, t, citizen.Viewer{}, topic, realtime.Public)
	return id, err == nil, nil
}

// keep says how long caches may keep an answer.
func keep(c *fiber.Ctx, anybody bool, how string) {
	if anybody {
		c.Set(fiber.HeaderCacheControl, "public, "+how)
		return
	}
	c.Set(fiber.HeaderCacheControl, "private, "+how)
}

const (
	forASecond = "max-age=1"
	forAnHour  = "max-age=3600"
	forEver    = "max-age=31536000, immutable"
)

func plain(c *fiber.Ctx, text string) error {
	c.Set(fiber.HeaderContentType, fiber.MIMETextPlainCharsetUTF8)
	return c.SendString(text)
}

// checkpoint is the last signed state of a poll's log.
func (p *Pages) checkpoint(c *fiber.Ctx) error {
	id, anybody, err := p.visit(c)
	if err != nil {
		return err
	}
	signed, err := p.journal.Checkpoint(web.Context(c), web.Tenant(c).ID, id, realtime.Public)
	if err != nil {
		return err
	}
	keep(c, anybody, forASecond)
	return plain(c, signed)
}

// pollKey is the key of a poll's log.
func (p *Pages) pollKey(c *fiber.Ctx) error {
	id, anybody, err := p.visit(c)
	if err != nil {
		return err
	}
	key, err := p.journal.PollKey(web.Context(c), web.Tenant(c).ID, id)
	if err != nil {
		return err
	}
	keep(c, anybody, forAnHour)
	return plain(c, key.String()+"\n")
}

// townKey is the key that everybody compares with.
func (p *Pages) townKey(c *fiber.Ctx) error {
	key, err := p.journal.Key(web.Context(c), web.Tenant(c).ID)
	if err != nil {
		return err
	}
	keep(c, true, forAnHour)
	return plain(c, key.String()+"\n")
}

// tile is a part of a poll's log. Once it may be seen it never changes.
func (p *Pages) tile(c *fiber.Ctx) error {
	tile, ok := parseTile(c.Params("*"))
	if !ok {
		return voting.ErrNotFound
	}
	id, anybody, err := p.visit(c)
	if err != nil {
		return err
	}
	data, err := p.journal.Tile(web.Context(c), web.Tenant(c).ID, id, tile, realtime.Public)
	if err != nil {
		return err
	}
	keep(c, anybody, forEver)
	c.Set(fiber.HeaderContentType, fiber.MIMEOctetStream)
	return c.Send(data)
}

// parseTile reads what follows tile/ in an address of C2SP tlog-tiles: the
// level, or "entries", and the number in groups of three digits. tlog reads
// the same with the height of tiles before it, and "data" for entries.
func parseTile(path string) (tlog.Tile, bool) {
	level, rest, ok := strings.Cut(path, "/")
	if level == "entries" {
		level = "data"
	} else if len(level) != 1 || level[0] < '0' || level[0] > '7' {
		return tlog.Tile{}, false
	}
	tile, err := tlog.ParseTilePath("tile/8/" + level + "/" + rest)
	return tile, ok && err == nil
}

// archive is all that proves a closed poll.
func (p *Pages) archive(c *fiber.Ctx) error {
	id, anybody, err := p.visit(c)
	if err != nil {
		return err
	}
	return web.Spool(c, "scrutin-"+id.String()[:8]+".parvis-archive", "application/jsonl; charset=utf-8", func(w io.Writer) error {
		if err := p.journal.Export(web.Context(c), w, web.Tenant(c).ID, id, realtime.Public); err != nil {
			return err
		}
		keep(c, anybody, "no-cache")
		return nil
	})
}

// receipt is the file that a voter keeps. Whoever knows the number of a ballot
// may have it; it says nothing of the choice.
func (p *Pages) receipt(c *fiber.Ctx) error {
	id, _, err := p.visit(c)
	if err != nil {
		return err
	}
	number, err := voting.ParseNonce(c.Params("number"))
	if err != nil {
		return voting.ErrNotFound.Wrap(err)
	}
	ctx, t := web.Context(c), web.Tenant(c)
	found, err := p.box.Receipt(ctx, t.ID, id, number, voting.Voter{})
	if err != nil {
		return err
	}
	signed, err := p.journal.Receipt(ctx, t.ID, found)
	if err != nil {
		return err
	}
	web.NoStore(c)
	web.Attachment(c, "recepisse-"+number.String()[:8]+".parvis-receipt")
	c.Set(fiber.HeaderContentType, fiber.MIMEApplicationJSONCharsetUTF8)
	return c.Send(signed.Encode())
}
