package identity

import (
	"context"

	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
)

// requestLetter is the mail of a request.
func (s *Service) requestLetter(ctx context.Context, t *tenant.Tenant, r request, base, token, code string) mail.Letter {
	if r.Purpose == nobody {
		return mail.Letter{
			Subject:    i18n.T(ctx, "identity.letter.nobody.subject", "Site", t.SiteName),
			Paragraphs: []string{i18n.T(ctx, "identity.letter.nobody.text", "Site", t.SiteName)},
			Button:     mail.Button{Label: i18n.T(ctx, "identity.letter.nobody.button"), Href: base + "/inscription"},
			After:      []string{i18n.T(ctx, "identity.letter.ignore")},
			Until:      s.clock.Now().Add(requestLife),
		}
	}
	l := mail.Letter{
		Button: mail.Button{Href: base + "/connexion/lien/" + token},
		Code:   code,
		After:  []string{i18n.T(ctx, "identity.letter.life"), i18n.T(ctx, "identity.letter.ignore")},
		Until:  s.clock.Now().Add(requestLife),
	}
	switch r.Purpose {
	case signUp:
		l.Subject = i18n.T(ctx, "identity.letter.sign_up.subject", "Site", t.SiteName)
		l.Paragraphs = []string{i18n.T(ctx, "identity.letter.sign_up.text", "Site", t.SiteName)}
		l.Button.Label = i18n.T(ctx, "identity.letter.sign_up.button")
	case changeEmail:
		l.Subject = i18n.T(ctx, "identity.letter.change_email.subject", "Site", t.SiteName)
		l.Paragraphs = []string{i18n.T(ctx, "identity.letter.change_email.text", "Site", t.SiteName)}
		l.Button.Label = i18n.T(ctx, "identity.letter.change_email.button")
	default:
		l.Subject = i18n.T(ctx, "identity.letter.sign_in.subject", "Site", t.SiteName)
		l.Paragraphs = []string{i18n.T(ctx, "identity.letter.sign_in.text", "Site", t.SiteName)}
		l.Button.Label = i18n.T(ctx, "identity.letter.sign_in.button")
	}
	return l
}

// assistedLetter tells somebody that an agent opened their account.
func assistedLetter(ctx context.Context, t *tenant.Tenant, base string) mail.Letter {
	return mail.Letter{
		Subject:    i18n.T(ctx, "identity.letter.assisted.subject", "Site", t.SiteName),
		Paragraphs: []string{i18n.T(ctx, "identity.letter.assisted.text", "Site", t.SiteName)},
		Button:     mail.Button{Label: i18n.T(ctx, "identity.letter.assisted.button"), Href: base + "/connexion"},
		After:      []string{i18n.T(ctx, "identity.letter.assisted.after")},
	}
}

// movedLetter tells an address that it is no more that of its account.
func movedLetter(ctx context.Context, t *tenant.Tenant) mail.Letter {
	return mail.Letter{
		Subject:    i18n.T(ctx, "identity.letter.moved.subject", "Site", t.SiteName),
		Paragraphs: []string{i18n.T(ctx, "identity.letter.moved.text", "Site", t.SiteName), i18n.T(ctx, "identity.letter.not_you", "Town", t.Name)},
	}
}

// passwordLetter tells somebody that their password was set or taken away.
func passwordLetter(ctx context.Context, t *tenant.Tenant) mail.Letter {
	return mail.Letter{
		Subject:    i18n.T(ctx, "identity.letter.password.subject", "Site", t.SiteName),
		Paragraphs: []string{i18n.T(ctx, "identity.letter.password.text", "Site", t.SiteName), i18n.T(ctx, "identity.letter.not_you", "Town", t.Name)},
	}
}

// erasedLetter is the last one.
func erasedLetter(ctx context.Context, t *tenant.Tenant) mail.Letter {
	return mail.Letter{
		Subject:    i18n.T(ctx, "identity.letter.erased.subject", "Site", t.SiteName),
		Paragraphs: []string{i18n.T(ctx, "identity.letter.erased.text", "Site", t.SiteName)},
	}
}

// unusedLetter warns that an account will be erased, a month ahead.
func unusedLetter(ctx context.Context, t *tenant.Tenant, base string) mail.Letter {
	return mail.Letter{
		Subject:    i18n.T(ctx, "identity.letter.unused.subject", "Site", t.SiteName),
		Paragraphs: []string{i18n.T(ctx, "identity.letter.unused.text", "Site", t.SiteName)},
		Button:     mail.Button{Label: i18n.T(ctx, "identity.letter.unused.button"), Href: base + "/connexion"},
		After:      []string{i18n.T(ctx, "identity.letter.unused.after")},
	}
}
