package discussion

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/discussion/views"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

// postRate is how often an account may send the forms of a discussion, whatever
// is in them; what is in them has limits of its own.
var postRate = web.Rate{Events: 60, Per: time.Minute}

// Mount adds the public pages.
func (s *Service) Mount(root fiber.Router) {
	limited := web.LimitAccount(postRate)
	root.Get("/discussion/moderation", s.numbersPage)
	root.Get("/discussion/moderation/:case", web.RequireSignIn, s.casePage)
	root.Post("/discussion/moderation/:case", web.RequireSignIn, s.appeal)
	root.Post("/discussion/commentaires/:comment/retirer", web.RequireSignIn, s.withdraw)
	for _, h := range s.hosts() {
		root.Get("/discussion/"+h.Path+"/:id/commenter", web.RequireSignIn, about(h, s.writePage))
		root.Post("/discussion/"+h.Path+"/:id/commenter", web.RequireSignIn, limited, about(h, s.post))
		root.Get("/discussion/"+h.Path+"/:id/signaler", web.RequireSignIn, about(h, s.flagPage))
		root.Post("/discussion/"+h.Path+"/:id/signaler", web.RequireSignIn, limited, about(h, s.flag))
	}
}

// about reads what an address of a module's speaks of. Nothing is said of a
// module that is switched off.
func about(h Hosted, handle func(*fiber.Ctx, Subject) error) fiber.Handler {
	return func(c *fiber.Ctx) error {
		id, err := web.UUIDParam(c, "id")
		if err != nil {
			return err
		}
		if !web.Tenant(c).Enabled(h.Name) {
			return web.ErrNotFound
		}
		return handle(c, Subject{h.Name, id})
	}
}

// address is where the forms about a subject are.
func (s *Service) address(of Subject, rest string) string {
	for _, h := range s.hosts() {
		if h.Name == of.Module {
			return "/discussion/" + h.Path + "/" + of.ID.String() + "/" + rest
		}
	}
	return ""
}

// commentForm is the form of a comment.
type commentForm struct {
	Body     string    `form:"body" label:"discussion.form.body"`
	Parent   uuid.UUID `form:"parent"`
	Official bool      `form:"official"`
}

func (s *Service) writePage(c *fiber.Ctx, of Subject) error {
	parent, err := uuid.Parse(c.Query("a"))
	if err != nil {
		parent = uuid.Nil
	}
	return s.showWrite(c, of, commentForm{Parent: parent}, nil)
}

func (s *Service) showWrite(c *fiber.Ctx, of Subject, form commentForm, errs ui.Errors) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var page views.Write
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		topic, _, err := s.topic(ctx, tx, t, v, of)
		if err != nil {
			return err
		}
		if err := mayPost(v, topic); err != nil {
			return err
		}
		page = views.Write{Title: topic.Title, Href: topic.Href, Form: views.CommentForm{
			Action: s.address(of, "commenter"), Body: form.Body, MayOfficial: mayAnswerFor(v, of.Module, topic.Zone), Official: form.Official, Errors: errs,
		}}
		if form.Parent == uuid.Nil {
			return nil
		}
		page.Form.Parent = form.Parent.String()
		parent, err := findComment(ctx, tx, t.ID, form.Parent)
		if err != nil {
			return err
		}
		if parent.SubjectID != of.ID || parent.Module != of.Module || parent.ParentID.Valid || parent.State != Visible {
			return ErrNotFound
		}
		shown, err := s.shown(ctx, tx, t, reading{}, []Comment{*parent})
		if err != nil {
			return err
		}
		page.Answer = &shown[0]
		return nil
	})
	if err != nil {
		return err
	}
	return web.Page(c, views.WritePage(page))
}

func (s *Service) post(c *fiber.Ctx, of Subject) error {
	var form commentForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		said := Said(form)
		var id uuid.UUID
		var topic Topic
		id, topic, err = s.Post(web.Context(c), web.Tenant(c), web.Viewer(c), of, said)
		if err == nil {
			web.Flash(c, "discussion.posted")
			return web.SeeOther(c, topic.Href+"#commentaire-"+id.String())
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showWrite(c, of, form, errs)
}

func (s *Service) withdraw(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "comment")
	if err != nil {
		return err
	}
	topic, err := s.Withdraw(web.Context(c), web.Tenant(c), web.Viewer(c), id)
	if err != nil {
		return err
	}
	web.Flash(c, "discussion.withdrawn")
	return web.SeeOther(c, topic.Href+"#commentaires")
}

// flagForm is the form of a flag.
type flagForm struct {
	Comment uuid.UUID `form:"commentaire"`
	Kind    string    `form:"kind" label:"discussion.flag.kind"`
	Note    string    `form:"note" label:"discussion.flag.note"`
}

func (s *Service) flagPage(c *fiber.Ctx, of Subject) error {
	comment, err := uuid.Parse(c.Query("commentaire"))
	if err != nil {
		comment = uuid.Nil
	}
	return s.showFlag(c, of, flagForm{Comment: comment}, nil)
}

func (s *Service) showFlag(c *fiber.Ctx, of Subject, form flagForm, errs ui.Errors) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var topic Topic
	var text string
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		if topic, _, err = s.topic(ctx, tx, t, v, of); err != nil {
			return err
		}
		text = topic.Text
		if form.Comment == uuid.Nil {
			return nil
		}
		comment, err := findComment(ctx, tx, t.ID, form.Comment)
		if err != nil {
			return err
		}
		if comment.SubjectID != of.ID || comment.Module != of.Module || comment.State != Visible {
			return ErrNotFound
		}
		text = comment.Body
		return nil
	})
	if err != nil {
		return err
	}
	page := views.FlagForm{
		Title: topic.Title, Href: topic.Href, Text: markdown.HTML(text, 3), Action: s.address(of, "signaler"),
		Kind: form.Kind, Note: form.Note, Proven: Resident(v), Errors: errs,
	}
	if form.Comment != uuid.Nil {
		page.Comment = form.Comment.String()
	}
	for _, kind := range Kinds {
		page.Kinds = append(page.Kinds, ui.ChoiceProps{Value: kind, Label: kindWord(ctx, kind)})
	}
	return web.Page(c, views.FlagPage(page))
}

