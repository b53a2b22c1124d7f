package discussion

import (
	"context"
	"fmt"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"parvis/app/citizen"
	"parvis/app/discussion/views"
	"parvis/app/fault"
	"parvis/app/i18n"
	"parvis/app/markdown"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/web"
)

const officePath = "/office/moderation"

// MountOffice adds the pages of moderators. Whose grant is limited to a module
// sees that module's cases.
func (s *Service) MountOffice(office fiber.Router) {
	office.Get("/moderation", s.queuePage)
	office.Get("/moderation/:case", s.judgePage)
	office.Post("/moderation/:case", s.judge)
}

// queues are the parts of the list of cases, by the word in the address.
var queues = map[string]string{
	"":        `decided_at IS NULL`,
	"recours": `appealed_at IS NOT NULL AND ruled_at IS NULL`,
	"decides": `decided_at IS NOT NULL AND (appealed_at IS NULL OR ruled_at IS NOT NULL)`,
}

// modules lists the modules whose contents v judges in the town.
func (s *Service) modules(t *tenant.Tenant, v citizen.Viewer) []string {
	var names []string
	for _, h := range s.hosts() {
		if t.Enabled(h.Name) && Moderates(v, h.Name) {
			names = append(names, h.Name)
		}
	}
	return names
}

func (s *Service) queuePage(c *fiber.Ctx) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	modules := s.modules(t, v)
	if len(modules) == 0 && !v.Has("", moderators...) {
		return web.ErrForbidden
	}
	part := c.Query("etat")
	if _, known := queues[part]; !known {
		part = ""
	}
	var page views.Queue
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		page, err = s.queue(ctx, tx, t, v, modules, part, c.Query("apres"))
		return err
	})
	if err != nil {
		return err
	}
	return web.Page(c, views.QueuePage(page))
}

// queue reads a page of cases: what has waited longest first, what is decided
// newest first.
func (s *Service) queue(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, modules []string, part, after string) (views.Queue, error) {
	order, beyond := "ASC", ">"
	at, id, paged := parsePlace(after)
	if part == "decides" {
		order, beyond = "DESC", "<"
		if !paged {
			at, id = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), uuid.Max
		}
	} else if !paged {
		at, id = time.Unix(0, 0), uuid.Nil
	}
	var rows []Case
	err := tx.NewRaw(`
		SELECT `+caseColumns+` FROM discussion.cases
		WHERE tenant_id = ? AND module = ANY (?::text[]) AND `+queues[part]+` AND (opened_at, id) `+beyond+` (?, ?)
		ORDER BY opened_at `+order+`, id `+order+` LIMIT ?`, t.ID, pgdialect.Array(modules), at, id, perPage+1).Scan(ctx, &rows)
	if err != nil {
		return views.Queue{}, fmt.Errorf("list the cases: %w", err)
	}
	page := views.Queue{}
	address := func(part, after string) string {
		href := officePath
		if part != "" {
			href += "?etat=" + part
		}
		if after != "" && part != "" {
			return href + "&apres=" + after
		}
		if after != "" {
			return href + "?apres=" + after
		}
		return href
	}
	//i18n: discussion.office.tab.*
	for _, tab := range []string{"", "recours", "decides"} {
		key := "discussion.office.tab." + tab
		if tab == "" {
			key = "discussion.office.tab.attente"
		}
		page.Tabs = append(page.Tabs, ui.Tab{Label: i18n.Message(ctx, key, nil), Href: address(tab, ""), Current: tab == part})
	}
	if len(rows) > perPage {
		rows = rows[:perPage]
		page.Pager.Next = address(part, place(rows[perPage-1].OpenedAt, rows[perPage-1].ID))
	}
	if paged {
		page.Pager.Prev = address(part, "")
	}
	for i := range rows {
		row, err := s.queueRow(ctx, tx, t, v, &rows[i])
		if fault.KindOf(err) == fault.NotFound {
			continue // of a zone that v does not work for
		}
		if err != nil {
			return page, err
		}
		page.Cases = append(page.Cases, row)
	}
	return page, nil
}

func (s *Service) queueRow(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, k *Case) (views.QueueRow, error) {
	c, err := s.readContent(ctx, tx, t, v, k)
	if err != nil {
		return views.QueueRow{}, err
	}
	if !mayModerate(v, k.Module, c.topic.Zone) {
		return views.QueueRow{}, ErrNotFound
	}
	row := views.QueueRow{
		Title: c.topic.Title, Href: officePath + "/" + k.ID.String(), Summary: markdown.Text(c.text(), 160), State: caseState(ctx, k),
		Meta: []ui.Meta{{Icon: "calendar", Text: i18n.T(ctx, "discussion.case.opened", "Date", i18n.DateTime(ctx, k.OpenedAt))}, {Icon: "message-circle", Text: whatWord(ctx, k)}},
	}
	barred, _, err := s.barred(ctx, tx, t.ID, v, k, c)
	if barred {
		row.Meta = append(row.Meta, ui.Meta{Icon: "users", Text: i18n.T(ctx, "discussion.case.others")})
	}
	return row, err
}

