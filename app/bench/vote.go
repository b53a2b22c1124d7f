package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"parvis/app/voting"
)

// VoteReport compares ballots committed together with a transaction each: the
// same server, the same writes, the same pool.
type VoteReport struct {
	Parvis  Votes   `json:"parvis"`
	Naive   Votes   `json:"naive"`
	Ratio   float64 `json:"ratio"`
	Clients int     `json:"clients"`
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

// Vote measures durable votes over HTTP from as many clients, one ballot from
// each voter. The baseline takes fewer ballots: it is that much slower.
func Vote(ctx context.Context, clients, voters int, progress io.Writer) (report *VoteReport, err error) {
	if clients < 1 || voters < clients {
		return nil, errors.New("il faut au moins un client, et un bulletin par client")
	}
	say := func(what string) { fmt.Fprintln(progress, "»", what) }
	say("une base et une commune de mesure")
	g, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	people, err := g.signIn(ctx, voters)
	if err != nil {
		return nil, err
	}
	s, err := g.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	report = &VoteReport{Clients: clients, Machine: machine()}
	say("votes, une transaction chacun")
	if report.Naive, err = g.rush(ctx, s, sayOneByOne, clients, people[:max(clients, min(voters, 2000), voters/5)]); err != nil {
		return nil, err
	}
	say("votes, validés ensemble")
	if report.Parvis, err = g.rush(ctx, s, sayTogether, clients, people); err != nil {
		return nil, err
	}
	report.Ratio = round(report.Parvis.PerSecond/report.Naive.PerSecond, 2)
	return report, nil
}

// rush has everybody make a choice in a new poll, then all confirm it, and
// checks that the box holds exactly one ballot from each.
func (g *ground) rush(ctx context.Context, s *served, way string, clients int, people []voter) (Votes, error) {
	if _, err := s.say(way); err != nil {
		return Votes{}, err
	}
	poll, err := g.openPoll(ctx, voting.Turnout)
	if err != nil {
		return Votes{}, err
	}
	err = s.each(clients, people, func(b *browser, v *voter, i int) error {
		return b.choose(poll, v, string(rune('a'+i%3)))
	})
	if err != nil {
		return Votes{}, err
	}
	took := make([]time.Duration, len(people))
	before, began := g.cpu(s), time.Now()
	err = s.each(clients, people, func(b *browser, v *voter, i int) error {
		sent := time.Now()
		status, err := b.confirm(poll, v)
		took[i] = time.Since(sent)
		if err == nil && status != 303 {
			err = fmt.Errorf("a vote is answered %d: %.300s", status, b.body)
		}
		return err
	})
	if err != nil {
		return Votes{}, err
	}
	elapsed, used := time.Since(began), g.cpu(s)-before
	n, err := g.participants(ctx, poll)
	if err != nil {
		return Votes{}, err
	}
	if n != int64(len(people)) {
		return Votes{}, fmt.Errorf("%d votes acknowledged, %d in the box", len(people), n)
	}
	slices.Sort(took)
	return Votes{
		PerSecond: round(float64(n)/elapsed.Seconds(), 1), Voters: int(n),
		P50: milliseconds(percentile(took, 50)), P99: milliseconds(percentile(took, 99)),
		CPUPerVote: round(float64(used.Microseconds())/float64(n), 1),
	}, nil
}

// each runs do for everybody, from as many connections as there are clients,
// and stops at the first error.
func (s *served) each(clients int, people []voter, do func(b *browser, v *voter, i int) error) error {
	var next atomic.Int64
	var failure atomic.Pointer[error]
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			b, err := s.browser()
			if err != nil {
				failure.CompareAndSwap(nil, &err)
				return
			}
			defer b.close()
			for i := int(next.Add(1) - 1); i < len(people) && failure.Load() == nil; i = int(next.Add(1) - 1) {
				if err := do(b, &people[i], i); err != nil {
					failure.CompareAndSwap(nil, &err)
				}
			}
		})
	}
	wg.Wait()
	if err := failure.Load(); err != nil {
		return *err
	}
	return nil
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
