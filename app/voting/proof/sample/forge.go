package sample

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"

	"parvis/app/voting/counting"
	"parvis/app/voting/proof"
)

// Forgery is a way to forge an archive.
type Forgery struct {
	Name string
	// forge changes the log, or returns other bytes; nil when this log does not
	// lend itself to it.
	forge func(r *rand.Rand, l *Log) []byte
}

// Forge applies the forgery to a copy of the log and returns the archive; nil
// when this log does not lend itself to it.
func (f Forgery) Forge(r *rand.Rand, l *Log) []byte { return f.forge(r, l.clone()) }

func (l *Log) clone() *Log {
	c := *l
	c.grown = proof.Tree{} // not to share its memory: what is changed is signed by resign
	c.Entries = slices.Clone(l.Entries)
	for i := range c.Entries {
		if b := c.Entries[i].Ballot; b != nil {
			copied := *b
			if b.Opened != nil {
				opened := *b.Opened
				copied.Opened = &opened
			}
			c.Entries[i].Ballot = &copied
		}
	}
	c.Signed = map[int64]string{}
	for size, signed := range l.Signed {
		c.Signed[size] = signed
	}
	return &c
}

// ballots returns the entries of ballots that the condition holds for.
func (l *Log) ballots(when func(*proof.Ballot) bool) (at []int) {
	for i, e := range l.Entries {
		if e.Ballot != nil && when(e.Ballot) {
			at = append(at, i)
		}
	}
	return at
}

func anyBallot(*proof.Ballot) bool    { return true }
func counted(b *proof.Ballot) bool    { return b.Opened != nil }
func replaced(b *proof.Ballot) bool   { return b.Opened == nil }
func pick(r *rand.Rand, at []int) int { return at[r.IntN(len(at))] }

// rebuild does all that whoever holds the town's key can do after changing the
// ballots: number the entries again, close and count again, sign every
// checkpoint again.
func (l *Log) rebuild(recount bool) {
	var kept []proof.Entry
	for _, e := range l.Entries {
		if e.Kind == proof.KindClosed || e.Kind == proof.KindPaperDone || e.Kind == proof.KindResult {
			continue
		}
		e.Index = int64(len(kept))
		kept = append(kept, e)
	}
	was := l.result
	l.Entries = kept
	l.close()
	if l.rules.Paper != "" {
		l.finishPaper()
	}
	if recount {
		l.result = l.tally()
	} else {
		l.result = was
		l.result.LogSize, l.result.Root = l.closing.Size, l.closing.Root
		l.result.Rule.Ties.Root = unhex(l.closing.Root)
	}
	l.addResult()
	l.resign(nil)
}

// resign signs again every checkpoint that still has its leaves, but those kept.
func (l *Log) resign(keep map[int64]string) {
	sizes := l.Signed
	l.Signed = map[int64]string{}
	t := &proof.Tree{}
	for i := range l.Entries {
		t.Append(l.Entries[i].Leaf())
		size := t.Size()
		if sizes[size] != "" || i == len(l.Entries)-1 {
			l.Signed[size] = l.Signer.Sign(proof.CheckpointText(l.Signer.Name, size, t.Root()))
		}
		if keep[size] != "" {
			l.Signed[size] = keep[size]
		}
	}
}

// relog writes the result again, with its hash, and signs the log again.
func (l *Log) relog() {
	l.Entries = l.Entries[:len(l.Entries)-1]
	l.addResult()
	l.resign(nil)
}

// Forgeries are the ways to forge an archive: without the town's key, then
// with it.
func Forgeries() []Forgery {
	return slices.Concat(ofFiles(), ofEntries(), ofSignatures(), ofTheTown(), ofPaper())
}

