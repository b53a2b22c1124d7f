package ideas

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun"

	"parvis/app/citizen"
	"parvis/app/database"
	"parvis/app/markdown"
	"parvis/app/search"
	"parvis/app/tenant"
)

// fillBatch is how many rows one transaction writes.
const fillBatch = 2_000

// What the ideas of a filled town are made of.
var (
	fillVerbs = []string{"Installer", "Rénover", "Ouvrir", "Végétaliser", "Sécuriser", "Éclairer", "Partager", "Agrandir", "Fleurir", "Restaurer", "Signaler", "Ombrager"}
	fillObjs  = []string{"des bancs", "une fontaine", "un composteur", "le terrain de jeux", "la piste cyclable", "le kiosque", "des arceaux à vélos", "la salle des fêtes",
		"un verger", "des nichoirs", "le lavoir", "une boîte à livres", "le parvis", "des casiers", "la halle", "un jardin partagé", "le quai", "la passerelle"}
	fillSpots = []string{"près de l'école", "au bord de la rivière", "devant la gare", "dans le parc", "sur la place du marché", "le long du canal", "au stade", "à la médiathèque",
		"derrière l'église", "à l'entrée du bourg", "rue des Tilleuls", "au cimetière", "à la piscine", "au centre social"}
	fillWhys = []string{"pour les familles du quartier", "pour que chacun s'y retrouve", "car l'été y est trop chaud", "afin de circuler sans danger", "pour les personnes âgées",
		"pour les associations", "car rien n'a changé depuis vingt ans", "pour donner envie d'y venir à pied"}
)

// Fill gives a town so many public ideas and comments, the same each time, by
// accounts of people; progress is told how many rows are done. It is how the
// lists of a big town are tried: nothing in it goes through the pages.
func (m *Module) Fill(ctx context.Context, t *tenant.Tenant, people []citizen.ID, ideas, comments int, progress func(done int)) error {
	if len(people) == 0 {
		return errors.New("fill the idea box: nobody to write")
	}
	f := newFiller(t, people)
	for done := 0; done < ideas; {
		n := min(fillBatch, ideas-done)
		if err := m.inBatch(ctx, t.ID, func(ctx context.Context, tx pgx.Tx, now time.Time) error { return f.writeIdeas(ctx, tx, n, now) }); err != nil {
			return fmt.Errorf("fill the idea box: %w", err)
		}
		done += n
		progress(done)
	}
	for done := 0; done < comments && ideas > 0; {
		n := min(fillBatch, comments-done)
		if err := m.inBatch(ctx, t.ID, func(ctx context.Context, tx pgx.Tx, now time.Time) error { return f.writeComments(ctx, tx, n, now) }); err != nil {
			return fmt.Errorf("fill the discussions: %w", err)
		}
		done += n
		progress(ideas + done)
	}
	return nil
}

func (m *Module) inBatch(ctx context.Context, t tenant.ID, do func(context.Context, pgx.Tx, time.Time) error) error {
	return m.service.DB.InTenant(database.Patiently(ctx, time.Minute), t, func(ctx context.Context, tx bun.Tx) error {
		var now time.Time
		if err := tx.NewRaw(`SELECT core.now()`).Scan(ctx, &now); err != nil {
			return err
		}
		return do(ctx, database.Tx(ctx), now)
	})
}

// filler makes believable rows, the same each time.
type filler struct {
	town   *tenant.Tenant
	people []citizen.ID
	random *rand.Rand
	made   []uuid.UUID
}

func newFiller(t *tenant.Tenant, people []citizen.ID) *filler {
	return &filler{town: t, people: people, random: rand.New(rand.NewPCG(52, 448))}
}

// id returns a random ID that the seed decides.
func (f *filler) id() (id uuid.UUID) {
	for n := range id {
		id[n] = byte(f.random.UintN(256))
	}
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80
	return id
}

func pick[T any](f *filler, list []T) T { return list[f.random.IntN(len(list))] }

func (f *filler) title() string {
	return pick(f, fillVerbs) + " " + pick(f, fillObjs) + " " + pick(f, fillSpots)
}

func (f *filler) body() string {
	return pick(f, fillVerbs) + " " + pick(f, fillObjs) + " " + pick(f, fillWhys) + ".\n\nJe propose de commencer " + pick(f, fillSpots) + ", " + pick(f, fillWhys) + "."
}

// chooseState returns what the town hall made of an idea: mostly nothing yet.
func (f *filler) chooseState() State {
	switch n := f.random.IntN(100); {
	case n < 70:
		return Deposited
	case n < 82:
		return Studied
	case n < 89:
		return Kept
	case n < 93:
		return Done
	}
	return Refused
}

