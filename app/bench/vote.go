package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"text/tabwriter"
	"time"

	"parvis/app/voting"
	"parvis/app/voting/counting"
)

// VoteOptions says what is measured.
type VoteOptions struct {
	Clients int // people who vote at the same time
	Voters  int // who each vote once
	Polls   int // that they are spread over; 0 means one
	Nodes   int // servers on the one database; 0 means one
	Already int // ballots that the polls' boxes hold beforehand, in all
	Towns   int // further towns of the installation, which nobody visits

	Basket bool // each ballot is a basket of five projects out of a hundred
}

func (o *VoteOptions) check() error {
	o.Polls, o.Nodes = max(o.Polls, 1), max(o.Nodes, 1)
	if o.Clients < 1 || o.Voters < o.Clients {
		return errors.New("il faut au moins un client, et un bulletin par client")
	}
	if o.Polls > o.Voters || o.Nodes > o.Clients {
		return errors.New("il faut au moins un bulletin par vote, et un client par serveur")
	}
	return nil
}

// VoteReport compares ballots committed together with a transaction each: the
// same server, the same writes, the same pool.
type VoteReport struct {
	Parvis  Votes   `json:"parvis"`
	Naive   Votes   `json:"naive"`
	Ratio   float64 `json:"ratio"`
	Clients int     `json:"clients"`
	Polls   int     `json:"polls,omitempty"`
	Nodes   int     `json:"nodes,omitempty"`
	Already int     `json:"ballots_before,omitempty"`
	Towns   int     `json:"other_towns,omitempty"`
	Basket  bool    `json:"basket,omitempty"`
	Machine string  `json:"machine"`
}

// Votes is how fast ballots were made durable.
type Votes struct {
	PerSecond  float64 `json:"votes_per_s"`
	P50        float64 `json:"p50_ms"`
	P99        float64 `json:"p99_ms"`
	CPUPerVote float64 `json:"cpu_us_per_vote"` // of the server and of PostgreSQL, where it is ours
	Voters     int     `json:"voters"`
}

// Table writes the report for people.
func (r *VoteReport) Table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%d clients\tvotes/s\tp50 ms\tp99 ms\tµs CPU/vote\tbulletins\t\n", r.Clients)
	for _, line := range []struct {
		name string
		v    Votes
	}{{"Parvis", r.Parvis}, {"une transaction par vote", r.Naive}} {
		fmt.Fprintf(t, "%s\t%.0f\t%.1f\t%.1f\t%.0f\t%d\t\n", line.name, line.v.PerSecond, line.v.P50, line.v.P99, line.v.CPUPerVote, line.v.Voters)
	}
	_ = t.Flush()
	fmt.Fprintf(w, "rapport : %.1f\n%s\n", r.Ratio, r.Machine)
}

// Vote measures durable votes over HTTP, one ballot from each voter. The
// baseline takes fewer ballots, from an empty box: it is that much slower.
func Vote(ctx context.Context, o VoteOptions, progress io.Writer) (report *VoteReport, err error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	say := func(what string) { fmt.Fprintln(progress, "»", what) }
	say("une base et une commune de mesure")
	g, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	if err := g.addTowns(ctx, o.Towns); err != nil {
		return nil, err
	}
	people, err := g.signIn(ctx, o.Voters)
	if err != nil {
		return nil, err
	}
	nodes, err := g.serveAll(ctx, o.Nodes)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, nodes.stop()) }()
	report = &VoteReport{Clients: o.Clients, Polls: o.Polls, Nodes: o.Nodes, Already: o.Already, Towns: o.Towns, Basket: o.Basket, Machine: machine()}
	say("votes, une transaction chacun")
	empty := o
	empty.Already = 0
	if report.Naive, err = g.rush(ctx, nodes, sayOneByOne, empty, people[:max(o.Clients, o.Polls, min(o.Voters, 2000), o.Voters/5)]); err != nil {
		return nil, err
	}
	say("votes, validés ensemble")
	if report.Parvis, err = g.rush(ctx, nodes, sayTogether, o, people); err != nil {
		return nil, err
	}
	report.Ratio = round(report.Parvis.PerSecond/report.Naive.PerSecond, 2)
	return report, nil
}

