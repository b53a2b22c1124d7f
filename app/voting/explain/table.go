package explain

import (
	"fmt"
	"math/big"
	"strings"
	"unicode/utf8"

	"parvis/app/voting/counting"
)

// Table is a table ready to be shown: numbers are already written in the language.
type Table struct {
	Title  string
	Header []string
	Rows   [][]string
}

// Tables gives the numbers of a count: the result, then what the method adds (rounds, duels, grades).
func (w *Writer) Tables(o counting.Outcome) []Table {
	switch o.Method {
	case counting.IRV, counting.STV:
		return []Table{w.rounds(o)}
	case counting.Schulze:
		return []Table{w.duelTable(o)}
	case counting.MajorityJudgment:
		return []Table{w.medianTable(o)}
	case counting.YesNoAbstain:
		return []Table{w.answerTable(o)}
	}
	if o.Method.Budget() {
		return w.budgetTables(o)
	}
	return []Table{w.totals(o)}
}

func (w *Writer) label(id string) string {
	if label, ok := w.names[id]; ok {
		return label
	}
	return id
}

// result is what to write beside a winner.
func (w *Writer) result(o counting.Outcome, id string) string {
	if o.Won(id) {
		return w.pick("oui", "yes")
	}
	return ""
}

func (w *Writer) totals(o counting.Outcome) Table {
	t := Table{Title: w.pick("Résultat", "Result"), Header: []string{w.pick("Rang", "Rank"), w.pick("Option", "Option"),
		capital(w.unit(o.Method).in(w, true)), w.pick("Gagne", "Wins")}}
	shares := o.Method == counting.Plurality || o.Method == counting.Approval
	if shares {
		t.Header = append(t.Header, w.pick("Part des bulletins qui choisissent", "Share of ballots that choose"))
	}
	for _, group := range o.Ranking {
		for _, id := range group {
			row := []string{fmt.Sprint(o.Rank(id)), w.label(id), w.number(o.Totals[id]), w.result(o, id)}
			if shares {
				row = append(row, w.percentOfBallots(o, o.Totals[id]))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToUpper(string(first)) + text[size:]
}

// rounds has a line per option and a column per round.
func (w *Writer) rounds(o counting.Outcome) Table {
	t := Table{Title: w.pick("Voix, tour par tour", "Votes, round by round"), Header: []string{w.pick("Rang", "Rank"), w.pick("Option", "Option")}}
	cells := map[string][]string{}
	var stuck []string
	round := 0
	for _, step := range o.Steps {
		tally, ok := step.(counting.Tally)
		if !ok {
			continue
		}
		round++
		t.Header = append(t.Header, w.say("Tour %d", "Round %d", round))
		stuck = append(stuck, w.number(tally.Exhausted))
		for _, share := range tally.Votes {
			for len(cells[share.Option]) < round-1 {
				cells[share.Option] = append(cells[share.Option], "")
			}
			cells[share.Option] = append(cells[share.Option], w.number(share.Number))
		}
	}
	t.Header = append(t.Header, w.pick("Gagne", "Wins"))
	for _, group := range o.Ranking {
		for _, id := range group {
			row := append([]string{fmt.Sprint(o.Rank(id)), w.label(id)}, cells[id]...)
			for len(row) < round+2 {
				row = append(row, "")
			}
			t.Rows = append(t.Rows, append(row, w.result(o, id)))
		}
	}
	last := append([]string{"", w.pick("Bulletins qui ne comptent plus", "Ballots that no longer count")}, stuck...)
	t.Rows = append(t.Rows, append(last, ""))
	return t
}

// duelTable has in each cell the ballots that prefer the line's option to the column's.
func (w *Writer) duelTable(o counting.Outcome) Table {
	t := Table{Title: w.pick("Duels : bulletins qui préfèrent l’option de la ligne à celle de la colonne",
		"Duels: ballots that prefer the option of the line to that of the column"), Header: []string{w.pick("Option", "Option")}}
	at := map[string]int{}
	for i, id := range w.order {
		at[id] = i
	}
	var ranked []string
	for _, group := range o.Ranking {
		ranked = append(ranked, group...)
	}
	for _, id := range ranked {
		t.Header = append(t.Header, w.label(id))
	}
	t.Header = append(t.Header, w.pick("Gagne", "Wins"))
	for _, a := range ranked {
		row := []string{w.label(a)}
		for _, b := range ranked {
			cell := "–"
			if a != b && at[a] < len(o.Pairwise) && at[b] < len(o.Pairwise) {
				cell = w.integer(o.Pairwise[at[a]][at[b]])
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, append(row, w.result(o, a)))
	}
	return t
}

func (w *Writer) medianTable(o counting.Outcome) Table {
	t := Table{Title: w.pick("Mentions majoritaires", "Majority grades"), Header: []string{w.pick("Rang", "Rank"), w.pick("Option", "Option"),
		w.pick("Mention majoritaire", "Majority grade"), w.pick("Au-dessus", "Above"), w.pick("À ce niveau", "At it"), w.pick("En dessous", "Below"), w.pick("Gagne", "Wins")}}
	medians := map[string]counting.Median{}
	for _, step := range o.Steps {
		if m, ok := step.(counting.Median); ok {
			medians[m.Option] = m
		}
	}
	for _, group := range o.Ranking {
		for _, id := range group {
			m, ok := medians[id]
			if !ok {
				continue
			}
			all := new(big.Rat).Add(m.Above, new(big.Rat).Add(m.At, m.Below))
			t.Rows = append(t.Rows, []string{fmt.Sprint(o.Rank(id)), w.label(id), m.Grade, w.percent(m.Above, all),
				w.percent(m.At, all), w.percent(m.Below, all), w.result(o, id)})
		}
	}
	return t
}

func (w *Writer) answerTable(o counting.Outcome) Table {
	t := Table{Title: w.pick("Résultat", "Result"), Header: []string{w.pick("Question", "Question"), w.pick("Oui", "Yes"), w.pick("Non", "No"),
		w.pick("Abstentions", "Abstentions"), w.pick("Part de oui", "Share of yes"), w.pick("Base", "Base"), w.pick("Décision", "Decision")}}
	for _, step := range o.Steps {
		d, ok := step.(counting.Decide)
		if !ok {
			continue
		}
		decision := w.pick("rejeté", "rejected")
		if d.Adopted {
			decision = w.pick("adopté", "adopted")
		}
		base := map[counting.Base]string{counting.Expressed: w.pick("exprimés", "expressed"),
			counting.Attending: w.pick("présents", "present"), counting.Enrolled: w.pick("inscrits", "entitled")}[d.Base]
		t.Rows = append(t.Rows, []string{w.label(d.Option), w.integer(d.Yes), w.integer(d.No), w.integer(d.Abstain),
			w.percent(big.NewRat(d.Yes, 1), big.NewRat(d.Size, 1)), w.integer(d.Size) + " " + base, decision})
	}
	return t
}

// budgetTables is the list of projects, then the envelopes when there are several.
func (w *Writer) budgetTables(o counting.Outcome) []Table {
	reason := map[string]counting.Skip{}
	for _, step := range o.Steps {
		if s, ok := step.(counting.Skip); ok {
			reason[s.Option] = s
		}
	}
	t := Table{Title: w.pick("Projets", "Projects"), Header: []string{w.pick("Rang", "Rank"), w.pick("Projet", "Project"),
		w.pick("Voix", "Votes"), w.pick("Coût", "Cost"), w.pick("Résultat", "Result")}}
	for _, group := range o.Ranking {
		for _, id := range group {
			t.Rows = append(t.Rows, []string{fmt.Sprint(o.Rank(id)), w.label(id), w.number(o.Totals[id]), w.money(w.costs[id]),
				w.fate(o, id, reason)})
		}
	}
	tables := []Table{t}
	if len(o.Spending) > 1 {
		tables = append(tables, w.envelopeTable(o))
	}
	return tables
}

// fate is a project's result in a few words.
func (w *Writer) fate(o counting.Outcome, id string, reasons map[string]counting.Skip) string {
	if o.Won(id) {
		return w.pick("financé", "funded")
	}
	s, ok := reasons[id]
	if !ok {
		return w.pick("non financé", "not funded")
	}
	switch s.Reason {
	case counting.SkipDoesNotFit:
		return w.say("ne tenait pas dans les %s restants", "did not fit the %s left", w.money(s.Remaining))
	case counting.SkipIncompatible:
		return w.say("incompatible avec %s", "incompatible with %s", w.name(s.Other))
	case counting.SkipMinVotes:
		return w.pick("moins de voix que le minimum", "under the minimum of votes")
	case counting.SkipPoorVoters:
		return w.pick("ses soutiens n’ont plus de quoi le payer", "its supporters cannot pay it any more")
	case counting.SkipStopped:
		return w.pick("le dépouillement s’est arrêté avant", "the count stopped before it")
	case counting.SkipWithdrawn:
		return w.pick("retiré", "withdrawn")
	}
	return w.pick("hors de la meilleure combinaison", "not in the best set")
}

func (w *Writer) envelopeTable(o counting.Outcome) Table {
	t := Table{Title: w.pick("Enveloppes", "Envelopes"), Header: []string{w.pick("Zone", "Zone"), w.pick("Enveloppe", "Envelope"),
		w.pick("Dépensé", "Spent"), w.pick("Reste", "Left"), w.pick("Projets financés", "Projects funded")}}
	for _, s := range o.Spending {
		zone := s.Zone
		if zone == "" {
			zone = w.pick("tout le territoire", "city-wide")
		}
		t.Rows = append(t.Rows, []string{zone, w.money(s.Envelope), w.money(s.Spent), w.money(s.Remaining), w.integer(int64(len(s.Winners)))})
	}
	return t
}

// Text writes a table in aligned columns, for a terminal.
func (t Table) Text() string {
	widths := make([]int, len(t.Header))
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		for i, cell := range row {
			if i < len(widths) {
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	var b strings.Builder
	b.WriteString(t.Title + "\n")
	for _, row := range append([][]string{t.Header}, t.Rows...) {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			line.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell)+2))
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return b.String()
}