// ofFiles damage the file itself.
func ofFiles() []Forgery {
	return []Forgery{
		{"a bit is flipped", func(r *rand.Rand, l *Log) []byte {
			file := l.Archive()
			file[r.IntN(len(file))] ^= 1 << r.IntN(8)
			return file
		}},
		{"a line is missing", func(r *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			i := r.IntN(len(lines))
			return Write(slices.Delete(lines, i, i+1))
		}},
		{"a line is there twice", func(r *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			i := r.IntN(len(lines))
			return Write(slices.Insert(lines, i, lines[i]))
		}},
		{"two lines are swapped", func(r *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			i := r.IntN(len(lines) - 1)
			lines[i], lines[i+1] = lines[i+1], lines[i]
			return Write(lines)
		}},
		{"the file is cut", func(r *rand.Rand, l *Log) []byte {
			file := l.Archive()
			return file[:r.IntN(len(file))]
		}},
		{"the file ends after an earlier checkpoint", func(_ *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			cut := len(lines) - 1
			for cut--; lines[cut].Checkpoint == ""; cut-- {
			}
			lines = lines[:cut+1]
			lines[0].Header.Leaves = lines[cut-1].Entry.Index + 1
			lines[0].Header.Checkpoints = 0
			for _, line := range lines {
				if line.Checkpoint != "" {
					lines[0].Header.Checkpoints++
				}
			}
			return Write(lines)
		}},
		{"something is added", func(r *rand.Rand, l *Log) []byte {
			return append(l.Archive(), [][]byte{[]byte("\n"), []byte(" "), []byte("{}\n"), []byte(`{"checkpoint":""}` + "\n")}[r.IntN(4)]...)
		}},
		{"spaces are put in", func(_ *rand.Rand, l *Log) []byte {
			return bytes.Replace(l.Archive(), []byte(`,"`), []byte(`, "`), 1)
		}},
		{"the header counts otherwise", func(r *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			if r.IntN(2) == 0 {
				lines[0].Header.Leaves++
			} else {
				lines[0].Header.Checkpoints--
			}
			return Write(lines)
		}},
	}
}

// ofEntries change what the archive tells of the log, and sign nothing.
func ofEntries() []Forgery {
	return []Forgery{
		{"a ballot is another", func(r *rand.Rand, l *Log) []byte {
			b := l.Entries[pick(r, l.ballots(counted))].Ballot
			if b.Opened.Marks == "a=1" {
				b.Opened.Marks = "b=1"
			} else {
				b.Opened.Marks = "a=1"
			}
			return l.Archive()
		}},
		{"a ballot and its hash are others", func(r *rand.Rand, l *Log) []byte {
			b := l.Entries[pick(r, l.ballots(counted))].Ballot
			if b.Opened.Marks == "a=1" {
				b.Opened.Marks = "b=1"
			} else {
				b.Opened.Marks = "a=1"
			}
			b.Inner = b.Opened.Inner()
			return l.Archive()
		}},
		{"a nonce is changed", func(r *rand.Rand, l *Log) []byte {
			l.Entries[pick(r, l.ballots(counted))].Ballot.Opened.Nonce[r.IntN(16)] ^= 1
			return l.Archive()
		}},
		{"two voters' keys are swapped", func(r *rand.Rand, l *Log) []byte {
			at := l.ballots(anyBallot)
			a, b := l.Entries[pick(r, at)].Ballot, l.Entries[pick(r, at)].Ballot
			if a.Key == b.Key {
				return nil
			}
			a.Key, b.Key = b.Key, a.Key
			return l.Archive()
		}},
		{"a ballot is dropped", func(r *rand.Rand, l *Log) []byte {
			l.Entries[pick(r, l.ballots(counted))].Ballot.Opened = nil
			return l.Archive()
		}},
		{"a dropped ballot passes for a replaced one", func(r *rand.Rand, l *Log) []byte {
			at := l.ballots(counted)
			i := r.IntN(len(at) - 1)
			gone, next := l.Entries[at[i]].Ballot, l.Entries[at[i+1]].Ballot
			gone.Opened = nil
			next.Key, next.Seq = gone.Key, gone.Seq+1
			return l.Archive()
		}},
		{"a leaf is removed", func(r *rand.Rand, l *Log) []byte {
			i := pick(r, l.ballots(anyBallot))
			l.Entries = slices.Delete(l.Entries, i, i+1)
			l.number()
			return l.Archive()
		}},
		{"a leaf is there twice", func(r *rand.Rand, l *Log) []byte {
			i := pick(r, l.ballots(anyBallot))
			l.Entries = slices.Insert(l.Entries, i, l.Entries[i])
			l.number()
			return l.Archive()
		}},
		{"entries are in another order", func(r *rand.Rand, l *Log) []byte {
			at := l.ballots(anyBallot)
			i, j := pick(r, at), pick(r, at)
			if i == j {
				return nil
			}
			l.Entries[i], l.Entries[j] = l.Entries[j], l.Entries[i]
			l.number()
			return l.Archive()
		}},
		{"the rules are replaced", func(_ *rand.Rand, l *Log) []byte {
			l.rules.Version = 1
			a, b := &l.rules.Options[0], &l.rules.Options[1]
			a.Label, b.Label = b.Label, a.Label
			l.Entries[0].Text = canonical(l.rules)
			return l.Archive()
		}},
		{"the rules are replaced, with their hash", func(_ *rand.Rand, l *Log) []byte {
			l.rules.Version = 1
			l.rules.Question = "Faut-il abattre les arbres de la place ?"
			text := canonical(l.rules)
			l.Entries[0].Text, l.Entries[0].Data = text, canonical(document{Version: 1, SHA256: hexSum(text)})
			return l.Archive()
		}},
		{"the count is altered", func(_ *rand.Rand, l *Log) []byte {
			l.alterCount()
			l.Entries[len(l.Entries)-1].Text = canonical(l.result)
			return l.Archive()
		}},
		{"the count is altered, with its hash", func(_ *rand.Rand, l *Log) []byte {
			l.alterCount()
			l.Entries = l.Entries[:len(l.Entries)-1]
			l.addResult()
			return l.Archive()
		}},
		{"the seed of the lot is another", func(r *rand.Rand, l *Log) []byte {
			fill(r, l.lot[:])
			l.closing.Lot = hex.EncodeToString(l.lot[:])
			l.Entries[l.find(proof.KindClosed)].Data = canonical(l.closing)
			return l.Archive()
		}},
	}
}

