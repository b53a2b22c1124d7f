package booth

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/booth/views"
	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// WatchPolls is watching over polls: their health, their incidents.
const WatchPolls access.Action = "polls.watch"

// watchers says who may; a grant may be limited to a module or a zone.
var watchers = access.Table{WatchPolls: {citizen.Scrutineer, citizen.Administrator}}

// Watched is a poll as those who watch over it come to it.
type Watched struct {
	Poll    *voting.Poll
	Subject SubjectInfo
}

// Watched finds a poll that v may watch over. One that v may not even see does
// not exist.
func (b *Booth) Watched(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID) (Watched, error) {
	at, err := b.visitTo(ctx, t, v, id)
	switch {
	case err != nil:
		return Watched{}, err
	case at.poll.State == voting.Draft:
		return Watched{}, voting.ErrNotFound
	}
	scope := access.Scope{Module: at.poll.Subject.Module, Zone: at.subject.Zone}
	return Watched{at.poll, at.subject}, watchers.Decide(v, WatchPolls, scope).Err()
}

// postCookie names a browser for a month, so that many accounts that vote from
// one are seen as such. It leads to nobody.
const postCookie, postAge = "poste", 30 * 24 * time.Hour

// sighted tells the box where a ballot came from.
func (b *Booth) sighted(c *fiber.Ctx, p *voting.Poll, who voting.Voter) {
	s := voting.Sighting{Network: web.Network(c)}
	if who.Kind == voting.AccountVoter {
		device, ours := web.Signed(c, postCookie)
		if !ours {
			device = uuid.NewString()
			web.SetSigned(c, postCookie, device, postAge)
		}
		s.Device = device
	}
	b.box.Saw(p.Tenant, p.ID, who, s)
}

// addIncidents completes the results with the public part of the register of
// incidents.
//
// i18n: booth.incident.*
func (b *Booth) addIncidents(ctx context.Context, t tenant.ID, page *views.Results, p *voting.Poll) error {
	var list []voting.Incident
	err := b.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		list, err = b.box.Incidents(ctx, tx, t, p.ID)
		return err
	})
	for _, incident := range list {
		for _, e := range incident.Entries {
			page.Incidents = append(page.Incidents, ui.Moment{
				Title: i18n.T(ctx, "booth.incident."+string(e.Kind), "Number", incident.Number), When: i18n.DateTime(ctx, e.At), Text: e.Summary,
				Done: incident.Closed(), Current: !incident.Closed(),
			})
		}
	}
	return err
}
