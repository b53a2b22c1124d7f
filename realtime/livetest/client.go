// Package livetest connects to the live part of the platform as browsers do,
// for tests and benches: one client to look at closely, a crowd to measure
// with, and the limit of the machine to compare with. No part of the served
// program imports it.
package livetest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gorilla/websocket"
)

// Follow is a topic to follow: Rev is the revision already shown, 0 for none.
type Follow struct {
	Topic    string `json:"t"`
	Audience string `json:"a,omitempty"`
	Rev      int64  `json:"rev,omitempty"`
}

// Options say how to connect.
type Options struct {
	URL     string      // "http://saint-dizier.localhost:8080/direct"
	Origin  string      // default: that of the URL
	Header  http.Header // more headers, such as Cookie
	Follows []Follow    // asked for in the query string
	// Dial replaces the connection to the URL's host: to reach 127.0.0.1
	// whatever the host is, or to read through a small window.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Frame is what the server sends.
type Frame struct {
	Topic     string          `json:"t"`
	Rev       int64           `json:"rev"`
	State     json.RawMessage `json:"s"`
	Gone      bool            `json:"gone"`
	Heartbeat int64           `json:"hb"`
}

// Client is one connected browser. It is for one goroutine.
type Client struct{ conn *websocket.Conn }

// Refused is an answer over HTTP instead of a socket.
type Refused struct{ Status int }

func (r *Refused) Error() string { return fmt.Sprintf("no socket: HTTP %d", r.Status) }

// Dial connects.
func Dial(ctx context.Context, o Options) (*Client, error) {
	address, origin, err := addresses(o)
	if err != nil {
		return nil, err
	}
	header := o.Header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Origin", origin)
	dialer := websocket.Dialer{NetDialContext: o.Dial, ReadBufferSize: 512, WriteBufferSize: 512, HandshakeTimeout: 20 * time.Second}
	conn, answer, err := dialer.DialContext(ctx, address, header)
	if errors.Is(err, websocket.ErrBadHandshake) {
		return nil, &Refused{answer.StatusCode}
	}
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", o.URL, err)
	}
	return &Client{conn}, nil
}

// addresses returns the address of the socket and the origin of the page.
func addresses(o Options) (socket, origin string, err error) {
	u, err := url.Parse(o.URL)
	if err != nil {
		return "", "", err
	}
	origin = o.Origin
	if origin == "" {
		origin = u.Scheme + "://" + u.Host
	}
	query := u.Query()
	for _, f := range o.Follows {
		query.Add("t", f.Topic)
		query.Add("a", f.Audience)
		query.Add("rev", strconv.FormatInt(f.Rev, 10))
	}
	u.RawQuery = query.Encode()
	u.Scheme = strings.Replace(u.Scheme, "http", "ws", 1)
	return u.String(), origin, nil
}

// Next returns the next frame that is no heartbeat.
func (c *Client) Next(ctx context.Context) (Frame, error) {
	for {
		frame, err := c.Any(ctx)
		if err != nil || frame.Heartbeat == 0 {
			return frame, err
		}
	}
}

// Any returns the next frame, whatever it is. After a deadline has passed the
// client is of no more use.
func (c *Client) Any(ctx context.Context) (Frame, error) {
	deadline, _ := ctx.Deadline()
	c.conn.SetReadDeadline(deadline)
	_, text, err := c.conn.ReadMessage()
	if err != nil {
		return Frame{}, err
	}
	var frame Frame
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&frame); err != nil {
		return Frame{}, fmt.Errorf("frame %q: %w", text, err)
	}
	return frame, nil
}

// Subscribe asks for topics.
func (c *Client) Subscribe(follows ...Follow) error {
	return c.conn.WriteJSON(map[string]any{"sub": follows})
}

// Unsubscribe gives topics up.
func (c *Client) Unsubscribe(topics ...string) error {
	return c.conn.WriteJSON(map[string]any{"unsub": topics})
}

// Send sends any text, for hostile tests.
func (c *Client) Send(text []byte) error { return c.conn.WriteMessage(websocket.TextMessage, text) }

// Conn is the socket itself, for what the methods above do not offer.
func (c *Client) Conn() *websocket.Conn { return c.conn }

// Close says goodbye and hangs up.
func (c *Client) Close() error {
	goodbye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	c.conn.WriteControl(websocket.CloseMessage, goodbye, time.Now().Add(time.Second)) // the server may be gone
	return c.conn.Close()
}

// Drop hangs up without a word, as a phone that loses its network does.
func (c *Client) Drop() error { return c.conn.NetConn().Close() }

// CloseCode returns the code with which the server said goodbye, 0 if it did not.
func CloseCode(err error) int {
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		return closed.Code
	}
	return 0
}
