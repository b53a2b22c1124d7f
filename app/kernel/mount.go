package kernel

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
	"github.com/uptrace/bun"

	"parvis/app/access"
	"parvis/app/archives"
	"parvis/app/audit"
	"parvis/app/booth"
	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/discussion"
	"parvis/app/electors"
	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/mail"
	"parvis/app/module"
	"parvis/app/notify"
	"parvis/app/paper"
	"parvis/app/places"
	"parvis/app/site"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/verify"
	"parvis/app/voting"
	"parvis/app/watch"
	"parvis/app/web"
	"parvis/realtime"
)

// Catalogues are the messages of the platform, modules left out.
func Catalogues() []fs.FS {
	return []fs.FS{
		web.Catalogue, ui.Catalogue, access.Catalogue, audit.Catalogue, identity.Catalogue, mail.Catalogue,
		files.Catalogue, places.Catalogue, database.Catalogue, voting.Catalogue, booth.Catalogue, site.Catalogue, verify.Catalogue, archives.Catalogue, paper.Catalogue, watch.Catalogue, notify.Catalogue, discussion.Catalogue, electors.Catalogue,
	}
}

// mount adds every route. What comes first wins.
func (a *App) mount() {
	root := a.Fiber
	root.Get("/direct", realtime.Handler(a.live.hub, a.authorizeSocket))
	a.site.Mount(root)
	a.Identity.Mount(root)
	a.news.Mount(root)
	a.Booth.Mount(root)
	a.papers.Mount(root)
	a.verify.Mount(root)
	a.Discussion.Mount(root)
	office := root.Group("/office", requireStaff)
	a.site.MountOffice(office)
	a.Identity.MountOffice(office)
	a.Booth.MountOffice(office)
	a.Discussion.MountOffice(office)
	archives.New(archives.Deps{Custody: a.Custody, Polls: a.Booth}).MountOffice(office)
	watch.New(watch.Deps{DB: a.DB, Box: a.Box, Polls: a.Booth, Keys: a.Journal}).MountOffice(office)
	a.papers.MountOffice(office)
	a.electors().MountOffice(office)
	api := root.Group("/api/v1")
	a.Booth.MountAPI(api)
	for _, m := range a.Modules {
		manifest := m.Manifest()
		on := whenEnabled(manifest.Name)
		m.Mount(
			root.Group("/"+manifest.Path, on),
			office.Group("/"+manifest.Path, on, web.Require(manifest.Name, manifest.Office...)),
			api.Group("/"+manifest.Path, on),
		)
	}
}

// electors is the page of the lists of voters.
func (a *App) electors() *electors.Pages {
	return electors.New(electors.Deps{DB: a.DB, Box: a.Box, Identity: a.Identity, Polls: a.Booth})
}

// requireStaff keeps the back office for those who hold a role.
func requireStaff(c *fiber.Ctx) error {
	switch v := web.Viewer(c); {
	case !v.SignedIn:
		return web.ErrSignInRequired
	case !v.Staff():
		return web.ErrForbidden
	}
	return c.Next()
}

// whenEnabled makes a module that is switched off not exist.
func whenEnabled(name string) fiber.Handler {
	return func(c *fiber.Ctx) error {
		if !web.Tenant(c).Enabled(name) {
			return web.ErrNotFound
		}
		return c.Next()
	}
}

// off lists the modules that are switched off, and how their addresses begin.
func (a *App) off(t *tenant.Tenant) (names, paths []string) {
	for _, m := range a.Modules {
		if manifest := m.Manifest(); !t.Enabled(manifest.Name) {
			names, paths = append(names, manifest.Name), append(paths, manifest.Path)
		}
	}
	return names, paths
}

// chrome fills in the menus.
func (a *App) chrome(c *fiber.Ctx, chrome *ui.Chrome) {
	chrome.Menu = a.site.Menu(c)
	chrome.OfficeMenu = a.site.OfficeMenu(c)
	chrome.Footer = a.site.Footer(web.Context(c))
	if key := web.Tenant(c).Accessibility; key != "" {
		chrome.Accessibility = i18n.T(web.Context(c), key)
	}
}

// uploads are the routes that accept more than an ordinary form.
func (a *App) uploads() []web.Upload {
	uploads := append(a.site.Uploads(), a.electors().Uploads()...)
	for _, m := range with[Uploader](a.Modules) {
		uploads = append(uploads, m.Uploads()...)
	}
	return uploads
}

