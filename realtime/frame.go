package realtime

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"

	"github.com/gorilla/websocket"
)

const (
	maxFrame  = 4 << 10 // bytes a client may send at once
	maxTopics = 20      // topics a socket may follow
)

var errBadRequest = errors.New("realtime: not a request of this protocol")

// request is what a client asks for.
type request struct {
	Sub   []want
	Unsub []Topic
}

// want is one topic asked for.
type want struct {
	Topic    Topic
	Audience Audience
	Rev      int64 // the revision the client shows already; 0 for none
}

// parseRequest reads a client's frame. Its topics are the tenant's, whatever the frame says.
func parseRequest(tenant string, frame []byte) (request, error) {
	var wire struct {
		Sub []struct {
			T   string
			A   Audience
			Rev int64
		}
		Unsub []string
	}
	if len(frame) > maxFrame || json.Unmarshal(frame, &wire) != nil {
		return request{}, errBadRequest
	}
	if len(wire.Sub) > maxTopics || len(wire.Unsub) > maxTopics {
		return request{}, errBadRequest
	}
	var r request
	for _, sub := range wire.Sub {
		w, err := newWant(tenant, sub.T, sub.A, sub.Rev)
		if err != nil {
			return request{}, err
		}
		r.Sub = append(r.Sub, w)
	}
	for _, text := range wire.Unsub {
		topic, err := ParseTopic(tenant, text)
		if err != nil {
			return request{}, errBadRequest
		}
		r.Unsub = append(r.Unsub, topic)
	}
	return r, nil
}

// parseQuery reads the topics of a query string.
func parseQuery(tenant, query string) ([]want, error) {
	values, err := url.ParseQuery(query)
	if err != nil || len(values["t"]) > maxTopics {
		return nil, errBadRequest
	}
	var wants []want
	audience := Audience("")
	for i, text := range values["t"] {
		if given := values["a"]; i < len(given) {
			audience = Audience(given[i])
		}
		var rev int64
		if given := values["rev"]; i < len(given) && given[i] != "" {
			if rev, err = strconv.ParseInt(given[i], 10, 64); err != nil {
				return nil, errBadRequest
			}
		}
		w, err := newWant(tenant, text, audience, rev)
		if err != nil {
			return nil, err
		}
		wants = append(wants, w)
	}
	return wants, nil
}

func newWant(tenant, text string, audience Audience, rev int64) (want, error) {
	topic, err := ParseTopic(tenant, text)
	if err != nil {
		return want{}, errBadRequest
	}
	if audience == "" {
		audience = Public
	}
	i := slices.Index(audiences[:], audience)
	if i < 0 {
		return want{}, errBadRequest
	}
	// Our own constant, not a slice of the client's frame.
	return want{Topic: topic, Audience: audiences[i], Rev: max(rev, 0)}, nil
}

// frame is a state, ready to be written to any number of sockets.
type frame struct {
	rev     int64
	message *websocket.PreparedMessage
}

func newFrame(topic Topic, state State) (*frame, error) {
	if body := bytes.TrimLeft(state.Body, " \t\r\n"); len(body) == 0 || body[0] != '{' || !json.Valid(body) {
		return nil, fmt.Errorf("realtime: the state of %s is no JSON object", topic)
	}
	text := make([]byte, 0, len(state.Body)+96)
	text = append(text, `{"t":"`...)
	text = append(text, topic.String()...) // its alphabet needs no escaping
	text = append(text, `","rev":`...)
	text = strconv.AppendInt(text, state.Rev, 10)
	text = append(text, `,"s":`...)
	text = append(text, state.Body...)
	text = append(text, '}')
	message, err := websocket.NewPreparedMessage(websocket.TextMessage, text)
	return &frame{rev: state.Rev, message: message}, err
}

// mustPrepare prepares a message that cannot be refused.
func mustPrepare(kind int, data []byte) *websocket.PreparedMessage {
	message, err := websocket.NewPreparedMessage(kind, data)
	if err != nil {
		panic(err) // unreachable: preparing fails only on unknown kinds and overlong control frames
	}
	return message
}

func goneMessage(topic Topic) *websocket.PreparedMessage {
	return mustPrepare(websocket.TextMessage, []byte(`{"t":"`+topic.String()+`","gone":true}`))
}

func closeMessage(code int) *websocket.PreparedMessage {
	return mustPrepare(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""))
}
