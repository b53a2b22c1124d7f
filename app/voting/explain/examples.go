package explain

import (
	"parvis/app/voting/counting"
)

// Example is a small case that shows a method at work: a page counts it with the code that counts real votes.
type Example struct {
	Method  counting.Method
	Title   string
	Profile counting.Profile
	Rule    counting.Rule
	// Ballots tells the profile's ballots in words, one line per distinct ballot.
	Ballots []string
}

// line is one distinct ballot of an example: how many, and the values given to the options, zero being no mark unless
// the kind has a meaning for it.
type line struct {
	weight int64
	values []int32
}

// Examples gives the worked examples of a method.
func Examples(m counting.Method, lang Language) []Example {
	var e Example
	w := &Writer{lang: lang, currency: "€"}
	places := w.options("Jardin", "Garden", "Terrain de jeu", "Playground", "Marché", "Market")
	switch m {
	case counting.Plurality:
		e = w.example(counting.Choices, places, line{5, []int32{1, 0, 0}}, line{4, []int32{0, 1, 0}}, line{3, []int32{0, 0, 1}})
	case counting.Approval:
		e = w.example(counting.Choices, places, line{5, []int32{1, 0, 0}}, line{4, []int32{0, 1, 1}}, line{3, []int32{0, 1, 0}}, line{2, []int32{1, 1, 0}})
	case counting.YesNoAbstain:
		e = w.answersExample()
	case counting.Score:
		e = w.example(counting.Points, places, line{3, []int32{5, 3, 1}}, line{2, []int32{1, 4, 5}}, line{2, []int32{2, 4, 3}})
		e.Rule.MaxScore = 5
	case counting.MajorityJudgment:
		e = w.judgmentExample()
	case counting.Borda, counting.Schulze:
		e = w.example(counting.Ranks, places, line{4, []int32{1, 2, 3}}, line{3, []int32{3, 1, 2}}, line{2, []int32{3, 2, 1}})
	case counting.IRV:
		e = w.example(counting.Ranks, places, line{4, []int32{1, 2, 3}}, line{3, []int32{3, 1, 2}}, line{2, []int32{3, 2, 1}})
	case counting.STV:
		e = w.example(counting.Ranks, w.options("Amina", "Amina", "Bruno", "Bruno", "Chloé", "Chloé", "David", "David"),
			line{8, []int32{1, 2, 3, 0}}, line{4, []int32{0, 0, 1, 2}}, line{3, []int32{0, 0, 2, 1}})
		e.Rule.Seats = 2
	case counting.PointVoting:
		e = w.example(counting.Points, places, line{3, []int32{6, 4, 0}}, line{2, []int32{0, 5, 5}}, line{1, []int32{0, 0, 10}})
		e.Rule.PointsPerBallot = 10
	default:
		e = w.budgetExample()
	}
	e.Method, e.Rule.Method = m, m
	if m == counting.EqualShares {
		e.Rule.Completion = counting.CompletionUtilitarian
	}
	e.Title = Describe(m, lang).Name
	e.Ballots = w.ballotLines(e.Profile)
	return []Example{e}
}

// options makes options from pairs of names, French then English.
func (w *Writer) options(names ...string) []counting.Option {
	var out []counting.Option
	for i := 0; i+1 < len(names); i += 2 {
		out = append(out, counting.Option{ID: string(rune('a' + i/2)), Name: w.pick(names[i], names[i+1])})
	}
	return out
}

func (w *Writer) example(kind counting.Kind, options []counting.Option, lines ...line) Example {
	p := counting.Profile{Kind: kind, Options: options}
	for _, l := range lines {
		b := counting.Ballot{Weight: l.weight}
		for o, value := range l.values {
			if value != 0 || kind == counting.Grades || kind == counting.Answers {
				b.Marks = append(b.Marks, counting.Mark{Option: int32(o), Value: value})
			}
		}
		p.Ballots = append(p.Ballots, b)
	}
	return Example{Profile: p}
}

func (w *Writer) answersExample() Example {
	e := w.example(counting.Answers, w.options("Piétonniser la place", "Close the square to cars", "Éteindre l’éclairage à minuit", "Turn street lights off at midnight"),
		line{7, []int32{counting.Yes, counting.No}}, line{4, []int32{counting.No, counting.Yes}}, line{2, []int32{counting.Yes, counting.Abstain}})
	e.Rule.Quorum = counting.Quorum{Ballots: 10}
	return e
}

func (w *Writer) judgmentExample() Example {
	e := w.example(counting.Grades, w.options("Jardin", "Garden", "Terrain de jeu", "Playground", "Marché", "Market"),
		line{3, []int32{3, 2, 0}}, line{3, []int32{0, 2, 3}}, line{3, []int32{2, 2, 1}}, line{2, []int32{1, 3, 2}})
	e.Profile.Grades = []string{w.pick("À rejeter", "Reject"), w.pick("Passable", "Fair"), w.pick("Bien", "Good"), w.pick("Très bien", "Very good")}
	return e
}

// budgetExample shows two groups: six voters want the two dear projects, four the two cheap ones.
func (w *Writer) budgetExample() Example {
	options := w.options("Piscine", "Swimming pool", "Salle de sport", "Gym", "Bancs", "Benches", "Potager", "Vegetable garden")
	for i, euros := range []int64{6_000, 4_000, 2_000, 2_000} {
		options[i].Cost = euros * 100
	}
	e := w.example(counting.Choices, options, line{6, []int32{1, 1, 0, 0}}, line{4, []int32{0, 0, 1, 1}})
	e.Rule.Envelopes = []counting.Envelope{{Cents: 10_000 * 100}}
	return e
}

func (w *Writer) ballotLines(p counting.Profile) []string {
	var out []string
	names := New(w.lang, p, "")
	for _, b := range p.Ballots {
		text := names.countInt(b.Weight, ballots()) + w.pick(" : ", ": ")
		text += names.marks(p, b)
		out = append(out, text)
	}
	return out
}

// marks tells one ballot.
func (w *Writer) marks(p counting.Profile, b counting.Ballot) string {
	if len(b.Marks) == 0 {
		return w.pick("blanc", "blank")
	}
	if p.Kind == counting.Ranks {
		return w.ranked(p, b)
	}
	var parts []string
	for _, m := range b.Marks {
		part := w.name(p.Options[m.Option].ID)
		switch p.Kind {
		case counting.Points:
			part += " " + w.integer(int64(m.Value))
		case counting.Grades:
			part += " " + p.Grades[m.Value]
		case counting.Answers:
			part += " " + map[int32]string{counting.Yes: w.pick("oui", "yes"), counting.No: w.pick("non", "no"),
				counting.Abstain: w.pick("abstention", "abstention")}[m.Value]
		}
		parts = append(parts, part)
	}
	return w.join(parts)
}

func (w *Writer) ranked(p counting.Profile, b counting.Ballot) string {
	text := ""
	for place := int32(1); int(place) <= len(b.Marks); place++ {
		for _, m := range b.Marks {
			if m.Value == place {
				if text != "" {
					text += w.pick(", puis ", ", then ")
				}
				text += w.name(p.Options[m.Option].ID)
			}
		}
	}
	return text
}