func whatWord(ctx context.Context, k *Case) string {
	if k.CommentID.Valid {
		return i18n.T(ctx, "discussion.case.comment")
	}
	return i18n.T(ctx, "discussion.case.thing")
}

// readContent is caseContent without a lock, for pages.
func (s *Service) readContent(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, k *Case) (content, error) {
	c := content{subject: k.subject()}
	var err error
	if c.topic, c.host, err = s.topic(ctx, tx, t, v, c.subject); err != nil || !k.CommentID.Valid {
		return c, err
	}
	c.comment, err = findComment(ctx, tx, t.ID, k.CommentID.UUID)
	return c, err
}

// caseState says where a case stands.
func caseState(ctx context.Context, k *Case) ui.State {
	switch {
	case k.DecidedAt.IsZero() && !k.HiddenAt.IsZero():
		return ui.State{Word: i18n.T(ctx, "discussion.case.state.pending"), Tone: ui.Warning, Icon: "eye-off"}
	case k.DecidedAt.IsZero():
		return ui.State{Word: i18n.T(ctx, "discussion.case.state.open"), Tone: ui.Info, Icon: "flag"}
	case k.waits():
		return ui.State{Word: i18n.T(ctx, "discussion.case.state.appealed"), Tone: ui.Warning, Icon: "scale"}
	case k.Ruling == "restored":
		return ui.State{Word: i18n.T(ctx, "discussion.case.state.restored"), Tone: ui.Success, Icon: "eye"}
	case k.Decision == "hide":
		return ui.State{Word: i18n.T(ctx, "discussion.case.state.hidden"), Tone: ui.Danger, Icon: "eye-off"}
	}
	return ui.State{Word: i18n.T(ctx, "discussion.case.state.kept"), Tone: ui.Success, Icon: "eye"}
}

// caseView is what the author and the moderators both see of a case.
func caseView(ctx context.Context, k *Case, c content) views.Case {
	p := views.Case{
		Title: c.topic.Title, Href: c.topic.Href, Text: markdown.HTML(c.text(), 3), State: caseState(ctx, k),
		Reason: k.Reason, Appeal: k.Appeal, Ruling: k.RulingReason,
	}
	moment := func(key string, at bun.NullTime) {
		if !at.IsZero() {
			p.Timeline = append(p.Timeline, ui.Moment{Title: i18n.T(ctx, key), When: i18n.DateTime(ctx, at.Time), Done: true})
		}
	}
	//i18n: discussion.case.moment.*
	moment("discussion.case.moment.opened", bun.NullTime{Time: k.OpenedAt})
	moment("discussion.case.moment.pending", k.HiddenAt)
	moment("discussion.case.moment.decided", k.DecidedAt)
	moment("discussion.case.moment.appealed", k.AppealedAt)
	moment("discussion.case.moment.ruled", k.RuledAt)
	return p
}

func (s *Service) judgePage(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "case")
	if err != nil {
		return err
	}
	return s.showJudge(c, id, judgeForm{}, nil)
}

// judgeForm is the form of a decision.
type judgeForm struct {
	Choice string `form:"choice" label:"discussion.judge.choice"`
	Reason string `form:"reason" label:"discussion.judge.reason"`
}

func (s *Service) showJudge(c *fiber.Ctx, id uuid.UUID, form judgeForm, errs ui.Errors) error {
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var page views.Judge
	err := s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		k, err := findCase(ctx, tx, t.ID, id)
		if err != nil {
			return err
		}
		content, err := s.readContent(ctx, tx, t, v, k)
		if err != nil {
			return err
		}
		if !mayModerate(v, k.Module, content.topic.Zone) {
			return web.ErrForbidden
		}
		names, err := s.identity.Names(ctx, tx, t.ID, content.author())
		if err != nil {
			return err
		}
		page = views.Judge{
			Case: caseView(ctx, k, content), Decide: k.DecidedAt.IsZero(), Rule: !k.DecidedAt.IsZero() && k.waits(), Choice: form.Choice, Because: form.Reason,
			Facts: []ui.Fact{
				{Term: i18n.T(ctx, "discussion.case.what"), Text: whatWord(ctx, k)},
				{Term: i18n.T(ctx, "discussion.case.author"), Text: nameOf(ctx, names, k.AuthorID)},
			},
		}
		barred, alone, err := s.barred(ctx, tx, t.ID, v, k, content)
		switch {
		case err != nil:
			return err
		case barred:
			page.Decide, page.Rule, page.Notice = false, false, i18n.T(ctx, "discussion.case.own")
		case alone:
			page.Notice = i18n.T(ctx, "discussion.case.alone")
		}
		page.Errors, page.Action = errs, officePath+"/"+id.String()
		page.Flags, err = flagLines(ctx, tx, t.ID, id)
		return err
	})
	if err != nil {
		return err
	}
	return web.Page(c, views.JudgePage(page))
}

