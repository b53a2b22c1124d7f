package paper

import (
	"context"
	"net/url"
	"time"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/identity"
	"parvis/app/paper/views"
	"parvis/app/ui"
	"parvis/app/voting"
)

func deskOf(ctx context.Context, p *voting.Poll, found []identity.Found) views.Desk {
	page := views.Desk{Question: p.Question, Self: DeskHref(p.ID), Back: backToPaper(ctx, p.ID), New: "/office/citoyens/nouveau"}
	if p.Paper == voting.NoPaper {
		page.Back = ui.Link{Label: i18n.T(ctx, "paper.back.office"), Href: "/office/"}
	}
	if p.State != voting.Open {
		page.Notice = i18n.T(ctx, "paper.desk.closed")
	}
	for _, f := range found {
		row := ui.RowProps{Title: f.Name, Href: visitorHref(p.ID, f.ID), Avatar: f.Name, Level: 2}
		if f.Email != "" {
			row.Meta = append(row.Meta, ui.Meta{Icon: "mail", Text: f.Email})
		}
		if f.Person > citizen.PersonEmail {
			row.Meta = append(row.Meta, ui.Meta{Icon: "badge-check", Text: i18n.T(ctx, "paper.desk.proven")})
		}
		page.Found = append(page.Found, row)
	}
	return page
}

// visitorOf says who came, and how they may vote.
//
// i18n: paper.voted.*
func visitorOf(ctx context.Context, by citizen.Viewer, v *Visitor) views.Visitor {
	p, a := v.Poll, v.Account
	page := views.Visitor{Question: p.Question, Self: visitorHref(p.ID, a.ID), Name: a.Name, Back: backToDesk(ctx, p.ID)}
	if born, err := time.Parse(time.DateOnly, a.BornOn); err == nil {
		page.Who = append(page.Who, ui.Fact{Term: i18n.T(ctx, "paper.visitor.born"), Text: i18n.DateShort(ctx, born)})
	}
	if a.Address != "" {
		page.Who = append(page.Who, ui.Fact{Term: i18n.T(ctx, "paper.visitor.address"), Text: a.Address})
	}
	if v.Voted {
		page.Voted = i18n.T(ctx, "paper.voted."+string(v.Channel))
	}
	for _, r := range v.Reasons {
		reason := ui.Reason{Text: i18n.Message(ctx, r.Key, r.Args)}
		page.Reasons = append(page.Reasons, reason)
	}
	if len(v.Reasons) > 0 {
		account := "/office/citoyens/" + a.ID.String() + "?retour=" + url.QueryEscape(page.Self)
		page.Reasons[0].Remedy = &ui.Link{Label: i18n.T(ctx, "paper.visitor.account"), Href: account}
	}
	if p.State != voting.Open || !v.Allowed || by.ID == a.ID {
		return page
	}
	page.Kiosk = may(by, Kiosk, p) && p.VoterKind() != voting.DeviceVoter && (!v.Voted || v.Channel == voting.Desk && p.AllowChange)
	page.Paper = may(by, HandIn, p) && p.Paper != voting.NoPaper && !v.Voted
	page.PaperHint = i18n.T(ctx, "paper.visitor.paper.text")
	return page
}

func codeOf(ctx context.Context, v *Visitor, code, address string) views.Code {
	return views.Code{
		Question: v.Poll.Question, Name: v.Account.Name, Code: code[:4] + " " + code[4:], Address: address,
		Back: backToDesk(ctx, v.Poll.ID),
	}
}

func assistedOf(ctx context.Context, v *Visitor, in filled, form assistForm, errs ui.Errors) views.Assisted {
	self := visitorHref(v.Poll.ID, v.Account.ID)
	sheet := ownForm(ctx, v.Poll, in, i18n.T(ctx, "paper.form.theirs", "Name", v.Account.Name), errs)
	sheet.Action, sheet.Submit, sheet.Icon = self+"/saisie", i18n.T(ctx, "paper.assist.do"), "vote"
	return views.Assisted{
		Question: v.Poll.Question, Name: v.Account.Name, Back: ui.Link{Label: i18n.T(ctx, "paper.back.visitor"), Href: self},
		Sheet: sheet, Errors: errs, ToldError: errs.For("dit"), Told: form.Told != "",
	}
}