func (l *Log) number() {
	for i := range l.Entries {
		l.Entries[i].Index = int64(i)
	}
}

// alterCount gives a vote of one option to another.
func (l *Log) alterCount() {
	l.result.Counts = slices.Clone(l.result.Counts)
	if len(l.result.Counts) == 0 {
		l.result.Counts = []cell{{"a", 1, 1}}
	}
	l.result.Counts[0].Votes++
}

// ofSignatures put other signatures, keys and checkpoints.
func ofSignatures() []Forgery {
	return []Forgery{
		{"the key is another town's", func(_ *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			lines[0].Header.Key = proof.NewSigner(l.Signer.Name, privateKey("other")).String()
			return Write(lines)
		}},
		{"the key has another name", func(_ *rand.Rand, l *Log) []byte {
			lines := l.Lines()
			lines[0].Header.Key = Key().String()
			return Write(lines)
		}},
		{"another town signed it all", func(_ *rand.Rand, l *Log) []byte {
			l.Signer = proof.NewSigner(l.Signer.Name, privateKey("other"))
			l.resign(nil)
			return l.Archive()
		}},
		{"a checkpoint is another poll's", func(r *rand.Rand, l *Log) []byte {
			other := New(r, Options{Method: l.rules.Method, Voters: len(l.ballots(counted))})
			lines := l.Lines()
			for i, line := range lines {
				if line.Checkpoint != "" {
					lines[i].Checkpoint = other.Signed[2]
					return Write(lines)
				}
			}
			return nil
		}},
		{"the last checkpoint is an old one", func(_ *rand.Rand, l *Log) []byte {
			l.Signed[int64(len(l.Entries))] = l.Signed[2]
			return l.Archive()
		}},
		{"a checkpoint has another poll's name", func(_ *rand.Rand, l *Log) []byte {
			t := l.tree(len(l.Entries))
			l.Signed[t.Size()] = l.Signer.Sign(proof.CheckpointText(proof.Origin(Host, "00000000-0000-4000-8000-000000000000"), t.Size(), t.Root()))
			return l.Archive()
		}},
		{"another poll's archive goes under this name", func(r *rand.Rand, l *Log) []byte {
			other := New(r, Options{Method: l.rules.Method, Voters: 5})
			lines := other.Lines()
			lines[0].Header.Poll = l.Poll
			return Write(lines)
		}},
		{"a signature is written otherwise", func(_ *rand.Rand, l *Log) []byte {
			size := int64(len(l.Entries))
			signed := []byte(l.Signed[size])
			signed[len(signed)-3]++ // the last letter holds two bits that say nothing
			l.Signed[size] = string(signed)
			return l.Archive()
		}},
		{"a second signature is added", func(_ *rand.Rand, l *Log) []byte {
			size := int64(len(l.Entries))
			signed := l.Signed[size]
			l.Signed[size] = signed + signed[bytes.Index([]byte(signed), []byte("\n\n"))+2:]
			return l.Archive()
		}},
	}
}

