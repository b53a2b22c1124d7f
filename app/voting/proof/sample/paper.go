package sample

import (
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"parvis/app/voting/proof"
)

// The paper ballots of a sample: batches, one of them corrected, and the word
// that they are all in.

type (
	batch struct {
		Format  string   `json:"format"`
		Poll    string   `json:"poll"`
		Batch   int      `json:"batch"`
		Version int      `json:"version"`
		Typing  string   `json:"typing"`
		Salt    string   `json:"salt"`
		Sheets  []string `json:"sheets"`
	}
	batchData struct {
		Batch   int    `json:"batch"`
		Version int    `json:"version"`
		Sheets  int    `json:"sheets"`
		SHA256  string `json:"sha256"`
		Reason  string `json:"reason,omitempty"`
	}
	doneData struct {
		At     string `json:"at"`
		Handed int64  `json:"handed"`
		Logged int64  `json:"logged"`
		Reason string `json:"reason,omitempty"`
	}
)

// entry is a version of a batch, as the log holds it.
func (b batch) entry(reason string) proof.Entry {
	text := canonical(b)
	kind := proof.KindPaper
	if b.Version > 1 {
		kind = proof.KindCorrection
	}
	return proof.Entry{Kind: kind, Text: text, Data: canonical(batchData{b.Batch, b.Version, len(b.Sheets), hexSum(text), reason})}
}

func (l *Log) newBatch(r *rand.Rand, number int) batch {
	b := batch{"parvis-paper/1", l.Poll, number, 1, l.rules.Paper, hex.EncodeToString(fill(r, make([]byte, 32))), nil}
	for range 1 + r.IntN(6) {
		said := l.choose(r)
		if r.IntN(5) == 0 {
			said = "!illegible"
		}
		b.Sheets = append(b.Sheets, said)
	}
	return b
}

func (l *Log) addPaper(r *rand.Rand, number int) {
	l.push(l.newBatch(r, number).entry(""))
}

// correctPaper says that the first sheet of a batch is null.
func (l *Log) correctPaper(r *rand.Rand, number int) {
	l.push(l.corrected(r, number).entry("Relecture par une scrutatrice"))
}

func (l *Log) corrected(r *rand.Rand, number int) batch {
	b := l.lastBatches()[number]
	b.Version++
	b.Salt = hex.EncodeToString(fill(r, make([]byte, 32)))
	b.Sheets = slices.Clone(b.Sheets)
	b.Sheets[0] = "!sign"
	return b
}

func (l *Log) push(e proof.Entry) {
	e.Index = int64(len(l.Entries))
	l.append(e)
}

func (l *Log) finishPaper() {
	l.add(proof.KindPaperDone, doneData{At: l.rules.Closes, Handed: l.sheets() + 1, Logged: l.sheets(), Reason: "Une enveloppe était vide."}, "")
}

// lastBatches are the batches that count, by number.
func (l *Log) lastBatches() map[int]batch {
	list := map[int]batch{}
	for _, e := range l.Entries {
		if e.Kind == proof.KindPaper || e.Kind == proof.KindCorrection {
			b := read(e)
			list[b.Batch] = b
		}
	}
	return list
}

// paperBallots are what the paper ballots say.
func (l *Log) paperBallots() (said []string) {
	list := l.lastBatches()
	for _, number := range slices.Sorted(maps.Keys(list)) {
		said = append(said, list[number].Sheets...)
	}
	return said
}

// read returns the batch of an entry that this package wrote.
func read(e proof.Entry) (b batch) {
	if err := json.Unmarshal([]byte(e.Text), &b); err != nil {
		return batch{} // a forged one
	}
	return b
}

func (l *Log) sheets() int64 { return int64(len(l.paperBallots())) }

func (l *Log) find(kind string) int {
	return slices.IndexFunc(l.Entries, func(e proof.Entry) bool { return e.Kind == kind })
}

