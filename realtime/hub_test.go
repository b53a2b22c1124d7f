package realtime

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
)

const shown = "t=voting/1&a=screen"

func TestWhoComesSeesTheStateAtOnce(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown)
		if got := s.states(); len(got) != 1 || got[0].Rev != 1 || got[0].T != "voting/1" || got[0].S.For != "screen" {
			t.Errorf("came and saw %+v, want revision 1 of voting/1 for the screen", got)
		}
		other := watch(t, hub, anyone(poll.Tenant), shown)
		if len(other.states()) != 1 || town.readsOf(poll) != 1 {
			t.Errorf("the second to come saw %v after %d readings, want the same after one", other.revs(), town.readsOf(poll))
		}
	})
}

func TestTheFirstVoteShowsAtOnceAndARushFiveTimesASecond(t *testing.T) {
	inTime(t, Options{Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown)
		wait(time.Minute)
		voted := time.Now()
		town.vote(poll)
		hub.Changed(poll)
		synctest.Wait()
		if last := s.last(); last.Rev != 2 || !last.at.Equal(voted) {
			t.Errorf("first vote shown as revision %d after %v, want 2 at once", last.Rev, last.at.Sub(voted))
		}
		var newest int64
		for range 10_000 { // for ten seconds
			newest = town.vote(poll)
			hub.Changed(poll)
			time.Sleep(time.Millisecond)
		}
		wait(200 * time.Millisecond)
		if frames := len(s.states()) - 2; frames < 45 || frames > 51 {
			t.Errorf("10 000 votes in 10 s made %d frames, want 5 a second", frames)
		}
		if s.last().Rev != newest {
			t.Errorf("ends at revision %d, want %d", s.last().Rev, newest)
		}
		if reads := town.readsOf(poll); reads > 53 {
			t.Errorf("the source was read %d times, want 5 a second", reads)
		}
	})
}

func TestACrowdIsToldOnceASecond(t *testing.T) {
	inTime(t, Options{Crowd: 1, Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		a := watch(t, hub, anyone(poll.Tenant), shown)
		watch(t, hub, anyone(poll.Tenant), shown)
		for range 1000 {
			town.vote(poll)
			hub.Changed(poll)
			time.Sleep(10 * time.Millisecond)
		}
		wait(time.Second)
		if frames := len(a.states()); frames < 10 || frames > 12 {
			t.Errorf("%d frames in 10 s, want one a second", frames)
		}
		if a.last().Rev != 1001 {
			t.Errorf("ends at revision %d, want 1001", a.last().Rev)
		}
	})
}

func TestAStalledScreenDelaysNobodyAndSkipsToTheNewest(t *testing.T) {
	inTime(t, Options{Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		stalled := link(t, hub, anyone(poll.Tenant), shown) // reads nothing yet
		other := watch(t, hub, anyone(poll.Tenant), shown)
		for range 20 {
			town.vote(poll)
			hub.Changed(poll)
			wait(200 * time.Millisecond)
		}
		if got := other.revs(); len(got) != 21 {
			t.Errorf("the other screen saw %d states, want all 21: %v", len(got), got)
		}
		s := &screen{conn: stalled}
		go s.read()
		synctest.Wait()
		if got := s.revs(); !slices.Equal(got, []int64{1, 21}) {
			t.Errorf("the stalled screen then saw %v, want what was on its way and the newest: [1 21]", got)
		}
	})
}

func TestAScreenThatTakesNothingForFiveSecondsIsGivenUp(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		dead := link(t, hub, anyone(poll.Tenant), shown)
		wait(4 * time.Second)
		if n := hub.Stats().Sockets; n != 1 {
			t.Fatalf("%d sockets after 4 s, want it kept", n)
		}
		wait(2 * time.Second)
		if stats := hub.Stats(); stats.Sockets != 0 || stats.Dropped != 1 || stats.Slow != 0 {
			t.Errorf("after 6 s: %+v, want no socket and one dropped", stats)
		}
		if _, _, err := dead.ReadMessage(); err == nil {
			t.Error("the connection is still open")
		}
	})
}

