package budgets

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/fault"
	"parvis/app/money"
	"parvis/app/tenant"
	"parvis/app/voting"
	"parvis/app/voting/counting"
	"parvis/app/voting/counting/formats"
)

// Source is the published file that an edition was imported from.
type Source struct {
	File      string // its name
	SHA256    string
	City      string
	Country   string
	Currency  string
	From, To  string // the days of the vote, as the file writes them
	Rule      string // as the file names it
	Kind      string // what ballots say, as the file names it
	Published []voting.OptionID
	Besides   []voting.OptionID // what the town paid for by other money
	Known     bool              // the file says which projects won
	Remarks   []Remark
}

// Remark is something tolerated in the file: so many times.
type Remark struct {
	Kind        formats.WarningKind
	Project     string
	Said, Found int64
	Times       int
}

// remarksOf gathers the warnings about a file: ballots that name a project
// twice are told together.
func remarksOf(list []formats.Warning) (remarks []Remark) {
	repeated := Remark{Kind: formats.RepeatedProject}
	for _, w := range list {
		if w.Kind == formats.RepeatedProject {
			repeated.Times++
			continue
		}
		remarks = append(remarks, Remark{Kind: w.Kind, Project: w.Project, Said: w.Said, Found: w.Found, Times: 1})
	}
	if repeated.Times > 0 {
		remarks = append(remarks, repeated)
	}
	return remarks
}

// Faults of an import.
var (
	ErrNotBudget       = fault.New(fault.Invalid, "budgets.import.not_budget")
	ErrOddPoints       = fault.New(fault.Invalid, "budgets.import.odd_points")
	ErrTooManyInFile   = fault.New(fault.Invalid, "budgets.import.too_many")
	ErrAlreadyImported = fault.New(fault.Conflict, "budgets.import.twice")
)

// Import makes a closed edition out of a published election (Pabulib), with
// its projects, its ballots and its count. told hears how many ballots have
// been taken. It returns the edition's address.
//
// The poll is opened and closed now: its log tells when its ballots came here,
// and the page says when people voted.
func (m *Module) Import(ctx context.Context, t *tenant.Tenant, file *formats.File, sha256 string, told func(done, total int64)) (string, error) {
	s := m.service
	in, err := readFile(file, sha256)
	if err != nil {
		return "", err
	}
	poll, err := s.importEdition(ctx, t, in)
	if err != nil {
		return "", err
	}
	total := file.Profile.Total()
	_, err = s.Box.Import(ctx, t.ID, poll, ballotsOf(file.Profile, numbersOf(file.Profile.Options)), func(done int64) { told(done, total) })
	if err != nil {
		return "", fmt.Errorf("import ballots: %w", err)
	}
	if err := s.Box.Close(ctx, t.ID, poll, voting.Act{}); err != nil {
		return "", err
	}
	result, err := s.Box.Results(ctx, t.ID, poll, "public")
	if err != nil {
		return "", err
	}
	if err := s.keepOthers(ctx, t.ID, poll, result.Rule); err != nil {
		return "", err
	}
	return href(in.edition.ID) + resultPath, nil
}

// incoming is a file, read as an edition.
type incoming struct {
	edition  *Edition
	projects []*Project
	terms    voting.Terms
	source   Source
	points   int64 // what a ballot may give; 0 where it approves
}

// pointsOf is how many points a ballot of a file may give: as many as the most
// generous one does. It is 0 where ballots approve.
func pointsOf(p counting.Profile) (most int64, err error) {
	if p.Kind != counting.Points {
		return 0, nil
	}
	for _, b := range p.Ballots {
		given := int64(0)
		for _, m := range b.Marks {
			if m.Value < 0 || m.Value > voting.MaxMark {
				return 0, ErrOddPoints.With(fault.Args{"Points": m.Value, "Limit": voting.MaxMark})
			}
			given += int64(m.Value)
		}
		most = max(most, given)
	}
	return max(most, 1), nil
}

