// Package kernel puts the program together: it opens the database, builds the
// platform's services, mounts the modules behind tenant, session and switch,
// and starts and stops everything in order. It takes no decision of any
// feature, and knows modules only through the socket.
package kernel

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/gofiber/fiber/v2"

	"parvis/app/booth"
	"parvis/app/clock"
	"parvis/app/config"
	"parvis/app/database"
	"parvis/app/discussion"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/module"
	"parvis/app/notify"
	"parvis/app/paper"
	"parvis/app/site"
	"parvis/app/tenant"
	"parvis/app/verify"
	"parvis/app/voting"
	"parvis/app/voting/journal"
	"parvis/app/web"
	"parvis/realtime"
)

// Platform is what modules may build on. Each takes only what it needs.
type Platform struct {
	DB         *database.DB
	Clock      clock.Clock
	Box        *voting.Box
	Journal    *journal.Journal
	Files      *files.Store
	Identity   *identity.Service
	Mail       *mail.Sender
	Discussion *discussion.Service
	Jobs       *jobs.Runner
	Live       voting.Announcer                         // told, after a commit, that a live topic has changed
	Agenda     Agenda                                   // what every module has in the agenda
	Diarists   func(t *tenant.Tenant) []module.Manifest // the modules that have something there
	Log        *slog.Logger

	// URL is where people reach a page of a town: what links in letters are made of.
	URL func(t *tenant.Tenant, path string) string
	// Key is a secret of the installation for one purpose, which tells nothing of
	// those for others.
	Key func(purpose string) []byte
}

// Options is what New needs. Config, DB and Log are required.
type Options struct {
	Config  config.Config
	DB      *database.DB
	Modules func(*Platform) []module.Module

	// CustodianURL is the database for the role that severs ballots, OwnerURL for
	// the one that cleans up behind it. Without the first nothing is severed.
	CustodianURL, OwnerURL string

	Clock clock.Clock // the system's when nil
	Log   *slog.Logger
}

// App is the program, ready to serve.
type App struct {
	*Platform
	Config    config.Config
	Directory *site.Directory
	Modules   []module.Module
	Booth     *booth.Booth
	Custody   *voting.Custody
	Fiber     *fiber.App

	bundle *i18n.Bundle
	site   *site.Site
	news   *notify.Service
	verify *verify.Pages
	papers *paper.Service
	ready  readiness
	secret []byte
	work   background
	live   *live

	lanTown    string     // host of the town that the local network sees, in a demonstration
	lanAddress netip.Addr // this machine's address there
}

// New builds the program on an open database. Nothing runs before Start.
func New(o Options) (*App, error) {
	if o.Clock == nil {
		o.Clock = clock.System{}
	}
	secret, err := o.Config.Key()
	if err != nil {
		return nil, err
	}
	p := &Platform{DB: o.DB, Clock: o.Clock, Log: o.Log, Files: files.New(filepath.Join(o.Config.Data, "files"))}
	p.URL = func(t *tenant.Tenant, path string) string { return o.Config.URL(t.Hosts[0], path) }
	p.Key = func(purpose string) []byte {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte("module " + purpose))
		return mac.Sum(nil)
	}
	a := &App{Platform: p, Config: o.Config, Directory: site.NewDirectory(o.DB, o.Clock), secret: secret}
	if err := a.buildServices(); err != nil {
		return nil, err
	}
	a.Custody = voting.NewCustody(voting.CustodyDeps{
		Box: a.Box, Evidence: a.Journal, Shelf: a.Files, CustodianURL: o.CustodianURL, OwnerURL: o.OwnerURL, Log: a.Log,
	})
	p.Agenda, p.Diarists = a.agenda, a.diarists
	a.Modules = o.Modules(p)
	if err := checkModules(a.Modules); err != nil {
		return nil, err
	}
	if err := a.buildEdge(); err != nil {
		return nil, err
	}
	return a, nil
}

func (a *App) buildServices() (err error) {
	if a.Jobs, err = jobs.New(a.DB.Pool, a.Log); err != nil {
		return err
	}
	a.Mail, err = mail.New(mail.Options{
		DB: a.DB, Jobs: a.Jobs, SMTP: a.Config.SMTP, From: a.Config.MailFrom, Keep: a.Config.KeepsMail(), Demo: !a.Config.Development, Log: a.Log,
	})
	if err != nil {
		return err
	}
	a.live = newLive(realtime.SourceFunc(a.snapshot), a.DB, a.Config.DatabaseURL != "", a.Log)
	a.Live = a.live.announcer()
	watch := journal.NewWatch(a.Live)
	a.Box = voting.New(voting.Deps{DB: a.DB, Live: watch, Log: a.Log})
	a.Journal = journal.New(journal.Deps{DB: a.DB, Box: a.Box, Watch: watch, Secret: a.secret, Kept: a.Files, Log: a.Log})
	a.news = notify.New(a.DB, a.off)
	a.Identity = identity.New(identity.Deps{
		DB: a.DB, Mail: a.Mail, Clock: a.Clock, Secret: a.secret, Demo: a.Config.Demo, Log: a.Log,
	})
	a.Discussion = discussion.New(discussion.Deps{DB: a.DB, Identity: a.Identity, Hosts: a.hosts, URL: a.URL})
	return nil
}

