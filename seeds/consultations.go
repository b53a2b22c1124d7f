package seeds

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/kernel"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/modules/consultations"
	"parvis/realtime"
)

type consultation struct {
	Slug, Title, Summary, Falc, Body, Promise string
	Opens, Closes                             string // "-9d 09:00", relative to today, in the town's time
	State                                     string // "draft", else published
	Outcome                                   string
	DeliberationNumber                        string     `toml:"deliberation_number"`
	DeliberationOn                            string     `toml:"deliberation_on"`
	DeliberationLink                          string     `toml:"deliberation_link"`
	DeliberationPolls                         bool       `toml:"deliberation_polls"` // entered for the ballots too, whose keeping it ends
	Documents                                 []document `toml:"document"`
	Polls                                     []poll     `toml:"poll"`
}

type document struct{ Title, File string }

type poll struct {
	Question, Description, Method, Visibility, Person, Residence string
	Max                                                          int
	Change, Room                                                 bool
	Options                                                      []option
	Ballots                                                      []int    // votes of each option, for one choice or several
	Answers                                                      [][3]int // for, against, abstaining, for each option
	channels
}

type option struct{ Label, Description string }

// loader loads what belongs to one town.
type loader struct {
	kernel.Seeding
	tenant        *tenant.Tenant
	people        []citizen.ID              // inhabitants, the first of them proven at the desk
	accounts      map[string]citizen.Viewer // those of the sign-in page but the last, by address
	consultations *consultations.Module
}

