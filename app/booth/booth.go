// Package booth is the pages of polls, the same for every module that has
// some: the voting booth, the review, the receipt, the results, the room's
// screen and its door, and the console of whoever runs the meeting. It shows
// what the ballot box lets be seen, and hands it ballots; it keeps nothing
// itself and counts nothing.
package booth

import (
	"context"
	"embed"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/fault"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/web"
	"parvis/realtime"
)

// Catalogue holds the package's messages.
//
//go:embed i18n/*.json
var Catalogue embed.FS

// Subjects tells what polls are about. A module that has polls implements it
// and is found by its name.
type Subjects interface {
	// Subject returns what a poll is about, as v may see it, or a fault NotFound.
	Subject(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, s voting.Subject) (SubjectInfo, error)
}

// SubjectInfo is what the booth needs to know of a consultation, a budget, a meeting.
type SubjectInfo struct {
	Title   string
	Href    string    // its page
	Back    string    // label of the way back there: "Retour à la consultation"
	Visible bool      // may the viewer see it, and so its polls
	Manage  bool      // may the viewer run its polls
	Zone    uuid.UUID // the part of the town that it is about; zero: all of it
}

// Deps is what a Booth needs.
type Deps struct {
	DB       *database.DB
	Box      *voting.Box
	Subjects func(module string) (Subjects, bool)
	Secret   []byte // signs the numbers of ballots
	Log      *slog.Logger
}

// Booth serves the pages of polls.
type Booth struct {
	db       *database.DB
	box      *voting.Box
	subjects func(module string) (Subjects, bool)
	secret   []byte
	log      *slog.Logger
	recent   recent
}

// New returns the booth.
func New(d Deps) *Booth {
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Booth{db: d.DB, box: d.Box, subjects: d.Subjects, secret: d.Secret, log: d.Log, recent: recent{polls: map[recentKey]recentPoll{}}}
}

// Mount adds the public pages.
func (b *Booth) Mount(site fiber.Router) {
	site.Get("/votes/:poll", b.show)
	site.Post("/votes/:poll", b.edit)
	site.Get("/votes/:poll/verification", b.backToBooth)
	site.Post("/votes/:poll/verification", b.review)
	site.Get("/votes/:poll/bulletin", b.backToBooth)
	site.Post("/votes/:poll/bulletin", b.cast)
	site.Get("/votes/:poll/attente", b.backToBooth)
	site.Post("/votes/:poll/attente", b.wait)
	site.Post("/votes/:poll/attente/retirer", b.withdraw)
	site.Get("/votes/:poll/recepisse/:number", b.receipt)
	site.Get("/votes/:poll/resultats", b.results)
	site.Get("/votes/:poll/resultats.csv", b.resultsCSV)
	site.Get("/votes/:poll/resultats.json", b.resultsJSON)
	site.Get("/votes/:poll/bulletins.csv", b.ballotsCSV)
	site.Post("/votes/:poll/presence", web.LimitEveryone(doorRate), b.checkIn)
	site.Get("/ecran/:poll", b.screen)
	site.Get("/v", b.door)
	site.Get("/v/:code", web.LimitEveryone(doorRate), b.enter)
}

// doorRate lets a full hall in through one network at once, and makes trying
// every code take months.
var doorRate = web.Rate{Events: 1200, Per: time.Minute}

// visit is a poll as somebody comes to it.
type visit struct {
	poll    *voting.Poll
	subject SubjectInfo
}

// visit finds the poll of the address for the viewer. A draft, a poll of
// another town, of a module that is switched off or of a subject that the
// viewer may not see does not exist.
func (b *Booth) visit(c *fiber.Ctx) (visit, error) {
	id, err := voting.ParsePollID(c.Params("poll"))
	if err != nil || len(c.Params("poll")) != 36 {
		return visit{}, voting.ErrNotFound
	}
	return b.visitTo(web.Context(c), web.Tenant(c), web.Viewer(c), id)
}

func (b *Booth) visitTo(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, id voting.PollID) (visit, error) {
	var poll *voting.Poll
	err := b.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		poll, err = b.box.Poll(ctx, tx, t.ID, id)
		return err
	})
	if err != nil {
		return visit{}, err
	}
	subjects, ok := b.subjects(poll.Subject.Module)
	if !ok || !t.Enabled(poll.Subject.Module) {
		return visit{}, voting.ErrNotFound
	}
	info, err := subjects.Subject(ctx, t, v, poll.Subject)
	switch {
	case err == nil:
	case fault.KindOf(err) == fault.NotFound:
		return visit{}, voting.ErrNotFound.Wrap(err)
	default:
		return visit{}, fmt.Errorf("find what a poll is about: %w", err)
	}
	if !info.Visible || poll.State == voting.Draft && !info.Manage {
		return visit{}, voting.ErrNotFound
	}
	return visit{poll, info}, nil
}

// recent remembers, for a second, the polls that ballots come for, so that a
// rush of them does not read each poll again every time. It is about pages
// only: what a ballot is checked against is read by the ballot box, under the
// poll's lock.
type recent struct {
	mu    sync.Mutex
	polls map[recentKey]recentPoll
}

type recentKey struct {
	tenant tenant.ID
	poll   voting.PollID
}

type recentPoll struct {
	visit
	until time.Time
}

const (
	recentFor = time.Second
	maxRecent = 10_000
)

// quickVisit is visit for the hot path: at most a second old.
func (b *Booth) quickVisit(c *fiber.Ctx) (visit, error) {
	id, err := voting.ParsePollID(c.Params("poll"))
	if err != nil {
		return visit{}, voting.ErrNotFound
	}
	key := recentKey{web.Tenant(c).ID, id}
	now := time.Now() // a cache's age, no rule
	b.recent.mu.Lock()
	known, ok := b.recent.polls[key]
	b.recent.mu.Unlock()
	if ok && now.Before(known.until) && web.Tenant(c).Enabled(known.poll.Subject.Module) {
		return known.visit, nil
	}
	v, err := b.visit(c)
	if err != nil || v.subject.Manage {
		return v, err // what staff may see is perhaps not for others
	}
	b.recent.mu.Lock()
	defer b.recent.mu.Unlock()
	if len(b.recent.polls) >= maxRecent {
		clear(b.recent.polls)
	}
	b.recent.polls[key] = recentPoll{v, now.Add(recentFor)}
	return v, nil
}

// Audience says as whom somebody may follow the topic of a poll: as the host
// only who may run it; whoever may see the poll may follow it as the public or
// as a screen.
func (b *Booth) Audience(ctx context.Context, t *tenant.Tenant, v citizen.Viewer, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error) {
	id, err := voting.ParsePollID(topic.Name)
	if err != nil {
		return "", voting.ErrNotFound
	}
	at, err := b.visitTo(ctx, t, v, id)
	switch {
	case err != nil:
		return "", err
	case asked == realtime.Host && !at.subject.Manage:
		return "", voting.ErrNotFound
	case asked == realtime.Host, asked == realtime.Screen:
		return asked, nil
	}
	return realtime.Public, nil
}

// Snapshot returns the state of a poll as an audience may see it.
func (b *Booth) Snapshot(ctx context.Context, topic realtime.Topic, audience realtime.Audience) (realtime.State, error) {
	return b.box.Snapshot(ctx, topic, audience)
}