// catalogues are the messages of everything that speaks.
func (a *App) catalogues() (*i18n.Bundle, error) {
	all := Catalogues()
	for _, m := range a.Modules {
		all = append(all, m.Manifest().Catalogue)
	}
	bundle, err := i18n.Load(all...)
	if err != nil {
		return nil, fmt.Errorf("load the catalogues: %w", err)
	}
	return bundle, nil
}

func (a *App) buildEdge() (err error) {
	if a.bundle, err = a.catalogues(); err != nil {
		return err
	}
	a.Booth = booth.New(booth.Deps{DB: a.DB, Box: a.Box, Subjects: a.subjects, Secret: a.secret, Log: a.Log})
	a.verify = verify.New(verify.Deps{Journal: a.Journal, Box: a.Box, Polls: a.Booth})
	a.papers = paper.New(paper.Deps{DB: a.DB, Box: a.Box, Polls: a.Booth, Desk: a.Identity})
	a.site = site.New(site.Deps{
		DB: a.DB, Clock: a.Clock, Directory: a.Directory, Files: a.Files, Modules: a.Modules, Holdings: a.holdings(), News: a.news,
		Waiting: []module.Todoer{a.papers},
	})
	a.Fiber, err = web.New(web.Options{
		Tenants: a.Directory, Sessions: a.Identity, Messages: a.bundle, Secret: a.secret,
		HTTPS: a.Config.HTTPS(), TrustedProxies: a.Config.TrustedProxies, Chrome: a.chrome, Uploads: a.uploads(),
		Ready: a.Ready, Public: a.Config.URL, Stopping: a.ready.stopping, Clock: a.Clock, Log: a.Log,
	})
	if err != nil {
		return err
	}
	realtime.Prepare(a.Fiber)
	a.Identity.Holders(append(a.personal(), with[module.PersonalData](a.Modules)...)...)
	a.Identity.Name(a.nameThings)
	a.Identity.OnProof(a.Box.Proven)
	a.Box.Tell(a.tellWaiting)
	a.mount()
	return nil
}

// Start lets the background work begin: jobs, the ballot box's openings and
// closings, what modules do by themselves.
func (a *App) Start(ctx context.Context) error {
	logModules(a.Log, a.Modules)
	a.Jobs.Every("identity_retention", 24*time.Hour, func(ctx context.Context) error {
		return a.Identity.Retain(ctx, a.Directory, a.bundle, func(t *tenant.Tenant) string { return a.Config.URL(t.Hosts[0], "") })
	})
	a.Jobs.Every("notify_retention", 24*time.Hour, a.forgetNews)
	a.Jobs.Every("reminders", 10*time.Minute, a.remind)
	if err := a.Jobs.Start(ctx); err != nil {
		return err
	}
	a.work.start(ctx, a.Log, "voting", a.Box.Work)
	a.work.start(ctx, a.Log, "journal", a.Journal.Work)
	a.work.start(ctx, a.Log, "watch", a.Box.Watch)
	for _, m := range a.Modules {
		if w, ok := m.(module.Worker); ok {
			a.work.start(ctx, a.Log, m.Manifest().Name, w.Work)
		}
	}
	a.ready.set(true)
	return nil
}

// forgetNews removes from every town the notices that are too old.
func (a *App) forgetNews(ctx context.Context) error {
	towns, err := a.Directory.All(ctx)
	for _, t := range towns {
		err = errors.Join(err, a.news.Forget(ctx, t.ID))
	}
	return err
}

// remind lets the modules of every town tell people what is due.
func (a *App) remind(ctx context.Context) error {
	towns, err := a.Directory.All(ctx)
	for _, t := range towns {
		ctx := a.bundle.NewContext(tenant.NewContext(ctx, t), t.Locale, t.TimeZone)
		for _, m := range a.Modules {
			if r, ok := m.(module.Reminder); ok && t.Enabled(m.Manifest().Name) {
				err = errors.Join(err, r.Remind(ctx, t))
			}
		}
	}
	return err
}

// Stop ends everything in order: no new request, the sockets told to come
// back elsewhere, the ballots under way committed, the jobs finished.
func (a *App) Stop(ctx context.Context) {
	a.ready.set(false)
	steps := []struct {
		what string
		do   func(context.Context) error
	}{
		{"close the live sockets", a.live.hub.Close},
		{"stop listening", a.Fiber.ShutdownWithContext},
		{"commit the ballots under way", a.Box.Drain},
		{"sign what was committed", a.Journal.Flush},
		{"finish the jobs", a.Jobs.Stop},
		{"end the background work", a.work.stop},
		{"end the news between nodes", a.live.closeBus},
	}
	for _, step := range steps {
		if err := step.do(ctx); err != nil {
			a.Log.Error("stop", "step", step.what, "error", err)
		}
	}
}

const stopWithin = 20 * time.Second
