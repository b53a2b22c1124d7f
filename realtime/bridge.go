package realtime

import (
	"bufio"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"runtime/debug"
	"slices"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/utils"
	"github.com/gorilla/websocket"
)

// readBuffer is the size of a socket's read buffer. Browsers send next to
// nothing; larger frames pass through it in pieces.
const readBuffer = 128

// Prepare lets the app give its connections away. It must be called once,
// before the app listens.
func Prepare(app *fiber.App) { app.Server().KeepHijackedConns = true }

// Upgrade turns the request into a WebSocket and hands it to serve, which owns
// it from then on, and must close it. A request that is not an upgrade, or does
// not come from one of the origins, is refused while Fiber can still answer it.
//
// The Fiber context is recycled as soon as the handler returns: serve must use
// nothing of it, not even its strings, unless copied before. And serve should
// return soon, leaving the socket to a goroutine that it starts: the one it is
// called in holds buffers of the HTTP server, and its stack has grown.
func Upgrade(c *fiber.Ctx, origins []string, log *slog.Logger, serve func(*websocket.Conn)) error {
	if !c.App().Server().KeepHijackedConns {
		return fmt.Errorf("realtime: Prepare was not called on the app")
	}
	r, err := upgradeRequest(c)
	if err != nil {
		return err
	}
	if !slices.Contains(origins, r.Header.Get("Origin")) {
		return fiber.NewError(fiber.StatusForbidden, "foreign origin")
	}
	c.Context().HijackSetNoResponse(true)
	c.Context().Hijack(func(conn net.Conn) {
		defer survive(log, "upgrade")
		if h, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
			conn = h.UnsafeConn() // without fasthttp's reader of 4 kB: nothing may come before the answer
		}
		socket, err := handshake(conn, r)
		if err != nil {
			conn.Close() // fasthttp leaves that to us
			return
		}
		serve(socket)
	})
	return nil
}

// upgradeRequest copies what the handshake needs of the request.
func upgradeRequest(c *fiber.Ctx) (*http.Request, error) {
	header := make(http.Header, 12)
	c.Request().Header.VisitAll(func(key, value []byte) { header.Add(string(key), string(value)) })
	r := &http.Request{
		Method: utils.CopyString(c.Method()), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Host: string(c.Request().Host()), URL: &url.URL{Path: utils.CopyString(c.Path())},
	}
	if r.Method != http.MethodGet || !websocket.IsWebSocketUpgrade(r) {
		c.Set(fiber.HeaderUpgrade, "websocket")
		return nil, fiber.ErrUpgradeRequired
	}
	if header.Get("Sec-Websocket-Version") != "13" || len(header.Get("Sec-Websocket-Key")) != 24 {
		c.Set("Sec-WebSocket-Version", "13")
		return nil, fiber.ErrBadRequest
	}
	return r, nil
}

// handshake answers the upgrade request on the connection.
func handshake(conn net.Conn, r *http.Request) (*websocket.Conn, error) {
	upgrader := websocket.Upgrader{
		ReadBufferSize: readBuffer, WriteBufferPool: &writeBuffers, WriteBufferSize: 512,
		CheckOrigin: func(*http.Request) bool { return true }, // checked before the connection was taken
	}
	return upgrader.Upgrade(&responder{conn: newWire(conn), header: http.Header{}}, r, nil)
}

// responder is as much of an http.ResponseWriter as the upgrader uses.
type responder struct {
	conn   *wire
	header http.Header
	status int
}

func (w *responder) Header() http.Header    { return w.header }
func (w *responder) WriteHeader(status int) { w.status = status }

// Write is reached only when the upgrader refuses.
func (w *responder) Write(body []byte) (int, error) {
	w.header.Set("Connection", "close")
	w.header.Set("Content-Length", fmt.Sprint(len(body)))
	fmt.Fprintf(w.conn, "HTTP/1.1 %d %s\r\n", w.status, http.StatusText(w.status))
	w.header.Write(w.conn)
	fmt.Fprintf(w.conn, "\r\n%s", body)
	return len(body), w.conn.flush(writePatience)
}

// Hijack hands the connection over. The tiny buffers are not used: they keep
// the upgrader from holding on to larger ones.
func (w *responder) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return w.conn, bufio.NewReadWriter(bufio.NewReaderSize(w.conn, 16), bufio.NewWriterSize(w.conn, 16)), nil
}

// survive keeps a panic in one socket or topic from ending the program.
func survive(log *slog.Logger, where string) {
	if reason := recover(); reason != nil {
		log.Error("realtime recovered from a panic", "in", where, "panic", reason, "stack", string(debug.Stack()))
	}
}
