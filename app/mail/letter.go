package mail

import (
	"context"
	"fmt"
	"strings"
	"time"

	"parvis/app/i18n"
	"parvis/app/mail/views"
	"parvis/app/tenant"
)

// Letter is what a mail says, written once for both its forms. Texts are
// already in the reader's language.
type Letter struct {
	Subject    string
	Paragraphs []string
	Code       string // to copy by hand
	Button     Button
	After      []string // below the button: what to do if this is a mistake
	Until      time.Time
	Module     string // what it is news of, where the button's address does not say
}

// Button is the one link of a letter. Its address is written in full too.
type Button struct{ Label, Href string }

// To addresses the letter to somebody, in the name of t.
func (l Letter) To(ctx context.Context, t *tenant.Tenant, address string) (Message, error) {
	var html strings.Builder
	err := views.Letter(views.LetterProps{
		Lang: i18n.Lang(ctx), Town: t.Name, Site: t.SiteName, Subject: l.Subject, Paragraphs: l.Paragraphs,
		Code: l.Code, ButtonLabel: l.Button.Label, ButtonHref: l.Button.Href, After: l.After,
	}).Render(ctx, &html)
	if err != nil {
		return Message{}, fmt.Errorf("write a letter: %w", err)
	}
	return Message{To: address, Subject: l.Subject, Text: l.text(ctx, t), HTML: html.String(), Until: l.Until}, nil
}

func (l Letter) text(ctx context.Context, t *tenant.Tenant) string {
	parts := append([]string{}, l.Paragraphs...)
	if l.Button.Href != "" {
		parts = append(parts, l.Button.Label+i18n.T(ctx, "mail.colon")+"\n"+l.Button.Href)
	}
	if l.Code != "" {
		parts = append(parts, i18n.T(ctx, "mail.code")+i18n.T(ctx, "mail.colon")+"\n"+l.Code)
	}
	parts = append(parts, l.After...)
	return strings.Join(append(parts, "-- \n"+t.Name), "\n\n") + "\n"
}