// flagLines lists what was said against a content, not by whom: moderators
// judge contents.
func flagLines(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID) ([]views.FlagLine, error) {
	var rows []struct {
		Kind, Note string
		CreatedAt  time.Time
		Proven     bool
	}
	err := tx.NewRaw(`
		SELECT kind, note, created_at, proven FROM discussion.flags
		WHERE tenant_id = ? AND case_id = ? ORDER BY created_at LIMIT 100`, t, id).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("list the flags: %w", err)
	}
	lines := make([]views.FlagLine, len(rows))
	for i, r := range rows {
		who := i18n.T(ctx, "discussion.case.unproven")
		if r.Proven {
			who = i18n.T(ctx, "discussion.case.proven")
		}
		lines[i] = views.FlagLine{Kind: kindWord(ctx, r.Kind), Note: r.Note, When: i18n.DateTime(ctx, r.CreatedAt) + " · " + who}
	}
	return lines, nil
}

func (s *Service) judge(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "case")
	if err != nil {
		return err
	}
	var form judgeForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
		switch form.Choice {
		case "keep", "hide":
			err = s.Decide(ctx, t, v, id, form.Choice == "hide", form.Reason)
		case "restored", "confirmed":
			err = s.Rule(ctx, t, v, id, form.Choice == "restored", form.Reason)
		default:
			err = fault.OnFields(fault.Field{Name: "choice", Key: "discussion.judge.choice_missing"})
		}
		if err == nil {
			web.Flash(c, "discussion.judge.done")
			return web.SeeOther(c, officePath)
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showJudge(c, id, form, errs)
}

// appealForm is the form of an appeal.
type appealForm struct {
	Appeal string `form:"appeal" label:"discussion.appeal.label"`
}

func (s *Service) casePage(c *fiber.Ctx) error { return s.showCase(c, "", nil) }

// showCase shows a decision to the author of what it is about. The address
// names the case, or the comment it is about.
func (s *Service) showCase(c *fiber.Ctx, typed string, errs ui.Errors) error {
	id, err := web.UUIDParam(c, "case")
	if err != nil {
		return err
	}
	ctx, t, v := web.Context(c), web.Tenant(c), web.Viewer(c)
	var page views.Case
	err = s.db.ReadTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		k, err := oneCase(ctx, tx, `
			SELECT `+caseColumns+` FROM discussion.cases
			WHERE tenant_id = ?0 AND (id = ?1 OR comment_id = ?1) ORDER BY opened_at DESC LIMIT 1`, t.ID, id)
		if err != nil {
			return err
		}
		if !k.by(v) {
			return ErrNotFound
		}
		content, err := s.readContent(ctx, tx, t, v, k)
		if err != nil {
			return err
		}
		at, err := now(ctx, tx)
		if err != nil {
			return err
		}
		page = caseView(ctx, k, content)
		page.Typed, page.Errors = typed, errs
		if end := k.DecidedAt.Time.Add(appealWithin); k.Decision == "hide" && k.AppealedAt.IsZero() && at.Before(end) {
			page.Action, page.Until = caseHref(k.ID), i18n.T(ctx, "discussion.appeal.until", "Date", i18n.Date(ctx, end))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return web.Page(c, views.CasePage(page))
}

func (s *Service) appeal(c *fiber.Ctx) error {
	id, err := web.UUIDParam(c, "case")
	if err != nil {
		return err
	}
	var form appealForm
	errs, err := web.Bind(c, &form)
	if err != nil {
		return err
	}
	if !errs.Any() {
		if err = s.Appeal(web.Context(c), web.Tenant(c), web.Viewer(c), id, form.Appeal); err == nil {
			web.Flash(c, "discussion.appeal.done")
			return web.SeeOther(c, caseHref(id))
		}
		var ok bool
		if errs, ok = web.Errors(c, err); !ok {
			return err
		}
	}
	return s.showCase(c, form.Appeal, errs)
}