// ofTheTown are what whoever holds the key could try: every hash and every
// signature is made anew, and one lie is left.
func ofTheTown() []Forgery {
	insider := func(name string, change func(r *rand.Rand, l *Log) bool) Forgery {
		return Forgery{"signed again: " + name, func(r *rand.Rand, l *Log) []byte {
			if !change(r, l) {
				return nil
			}
			return l.Archive()
		}}
	}
	return []Forgery{
		insider("a ballot is dropped and not counted", func(r *rand.Rand, l *Log) bool {
			l.Entries[pick(r, l.ballots(counted))].Ballot.Opened = nil
			l.rebuild(true)
			return true
		}),
		insider("a voter votes twice where once is allowed", func(r *rand.Rand, l *Log) bool {
			if l.rules.AllowChange {
				return false
			}
			b := *l.Entries[pick(r, l.ballots(counted))].Ballot
			b.Seq++
			b.Opened = &proof.Opened{Nonce: [16]byte(fill(r, make([]byte, 16))), Marks: "a=1"}
			b.Inner = b.Opened.Inner()
			for _, i := range l.ballots(func(o *proof.Ballot) bool { return o.Key == b.Key }) {
				l.Entries[i].Ballot.Opened = nil
			}
			l.insert(proof.Entry{Kind: proof.KindBallot, Ballot: &b})
			return true
		}),
		insider("a voter has two ballots of the same rank", func(r *rand.Rand, l *Log) bool {
			b := *l.Entries[pick(r, l.ballots(counted))].Ballot
			b.Opened = &proof.Opened{Nonce: [16]byte(fill(r, make([]byte, 16))), Marks: "a=1"}
			b.Inner = b.Opened.Inner()
			l.insert(proof.Entry{Kind: proof.KindBallot, Ballot: &b})
			return true
		}),
		insider("a rank is missing", func(r *rand.Rand, l *Log) bool {
			at := l.ballots(replaced)
			if len(at) == 0 {
				return false
			}
			i := pick(r, at)
			l.Entries = slices.Delete(l.Entries, i, i+1)
			l.rebuild(true)
			return true
		}),
		insider("a replaced ballot is counted too", func(r *rand.Rand, l *Log) bool {
			at := l.ballots(replaced)
			if len(at) == 0 {
				return false
			}
			b := l.Entries[pick(r, at)].Ballot
			b.Opened = &proof.Opened{Nonce: [16]byte(fill(r, make([]byte, 16))), Marks: "a=1"}
			b.Inner = b.Opened.Inner()
			l.rebuild(true)
			return true
		}),
		insider("a nonce serves twice", func(r *rand.Rand, l *Log) bool {
			at := l.ballots(counted)
			a, b := l.Entries[at[0]].Ballot, l.Entries[at[1]].Ballot
			b.Opened.Nonce = a.Opened.Nonce
			b.Inner = b.Opened.Inner()
			l.rebuild(true)
			return true
		}),
		insider("a ballot says what the rules forbid", func(r *rand.Rand, l *Log) bool {
			b := l.Entries[pick(r, l.ballots(counted))].Ballot
			forbidden := []string{"z=1", "a=20", "b=1;a=1", "a=1;a=1", "a=01", "a=+1", "a=1;", "A=1", "a=1;b=1;c=1;d=1", "a", "a=-0", "a=9999999999"}
			b.Opened.Marks = forbidden[r.IntN(len(forbidden))]
			b.Inner = b.Opened.Inner()
			l.rebuild(true)
			return true
		}),
		insider("a ballot comes after the closing", func(r *rand.Rand, l *Log) bool {
			var b proof.Ballot
			fill(r, b.Key[:])
			b.Seq, b.Opened = 1, &proof.Opened{Nonce: [16]byte(fill(r, make([]byte, 16))), Marks: "a=1"}
			b.Inner = b.Opened.Inner()
			last := len(l.Entries) - 1
			l.Entries = slices.Insert(l.Entries, last, proof.Entry{Kind: proof.KindBallot, Ballot: &b})
			l.number()
			l.resign(nil)
			return true
		}),
		insider("ballots are added and the result stays", func(r *rand.Rand, l *Log) bool {
			var b proof.Ballot
			fill(r, b.Key[:])
			b.Seq, b.Opened = 1, &proof.Opened{Nonce: [16]byte(fill(r, make([]byte, 16))), Marks: "a=1"}
			b.Inner = b.Opened.Inner()
			l.Entries = slices.Insert(l.Entries, 2, proof.Entry{Kind: proof.KindBallot, Ballot: &b})
			l.rebuild(false)
			return true
		}),
		insider("history is rewritten under a checkpoint that someone kept", func(r *rand.Rand, l *Log) bool {
			var old int64
			for size := range l.Signed {
				if size > 2 && size <= l.closing.Size && (old == 0 || size < old) {
					old = size
				}
			}
			if old == 0 {
				return false
			}
			keep := map[int64]string{old: l.Signed[old]}
			b := l.Entries[l.ballots(anyBallot)[0]].Ballot
			b.Inner[r.IntN(32)] ^= 1
			if b.Opened != nil {
				fill(r, b.Opened.Nonce[:])
				b.Inner = b.Opened.Inner()
			}
			l.rebuild(true)
			l.resign(keep)
			return true
		}),
		insider("the count is altered", func(_ *rand.Rand, l *Log) bool {
			l.alterCount()
			l.relog()
			return true
		}),
		insider("another option wins", func(r *rand.Rand, l *Log) bool {
			w := l.result.Outcome.Winners
			other := []string{"c"}
			if len(w) == 1 && w[0] == "c" {
				other = []string{"a"}
			}
			l.result.Outcome.Winners = other
			l.relog()
			return !slices.Equal(w, other)
		}),
		insider("the ranking is altered", func(_ *rand.Rand, l *Log) bool {
			l.result.Outcome.Ranking = slices.Clone(l.result.Outcome.Ranking)
			slices.Reverse(l.result.Outcome.Ranking)
			l.relog()
			return len(l.result.Outcome.Ranking) > 1
		}),
		insider("the result says other numbers", func(r *rand.Rand, l *Log) bool {
			switch r.IntN(7) {
			case 0:
				l.result.Ballots++
			case 1:
				l.result.Blank++
			case 2:
				l.result.Base++
			case 3:
				l.result.Entitled++
			case 4:
				l.result.LogSize--
			case 5:
				l.result.ClosedAt = "2026-10-18T19:00:00Z"
			case 6:
				l.result.Poll = "00000000-0000-4000-8000-000000000000"
			}
			l.relog()
			return true
		}),
		insider("the result is counted by another rule", func(_ *rand.Rand, l *Log) bool {
			l.result.Rule.Seats = 2
			l.relog()
			return true
		}),
		insider("the seed of the lot was chosen after the vote", func(r *rand.Rand, l *Log) bool {
			fill(r, l.lot[:])
			l.rebuild(true)
			return true
		}),
		insider("the rules change after the first ballot", func(r *rand.Rand, l *Log) bool {
			l.rules.Version++
			switch r.IntN(4) {
			case 0:
				l.rules.Options = slices.Clone(l.rules.Options)
				l.rules.Options[0].Label, l.rules.Options[1].Label = l.rules.Options[1].Label, l.rules.Options[0].Label
			case 1:
				l.rules.AllowChange = !l.rules.AllowChange
			case 2:
				l.rules.Question = "Faut-il abattre les arbres de la place ?"
			case 3:
				l.rules.Entitled++
			}
			text := canonical(l.rules)
			l.insert(proof.Entry{Kind: proof.KindRuleset, Data: canonical(document{Version: l.rules.Version, SHA256: hexSum(text)}), Text: text})
			return true
		}),
		insider("a version of the rules is missing", func(_ *rand.Rand, l *Log) bool {
			l.rules.Version += 2
			text := canonical(l.rules)
			l.insert(proof.Entry{Kind: proof.KindRuleset, Data: canonical(document{Version: l.rules.Version, SHA256: hexSum(text)}), Text: text})
			return true
		}),
		insider("the poll opened with other rules", func(_ *rand.Rand, l *Log) bool {
			l.Entries[1].Data = canonical(opened{l.Poll, l.rules.Opens, hexSum("d’autres règles"), hexSum(string(l.lot[:]))})
			l.rebuild(true)
			return true
		}),
		insider("the rules settle ties as the town likes", func(r *rand.Rand, l *Log) bool {
			l.rules.Version, l.rules.Rule.Ties = 1, []counting.Ties{
				{Keys: []counting.TieKey{counting.TieLot}, Seed: []byte{1}, Root: []byte{2}},
				{Keys: []counting.TieKey{counting.TieListed}},
				{Keys: []counting.TieKey{counting.TieCost}},
				{Keys: []counting.TieKey{counting.TieID, counting.TieCost}},
			}[r.IntN(4)]
			text := canonical(l.rules)
			l.Entries[0].Text, l.Entries[0].Data = text, canonical(document{Version: 1, SHA256: hexSum(text)})
			l.Entries[1].Data = canonical(opened{l.Poll, l.rules.Opens, hexSum(text), hexSum(string(l.lot[:]))})
			l.rebuild(true)
			return true
		}),
		insider("the rules are another poll's", func(_ *rand.Rand, l *Log) bool {
			l.rules.Version, l.rules.Poll = 1, "00000000-0000-4000-8000-000000000000"
			text := canonical(l.rules)
			l.Entries[0].Text, l.Entries[0].Data = text, canonical(document{Version: 1, SHA256: hexSum(text)})
			l.Entries[1].Data = canonical(opened{l.Poll, l.rules.Opens, hexSum(text), hexSum(string(l.lot[:]))})
			l.rebuild(true)
			return true
		}),
		insider("the closing counts other ballots", func(_ *rand.Rand, l *Log) bool {
			l.closing.Ballots++
			l.Entries[l.find(proof.KindClosed)].Data = canonical(l.closing)
			l.resign(nil)
			return true
		}),
		insider("the closing is of another log", func(_ *rand.Rand, l *Log) bool {
			l.closing.Root = hexSum("another")
			l.Entries[l.find(proof.KindClosed)].Data = canonical(l.closing)
			l.resign(nil)
			return true
		}),
		insider("the poll closes twice", func(_ *rand.Rand, l *Log) bool {
			last := len(l.Entries) - 1
			l.Entries = slices.Insert(l.Entries, last, l.Entries[l.find(proof.KindClosed)])
			l.number()
			l.resign(nil)
			return true
		}),
		insider("an entry is of no known kind", func(_ *rand.Rand, l *Log) bool {
			l.insert(proof.Entry{Kind: "forgotten", Data: "{}"})
			return true
		}),
		insider("a document says nothing", func(r *rand.Rand, l *Log) bool {
			last := len(l.Entries) - 1
			switch r.IntN(4) {
			case 0:
				l.Entries[0].Text, l.Entries[0].Data = "{}", canonical(document{Version: 1, SHA256: hexSum("{}")})
			case 1:
				l.Entries[1].Data = "[]"
			case 2:
				l.Entries[l.find(proof.KindClosed)].Data = `{"size":"many"}`
			case 3:
				l.Entries[last].Text, l.Entries[last].Data = "{}", canonical(document{Version: 1, SHA256: hexSum("{}")})
			}
			l.resign(nil)
			return true
		}),
		insider("the log begins otherwise", func(_ *rand.Rand, l *Log) bool {
			l.Entries[0], l.Entries[1] = l.Entries[1], l.Entries[0]
			l.number()
			l.resign(nil)
			return true
		}),
		insider("the result comes before the closing", func(_ *rand.Rand, l *Log) bool {
			last := len(l.Entries) - 1
			i := l.find(proof.KindClosed)
			l.Entries[last], l.Entries[i] = l.Entries[i], l.Entries[last]
			l.number()
			l.resign(nil)
			return true
		}),
		insider("there is no result", func(_ *rand.Rand, l *Log) bool {
			l.Entries = l.Entries[:len(l.Entries)-1]
			l.resign(nil)
			return true
		}),
	}
}