func TestNobodyIsDroppedForBeingSlow(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		slow := link(t, hub, anyone(poll.Tenant), shown).NetConn()
		for range 10 { // bytes of a frame of a hundred
			wait(4 * time.Second)
			if _, err := io.ReadFull(slow, make([]byte, 1)); err != nil {
				t.Fatal(err)
			}
		}
		if stats := hub.Stats(); stats.Sockets != 1 || stats.Dropped != 0 {
			t.Errorf("%+v, want the socket kept", stats)
		}
	})
}

func TestALivelyTopicStarvesNoOther(t *testing.T) {
	inTime(t, Options{Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		calm := Topic{poll.Tenant, "voting", "2"}
		town.set(calm, 1)
		stalled := link(t, hub, anyone(poll.Tenant), "t=voting/1&t=voting/2")
		seen := map[string]int{}
		for range 4 { // each reading takes as long as five more votes of the lively one
			for range 5 {
				town.vote(poll)
				hub.Changed(poll)
				wait(200 * time.Millisecond)
			}
			var m message
			if err := stalled.ReadJSON(&m); err != nil {
				t.Fatal(err)
			}
			seen[m.T]++
		}
		if seen["voting/2"] == 0 {
			t.Errorf("saw only %v: the calm topic starved", seen)
		}
	})
}

func TestComingBackShowsOnlyWhatWasMissed(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		town.set(poll, 7)
		for query, want := range map[string][]int64{
			shown + "&rev=7": nil, // nothing new
			shown + "&rev=5": {7}, // missed two
			shown + "&rev=9": {7}, // the source has gone back: it is right
			shown:            {7}, // first time
		} {
			s := watch(t, hub, anyone(poll.Tenant), query)
			wait(2 * time.Second)
			if got := s.revs(); !slices.Equal(got, want) {
				t.Errorf("%s: got %v, want %v", query, got, want)
			}
		}
		returned := watch(t, hub, anyone(poll.Tenant), shown+"&rev=7")
		town.vote(poll)
		hub.Changed(poll)
		wait(time.Second)
		if got := returned.revs(); !slices.Equal(got, []int64{8}) {
			t.Errorf("after coming back it got %v, want [8]", got)
		}
	})
}

func TestARevisionSeenOnAnotherNodeIsNotTakenBack(t *testing.T) {
	inTime(t, Options{Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		first := watch(t, hub, anyone(poll.Tenant), shown) // this node knows revision 1
		wait(time.Second)
		town.set(poll, 5) // and has not heard of the vote that another node showed
		s := watch(t, hub, anyone(poll.Tenant), shown+"&rev=5")
		wait(time.Second)
		if got := s.revs(); len(got) != 0 {
			t.Errorf("the screen at revision 5 was sent %v, want nothing", got)
		}
		if first.last().Rev != 5 {
			t.Errorf("the other screen shows %d: this node did not learn from the claim", first.last().Rev)
		}
	})
}

func TestRevisionsNeverGoBack(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		town.set(poll, 5)
		s := watch(t, hub, anyone(poll.Tenant), shown)
		for _, rev := range []int64{4, 6, 3, 6, 7} {
			town.set(poll, rev)
			hub.Changed(poll)
			wait(time.Second)
			if late := watch(t, hub, anyone(poll.Tenant), shown); late.last().Rev != s.last().Rev {
				t.Errorf("who came later sees %d beside %d", late.last().Rev, s.last().Rev)
			}
		}
		if got := s.revs(); !slices.Equal(got, []int64{5, 6, 7}) {
			t.Errorf("showed %v, want [5 6 7]", got)
		}
	})
}

func TestAMissedAnnouncementIsMadeUpForWithinASecond(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown)
		wait(10 * time.Second)
		town.vote(poll) // on another node, whose announcement is lost
		wait(1100 * time.Millisecond)
		if s.last().Rev != 2 {
			t.Errorf("shows revision %d after a second, want 2", s.last().Rev)
		}
	})
}

func TestNobodyReadsWhatNobodyWatches(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown)
		s.conn.Close()
		wait(time.Second)
		before := town.readsOf(poll)
		hub.Changed(poll)
		wait(time.Minute)
		if after := town.readsOf(poll); after != before {
			t.Errorf("read %d times for nobody", after-before)
		}
		if stats := hub.Stats(); stats.Topics != 0 || stats.Sockets != 0 {
			t.Errorf("still known: %+v", stats)
		}
	})
}