// numbersOf numbers the projects of a file in the order of their names there,
// as numbers when all are: published elections settle their last ties by it.
func numbersOf(options []counting.Option) []int {
	names := make([]*big.Int, len(options))
	order := make([]int, len(options))
	numeric := true
	for i, o := range options {
		n, ok := new(big.Int).SetString(o.ID, 10)
		names[i], order[i], numeric = n, i, numeric && ok
	}
	slices.SortFunc(order, func(a, b int) int {
		if numeric {
			return cmp.Or(names[a].Cmp(names[b]), strings.Compare(options[a].ID, options[b].ID))
		}
		return strings.Compare(options[a].ID, options[b].ID)
	})
	numbers := make([]int, len(options))
	for place, i := range order {
		numbers[i] = place + 1
	}
	return numbers
}

// byNumber orders the numbers of projects.
func byNumber(a, b voting.OptionID) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) }

// readFile turns a file into an edition that is over.
func readFile(file *formats.File, sha256 string) (*incoming, error) {
	meta := file.Meta
	switch {
	case file.Format != "pb" || len(file.Envelopes) != 1:
		return nil, ErrNotBudget
	case len(file.Profile.Options) > voting.MaxOptions:
		return nil, ErrTooManyInFile.With(fault.Args{"Count": len(file.Profile.Options), "Limit": voting.MaxOptions})
	}
	points, err := pointsOf(file.Profile)
	if err != nil {
		return nil, err
	}
	in := &incoming{points: points, source: Source{
		File: file.Name, SHA256: sha256, City: meta["unit"], Country: meta["country"], Currency: meta["currency"],
		From: meta["date_begin"], To: meta["date_end"], Rule: meta["rule"],
		Kind: strings.ToLower(meta["vote_type"]),
	}}
	in.source.Remarks = remarksOf(file.Warnings)
	in.edition = editionOf(file)
	in.projects = make([]*Project, len(file.Profile.Options))
	for i, number := range numbersOf(file.Profile.Options) {
		in.projects[number-1] = projectOf(in.edition, number, file.Profile.Options[i], file.Rows[i])
		switch file.Rows[i]["selected"] {
		case "1":
			in.source.Published = append(in.source.Published, strconv.Itoa(number))
		case "", "0":
		default: // paid for by other money than that of the vote
			in.source.Besides = append(in.source.Besides, strconv.Itoa(number))
		}
	}
	slices.SortFunc(in.source.Published, byNumber)
	slices.SortFunc(in.source.Besides, byNumber)
	in.source.Known = len(in.source.Published) > 0 // a column of zeros says nothing
	in.terms = termsOf(in)
	return in, nil
}

// editionOf makes an edition of what a file says of itself. It knows the days
// of the vote only: the other dates are there because an edition has some.
func editionOf(file *formats.File) *Edition {
	meta := file.Meta
	from, to := dayOf(meta["date_begin"], meta["instance"], false), dayOf(meta["date_end"], meta["instance"], true)
	if !to.After(from) {
		to = from.AddDate(0, 0, 1)
	}
	e := &Edition{ID: uuid.New(), Version: 1, Published: true, PublishedAt: from.AddDate(0, 0, -3), DecidedAt: from.AddDate(0, 0, -1)}
	place := strings.TrimSpace(meta["unit"] + " " + meta["instance"])
	if part := cmp.Or(meta["subunit"], meta["district"]); part != "" {
		place += ", " + part
	}
	e.Title = cut(place, maxTitle)
	e.Summary = cut(meta["description"], maxSummary)
	e.Body = "Édition importée du fichier publié `" + file.Name + "`."
	e.Rules = "Le règlement de cette édition est celui de la ville qui l’a organisée. Le fichier nomme la règle de comptage : `" + meta["rule"] + "`."
	e.Adopted = Act{On: from.AddDate(0, 0, -4), Number: "selon le fichier publié"}
	e.Terms = Terms{Method: counting.Greedy, MinVotes: file.MinVotes, Envelopes: []Envelope{{Amount: money.Cents(file.Envelopes[0].Cents)}}}
	if strings.HasPrefix(meta["rule"], "equalshares") {
		e.Method = counting.EqualShares
	}
	e.Calendar = Calendar{
		InformationAt: from.AddDate(0, 0, -3), DepositAt: from.AddDate(0, 0, -2), StudyAt: from.AddDate(0, 0, -1), VoteAt: from,
		ResultAt: to, DeliberationAt: to.AddDate(0, 0, 1), WinnersAt: to.AddDate(0, 0, 2), DeliveryAt: to.AddDate(0, 0, 3),
	}
	return e
}

