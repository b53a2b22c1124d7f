package seeds

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/BurntSushi/toml"
	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"parvis/app/citizen"
	"parvis/app/discussion"
	"parvis/app/kernel"
	"parvis/app/places"
	"parvis/modules/ideas"
)

// box is the idea box of a town, in towns/<slug>/ideas.toml.
type box struct {
	Ideas []idea `toml:"idea"`
}

type idea struct {
	Title, Text, Theme, Zone, Place, Pin string
	At                                   string   // "-9d 09:00", relative to today, in the town's time
	By                                   string   // address of the account that writes it; "": one of the people
	Also                                 []string // addresses of accounts that support it besides the people
	Supports                             int
	Comments                             []string
	Flagged                              string // why the last comment is flagged; "" when it is not
	State, Answer, Answered              string
	Into                                 string // title of the idea it is merged into
}

// loadIdeas fills the idea box of a town; nothing when it has no file.
func loadIdeas(ctx context.Context, s kernel.Seeding, l loader, slug string) error {
	var file box
	meta, err := toml.DecodeFS(towns, "towns/"+slug+"/ideas.toml", &file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the ideas of %s: %w", slug, err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return fmt.Errorf("read the ideas of %s: unknown key %s", slug, unknown[0])
	}
	for _, m := range s.Modules {
		if m, ok := m.(*ideas.Module); ok && l.tenant.Enabled(m.Manifest().Name) {
			return (&ideaLoader{loader: l, module: m, ids: map[string]uuid.UUID{}}).load(ctx, file.Ideas)
		}
	}
	return nil
}

// ideaLoader loads the ideas of one town.
type ideaLoader struct {
	loader
	module *ideas.Module
	ids    map[string]uuid.UUID // by title
}

// load writes each idea on its day, then lets people speak of them, then has
// the town hall answer.
func (l *ideaLoader) load(ctx context.Context, list []idea) error {
	for n, i := range list {
		err := l.At(ctx, l.tenant.ID, l.moment(i.At), func(ctx context.Context) error { return l.write(ctx, n, i) })
		if err != nil {
			return fmt.Errorf("idea %q: %w", i.Title, err)
		}
	}
	err := l.At(ctx, l.tenant.ID, l.Clock.Now().Add(-30*time.Hour), func(ctx context.Context) error { return l.speak(ctx, list) })
	if err != nil {
		return fmt.Errorf("speak of ideas: %w", err)
	}
	for _, i := range list {
		if i.State == "" && i.Into == "" {
			continue
		}
		err := l.At(ctx, l.tenant.ID, l.moment(i.Answered), func(ctx context.Context) error {
			if i.Into != "" {
				return l.module.Merge(ctx, l.tenant, founder, l.ids[i.Title], l.ids[i.Into])
			}
			return l.module.Answer(ctx, l.tenant, founder, l.ids[i.Title], ideas.Reply{State: ideas.State(i.State), Text: i.Answer})
		})
		if err != nil {
			return fmt.Errorf("answer idea %q: %w", i.Title, err)
		}
	}
	return nil
}

func (l *ideaLoader) write(ctx context.Context, n int, i idea) error {
	point, err := places.Place(l.tenant, i.Pin)
	if err != nil {
		return err
	}
	text := ideas.Text{Title: i.Title, Body: i.Text, Theme: i.Theme, Place: i.Place, Point: point}
	for _, z := range l.tenant.Zones {
		if z.Name == i.Zone {
			text.Zone = z.ID
		}
	}
	author := l.somebody(n)
	if i.By != "" {
		author = l.accounts[i.By]
	}
	l.ids[i.Title], err = l.module.Write(ctx, l.tenant, author, text, nil, false)
	return err
}

// somebody is the nth inhabitant, as a session knows them.
func (l *ideaLoader) somebody(n int) citizen.Viewer {
	return citizen.Viewer{ID: l.people[n%len(l.people)], SignedIn: true, Person: citizen.PersonEmail, Residence: citizen.ResidenceDeclared}
}

// speak has people support, comment and flag, all ideas at once.
func (l *ideaLoader) speak(ctx context.Context, list []idea) error {
	var group errgroup.Group
	group.SetLimit(8)
	for n, i := range list {
		group.Go(func() error {
			for fan := range min(i.Supports, len(l.people)) {
				if err := l.module.Support(ctx, l.tenant, l.somebody(n*13+fan+1), l.ids[i.Title]); err != nil {
					return err
				}
			}
			for _, email := range i.Also {
				if err := l.module.Support(ctx, l.tenant, l.accounts[email], l.ids[i.Title]); err != nil {
					return err
				}
			}
			return l.comment(ctx, n, i)
		})
	}
	return group.Wait()
}

func (l *ideaLoader) comment(ctx context.Context, n int, i idea) error {
	about := discussion.Subject{Module: "ideas", ID: l.ids[i.Title]}
	var last uuid.UUID
	for k, said := range i.Comments {
		id, _, err := l.Discussion.Post(ctx, l.tenant, l.somebody(n*5+k+40), about, discussion.Said{Body: said})
		if err != nil {
			return err
		}
		last = id
	}
	if i.Flagged == "" {
		return nil
	}
	_, err := l.Discussion.Flag(ctx, l.tenant, l.somebody(n), about, last, discussion.Flag{Kind: i.Flagged})
	return err
}
