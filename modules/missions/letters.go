package missions

import (
	"context"
	"slices"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/i18n"
	"parvis/app/mail"
	"parvis/app/tenant"
)

// The letters of the module. They name a person by the name they chose, lead to
// the site, and hold no address: answering is done on the site.

type linker func(t *tenant.Tenant, path string) string

type letter func(ctx context.Context) mail.Letter

// tellHost writes to those who speak for the host of a mission, but not to the
// person who acts.
func (s *service) tellHost(ctx context.Context, tx bun.Tx, t *tenant.Tenant, m *Mission, by citizen.Viewer, write letter) error {
	to := []citizen.ID{m.CreatedBy}
	if m.Host != uuid.Nil && s.hosts != nil {
		speakers, err := s.hosts.Responsibles(ctx, tx, t.ID, m.Host)
		if err != nil {
			return err
		}
		to = speakers
	}
	to = slices.DeleteFunc(slices.Clone(to), func(id citizen.ID) bool { return id.IsZero() || id == by.ID })
	if len(to) == 0 {
		return nil
	}
	return s.people.Tell(ctx, tx, t, to, write)
}

// tellInscribed writes to those who mean to come: to one slot, or to any.
func (s *service) tellInscribed(ctx context.Context, tx bun.Tx, t *tenant.Tenant, m *Mission, slot uuid.UUID, write letter) error {
	to, err := s.store.inscribed(ctx, tx, t.ID, m.ID, slot)
	if err != nil || len(to) == 0 {
		return err
	}
	return s.people.Tell(ctx, tx, t, to, write)
}

// slotWords says when a slot is.
func slotWords(ctx context.Context, m *Mission, s Slot) string {
	if s.StartsAt.IsZero() {
		return m.Pattern
	}
	return i18n.T(ctx, "missions.slot.words", "Day", i18n.Date(ctx, s.StartsAt), "From", i18n.Time(ctx, s.StartsAt), "To", i18n.Time(ctx, s.EndsAt))
}

func slotOf(ctx context.Context, m *Mission, i Inscription) string {
	slot, _ := m.slot(i.Slot)
	return slotWords(ctx, m, slot)
}

func appliedLetter(t *tenant.Tenant, m *Mission, i Inscription, to State, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		text := i18n.T(ctx, "missions.letter.applied.text", "Name", i.Name, "Mission", m.Title, "When", slotOf(ctx, m, i))
		switch to {
		case Waiting:
			text += " " + i18n.T(ctx, "missions.letter.applied.waiting")
		case Pending:
			text += " " + i18n.T(ctx, "missions.letter.applied.pending")
		}
		l := mail.Letter{
			Subject:    i18n.T(ctx, "missions.letter.applied.subject", "Name", i.Name, "Mission", m.Title),
			Paragraphs: []string{text},
			Button:     mail.Button{Label: i18n.T(ctx, "missions.letter.see"), Href: url(t, inscriptionHref(i.ID))},
			After:      []string{i18n.T(ctx, "missions.letter.site")},
		}
		if i.Intro != "" {
			l.Paragraphs = append(l.Paragraphs, i18n.T(ctx, "missions.letter.quoted", "Text", i.Intro))
		}
		return l
	}
}

func leftLetter(t *tenant.Tenant, m *Mission, i Inscription, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject:    i18n.T(ctx, "missions.letter.left.subject", "Name", i.Name, "Mission", m.Title),
			Paragraphs: []string{i18n.T(ctx, "missions.letter.left.text", "Name", i.Name, "Mission", m.Title, "When", slotOf(ctx, m, i))},
			Button:     mail.Button{Label: i18n.T(ctx, "missions.letter.see"), Href: url(t, leadHref(m.ID))},
		}
	}
}

// toPerson is a letter to somebody about their inscription.
func toPerson(t *tenant.Tenant, m *Mission, i Inscription, url linker, words func(ctx context.Context, when string) (subject string, text []string)) letter {
	return func(ctx context.Context) mail.Letter {
		subject, text := words(ctx, slotOf(ctx, m, i))
		return mail.Letter{
			Subject: subject, Paragraphs: text,
			Button: mail.Button{Label: i18n.T(ctx, "missions.letter.see"), Href: url(t, inscriptionHref(i.ID))},
			After:  []string{i18n.T(ctx, "missions.letter.leave")},
		}
	}
}

func acceptedLetter(t *tenant.Tenant, m *Mission, i Inscription, url linker) letter {
	return toPerson(t, m, i, url, func(ctx context.Context, when string) (string, []string) {
		return i18n.T(ctx, "missions.letter.accepted.subject", "Mission", m.Title),
			[]string{i18n.T(ctx, "missions.letter.accepted.text", "Mission", m.Title, "When", when)}
	})
}

func promotedLetter(t *tenant.Tenant, m *Mission, i Inscription, url linker) letter {
	return toPerson(t, m, i, url, func(ctx context.Context, when string) (string, []string) {
		text := i18n.T(ctx, "missions.letter.promoted.text", "Mission", m.Title, "When", when)
		if m.Approval {
			text = i18n.T(ctx, "missions.letter.promoted.pending", "Mission", m.Title, "When", when)
		}
		return i18n.T(ctx, "missions.letter.promoted.subject", "Mission", m.Title), []string{text}
	})
}