//i18n: discussion.kind.*

func kindWord(ctx context.Context, kind string) string {
	return i18n.Message(ctx, "discussion.kind."+kind, nil)
}

func (s *Service) flag(c *fiber.Ctx, of Subject) error {
	var form flagForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		var topic Topic
		topic, err = s.Flag(web.Context(c), web.Tenant(c), web.Viewer(c), of, form.Comment, Flag{Kind: form.Kind, Note: form.Note})
		if err == nil {
			web.Flash(c, "discussion.flag.done")
			return web.SeeOther(c, s.afterFlag(c, of, topic))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showFlag(c, of, form, errs)
}

// afterFlag is where to go then: back to the thing, if the flag has not just
// hidden it.
func (s *Service) afterFlag(c *fiber.Ctx, of Subject, topic Topic) string {
	err := s.db.ReadTenant(web.Context(c), web.Tenant(c).ID, func(ctx context.Context, tx bun.Tx) error {
		_, _, err := s.topic(ctx, tx, web.Tenant(c), web.Viewer(c), of)
		return err
	})
	if err != nil {
		return "/discussion/moderation"
	}
	return topic.Href
}

// numbers are what moderation did over a year.
type numbers struct{ Flagged, Pending, Kept, Hidden, Automatic, Appeals, Restored int }

// year is how far back the public numbers go.
const year = 365 * 24 * time.Hour

func (s *Service) numbersPage(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	var n numbers
	var kinds []struct {
		Kind string
		N    int
	}
	var since time.Time
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		at, err := now(ctx, tx)
		if err != nil {
			return err
		}
		since = at.Add(-year)
		err = tx.NewRaw(`
			SELECT count(*) AS flagged, count(*) FILTER (WHERE decided_at IS NULL) AS pending, count(*) FILTER (WHERE decision = 'keep') AS kept,
				count(*) FILTER (WHERE decision = 'hide') AS hidden, count(hidden_at) AS automatic,
				count(appealed_at) AS appeals, count(*) FILTER (WHERE ruling = 'restored') AS restored
			FROM discussion.cases WHERE tenant_id = ? AND opened_at > ?`, t.ID, since).Scan(ctx, &n)
		if err != nil {
			return err
		}
		return tx.NewRaw(`
			SELECT f.kind, count(*) AS n FROM discussion.flags f JOIN discussion.cases k ON k.tenant_id = f.tenant_id AND k.id = f.case_id
			WHERE k.tenant_id = ? AND k.opened_at > ? GROUP BY f.kind ORDER BY 2 DESC, 1`, t.ID, since).Scan(ctx, &kinds)
	})
	if err != nil {
		return err
	}
	stat := func(count int, key string) ui.Stat {
		return ui.Stat{Number: i18n.Number(ctx, int64(count)), Label: i18n.T(ctx, key, "Count", count)}
	}
	//i18n: discussion.numbers.stat.*
	page := views.Numbers{
		Since: i18n.T(ctx, "discussion.numbers.since", "Date", i18n.Date(ctx, since)),
		Stats: []ui.Stat{
			stat(n.Flagged, "discussion.numbers.stat.flagged"), stat(n.Pending, "discussion.numbers.stat.pending"), stat(n.Kept, "discussion.numbers.stat.kept"),
			stat(n.Hidden, "discussion.numbers.stat.hidden"), stat(n.Automatic, "discussion.numbers.stat.automatic"),
			stat(n.Appeals, "discussion.numbers.stat.appeals"), stat(n.Restored, "discussion.numbers.stat.restored"),
		},
		Kinds: ui.TableProps{
			ID: "raisons-table", Caption: i18n.T(ctx, "discussion.numbers.kinds"), Empty: i18n.T(ctx, "discussion.numbers.none"),
			Columns: []ui.Column{{Label: i18n.T(ctx, "discussion.flag.kind")}, {Label: i18n.T(ctx, "discussion.numbers.flags"), Numeric: true}},
		},
	}
	for _, k := range kinds {
		page.Kinds.Rows = append(page.Kinds.Rows, ui.Row{ID: k.Kind, Cells: []ui.Cell{ui.Text(kindWord(ctx, k.Kind)), ui.Text(i18n.Number(ctx, int64(k.N)))}})
	}
	return web.Page(c, views.NumbersPage(page))
}

// reading is who reads a thread and what they may do there.
type reading struct {
	thread bool // shown in its thread: with what one may do
	mine   func(*Comment) bool
	open   bool
	of     Subject
}

// shown turns comments into what is shown of them.
func (s *Service) shown(ctx context.Context, tx bun.IDB, t *tenant.Tenant, r reading, list []Comment) ([]views.Comment, error) {
	names, err := s.identity.Names(ctx, tx, t.ID, authors(list)...)
	if err != nil {
		return nil, err
	}
	at, err := now(ctx, tx)
	if err != nil {
		return nil, err
	}
	out := make([]views.Comment, len(list))
	for i := range list {
		out[i] = s.comment(ctx, r, &list[i], names, at)
	}
	return out, nil
}