func TestWhatWasHiddenMeanwhileIsNotShownToWhoComesLater(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		first := watch(t, hub, anyone(poll.Tenant), shown)
		first.conn.Close()
		wait(3 * time.Second)
		town.set(poll, 2) // the counts are hidden, and the announcement is lost
		second := watch(t, hub, anyone(poll.Tenant), shown)
		wait(time.Second)
		if got := second.revs(); !slices.Equal(got, []int64{2}) {
			t.Errorf("who came later saw %v, want [2]", got)
		}
	})
}

func TestAPanicInTheSourceHurtsNobody(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown)
		town.break_(nil, "out of range")
		for range 3 {
			town.vote(poll)
			hub.Changed(poll)
			wait(time.Second)
		}
		if got := s.revs(); !slices.Equal(got, []int64{1}) {
			t.Errorf("during the panics: %v, want [1]", got)
		}
		town.break_(nil, "")
		wait(2 * time.Second)
		if stats := hub.Stats(); s.last().Rev != 4 || stats.Sockets != 1 || stats.Failures == 0 {
			t.Errorf("shows revision %d, %+v; want 4 on the same socket, and failures counted", s.last().Rev, stats)
		}
	})
}

func TestTheDatabaseComesBackAndSoDoesTheScreen(t *testing.T) {
	inTime(t, Options{Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		town.break_(errors.New("connection refused"), "")
		s := watch(t, hub, anyone(poll.Tenant), shown)
		wait(time.Minute)
		if reads := town.readsOf(poll); reads < 30 || reads > 62 {
			t.Errorf("asked %d times in a minute, want about once a second", reads)
		}
		town.break_(nil, "")
		wait(time.Second)
		if s.last().Rev != 1 {
			t.Error("the screen is still empty")
		}
	})
}

func TestAStateThatIsNoJSONIsNotSent(t *testing.T) {
	for _, body := range []string{"", "null", `"text"`, "[1]", `{"a":`, `{} {}`} {
		source := SourceFunc(func(context.Context, Topic, Audience) (State, error) { return State{Rev: 1, Body: []byte(body)}, nil })
		inTime(t, Options{Source: source}, func(t *testing.T, hub *Hub, _ *town) {
			s := watch(t, hub, anyone(poll.Tenant), shown)
			wait(time.Second)
			if got := s.states(); len(got) != 0 || hub.Stats().Failures == 0 {
				t.Errorf("body %q was sent: %+v", body, got)
			}
		})
	}
}

func TestATopicThatEndsIsGone(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown+"&t=voting/none")
		if got := s.states(); len(got) != 2 || !slices.ContainsFunc(got, func(m message) bool { return m.Gone && m.T == "voting/none" }) {
			t.Fatalf("got %+v, want a state and a refusal", got)
		}
		town.break_(ErrGone, "")
		wait(2 * time.Second)
		if last := s.last(); !last.Gone || last.T != "voting/1" {
			t.Errorf("last %+v, want voting/1 gone", last)
		}
		if n := len(s.states()); n != 3 || hub.Present(poll) != 0 {
			t.Errorf("%d frames and %d present, want 3 and 0", n, hub.Present(poll))
		}
	})
}

func TestARefusedTopicLooksLikeOneThatDoesNotExist(t *testing.T) {
	session := anyone(poll.Tenant)
	session.Audience = func(_ context.Context, topic Topic, _ Audience) (Audience, error) {
		if topic == poll {
			return "", errors.New("not yours")
		}
		return Public, nil
	}
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, session, "t=voting/1&t=voting/none")
		wait(time.Second)
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, name := range []string{"1", "none"} {
			if want := fmt.Sprintf(`{"t":"voting/%s","gone":true}`, name); strings.Count(s.text, want) != 1 {
				t.Errorf("%q is not in %q", want, s.text)
			}
		}
		if town.reads[poll] != 0 {
			t.Error("a refused topic was read")
		}
	})
}