func refusedLetter(t *tenant.Tenant, m *Mission, i Inscription, reason string, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject: i18n.T(ctx, "missions.letter.refused.subject", "Mission", m.Title),
			Paragraphs: []string{
				i18n.T(ctx, "missions.letter.refused.text", "Mission", m.Title, "When", slotOf(ctx, m, i)),
				i18n.T(ctx, "missions.letter.quoted", "Text", reason),
			},
			Button: mail.Button{Label: i18n.T(ctx, "missions.letter.others"), Href: url(t, sitePath)},
		}
	}
}

func changedLetter(t *tenant.Tenant, m *Mission, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject:    i18n.T(ctx, "missions.letter.changed.subject", "Mission", m.Title),
			Paragraphs: []string{i18n.T(ctx, "missions.letter.changed.text", "Mission", m.Title)},
			Button:     mail.Button{Label: i18n.T(ctx, "missions.letter.read"), Href: url(t, href(m.ID))},
			After:      []string{i18n.T(ctx, "missions.letter.leave")},
		}
	}
}

func movedLetter(t *tenant.Tenant, m *Mission, was, is Slot, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject: i18n.T(ctx, "missions.letter.moved.subject", "Mission", m.Title),
			Paragraphs: []string{
				i18n.T(ctx, "missions.letter.moved.text", "Mission", m.Title, "Was", slotWords(ctx, m, was), "Is", slotWords(ctx, m, is)),
				i18n.T(ctx, "missions.letter.moved.leave"),
			},
			Button: mail.Button{Label: i18n.T(ctx, "missions.letter.mine"), Href: url(t, minePath)},
		}
	}
}

func cancelledLetter(t *tenant.Tenant, m *Mission, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject: i18n.T(ctx, "missions.letter.cancelled.subject", "Mission", m.Title),
			Paragraphs: []string{
				i18n.T(ctx, "missions.letter.cancelled.text", "Mission", m.Title),
				i18n.T(ctx, "missions.letter.quoted", "Text", m.CancelReason),
			},
			Button: mail.Button{Label: i18n.T(ctx, "missions.letter.others"), Href: url(t, sitePath)},
		}
	}
}

func messageLetter(t *tenant.Tenant, m *Mission, i Inscription, from, body string, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject: i18n.T(ctx, "missions.letter.message.subject", "Name", from, "Mission", m.Title),
			Paragraphs: []string{
				i18n.T(ctx, "missions.letter.message.text", "Name", from, "Mission", m.Title),
				i18n.T(ctx, "missions.letter.quoted", "Text", body),
			},
			Button: mail.Button{Label: i18n.T(ctx, "missions.letter.answer"), Href: url(t, inscriptionHref(i.ID))},
			After:  []string{i18n.T(ctx, "missions.letter.site")},
		}
	}
}

func hoursLetter(t *tenant.Tenant, m *Mission, minutes int64, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject:    i18n.T(ctx, "missions.letter.hours.subject", "Mission", m.Title),
			Paragraphs: []string{i18n.T(ctx, "missions.letter.hours.text", "Mission", m.Title, "Hours", duration(ctx, minutes))},
			Button:     mail.Button{Label: i18n.T(ctx, "missions.letter.mine"), Href: url(t, minePath)},
		}
	}
}

func invitationLetter(t *tenant.Tenant, m *Mission, host string, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		return mail.Letter{
			Subject:    i18n.T(ctx, "missions.letter.invited.subject", "Host", host, "Mission", m.Title),
			Paragraphs: []string{i18n.T(ctx, "missions.letter.invited.text", "Host", host, "Mission", m.Title)},
			Button:     mail.Button{Label: i18n.T(ctx, "missions.letter.read"), Href: url(t, href(m.ID))},
			After:      []string{i18n.T(ctx, "missions.letter.invited.after")},
		}
	}
}

func claimLetter(t *tenant.Tenant, c Claim, url linker) letter {
	return func(ctx context.Context) mail.Letter {
		l := mail.Letter{
			Subject: i18n.T(ctx, "missions.letter.claim.subject", "Scheme", c.Scheme),
			Button:  mail.Button{Label: i18n.T(ctx, "missions.letter.mine"), Href: url(t, minePath)},
		}
		switch c.State {
		case Granted:
			l.Paragraphs = []string{i18n.T(ctx, "missions.letter.claim.granted", "Scheme", c.Scheme, "Amount", c.Amount)}
		case Paid:
			l.Paragraphs = []string{i18n.T(ctx, "missions.letter.claim.paid", "Scheme", c.Scheme, "Amount", c.Amount)}
		default:
			l.Paragraphs = []string{
				i18n.T(ctx, "missions.letter.claim.refused", "Scheme", c.Scheme), i18n.T(ctx, "missions.letter.quoted", "Text", c.Reason),
			}
		}
		return l
	}
}