// rush has everybody make a choice in a new poll, then all confirm it, and
// checks that the boxes hold exactly one ballot more from each.
func (g *ground) rush(ctx context.Context, nodes fleet, way string, o VoteOptions, people []voter) (Votes, error) {
	if err := nodes.say(way); err != nil {
		return Votes{}, err
	}
	polls, err := g.openPolls(ctx, o.Polls, o.Already, o.terms())
	if err != nil {
		return Votes{}, err
	}
	err = nodes.each(o.Clients, people, func(b *browser, v *voter, i int) error {
		return b.choose(polls[i%len(polls)], v, o.choices(i))
	})
	if err != nil {
		return Votes{}, err
	}
	took := make([]time.Duration, len(people))
	before, began := g.cpu(nodes), time.Now()
	err = nodes.each(o.Clients, people, func(b *browser, v *voter, i int) error {
		sent := time.Now()
		status, err := b.confirm(polls[i%len(polls)], v)
		took[i] = time.Since(sent)
		if err == nil && status != 303 {
			err = fmt.Errorf("a vote is answered %d: %.300s", status, b.body)
		}
		return err
	})
	if err != nil {
		return Votes{}, err
	}
	elapsed, used := time.Since(began), g.cpu(nodes)-before
	n, err := g.participants(ctx, polls)
	if err != nil {
		return Votes{}, err
	}
	if n -= int64(o.Already); n != int64(len(people)) {
		return Votes{}, fmt.Errorf("%d votes acknowledged, %d in the box", len(people), n)
	}
	slices.Sort(took)
	return Votes{
		PerSecond: round(float64(n)/elapsed.Seconds(), 1), Voters: int(n),
		P50: milliseconds(percentile(took, 50)), P99: milliseconds(percentile(took, 99)),
		CPUPerVote: round(float64(used.Microseconds())/float64(n), 1),
	}, nil
}

// percentile returns the value that p percent of the sorted list do not pass.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max(0, (len(sorted)*p+99)/100-1)]
}

func milliseconds(d time.Duration) float64 { return round(float64(d.Microseconds())/1000, 2) }

func round(x float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(x*scale) / scale
}

// terms is what is voted on: a question with three answers, or a hundred
// projects of which an envelope pays a few.
func (o VoteOptions) terms() voting.Terms {
	if !o.Basket {
		return voting.Terms{
			Question: "Quel projet en premier ?", Method: voting.Plurality, Visibility: voting.Turnout,
			Options: []voting.Option{{ID: "a", Label: "La halle"}, {ID: "b", Label: "Le jardin"}, {ID: "c", Label: "Le gymnase"}},
		}
	}
	t := voting.Terms{
		Question: "Quels projets financer ?", Method: voting.Greedy, Visibility: voting.Turnout,
		Rule: counting.Rule{Envelopes: []counting.Envelope{{Cents: 500_000_00}}, WithinEnvelope: true},
	}
	for i := range projects {
		t.Options = append(t.Options, voting.Option{ID: projectID(i), Label: fmt.Sprintf("Projet n° %d", i+1), Cost: int64(10_000+797*i) * 100})
	}
	return t
}

const projects, perBasket = 100, 5

func projectID(i int) voting.OptionID { return strconv.Itoa(i + 1) }

// choices is what the i-th voter chooses: every basket fits the envelope.
func (o VoteOptions) choices(i int) []voting.OptionID {
	if !o.Basket {
		return []voting.OptionID{string(rune('a' + i%3))}
	}
	ids := make([]voting.OptionID, perBasket)
	for n := range ids {
		ids[n] = projectID((i*13 + n*(projects/perBasket)) % projects)
	}
	return ids
}