func TestTheServerGrantsTheAudience(t *testing.T) {
	session := anyone(poll.Tenant)
	session.Audience = func(context.Context, Topic, Audience) (Audience, error) { return Voter, nil }
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		if s := watch(t, hub, session, "t=voting/1&a=host"); s.last().S.For != "voter" {
			t.Errorf("asked for the host's view and got the one for %q, want voter", s.last().S.For)
		}
	})
}

func TestTenantsNeverMix(t *testing.T) {
	theirs := Topic{Tenant: "canari-2f4e", Module: poll.Module, Name: poll.Name}
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		town.set(theirs, 1)
		ours, canary := watch(t, hub, anyone(poll.Tenant), shown), watch(t, hub, anyone(theirs.Tenant), shown)
		for range 20 {
			town.vote(theirs)
			hub.Changed(theirs)
			hub.Changed(poll)
			wait(200 * time.Millisecond)
		}
		ours.ask(t, `{"sub":[{"t":"voting/canari-2f4e"}]}`)
		wait(time.Minute)
		if strings.Contains(strings.ReplaceAll(ours.text, "voting/canari-2f4e", ""), "canari") {
			t.Errorf("our screen got %s", ours.text)
		}
		if ours.last().Rev > 1 || canary.last().Rev != 21 {
			t.Errorf("ours is at %d, theirs at %d; want 1 and 21", ours.last().Rev, canary.last().Rev)
		}
		if hub.Present(poll) != 1 || hub.Present(theirs) != 1 {
			t.Errorf("present: %d and %d, want 1 each", hub.Present(poll), hub.Present(theirs))
		}
	})
}

func TestFollowingAndGivingUp(t *testing.T) {
	second := Topic{poll.Tenant, "voting", "2"}
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		town.set(second, 40)
		s := watch(t, hub, anyone(poll.Tenant), shown)
		s.ask(t, `{"sub":[{"t":"voting/2","a":"voter","rev":12}],"unsub":["voting/1"]}`)
		if last := s.last(); last.T != "voting/2" || last.Rev != 40 || last.S.For != "voter" {
			t.Errorf("got %+v, want revision 40 of voting/2 for voters", last)
		}
		town.vote(poll)
		hub.Changed(poll)
		wait(2 * time.Second)
		if last := s.last(); last.T != "voting/2" {
			t.Errorf("got %+v after giving voting/1 up", last)
		}
		if hub.Present(poll) != 0 || hub.Present(second) != 1 || hub.Present(second, Screen, Host) != 0 || hub.Present(second, Voter) != 1 {
			t.Error("present: the socket is counted in the wrong place")
		}
	})
}

func TestASocketFollowsAtMostTwentyTopics(t *testing.T) {
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, anyone(poll.Tenant), shown)
		for i := range 25 {
			topic := Topic{poll.Tenant, "voting", fmt.Sprint(100 + i)}
			town.set(topic, 1)
			s.ask(t, fmt.Sprintf(`{"sub":[{"t":%q}]}`, topic))
		}
		gone := 0
		for _, m := range s.states() {
			if m.Gone {
				gone++
			}
		}
		if gone != 6 || len(s.states()) != 26 {
			t.Errorf("%d of %d refused, want 6 of 26", gone, len(s.states()))
		}
	})
}

func TestAHeartbeatShowsThatBothSidesLive(t *testing.T) {
	inTime(t, Options{Reread: time.Hour}, func(t *testing.T, hub *Hub, town *town) {
		s := &screen{conn: link(t, hub, anyone(poll.Tenant), shown)}
		var pings atomic.Int32
		var dead atomic.Bool // the phone is; its network still accepts bytes
		pong := s.conn.PingHandler()
		s.conn.SetPingHandler(func(data string) error {
			if dead.Load() {
				return nil
			}
			pings.Add(1)
			return pong(data)
		})
		go s.read()
		wait(10 * time.Minute)
		if beats := s.beats(); beats < 23 || beats > 25 || int(pings.Load()) != beats || hub.Stats().Sockets != 1 {
			t.Errorf("%d heartbeats and %d pings in 10 minutes, %+v; want one every 25 s and the socket kept", beats, pings.Load(), hub.Stats())
		}
		dead.Store(true)
		wait(86 * time.Second)
		if n := hub.Stats().Sockets; n != 0 {
			t.Errorf("%d sockets after the browser stopped to answer, want 0", n)
		}
	})
}