// insert puts an entry before the closing and makes the rest anew.
func (l *Log) insert(e proof.Entry) {
	l.Entries = slices.Insert(l.Entries, l.find(proof.KindClosed), e)
	l.rebuild(true)
}

// Example is an archive that anyone can try on a verifier.
type Example struct {
	Name    string
	Archive []byte
}

// Examples returns a sound archive and forged ones, always the same. The
// messages "verify.example.<name>" tell what was done to them.
func Examples() []Example {
	seed := func() *rand.Rand { return rand.New(rand.NewPCG(2026, 11)) }
	log := New(seed(), Options{Method: "plurality", Voters: 24, Again: true, Extended: true})
	list := []Example{{"juste", log.Archive()}}
	for _, e := range []struct{ name, forgery string }{
		{"bulletin", "a ballot is another"},
		{"ecarte", "signed again: a ballot is dropped and not counted"},
		{"compte", "the count is altered, with its hash"},
	} {
		all := Forgeries()
		i := slices.IndexFunc(all, func(f Forgery) bool { return f.Name == e.forgery })
		archive := all[i].Forge(seed(), log)
		if archive == nil {
			panic(fmt.Sprintf("no example of %q", e.forgery)) // always the same numbers
		}
		list = append(list, Example{e.name, archive})
	}
	return list
}
