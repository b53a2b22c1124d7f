package booth

import (
	"github.com/gofiber/fiber/v2"

	"parvis/app/booth/views"
	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/web"
)

// votedElsewhere shows to somebody who has voted in another way that the first
// way used is the one that counts; false when they have not.
func (b *Booth) votedElsewhere(c *fiber.Ctx, at visit, who voting.Voter) (bool, error) {
	channel, err := b.box.ChannelOf(web.Context(c), web.Tenant(c).ID, at.poll.ID, who)
	if err != nil || channel == "" || channel == channelOf(at.poll) {
		return false, err
	}
	//i18n: booth.voted.*
	return true, votedPage(c, at, "booth.voted."+string(channel))
}

// alreadyVoted is the booth of a poll in which one may not vote twice.
func (b *Booth) alreadyVoted(c *fiber.Ctx, at visit) error {
	return votedPage(c, at, "booth.voted.text")
}

func votedPage(c *fiber.Ctx, at visit, why string) error {
	ctx := web.Context(c)
	return web.Page(c, views.WaitingPage(views.Waiting{
		Frame: frameOf(ctx, at), Question: at.poll.Question, State: stateOf(ctx, at.poll), Icon: "circle-check",
		Title: i18n.T(ctx, "booth.voted.title"), Text: i18n.T(ctx, why),
		Action: &ui.Link{Label: i18n.T(ctx, "booth.results.see"), Href: resultsHref(at.poll.ID), Icon: "chart-bar"},
	}))
}