func TestTheSocketEndsWithTheSession(t *testing.T) {
	var alive atomic.Bool
	alive.Store(true)
	session := anyone(poll.Tenant)
	session.Alive = func(context.Context) bool { return alive.Load() }
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		s := watch(t, hub, session, shown)
		wait(5 * time.Minute)
		if s.code() != 0 {
			t.Fatalf("closed with %d while the session lived", s.code())
		}
		alive.Store(false)
		wait(time.Minute)
		if s.code() != websocket.ClosePolicyViolation {
			t.Errorf("closed with %d a minute after sign-out, want 1008", s.code())
		}
	})
}

func TestASessionCheckThatPanicsEndsItsSocketOnly(t *testing.T) {
	session := anyone(poll.Tenant)
	session.Alive = func(context.Context) bool { panic("no session store") }
	inTime(t, Options{}, func(t *testing.T, hub *Hub, town *town) {
		bad, good := watch(t, hub, session, shown), watch(t, hub, anyone(poll.Tenant), shown)
		wait(2 * time.Minute)
		if bad.code() != websocket.ClosePolicyViolation || good.code() != 0 {
			t.Errorf("closed with %d and %d, want 1008 and none", bad.code(), good.code())
		}
	})
}

func TestCloseSaysGoodbyeAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := New(Options{Source: newTown()})
		var screens []*screen
		for range 50 {
			screens = append(screens, watch(t, hub, anyone(poll.Tenant), shown))
		}
		began := time.Now()
		if err := hub.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took < 1900*time.Millisecond || took > 2500*time.Millisecond {
			t.Errorf("closing took %v, want the goodbyes spread over 2 s", took)
		}
		if stats := hub.Stats(); stats.Sockets != 0 {
			t.Errorf("closed with %+v", stats)
		}
		synctest.Wait()
		for _, s := range screens {
			if s.code() != websocket.CloseServiceRestart {
				t.Fatalf("closed with %d, want 1012", s.code())
			}
		}
		if _, err := tryLink(hub, anyone(poll.Tenant), shown); err == nil {
			t.Error("a closed hub took one more socket")
		}
		hub.Changed(poll) // and is harmless
	})
}

func TestCloseCutsWhoDoesNotListen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := New(Options{Source: newTown(), Spread: -1})
		link(t, hub, anyone(poll.Tenant), shown) // takes nothing
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		if err := hub.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("closed with %v, want the deadline", err)
		}
		if took := time.Since(began); took != 3*time.Second || hub.Stats().Sockets != 0 {
			t.Errorf("took %v, left %d sockets; want 3 s and none", took, hub.Stats().Sockets)
		}
	})
}

func TestCloseWaitsASecondForAGoodbyeThatDoesNotCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hub := New(Options{Source: newTown(), Spread: -1})
		s := &screen{conn: link(t, hub, anyone(poll.Tenant), shown)}
		s.conn.SetCloseHandler(func(int, string) error { return nil }) // says nothing, and stays
		go s.read()
		synctest.Wait()
		began := time.Now()
		if err := hub.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %v, want a second", took)
		}
	})
}

func TestASlowSourceOfOneTopicLeavesTheOthersLive(t *testing.T) {
	votes := newTown()
	stuck := Topic{poll.Tenant, "budgets", "9"}
	source := SourceFunc(func(ctx context.Context, topic Topic, audience Audience) (State, error) {
		if topic == stuck {
			<-ctx.Done()
			return State{}, ctx.Err()
		}
		return votes.Snapshot(ctx, topic, audience)
	})
	inTime(t, Options{Source: source}, func(t *testing.T, hub *Hub, _ *town) {
		s := watch(t, hub, anyone(poll.Tenant), "t=budgets/9&t=voting/1")
		votes.vote(poll)
		hub.Changed(poll)
		wait(200 * time.Millisecond)
		if s.last().Rev != 2 {
			t.Errorf("shows %v, want revision 2 in spite of the stuck topic", s.revs())
		}
		wait(20 * time.Second)
		if failures := hub.Stats().Failures; failures < 3 || failures > 4 {
			t.Errorf("%d readings gave up in 20 s, want one each 5 s and a pause", failures)
		}
	})
}
