package paper_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parvis/app/paper"
	"parvis/app/voting"
)

func TestAKioskServesOnePersonOnce(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	who := h.citizens(1)[0]
	code, err := h.OpenKiosk(ctx, h.town, h.staff["Anne"], id, who, paper.Kiosk)
	h.must(err)
	_, err = h.EnterKiosk(ctx, h.other, code)
	h.want(err, paper.ErrKioskCode)
	_, err = h.EnterKiosk(ctx, h.town, "AAAAAAAA")
	h.want(err, paper.ErrKioskCode)
	_, err = h.EnterKiosk(ctx, h.town, "x")
	h.want(err, paper.ErrKioskCode)

	var tokens []string
	var taken atomic.Int64
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range 5 { // the same code, on five tablets at once
		wait.Go(func() {
			if token, err := h.EnterKiosk(ctx, h.town, code[:4]+" "+code[4:]); err == nil {
				taken.Add(1)
				mu.Lock()
				tokens = append(tokens, token)
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if taken.Load() != 1 {
		t.Fatalf("the code opened %d tablets", taken.Load())
	}
	session, err := h.KioskOf(ctx, h.town, tokens[0])
	h.must(err)
	marks := []voting.Mark{{Option: "b", Value: voting.Chosen}}
	receipt, err := h.Vote(ctx, h.town, session, marks)
	h.must(err)
	if again, err := h.Vote(ctx, h.town, session, marks); err != nil || again.Index != receipt.Index {
		t.Errorf("the page sent twice: %+v, %v", again, err)
	}
	_, err = h.KioskOf(ctx, h.town, tokens[0])
	h.want(err, paper.ErrKioskOver)
	_, err = h.OpenKiosk(ctx, h.town, h.staff["Anne"], id, who, paper.Kiosk)
	h.want(err, voting.ErrVotedAlready)
	h.want(h.HandIn(ctx, h.town, h.staff["Anne"], id, who), voting.ErrVotedAlready)
	if came, err := h.Receive(ctx, h.town, h.staff["Anne"], id, who); err != nil || came.Channel != voting.Desk {
		t.Errorf("%+v, %v", came, err)
	}
}

func TestAKioskCloses(t *testing.T) {
	t.Parallel()
	h := newHall(t)
	ctx := context.Background()
	id := h.open()
	people := h.citizens(2)
	code, err := h.OpenKiosk(ctx, h.town, h.staff["Anne"], id, people[0], paper.Kiosk)
	h.must(err)
	token, err := h.EnterKiosk(ctx, h.town, code)
	h.must(err)
	h.db.SetClock(t, h.town.ID, time.Now().Add(16*time.Minute))
	_, err = h.KioskOf(ctx, h.town, token)
	h.want(err, paper.ErrKioskOver)

	late, err := h.OpenKiosk(ctx, h.town, h.staff["Anne"], id, people[1], paper.Kiosk)
	h.must(err)
	h.db.SetClock(t, h.town.ID, time.Now().Add(40*time.Minute))
	_, err = h.EnterKiosk(ctx, h.town, late)
	h.want(err, paper.ErrKioskCode)

	first, err := h.OpenKiosk(ctx, h.town, h.staff["Anne"], id, people[1], paper.Kiosk)
	h.must(err)
	_, err = h.OpenKiosk(ctx, h.town, h.staff["Bruno"], id, people[1], paper.Kiosk)
	h.must(err)
	_, err = h.EnterKiosk(ctx, h.town, first) // another one was opened since
	h.want(err, paper.ErrKioskCode)
	var left int
	h.must(h.db.Superuser(t).QueryRow(ctx, `SELECT count(*) FROM paper.kiosks`).Scan(&left))
	if left != 1 {
		t.Errorf("%d kiosks are left", left)
	}
}