// Uploader is a module with forms that send files.
type Uploader interface{ Uploads() []web.Upload }

// personal is what the platform itself keeps about people, besides their accounts.
func (a *App) personal() []module.PersonalData {
	return []module.PersonalData{a.Box, a.news, a.Discussion}
}

func (a *App) holdings() []module.Holding {
	all := a.Identity.Holdings()
	for _, p := range a.personal() {
		all = append(all, p.Holdings()...)
	}
	return all
}

// broadcaster finds who speaks for a topic: the ballot box for polls, else the
// module it is named after.
func (a *App) broadcaster(name string) (module.Broadcaster, bool) {
	if name == "voting" {
		return a.Booth, true
	}
	for _, m := range a.Modules {
		if b, ok := m.(module.Broadcaster); ok && m.Manifest().Name == name {
			return b, true
		}
	}
	return nil, false
}

// snapshot is the hub's source.
func (a *App) snapshot(ctx context.Context, topic realtime.Topic, audience realtime.Audience) (realtime.State, error) {
	b, ok := a.broadcaster(topic.Module)
	if !ok {
		return realtime.State{}, realtime.ErrGone
	}
	state, err := b.Snapshot(ctx, topic, audience)
	if err != nil && fault.KindOf(err) == fault.NotFound {
		return state, errors.Join(realtime.ErrGone, err)
	}
	return state, err
}

// errNoTopic is what asking for a topic of nobody's, or of a module that is
// switched off, answers.
var errNoTopic = fault.New(fault.NotFound, "web.not_found")

// authorizeSocket says who opens a live socket. Nothing of c outlives it.
func (a *App) authorizeSocket(c *fiber.Ctx) (realtime.Session, error) {
	t, viewer := web.Tenant(c), web.Viewer(c)
	token := web.SessionToken(c)
	return realtime.Session{
		Tenant:  t.ID.String(),
		Origins: []string{web.Origin(c)},
		Audience: func(ctx context.Context, topic realtime.Topic, asked realtime.Audience) (realtime.Audience, error) {
			b, ok := a.broadcaster(topic.Module)
			if !ok || topic.Module != "voting" && !t.Enabled(topic.Module) {
				return "", errNoTopic
			}
			return b.Audience(ctx, t, viewer, topic, asked)
		},
		Alive: func(ctx context.Context) bool { return a.stillOpen(ctx, t.ID, viewer, token) },
	}, nil
}

// stillOpen reports whether the session a socket was opened with still is, with
// the powers that it had. A database that does not answer closes nobody.
func (a *App) stillOpen(ctx context.Context, t tenant.ID, v citizen.Viewer, token string) bool {
	if !v.SignedIn {
		return true
	}
	now, err := a.Identity.Viewer(ctx, t, token)
	if err != nil {
		return fault.KindOf(err) == fault.Unavailable
	}
	lost := func(g citizen.Grant) bool { return !slices.Contains(now.Grants, g) }
	return now.ID == v.ID && !slices.ContainsFunc(v.Grants, lost)
}

// readiness says whether requests may come.
type readiness struct{ serving, over atomic.Bool }

func (r *readiness) set(serving bool) {
	r.serving.Store(serving)
	r.over.Store(!serving)
}

// stopping reports whether requests came, and may no more.
func (r *readiness) stopping() bool { return r.over.Load() }

var errStopping = errors.New("the program is starting or stopping")

// Ready reports whether the program can serve: it is neither starting nor
// stopping, and the database answers.
func (a *App) Ready(ctx context.Context) error {
	if !a.ready.serving.Load() {
		return errStopping
	}
	return a.DB.Platform(ctx, func(ctx context.Context, tx bun.Tx) error { return nil })
}

// hosts are the modules whose things are discussed.
func (a *App) hosts() []discussion.Hosted {
	var hosted []discussion.Hosted
	for _, m := range a.Modules {
		if h, ok := m.(discussion.Host); ok {
			hosted = append(hosted, discussion.Hosted{Name: m.Manifest().Name, Path: m.Manifest().Path, Host: h})
		}
	}
	return hosted
}

// subjects finds the module that polls of its name belong to.
func (a *App) subjects(name string) (booth.Subjects, bool) {
	for _, m := range a.Modules {
		if s, ok := m.(booth.Subjects); ok && m.Manifest().Name == name {
			return s, true
		}
	}
	return nil, false
}