// dayOf reads a day as files write it, "22.09.2023" or "2023".
func dayOf(text, year string, last bool) time.Time {
	for _, candidate := range []string{text, year} {
		for _, layout := range []string{"02.01.2006", time.DateOnly, "2006"} {
			at, err := time.Parse(layout, strings.TrimSpace(candidate))
			if err != nil {
				continue
			}
			if last && layout == "2006" {
				return at.AddDate(0, 1, 0)
			}
			if last {
				return at.AddDate(0, 0, 1)
			}
			return at
		}
	}
	return time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
}

// cut keeps the first n characters of a text.
func cut(text string, n int) string {
	if runes := []rune(text); len(runes) > n {
		return string(runes[:n-1]) + "…"
	}
	return text
}

// projectOf makes a project of a line of the file.
func projectOf(e *Edition, number int, o counting.Option, row map[string]string) *Project {
	p := &Project{ID: uuid.New(), Edition: e.ID, Version: 1, Number: number, DepositedAt: e.DepositAt, DecidedAt: e.DecidedAt}
	p.Title = cut(cmp.Or(strings.Join(strings.Fields(o.Name), " "), "Projet "+o.ID), maxProjectTitle)
	p.Text = "Projet « " + o.ID + " » du fichier publié."
	for _, column := range []string{"description", "category", "beneficiaries", "target", "neighborhood", "district", "subunit", "proposer"} {
		if text := row[column]; text != "" {
			p.Text += "\n\n" + text
		}
	}
	p.Text = cut(p.Text, maxProjectText)
	p.Theme = themeOf(row["category"] + " " + o.Name)
	p.Place = cut(cmp.Or(row["neighborhood"], row["district"], row["subunit"]), maxPlace)
	p.Decision = Decision{Verdict: Accepted, Cost: money.Cents(o.Cost)}
	p.Point.Lat, p.Point.Lon = microdegrees(row["latitude"]), microdegrees(row["longitude"])
	return p
}

// microdegrees reads "51.1095" exactly; 0 for what is none.
func microdegrees(text string) int {
	whole, fraction, _ := strings.Cut(strings.TrimSpace(text), ".")
	fraction = (fraction + "000000")[:6]
	n, err := strconv.Atoi(strings.TrimPrefix(whole, "-") + fraction)
	if err != nil || whole == "" {
		return 0
	}
	if strings.HasPrefix(whole, "-") {
		return -n
	}
	return n
}

// themeOf guesses the theme of a project from the words of its category.
func themeOf(words string) Theme {
	words = strings.ToLower(words)
	for _, hint := range []struct {
		theme Theme
		words []string
	}{
		{"nature", []string{"green", "nature", "environment", "park", "arbre", "tree", "déchet"}},
		{"mobility", []string{"transit", "cycling", "mobil", "roads", "transport"}},
		{"sport", []string{"sport", "recreation"}},
		{"culture", []string{"cultur", "patrimoine", "heritage"}},
		{"youth", []string{"education", "playground", "enfan", "jeun", "youth", "school"}},
		{"solidarity", []string{"welfare", "health", "solidar", "social"}},
		{"digital", []string{"digital", "numéri"}},
	} {
		for _, word := range hint.words {
			if strings.Contains(words, word) {
				return hint.theme
			}
		}
	}
	return "streets"
}

