package booth

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/access"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/web"
)

// MountAPI adds what programs may ask: api is /api/v1.
func (b *Booth) MountAPI(api fiber.Router) {
	api.Get("/votes/:poll", b.standing)
}

// standing is a poll as the API says it, and where whoever asks stands in it.
type standing struct {
	Poll       voting.PollID     `json:"poll"`
	Question   string            `json:"question"`
	State      voting.State      `json:"state"`
	Opens      *time.Time        `json:"opens_at"`
	Closes     *time.Time        `json:"closes_at"`
	Who        string            `json:"who_may_vote"` // in a sentence
	Voter      voting.VoterKind  `json:"voter"`
	Electorate voting.Electorate `json:"electorate"`
	Listed     int64             `json:"listed,omitempty"`
	You        you               `json:"you"`
}

// you is whoever asks.
type you struct {
	MayVote bool     `json:"may_vote"` // as far as the electorate goes
	MayWait bool     `json:"may_fill_in_and_prove_later"`
	Waiting bool     `json:"ballot_waiting"`
	Reasons []reason `json:"reasons"` // why not, all of them
}

// reason is one thing that is missing, and the way to put it right.
type reason struct {
	Key    string `json:"key"`
	Text   string `json:"text"`
	Remedy string `json:"remedy,omitempty"`
	Href   string `json:"href,omitempty"`
}

// standing answers who may vote in a poll, and why whoever asks may not.
func (b *Booth) standing(c *fiber.Ctx) error {
	at, err := b.visit(c)
	if err != nil {
		return err
	}
	ctx, t, p := web.Context(c), web.Tenant(c), at.poll
	who, err := b.box.Recognise(ctx, p, returning(c, p))
	if err != nil {
		return err
	}
	verdict := p.Eligible(who, t.TimeZone)
	w, err := b.box.WaitingOf(ctx, t.ID, p.ID, who)
	if err != nil {
		return err
	}
	web.NoStore(c)
	return c.JSON(standingOf(ctx, t, p, you{
		MayVote: verdict.Allowed, MayWait: p.MayWait(who, verdict.Reasons), Waiting: w != nil && w.Ended == voting.StillWaiting,
		Reasons: said(ctx, verdict.Reasons),
	}))
}

func standingOf(ctx context.Context, t *tenant.Tenant, p *voting.Poll, y you) standing {
	s := standing{
		Poll: p.ID, Question: p.Question, State: p.State, Who: WhoMayVote(ctx, t, p), Voter: p.VoterKind(), Electorate: p.Electorate,
		Listed: p.Listed, You: y,
	}
	if !p.Opens.IsZero() {
		s.Opens = &p.Opens
	}
	if !p.Closes.IsZero() {
		s.Closes = &p.Closes
	}
	return s
}

// said says reasons in the reader's language.
//
// i18n: access.* voting.*
func said(ctx context.Context, list []access.Reason) []reason {
	out := []reason{}
	for _, r := range list {
		one := reason{Key: r.Key, Text: i18n.Message(ctx, r.Key, r.Args), Href: r.RemedyHref}
		if r.RemedyKey != "" {
			one.Remedy = i18n.Message(ctx, r.RemedyKey, r.Args)
		}
		out = append(out, one)
	}
	return out
}