// writeIdeas writes n ideas of the last three years, and their supports.
func (f *filler) writeIdeas(ctx context.Context, tx pgx.Tx, n int, now time.Time) error {
	var ids, authors, zones, supported, supporters []string
	var titles, bodies, folded, rest, chosen, states, answers []string
	var lats, lons, supports []int32
	var dates []time.Time
	for range n {
		id, state, answer, zone := f.id(), f.chooseState(), "", ""
		f.made = append(f.made, id)
		title, body := f.title(), f.body()
		if state == Kept || state == Done || state == Refused {
			answer = "Les services ont étudié cette proposition " + pick(f, fillWhys) + "."
		}
		if len(f.town.Zones) > 0 && f.random.IntN(4) > 0 {
			zone = pick(f, f.town.Zones).ID.String()
		}
		fans := f.fans()
		for _, fan := range fans {
			supported, supporters = append(supported, id.String()), append(supporters, fan.String())
		}
		ids, authors, zones = append(ids, id.String()), append(authors, pick(f, f.people).String()), append(zones, zone)
		titles, bodies, folded, rest = append(titles, title), append(bodies, body), append(folded, search.Fold(title)), append(rest, search.Fold(markdown.Text(body, maxBody)))
		chosen, states, answers = append(chosen, pick(f, themes)), append(states, string(state)), append(answers, answer)
		lats = append(lats, int32(f.town.CenterLat+f.random.IntN(40_000)-20_000))
		lons = append(lons, int32(f.town.CenterLon+f.random.IntN(40_000)-20_000))
		supports = append(supports, int32(len(fans)))
		dates = append(dates, now.Add(-time.Duration(f.random.Int64N(int64(3*365*24*time.Hour)))))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO ideas.ideas (tenant_id, id, title, body, theme, zone_id, lat, lon, state, visibility, answer, answered_at, supports, stirred_at, words, folded, author_id, created_at, published_at)
		SELECT core.tenant_id(), id::uuid, title, body, theme, nullif(zone, '')::uuid, lat, lon, state, 'visible', answer, CASE WHEN answer = '' THEN NULL ELSE at END, supports, at,
			setweight(to_tsvector('french', folded), 'A') || setweight(to_tsvector('french', rest), 'B'), folded, author::uuid, at, at
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::int[], $8::text[], $9::text[], $10::int[], $11::text[], $12::text[], $13::text[], $14::timestamptz[])
			AS f (id, title, body, theme, zone, lat, lon, state, answer, supports, folded, rest, author, at)`,
		ids, titles, bodies, chosen, zones, lats, lons, states, answers, supports, folded, rest, authors, dates)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO ideas.steps (tenant_id, idea_id, at, state)
		SELECT core.tenant_id(), id::uuid, at, state FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS f (id, state, at)`, ids, states, dates)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO discussion.supports (tenant_id, module, subject_id, citizen_id, created_at)
		SELECT core.tenant_id(), 'ideas', id::uuid, citizen::uuid, $3 FROM unnest($1::text[], $2::text[]) AS f (id, citizen)`, supported, supporters, now)
	return err
}

// fans picks who supports an idea: few support most, many support a few.
func (f *filler) fans() []citizen.ID {
	n := min(int(f.random.ExpFloat64()*4), len(f.people))
	if f.random.IntN(200) == 0 {
		n = min(n*40, len(f.people))
	}
	first := f.random.IntN(len(f.people))
	fans := make([]citizen.ID, n)
	for i := range fans {
		fans[i] = f.people[(first+i)%len(f.people)]
	}
	return fans
}

// writeComments writes n comments, most below the ideas that are talked about.
func (f *filler) writeComments(ctx context.Context, tx pgx.Tx, n int, now time.Time) error {
	var ids, subjects, authors, bodies []string
	var dates []time.Time
	for range n {
		at := f.random.IntN(len(f.made))
		if f.random.IntN(2) == 0 {
			at = f.random.IntN(max(len(f.made)/50, 1))
		}
		ids, subjects, authors = append(ids, f.id().String()), append(subjects, f.made[at].String()), append(authors, pick(f, f.people).String())
		bodies = append(bodies, strings.Join([]string{"D'accord", pick(f, fillWhys) + ",", "mais plutôt", pick(f, fillSpots) + "."}, " "))
		dates = append(dates, now.Add(-time.Duration(f.random.Int64N(int64(365*24*time.Hour)))))
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO discussion.comments (tenant_id, id, module, subject_id, author_id, body, created_at)
		SELECT core.tenant_id(), id::uuid, 'ideas', subject::uuid, author::uuid, body, at
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) AS f (id, subject, author, body, at)`, ids, subjects, authors, bodies, dates)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE ideas.ideas AS i SET comments = i.comments + f.n, stirred_at = greatest(i.stirred_at, f.at)
		FROM (SELECT subject::uuid AS id, count(*) AS n, max(at) AS at FROM unnest($1::text[], $2::timestamptz[]) AS u (subject, at) GROUP BY 1) AS f
		WHERE i.tenant_id = core.tenant_id() AND i.id = f.id`, subjects, dates)
	return err
}