// stopping are the rules, as files name them, that stop at the first project
// that does not fit. The custom one is that of Poznań, which does too.
var stopping = []string{"greedy-no-skip", "greedy-custom"}

// termsOf is the poll of a file: its ballots are as they are, whatever they cost.
func termsOf(in *incoming) voting.Terms {
	e := in.edition
	terms := voting.Terms{
		Question: cut(e.Title, 300), Description: e.Summary, Method: e.Method, Visibility: voting.Turnout, Release: voting.AtClosing,
		Rule: counting.Rule{
			Envelopes: []counting.Envelope{{Cents: int64(e.Envelopes[0].Amount)}}, MinVotes: e.MinVotes, NoSkip: slices.Contains(stopping, in.source.Rule),
			PointsPerBallot: in.points,
			// The criteria of those who publish these files, not a lot of ours.
			Ties: counting.Ties{Keys: []counting.TieKey{counting.TieCost, counting.TieVotes, counting.TieID}},
		},
	}
	terms.Electorate.Imported = true
	if e.Method == counting.EqualShares {
		terms.Rule.Completion = counting.CompletionAdd1U
		if _, completion, _ := strings.Cut(in.source.Rule, "/"); completion == "add1" {
			terms.Rule.Completion = counting.CompletionAdd1
		}
	}
	titles := map[string]bool{}
	for _, p := range in.projects {
		label := p.Title
		if titles[label] {
			label += " (n° " + strconv.Itoa(p.Number) + ")"
		}
		titles[label] = true
		terms.Options = append(terms.Options, voting.Option{ID: strconv.Itoa(p.Number), Label: label, Cost: int64(p.Cost)})
	}
	return terms
}

// ballotsOf returns the ballots of a profile one after the other. Identical
// ones follow each other: the order in which they were cast is not told.
func ballotsOf(p counting.Profile, numbers []int) func() ([]voting.Mark, bool) {
	at, taken := 0, int64(0)
	return func() ([]voting.Mark, bool) {
		for at < len(p.Ballots) && taken == p.Ballots[at].Weight {
			at, taken = at+1, 0
		}
		if at == len(p.Ballots) {
			return nil, false
		}
		taken++
		var marks []voting.Mark
		for _, m := range p.Ballots[at].Marks {
			if m.Value > 0 {
				marks = append(marks, voting.Mark{Option: strconv.Itoa(numbers[m.Option]), Value: int(m.Value)})
			}
		}
		return marks, true
	}
}

// importEdition writes the edition, its projects and its open poll, all or
// nothing. A file is imported once; an import that was interrupted goes on.
func (s *service) importEdition(ctx context.Context, t *tenant.Tenant, in *incoming) (id voting.PollID, err error) {
	err = s.DB.InTenant(ctx, t.ID, func(ctx context.Context, tx bun.Tx) error {
		poll, err := s.interrupted(ctx, tx, t.ID, in)
		if err != nil || poll != nil {
			if poll != nil {
				id = poll.ID
			}
			return err
		}
		if err := s.store.insert(ctx, tx, t.ID, [16]byte{}, in.edition); err != nil {
			return err
		}
		for _, p := range in.projects {
			if err := s.store.insertProject(ctx, tx, t.ID, p); err != nil {
				return err
			}
			if err := s.store.saveProject(ctx, tx, t.ID, p); err != nil {
				return err
			}
		}
		if err := s.crownImported(ctx, tx, t.ID, in); err != nil {
			return err
		}
		if err := s.store.insertSource(ctx, tx, t.ID, in.edition.ID, in.source); err != nil {
			return err
		}
		id, err = s.Box.Create(ctx, tx, t.ID, subject(in.edition.ID), in.terms)
		return err
	})
	if err != nil {
		return id, err
	}
	return id, s.Box.Open(ctx, t.ID, id, voting.Act{})
}

