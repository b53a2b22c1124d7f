package verify

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"strings"

	"github.com/gofiber/fiber/v2"

	"parvis/app/fault"
	"parvis/app/files"
	"parvis/app/i18n"
	"parvis/app/tenant"
	"parvis/app/ui"
	"parvis/app/verify/views"
	"parvis/app/voting/proof"
	"parvis/app/voting/proof/sample"
	"parvis/app/web"
)

// show is the page; with ?r= it checks the receipt of a square code, with
// ?exemple= one of the examples.
func (p *Pages) show(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	var page views.Page
	var err error
	if code := c.Query("r"); code != "" {
		page.Text = web.Origin(c) + "/verifier?r=" + code
		page.Report, err = p.report(ctx, t, input{text: page.Text})
		web.NoStore(c)
	} else if name := c.Query("exemple"); name != "" {
		e, ok := exampleOf(name)
		if !ok {
			return ErrNoExample
		}
		report, verified := proof.Verify(bytes.NewReader(e.Archive), proof.Options{Key: sample.Key()})
		if verified != nil {
			return verified
		}
		page.Report = archiveReport(ctx, report)
	}
	if err != nil {
		if page.Errors = formErrors(ctx, err); page.Errors == nil {
			return err
		}
		c.Status(fiber.StatusUnprocessableEntity)
	}
	return p.page(c, page)
}

// input is what somebody wants checked.
type input struct {
	receipt []byte // a file
	text    string // or what was pasted
	archive []byte
}

type form struct {
	Receipt *multipart.FileHeader `form:"recepisse"`
	Text    string                `form:"texte"`
	Archive *multipart.FileHeader `form:"archive"`
}

// check verifies what was sent, and forgets it.
func (p *Pages) check(c *fiber.Ctx) error {
	ctx, t := web.Context(c), web.Tenant(c)
	var sent form
	errs, err := web.Bind(c, &sent)
	if err != nil {
		return err
	}
	page := views.Page{Text: sent.Text, Errors: errs}
	if !errs.Any() {
		in := input{text: sent.Text}
		if in.receipt, err = read(sent.Receipt); err == nil {
			in.archive, err = read(sent.Archive)
		}
		if err == nil {
			page.Report, err = p.report(ctx, t, in)
		}
		if err != nil {
			if page.Errors = formErrors(ctx, err); page.Errors == nil {
				return err
			}
			c.Status(fiber.StatusUnprocessableEntity)
		}
	}
	return p.page(c, page)
}

// Faults of the form.
var (
	errMissing        = fault.OnFields(fault.Field{Name: "texte", Key: "verify.form.missing"})
	errUnreadable     = fault.OnFields(fault.Field{Name: "texte", Key: "verify.form.unreadable"})
	errFileUnreadable = fault.OnFields(fault.Field{Name: "archive", Key: "verify.form.file_unreadable"})
)

// formErrors says a fault of the form beside its field; nil for another one.
func formErrors(ctx context.Context, err error) ui.Errors {
	f, ok := err.(*fault.Error)
	if !ok || len(f.Fields) == 0 {
		return nil
	}
	return ui.Errors{{Name: f.Fields[0].Name, Message: i18n.Message(ctx, f.Fields[0].Key, nil)}}
}

// read returns the content of a file that was sent, nil when none was.
func read(sent *multipart.FileHeader) ([]byte, error) {
	if sent == nil || sent.Size == 0 {
		return nil, nil
	}
	file, err := sent.Open()
	if err != nil {
		return nil, errFileUnreadable
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, maxArchive))
	if err != nil {
		return nil, errFileUnreadable
	}
	return content, nil
}

// report verifies, a few at a time. The key of this town is known; that of
// another is to be compared by whoever asks.
func (p *Pages) report(ctx context.Context, t *tenant.Tenant, in input) (*views.Report, error) {
	select {
	case p.busy <- struct{}{}:
		defer func() { <-p.busy }()
	default:
		return nil, ErrBusy
	}
	town, err := p.journal.Key(ctx, t.ID)
	if err != nil {
		return nil, err
	}
	receipt, err := in.readReceipt(town)
	if err != nil {
		return nil, err
	}
	if in.archive == nil && receipt == nil {
		return nil, errMissing
	}
	if in.archive == nil {
		return p.receiptAlone(ctx, t, *receipt, town)
	}
	o := proof.Options{Receipt: receipt}
	if proof.ArchiveHost(in.archive) == town.Name {
		o.Key = town
	}
	verified, err := proof.Verify(bytes.NewReader(in.archive), o)
	if err != nil {
		return nil, err
	}
	return archiveReport(ctx, verified), nil
}

