package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"text/tabwriter"
	"time"

	"parvis/app/voting"
	"parvis/realtime"
	"parvis/realtime/livetest"
)

// LiveReport is what screens cost and how late they are.
type LiveReport struct {
	Memory         float64 `json:"kb_per_socket"`           // resident, of an idle screen
	PerSecond      float64 `json:"messages_per_s"`          // one state to every screen, as fast as it goes
	LimitPerSecond float64 `json:"write_limit_per_s"`       // the same bytes by bare writes to as many connections
	Ratio          float64 `json:"ratio"`                   // of the two
	CommitToScreen float64 `json:"commit_to_screen_p99_ms"` // from the moment a vote is sent
	Screens        int     `json:"screens"`
	Machine        string  `json:"machine"`
}

// Table writes the report for people.
func (r *LiveReport) Table(w io.Writer) {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintf(t, "%d écrans\t\n", r.Screens)
	fmt.Fprintf(t, "mémoire par écran\t%.1f ko\n", r.Memory)
	fmt.Fprintf(t, "messages par seconde\t%.0f\n", r.PerSecond)
	fmt.Fprintf(t, "limite d’écriture de la machine\t%.0f\n", r.LimitPerSecond)
	fmt.Fprintf(t, "rapport\t%.2f\n", r.Ratio)
	fmt.Fprintf(t, "du vote à l’écran, p99\t%.0f ms\n", r.CommitToScreen)
	_ = t.Flush()
	fmt.Fprintln(w, r.Machine)
}

const (
	firstScreens = 200                    // what the first sockets alone need is not counted
	rounds       = 20                     // states sent to every screen
	breath       = 250 * time.Millisecond // before each: the hub sends a state every 200 ms at most
	pacedVotes   = 60
	pace         = 130 * time.Millisecond // neither a divisor nor a multiple of the hub's own
)

// Live measures n screens that follow a poll in which people vote.
func Live(ctx context.Context, n int, progress io.Writer) (report *LiveReport, err error) {
	if n < 1 {
		return nil, errors.New("il faut au moins un écran")
	}
	say := func(what string) { fmt.Fprintln(progress, "»", what) }
	say("une base et une commune de mesure")
	g, err := prepare(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, g.close()) }()
	s, err := g.serve(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, s.stop()) }()
	room, err := g.newRoom(ctx, s)
	if err != nil {
		return nil, err
	}
	defer room.hand.close()
	report = &LiveReport{Screens: n, Machine: machine()}
	say("mémoire, débit et limite d’écriture")
	if err := room.crowded(ctx, n, report); err != nil {
		return nil, err
	}
	say("du vote à l’écran")
	late, err := room.lateness(ctx, n)
	if err != nil {
		return nil, err
	}
	report.CommitToScreen = milliseconds(late)
	return report, nil
}

// room is a poll, somebody's phone to vote in it with, and how screens follow.
type room struct {
	*ground
	server *served
	poll   voting.PollID
	hand   *browser
	people []voter
	voted  int
}

func (g *ground) newRoom(ctx context.Context, s *served) (*room, error) {
	r := &room{ground: g, server: s}
	var err error
	if r.people, err = g.signIn(ctx, voting.MinShown+rounds+pacedVotes+1); err != nil {
		return nil, err
	}
	if r.poll, err = g.openPoll(ctx, liveTerms()); err != nil {
		return nil, err
	}
	if r.hand, err = s.browser(); err != nil {
		return nil, err
	}
	for i := range r.people {
		if err := r.hand.choose(r.poll, &r.people[i], VoteOptions{}.choices(i)); err != nil {
			return nil, err
		}
	}
	for range voting.MinShown { // from here on the counts are shown, so states are as large as they get
		if _, err := r.vote(); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// vote casts one more ballot. It returns when it was sent.
func (r *room) vote() (sent time.Time, err error) {
	sent = time.Now()
	status, err := r.hand.confirm(r.poll, &r.people[r.voted])
	if err == nil && status != 303 {
		err = fmt.Errorf("a vote is answered %d: %.300s", status, r.hand.body)
	}
	r.voted++
	return sent, err
}

// revision is the newest that screens can be shown.
func (r *room) revision(ctx context.Context) (int64, error) {
	view, err := r.box.View(ctx, r.town.ID, r.poll, realtime.Screen)
	return view.Rev, err
}

func (r *room) follow() livetest.Options {
	return livetest.Options{
		URL:     "http://" + r.server.host + "/direct",
		Follows: []livetest.Follow{{Topic: voting.Topic(r.town.ID, r.poll).String(), Audience: string(realtime.Screen)}},
		Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, r.server.addr)
		},
	}
}