// crownImported makes the winners that the file publishes those of the edition.
func (s *service) crownImported(ctx context.Context, tx bun.Tx, t tenant.ID, in *incoming) error {
	if len(in.source.Published) == 0 {
		return nil
	}
	e := in.edition
	e.Outcome, e.OutcomeAt = Outcome{Act: Act{On: e.DeliberationAt, Number: "selon le fichier publié"}}, e.WinnersAt
	for _, p := range in.projects {
		place := slices.Index(in.source.Published, strconv.Itoa(p.Number)) + 1
		if place == 0 {
			continue
		}
		p.Rank, p.WonAt, p.Stage = place, e.WinnersAt, Planned
		if err := s.store.saveProject(ctx, tx, t, p); err != nil {
			return err
		}
	}
	return s.store.save(ctx, tx, t, e)
}

// interrupted finds the edition that the same file began to make; its poll is
// nil when there is none.
func (s *service) interrupted(ctx context.Context, tx bun.Tx, t tenant.ID, in *incoming) (*voting.Poll, error) {
	var edition uuid.UUID
	err := tx.NewRaw(`SELECT coalesce((SELECT edition_id FROM budgets.imports WHERE tenant_id = ? AND sha256 = ?), '00000000-0000-0000-0000-000000000000')`,
		t, in.source.SHA256).Scan(ctx, &edition)
	if err != nil || edition == uuid.Nil {
		return nil, err
	}
	in.edition.ID = edition
	poll, err := s.pollOf(ctx, tx, t, edition)
	if err == nil && poll != nil && poll.State.Over() {
		err = ErrAlreadyImported.With(fault.Args{"Href": href(edition)})
	}
	return poll, err
}

// insertSource keeps where an edition comes from.
func (store) insertSource(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID, source Source) error {
	body, err := json.Marshal(source)
	if err != nil {
		return err
	}
	_, err = tx.NewRaw(`INSERT INTO budgets.imports (tenant_id, edition_id, sha256, source) VALUES (?, ?, ?, ?)`,
		t, edition, source.SHA256, string(body)).Exec(ctx)
	if err != nil {
		return fmt.Errorf("keep the source of an edition: %w", err)
	}
	return nil
}

// source returns the file that an edition comes from, nil when there is none.
func (store) source(ctx context.Context, tx bun.IDB, t tenant.ID, edition uuid.UUID) (*Source, error) {
	var bodies []string
	err := tx.NewRaw(`SELECT source FROM budgets.imports WHERE tenant_id = ? AND edition_id = ?`, t, edition).Scan(ctx, &bodies)
	if err != nil || len(bodies) == 0 {
		return nil, err
	}
	source := &Source{}
	if err := json.Unmarshal([]byte(bodies[0]), source); err != nil {
		return nil, fmt.Errorf("read the source of an edition: %w", err)
	}
	return source, nil
}

// tellImported completes editions with whether they were imported, and in what
// money.
func (store) tellImported(ctx context.Context, tx bun.IDB, t tenant.ID, list ...*Edition) error {
	if len(list) == 0 {
		return nil
	}
	byID := make(map[uuid.UUID]*Edition, len(list))
	ids := make([]uuid.UUID, len(list))
	for i, e := range list {
		byID[e.ID], ids[i] = e, e.ID
	}
	var rows []struct {
		EditionID uuid.UUID
		Currency  string
	}
	err := tx.NewRaw(`SELECT edition_id, coalesce(source::jsonb->>'Currency', '') AS currency FROM budgets.imports WHERE tenant_id = ? AND edition_id IN (?)`,
		t, bun.List(ids)).Scan(ctx, &rows)
	if err != nil {
		return fmt.Errorf("tell which editions were imported: %w", err)
	}
	for _, r := range rows {
		e := byID[r.EditionID]
		if e.Imported = true; r.Currency != "EUR" {
			e.Currency = r.Currency
		}
	}
	return nil
}
