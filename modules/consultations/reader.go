package consultations

import (
	"context"
	"strconv"

	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/modules/consultations/views"
	"parvis/realtime"
)

// reader finds what the ballot box knows of a reader and lets them see: in
// which polls they have taken part, never what they voted.
func (s *service) reader(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, d *Dossier) (reader, error) {
	r := reader{viewer: v, voter: map[voting.PollID]voting.Voter{}}
	var err error
	if r.seen, err = s.seen(ctx, t.ID, d, realtime.Public); err != nil || !v.SignedIn {
		return r, err
	}
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		ids := make([]voting.PollID, len(d.Polls))
		for i, p := range d.Polls {
			ids[i] = p.ID
			if r.voter[p.ID], err = s.box.RecogniseIn(ctx, tx, p, voting.ByAccount(v)); err != nil {
				return err
			}
		}
		r.voted, err = s.box.Voted(ctx, tx, t.ID, voting.ByAccount(v), ids...)
		return err
	})
	return r, err
}

// seen is what an audience may see of each poll of d now.
func (s *service) seen(ctx context.Context, t tenant.ID, d *Dossier, as realtime.Audience) (map[voting.PollID]voting.View, error) {
	seen := map[voting.PollID]voting.View{}
	err := s.db.ReadTenant(ctx, t, func(ctx context.Context, tx bun.Tx) (err error) {
		for _, p := range d.Polls {
			if seen[p.ID], err = s.box.ViewIn(ctx, tx, t, p.ID, as); err != nil {
				return err
			}
		}
		return nil
	})
	return seen, err
}

// turnout says what may be seen of a poll now: how many have voted, if that is
// shown, and in words what will be shown when.
func turnout(ctx context.Context, p *voting.Poll, seen voting.View) (*ui.Stat, string) {
	var note string
	switch {
	case p.State != voting.Open && p.State != voting.Scheduled:
	case p.Visibility == voting.Hidden:
		note = i18n.T(ctx, "consultations.turnout.hidden")
	case p.Visibility == voting.Live:
		note = i18n.T(ctx, "consultations.turnout.live")
	default:
		note = i18n.T(ctx, "consultations.turnout.only")
	}
	if seen.Turnout == nil || p.State == voting.Scheduled {
		return nil, note
	}
	stat := ui.Stat{Number: i18n.Number(ctx, *seen.Turnout), Label: i18n.T(ctx, "consultations.turnout", "Count", *seen.Turnout), Icon: "users", Bind: "turnout"}
	if seen.Entitled > 0 {
		stat.Label = i18n.T(ctx, "consultations.turnout.of", "Entitled", i18n.Number(ctx, seen.Entitled))
	}
	return &stat, note
}

// liveOf makes the part of the page about a poll follow it: its numbers, and,
// when it opens or closes, the whole of it.
func liveOf(p *voting.Poll, seen voting.View, page string) *views.Live {
	if p.State != voting.Open && p.State != voting.Scheduled {
		return nil
	}
	return &views.Live{
		Topic: "voting/" + p.ID.String(), Rev: strconv.FormatInt(seen.Rev, 10), State: string(seen.State), Page: page,
	}
}
