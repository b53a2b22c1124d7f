package booth

import (
	"context"

	"parvis/app/i18n"
	"parvis/app/ui"
	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// quorumRule says the quorum of the rules in a sentence; "" where there is none.
func quorumRule(ctx context.Context, p *voting.Poll) string {
	q := p.QuorumOf(0)
	switch {
	case !q.Asked():
		return ""
	case q.Share.Den == 0:
		return i18n.T(ctx, "booth.quorum.rule.ballots", "Count", q.Needed)
	case q.Of == counting.Attending:
		return i18n.T(ctx, "booth.quorum.rule.present", "Share", share(ctx, q))
	}
	return i18n.T(ctx, "booth.quorum.rule.entitled", "Share", share(ctx, q), "Count", q.People)
}

func share(ctx context.Context, q voting.Quorum) string {
	return i18n.Percent(ctx, q.Share.Num, q.Share.Den)
}

// quorumStat is the quorum beside the other numbers: what is needed, and
// whether it is there.
func quorumStat(ctx context.Context, v voting.View) (ui.Stat, bool) {
	if v.Quorum == 0 {
		return ui.Stat{}, false
	}
	label := i18n.T(ctx, "booth.quorum.needed", "Count", v.Quorum)
	switch {
	case v.Reached:
		label = i18n.T(ctx, "booth.quorum.reached", "Count", v.Quorum)
	case v.State.Over() && v.Turnout != nil:
		label = i18n.T(ctx, "booth.quorum.missed", "Count", v.Quorum)
	}
	return ui.Stat{Number: i18n.Number(ctx, v.Quorum), Label: label, Bind: "quorum"}, true
}

// quorumVerdict says of a result that its quorum is missing, and what follows
// from it; "" when it is there or nobody asked for one.
func quorumVerdict(ctx context.Context, p *voting.Poll, r *voting.Result) string {
	q := p.QuorumOf(r.Present)
	if !q.Asked() || q.Needed > 0 && r.Ballots >= q.Needed {
		return ""
	}
	missing := i18n.T(ctx, "booth.quorum.missing", "Count", r.Ballots, "Needed", i18n.Number(ctx, q.Needed))
	if p.Method == voting.YesNoAbstain {
		return missing + " " + i18n.T(ctx, "booth.quorum.missing.nothing")
	}
	return missing + " " + i18n.T(ctx, "booth.quorum.missing.indicative")
}

// limitWords says what stops somebody from voting twice, and what does not:
// beside the ballot, the result and the rules.
func limitWords(ctx context.Context, p *voting.Poll) string {
	switch p.VoterKind() {
	case voting.DeviceVoter:
		return i18n.T(ctx, "booth.limit.device")
	case voting.TicketVoter:
		return i18n.T(ctx, "booth.limit.ticket")
	case voting.IdentityVoter:
		return i18n.T(ctx, "booth.limit.identity")
	}
	return i18n.T(ctx, "booth.limit.account")
}