// crowded measures the memory of n idle screens, then how fast a state goes to
// all of them, one state after the other, and bare messages to as many.
func (r *room) crowded(ctx context.Context, n int, report *LiveReport) error {
	screens := &sink{}
	defer screens.close()
	if err := r.connect(ctx, screens, firstScreens); err != nil {
		return err
	}
	before, err := r.server.memory()
	if err != nil {
		return err
	}
	if err := r.connect(ctx, screens, n); err != nil {
		return err
	}
	after, err := r.server.memory()
	if err != nil {
		return err
	}
	report.Memory = round(float64(after-before)/1024/float64(n), 2)
	return r.broadcast(ctx, screens, report)
}

// connect adds n screens that read and throw away, each once it has been shown
// the present state.
func (r *room) connect(ctx context.Context, screens *sink, n int) error {
	for range n {
		client, err := livetest.Dial(ctx, r.follow())
		if err != nil {
			return err
		}
		if _, err := client.Next(ctx); err != nil {
			return err
		}
		screens.add(client.Conn().NetConn())
	}
	return nil
}

// broadcast times the way of a state from the first screen to the last, and of
// as many bytes written to as many bare connections: in turn, so that whatever
// else the machine does slows both.
func (r *room) broadcast(ctx context.Context, screens *sink, report *LiveReport) error {
	size, err := r.messageSize(ctx)
	if err != nil {
		return err
	}
	bare := &sink{}
	defer bare.close()
	if err := r.server.acceptBare(ctx, bare, len(screens.conns)); err != nil {
		return err
	}
	state := func() error {
		_, err := r.vote()
		return err
	}
	message := func() error {
		_, err := r.server.say(fmt.Sprint(sayWrite, ":", size))
		return err
	}
	var ours, limit livetest.Rate
	for range rounds {
		if err := errors.Join(screens.round(&ours, state), bare.round(&limit, message)); err != nil {
			return err
		}
	}
	report.PerSecond = round(ours.PerSecond(), 0)
	report.LimitPerSecond = round(limit.PerSecond(), 0)
	report.Ratio = round(report.PerSecond/report.LimitPerSecond, 2)
	return nil
}

// messageSize is that of a state, as it travels.
func (r *room) messageSize(ctx context.Context) (int, error) {
	watch, err := livetest.Dial(ctx, r.follow())
	if err != nil {
		return 0, err
	}
	defer func() { _ = watch.Drop() }()
	if _, err := watch.Next(ctx); err != nil {
		return 0, err
	}
	time.Sleep(breath)
	if _, err := r.vote(); err != nil {
		return 0, err
	}
	_, message, err := watch.Conn().ReadMessage()
	const head = 4 // of a frame
	return head + len(message), err
}

// lateness is how long after a vote was sent the screens show it, p99 over all
// votes and screens.
func (r *room) lateness(ctx context.Context, n int) (time.Duration, error) {
	crowd, err := livetest.Gather(ctx, n, r.follow())
	if err != nil {
		return 0, err
	}
	defer crowd.Close()
	rev, err := r.revision(ctx)
	if err != nil {
		return 0, err
	}
	if err := crowd.Wait(ctx, rev); err != nil { // every screen is shown the present state before the first vote
		return 0, err
	}
	var sent []time.Time
	var revs []int64
	for range pacedVotes {
		at, err := r.vote()
		if err != nil {
			return 0, err
		}
		rev, err := r.revision(ctx)
		if err != nil {
			return 0, err
		}
		sent, revs = append(sent, at), append(revs, rev)
		time.Sleep(time.Until(at.Add(pace)))
	}
	if err := crowd.Wait(ctx, revs[len(revs)-1]); err != nil {
		return 0, err
	}
	var all []time.Duration
	for i, rev := range revs {
		late := crowd.Latencies(rev, sent[i])
		if len(late) != n {
			return 0, fmt.Errorf("%d screens of %d show revision %d", len(late), n, rev)
		}
		all = append(all, late...)
	}
	slices.Sort(all)
	return percentile(all, 99), nil
}

// liveTerms is a question whose counts move while people vote.
func liveTerms() voting.Terms {
	terms := VoteOptions{}.terms()
	terms.Visibility = voting.Live
	return terms
}
