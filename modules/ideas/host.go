package ideas

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/tenant"
)

// Topic returns an idea as its discussion needs to know it.
func (m *Module) Topic(ctx context.Context, tx bun.IDB, t *tenant.Tenant, v citizen.Viewer, id uuid.UUID) (discussion.Topic, error) {
	i, err := m.service.store.find(ctx, tx, t.ID, id)
	if err != nil {
		return discussion.Topic{}, err
	}
	if i.Seen == draft || !i.readableBy(v) {
		return discussion.Topic{}, ErrNotFound
	}
	return i.topic(), nil
}

func (i *Idea) topic() discussion.Topic {
	topic := discussion.Topic{
		Title: i.Title, Text: "**" + i.Title + "**\n\n" + i.Body, Href: href(i.ID), Author: i.Author, Seen: i.Seen, Zone: i.Zone,
	}
	if i.State == Merged {
		topic.Closed = "ideas.comments.merged"
	}
	return topic
}

// Commented keeps the number of comments, and moves the idea up among the
// discussed ones.
func (m *Module) Commented(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, more int, at time.Time) error {
	return m.service.store.countComments(ctx, tx, t, id, more, at)
}

// Moderated shows or hides an idea. What its author took back stays so.
func (m *Module) Moderated(ctx context.Context, tx bun.IDB, t tenant.ID, id uuid.UUID, seen discussion.Seen) error {
	i, err := m.service.store.lock(ctx, tx, t, id)
	if err != nil || i.Seen == discussion.Withdrawn || i.Seen == draft {
		return err
	}
	return m.service.store.show(ctx, tx, t, id, seen)
}