// ofPaper are what whoever holds the key could try with paper ballots.
func ofPaper() []Forgery {
	insider := func(name string, change func(r *rand.Rand, l *Log) bool) Forgery {
		return Forgery{"paper: " + name, func(r *rand.Rand, l *Log) []byte {
			if !change(r, l) {
				return nil
			}
			return l.Archive()
		}}
	}
	// batches changes the entry of batch 1, and makes everything after it anew.
	batches := func(name string, change func(r *rand.Rand, l *Log, b batch) []proof.Entry) Forgery {
		return insider(name, func(r *rand.Rand, l *Log) bool {
			i := l.find(proof.KindPaper)
			if i < 0 {
				return false
			}
			l.Entries = slices.Replace(l.Entries, i, i+1, change(r, l, read(l.Entries[i]))...)
			l.rebuild(true)
			return true
		})
	}
	return []Forgery{
		insider("a sheet says something else", func(_ *rand.Rand, l *Log) bool {
			i := l.find(proof.KindPaper)
			if i < 0 {
				return false
			}
			b := read(l.Entries[i])
			b.Sheets[0] = other(b.Sheets[0])
			l.Entries[i].Text = canonical(b)
			return true
		}),
		batches("a batch has another's hash", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			e := b.entry("")
			e.Data = canonical(batchData{b.Batch, 1, len(b.Sheets), hexSum("un autre lot"), ""})
			return []proof.Entry{e}
		}),
		batches("a batch counts more sheets than it holds", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			e := b.entry("")
			e.Data = canonical(batchData{b.Batch, 1, len(b.Sheets) + 1, hexSum(e.Text), ""})
			return []proof.Entry{e}
		}),
		batches("a batch is another poll's", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			b.Poll = "00000000-0000-4000-8000-000000000000"
			return []proof.Entry{b.entry("")}
		}),
		batches("a sheet is no text", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			e := b.entry("")
			e.Text = strings.Replace(e.Text, `"sheets":["`, `"sheets":[null,"`, 1)
			e.Data = canonical(batchData{b.Batch, 1, len(b.Sheets) + 1, hexSum(e.Text), ""})
			return []proof.Entry{e}
		}),
		batches("a batch is there twice", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			return []proof.Entry{b.entry(""), b.entry("")}
		}),
		batches("a batch was never typed before it was corrected", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			b.Version = 2
			return []proof.Entry{b.entry("Relecture")}
		}),
		batches("a correction has no reason", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			first := b.entry("")
			b.Version = 2
			return []proof.Entry{first, b.entry("")}
		}),
		batches("a correction adds a sheet", func(_ *rand.Rand, _ *Log, b batch) []proof.Entry {
			first := b.entry("")
			b.Version, b.Sheets = 2, append(slices.Clone(b.Sheets), "a=1")
			return []proof.Entry{first, b.entry("Un bulletin retrouvé")}
		}),
		batches("a sheet says what no ballot may", func(r *rand.Rand, _ *Log, b batch) []proof.Entry {
			b.Sheets[0] = []string{"z=1", "a=7", "b=1;a=1", "!", "!Illegible", "a"}[r.IntN(6)]
			return []proof.Entry{b.entry("")}
		}),
		insider("there are paper ballots where the rules have none", func(r *rand.Rand, l *Log) bool {
			if l.rules.Paper != "" {
				return false
			}
			if r.IntN(2) == 0 {
				l.finishPaper()
				l.rebuildAfter(l.Entries[len(l.Entries)-1])
				return true
			}
			l.insert(l.newBatch(r, 1).entry(""))
			return true
		}),
		insider("the sheets are said to be fewer", func(_ *rand.Rand, l *Log) bool {
			return l.redo(doneData{At: l.rules.Closes, Handed: l.sheets() - 1, Logged: l.sheets() - 1})
		}),
		insider("nobody says why sheets are missing", func(_ *rand.Rand, l *Log) bool {
			return l.redo(doneData{At: l.rules.Closes, Handed: l.sheets() + 2, Logged: l.sheets()})
		}),
		insider("the poll is counted before its paper", func(_ *rand.Rand, l *Log) bool {
			i := l.find(proof.KindPaperDone)
			if i < 0 {
				return false
			}
			l.Entries = slices.Delete(l.Entries, i, i+1)
			l.number()
			l.resign(nil)
			return true
		}),
		insider("a batch comes after the last", func(r *rand.Rand, l *Log) bool {
			i := l.find(proof.KindPaperDone)
			if i < 0 {
				return false
			}
			l.Entries = slices.Insert(l.Entries, i+1, l.newBatch(r, 9).entry(""))
			l.number()
			l.resign(nil)
			return true
		}),
		insider("a batch is corrected after the result", func(r *rand.Rand, l *Log) bool {
			if l.rules.Paper == "" {
				return false
			}
			l.push(l.corrected(r, 1).entry("Relecture"))
			l.resign(nil)
			return true
		}),
		insider("the null sheets are hidden", func(_ *rand.Rand, l *Log) bool {
			if l.result.Null == 0 {
				return false
			}
			l.result.Ballots -= l.result.Null
			l.result.Null = 0
			l.relog()
			return true
		}),
	}
}

// redo says otherwise how many sheets there are.
func (l *Log) redo(d doneData) bool {
	i := l.find(proof.KindPaperDone)
	if i < 0 {
		return false
	}
	l.Entries[i].Data = canonical(d)
	l.resign(nil)
	return true
}

// rebuildAfter puts an entry that was pushed at the end between the closing and
// the result.
func (l *Log) rebuildAfter(e proof.Entry) {
	l.Entries = l.Entries[:len(l.Entries)-1]
	l.Entries = slices.Insert(l.Entries, len(l.Entries)-1, e)
	l.number()
	l.resign(nil)
}

func other(said string) string {
	if said == "a=1" {
		return "b=1"
	}
	return "a=1"
}