// readReceipt reads a receipt from a file, from its content, or from the
// address of a square code.
func (in input) readReceipt(town proof.Key) (*proof.Receipt, error) {
	raw := bytes.TrimSpace(in.receipt)
	if len(raw) == 0 {
		raw = []byte(strings.TrimSpace(in.text))
	}
	if len(raw) == 0 {
		return nil, nil
	}
	var r proof.Receipt
	var err error
	if raw[0] == '{' {
		r, err = proof.DecodeReceipt(raw)
	} else {
		code := string(raw)
		if _, after, ok := strings.Cut(code, "?r="); ok {
			code = after
		}
		r, err = proof.ParseCompact(code, town)
	}
	if err != nil {
		return nil, errUnreadable
	}
	return &r, nil
}

// receiptAlone verifies a receipt by itself, then against this site's own log
// if it is of this site.
func (p *Pages) receiptAlone(ctx context.Context, t *tenant.Tenant, r proof.Receipt, town proof.Key) (*views.Report, error) {
	known := proof.Key{}
	if proof.HostOf(r.Origin) == town.Name {
		known = town
	}
	verified := r.Verify(known)
	here := ""
	if verified.OK && known.Public != nil {
		wrong, err := p.journal.Compare(ctx, t.ID, r, verified)
		if err != nil {
			return nil, err
		}
		if wrong != nil {
			verified.OK, verified.Fault = false, wrong
		}
		here = i18n.T(ctx, "verify.good.receipt.here")
	}
	page := receiptReport(ctx, verified, here)
	if here != "" && verified.OK {
		page.Link = &ui.Link{Label: i18n.T(ctx, "verify.report.receipt"), Href: fmt.Sprintf("/votes/%s/recepisse/%x", r.Poll, r.Nonce)}
	}
	return page, nil
}

// page shows the verifier.
//
// i18n: verify.example.*
func (p *Pages) page(c *fiber.Ctx, page views.Page) error {
	ctx := web.Context(c)
	town, err := p.journal.Key(ctx, web.Tenant(c).ID)
	if err != nil {
		return err
	}
	if page.Messages, err = messages(ctx); err != nil {
		return err
	}
	page.Key, page.Fingerprint = town.String(), town.Fingerprint()
	page.SampleKey = sample.Key().String()
	page.Action, page.Limit = visitorsPath, files.Size(ctx, maxVisitor)
	if web.Viewer(c).SignedIn {
		page.Action, page.Limit = membersPath, files.Size(ctx, maxArchive)
	}
	page.Script = ui.Asset("verifier.js")
	page.Command = "parvis verify --key " + town.String() + " scrutin.parvis-archive"
	for _, e := range sample.Examples() {
		page.Examples = append(page.Examples, views.Example{
			Name: e.Name, Title: i18n.T(ctx, "verify.example."+e.Name), Text: i18n.T(ctx, "verify.example."+e.Name+".text"),
			Server: "/verifier?exemple=" + e.Name + "#rapport", File: "/verifier/exemples/" + e.Name,
		})
	}
	return web.Page(c, views.VerifyPage(page))
}

func exampleOf(name string) (sample.Example, bool) {
	for _, e := range sample.Examples() {
		if e.Name == name {
			return e, true
		}
	}
	return sample.Example{}, false
}

// example is the file of an example.
func (p *Pages) example(c *fiber.Ctx) error {
	e, ok := exampleOf(c.Params("name"))
	if !ok {
		return ErrNoExample
	}
	keep(c, true, forAnHour)
	web.Attachment(c, "exemple-"+e.Name+".parvis-archive")
	c.Set(fiber.HeaderContentType, "application/jsonl; charset=utf-8")
	return c.Send(e.Archive)
}