// consultation writes a consultation and leads it to where it stands today:
// published when it opened, voted on while it was open, decided afterwards.
func (l loader) consultation(ctx context.Context, c consultation) error {
	opens, closes := l.moment(c.Opens), l.moment(c.Closes)
	plan := consultations.Plan{
		Text:     consultations.Text{Title: c.Title, Summary: c.Summary, Easy: c.Falc, Body: c.Body, Promise: c.Promise},
		Schedule: consultations.Schedule{OpensAt: opens, ClosesAt: closes},
	}
	for _, d := range c.Documents {
		content, err := towns.ReadFile("towns/" + d.File)
		if err != nil {
			return err
		}
		plan.Documents = append(plan.Documents, consultations.PlannedDocument{Title: d.Title, Content: content})
	}
	for _, p := range c.Polls {
		plan.Polls = append(plan.Polls, p.terms())
	}
	now := l.Clock.Now()
	start := now
	if opens.Before(now) {
		start = opens
	}
	var id uuid.UUID
	var polls []voting.PollID
	past := c.State != "draft" && !opens.After(now)
	// One stay in the past: if the clock came back in between, whoever closes
	// polls would find this one over before anybody has voted.
	err := l.At(ctx, l.tenant.ID, start, func(ctx context.Context) (err error) {
		if id, polls, err = l.consultations.Write(ctx, l.tenant, founder, plan); err != nil || c.State == "draft" {
			return err
		}
		if err := l.enlist(ctx, polls, c.Polls); err != nil {
			return err
		}
		if err := l.consultations.Publish(ctx, l.tenant, founder, id); err != nil || !past {
			return err
		}
		return l.live(ctx, opens, polls, c.Polls)
	})
	if err != nil || !past {
		return err
	}
	if err := l.otherwise(ctx, polls, c.Polls); err != nil || closes.After(now) {
		return err
	}
	err = l.At(ctx, l.tenant.ID, closes.Add(time.Second), func(ctx context.Context) error {
		for _, id := range polls { // counted in the moment it closed, as a program that runs does
			if _, err := l.Box.Results(ctx, l.tenant.ID, id, realtime.Host); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil || c.Outcome == "" {
		return err
	}
	on := l.moment(c.DeliberationOn)
	return l.At(ctx, l.tenant.ID, on.Add(20*time.Hour), func(ctx context.Context) error {
		err := l.consultations.Decide(ctx, l.tenant, founder, id, consultations.Outcome{
			Text: c.Outcome, On: on, Number: c.DeliberationNumber, URL: c.DeliberationLink,
		})
		if err != nil || !c.DeliberationPolls {
			return err
		}
		for _, id := range polls {
			if err := l.Custody.Deliberate(ctx, l.tenant, id, voting.Deliberation{On: on, Reference: c.DeliberationNumber}, voting.Act{}); err != nil {
				return err
			}
		}
		return nil
	})
}

// live opens polls at their moment, and has people vote an hour later.
func (l loader) live(ctx context.Context, opens time.Time, polls []voting.PollID, plans []poll) error {
	err := l.At(ctx, l.tenant.ID, opens.Add(time.Second), func(ctx context.Context) error {
		for _, id := range polls { // logged in the second it opened, as a program that runs does
			if err := l.Box.Settle(ctx, l.tenant.ID, id); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return l.At(ctx, l.tenant.ID, opens.Add(time.Hour), func(ctx context.Context) error {
		for i, p := range plans {
			voters, err := l.voters(ctx, polls[i], p)
			if err != nil {
				return err
			}
			if err := l.vote(ctx, polls[i], p, voters); err != nil {
				return err
			}
		}
		return nil
	})
}

func (p poll) terms() voting.Terms {
	terms := voting.Terms{
		Question: p.Question, Description: p.Description, Method: voting.Method(p.Method), MaxChoices: p.Max,
		Visibility: voting.Visibility(p.Visibility), AllowChange: p.Change, Room: voting.Room{Open: p.Room, Voter: voting.VoterKind(p.Voter)},
		Electorate: voting.Electorate{
			Requirements: access.Requirements{Person: persons[p.Person], Residence: residences[p.Residence]},
			List:         voting.ListKind(p.List), Later: p.Later,
		},
		Paper: voting.Typing(p.Paper), Rule: counting.Rule{Quorum: p.quorum()},
	}
	if p.Room {
		terms.Electorate = voting.Electorate{}
	}
	for _, o := range p.Options {
		terms.Options = append(terms.Options, voting.Option{Label: o.Label, Description: o.Description})
	}
	return terms
}

// cast spreads the votes of the options over ballots, as many as it takes.
func (p poll) cast() [][]voting.Mark {
	if len(p.Answers) > 0 {
		return p.castAnswers()
	}
	most, total, largest := 1, 0, 0
	if p.Method == string(voting.Approval) {
		most = max(p.Max, 1)
	}
	for _, n := range p.Ballots {
		total, largest = total+n, max(largest, n)
	}
	ballots := make([][]voting.Mark, max((total+most-1)/most, largest))
	at := 0
	for i, n := range p.Ballots {
		for range n {
			ballots[at%len(ballots)] = append(ballots[at%len(ballots)], voting.Mark{Option: optionID(i), Value: voting.Chosen})
			at++
		}
	}
	return ballots
}

func (p poll) castAnswers() [][]voting.Mark {
	ballots := make([][]voting.Mark, p.Answers[0][0]+p.Answers[0][1]+p.Answers[0][2])
	for i, answers := range p.Answers {
		at := i * 11 // the same people do not answer alike everywhere
		for j, value := range []int{voting.Yes, voting.No, voting.Abstain} {
			for range answers[j] {
				ballots[at%len(ballots)] = append(ballots[at%len(ballots)], voting.Mark{Option: optionID(i), Value: value})
				at++
			}
		}
	}
	return ballots
}

// optionID is the name that the ballot box gives the i-th option.
func optionID(i int) voting.OptionID { return string(rune('a' + i)) }

// vote puts the ballots of a poll into the box, the nth by the nth voter.
func (l loader) vote(ctx context.Context, id voting.PollID, p poll, voter func(int) voting.Voter) error {
	channel := voting.Web
	if p.Room {
		channel = voting.Meeting
	}
	var group errgroup.Group
	group.SetLimit(64)
	for i, marks := range p.cast() {
		group.Go(func() error {
			_, err := l.Box.Cast(ctx, l.tenant.ID, voting.Submission{Poll: id, Voter: voter(i), Nonce: voting.NewNonce(), Marks: marks, Channel: channel})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return fmt.Errorf("vote on %q: %w", p.Question, err)
	}
	return nil
}

var momentRE = regexp.MustCompile(`^([+-]\d+)d(?: (\d\d):(\d\d))?$`)

// moment reads a date relative to today in the town; the zero time when empty.
func (l loader) moment(text string) time.Time {
	if text == "" {
		return time.Time{}
	}
	m := momentRE.FindStringSubmatch(strings.TrimSpace(text))
	if m == nil {
		panic(fmt.Sprintf("seeds: %q is no relative date", text)) // a mistake in our own files
	}
	days, _ := strconv.Atoi(m[1])
	hour, _ := strconv.Atoi(m[2])
	minute, _ := strconv.Atoi(m[3])
	today := l.Clock.Now().In(l.tenant.TimeZone)
	return time.Date(today.Year(), today.Month(), today.Day()+days, hour, minute, 0, 0, l.tenant.TimeZone)
}
