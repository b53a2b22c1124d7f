package realtime

import (
	"bufio"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestParseRequest(t *testing.T) {
	r, err := parseRequest("t1", []byte(`{"sub":[{"t":"voting/0c9e","a":"screen","rev":12},{"t":"voting/b"}],"unsub":["voting/77ab"],"later":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want1 := want{Topic{"t1", "voting", "0c9e"}, Screen, 12}
	want2 := want{Topic{"t1", "voting", "b"}, Public, 0}
	if len(r.Sub) != 2 || r.Sub[0] != want1 || r.Sub[1] != want2 || len(r.Unsub) != 1 || r.Unsub[0] != (Topic{"t1", "voting", "77ab"}) {
		t.Errorf("%+v", r)
	}
}

func TestParseRequestIsBounded(t *testing.T) {
	for _, list := range []string{`"sub":[` + strings.Repeat(`{"t":"voting/1"},`, maxTopics), `"unsub":[` + strings.Repeat(`"voting/1",`, maxTopics)} {
		if _, err := parseRequest("t1", []byte("{"+strings.TrimSuffix(list, ",")+"]}")); err != nil {
			t.Errorf("20 topics: %v", err)
		}
		last := list[strings.Index(list, "[")+1 : strings.Index(list, ",")]
		if _, err := parseRequest("t1", []byte("{"+list+last+"]}")); err == nil {
			t.Error("21 topics were taken")
		}
	}
}

func TestParseQueryGivesEachTopicItsAudience(t *testing.T) {
	got, err := parseQuery("t1", "t=voting/a&a=screen&rev=3&t=voting/b&t=voting/c&a=voter")
	if err != nil {
		t.Fatal(err)
	}
	// The second audience given is the second topic's; the third topic has the last one.
	for i, expected := range []want{{Topic{"t1", "voting", "a"}, Screen, 3}, {Topic{"t1", "voting", "b"}, Voter, 0}, {Topic{"t1", "voting", "c"}, Voter, 0}} {
		if got[i] != expected {
			t.Errorf("topic %d: %+v, want %+v", i, got[i], expected)
		}
	}
}

// FuzzParseRequest: whatever a client sends, what comes out is the tenant's
// own, and bounded.
func FuzzParseRequest(f *testing.F) {
	for _, seed := range []string{
		`{"sub":[{"t":"voting/1","a":"screen","rev":12}],"unsub":["voting/2"]}`, `{"SUB":[{"T":"voting/1"}]}`,
		`{"sub":[{"t":"voting/1","rev":-5}]}`, `{"sub":null}`, `{"sub":[{"t":"other/../voting"}]}`, `{"sub":[{"t":"voting/\u0000"}]}`, "\xff", "",
	} {
		f.Add(seed, "t="+seed)
	}
	f.Fuzz(func(t *testing.T, text, query string) {
		r, err := parseRequest("t1", []byte(text))
		if err == nil {
			check(t, r.Sub)
		}
		if wants, err := parseQuery("t1", query); err == nil {
			check(t, wants)
		}
	})
}

func check(t *testing.T, wants []want) {
	if len(wants) > maxTopics {
		t.Errorf("%d topics", len(wants))
	}
	for _, w := range wants {
		if w.Topic.Tenant != "t1" || !w.Topic.valid() || !w.Audience.valid() || w.Rev < 0 {
			t.Errorf("%+v", w)
		}
		if again, err := ParseTopic("t1", w.Topic.String()); err != nil || again != w.Topic {
			t.Errorf("%v reads back as %v, %v", w.Topic, again, err)
		}
		if !json.Valid([]byte(`"` + w.Topic.String() + `"`)) {
			t.Errorf("%q needs escaping", w.Topic)
		}
	}
}

// FuzzSocket: whatever bytes come after the handshake, the server answers or
// hangs up, and forgets the socket.
func FuzzSocket(f *testing.F) {
	f.Add([]byte{0x81, 0x82, 1, 2, 3, 4, '{' ^ 1, '}' ^ 2})
	f.Add([]byte{0x89, 0x80, 0, 0, 0, 0, 0x88, 0x80, 0, 0, 0, 0})
	f.Add([]byte{0x01, 0xfe, 0xff, 0xff, 0, 0, 0, 0})
	f.Add([]byte{0x80, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0})
	hub := New(Options{Source: newTown(), Log: slog.New(slog.DiscardHandler)})
	f.Fuzz(func(t *testing.T, sent []byte) {
		near, far := net.Pipe()
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET /direct HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")))
		if err != nil {
			t.Fatal(err)
		}
		conn, err := handshake(near, r)
		if err != nil {
			t.Fatal(err)
		}
		hub.accept(conn, anyone("t1"), nil)
		go func() {
			for buffer := make([]byte, 512); ; {
				if _, err := far.Read(buffer); err != nil {
					return
				}
			}
		}()
		far.SetWriteDeadline(time.Now().Add(10 * time.Second))
		far.Write(sent) // as much as the server cares to read
		far.Close()
		eventually(t, "the socket is forgotten", func() bool { return hub.Stats().Sockets == 0 })
	})
}
