package web

import (
	"bytes"
	"context"
	"io"
	"net"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// BodyLimit is the size of the largest form, in bytes.
const BodyLimit = 64 << 10

// Upload is a route that takes more than BodyLimit.
type Upload struct {
	Pattern string // as in Fiber: "/office/consultations/:id/documents"
	Limit   int    // in bytes
}

// mostForStrangers is what anybody may send, signed in or not: a long text,
// which whose session has just ended must not lose. Bodies are held in memory
// while they come in, slowly if the sender likes, so that more is taken only
// from somebody who is known.
const mostForStrangers = 1 << 20

// bodyLimit says how large the body of a request may be, before it is read.
func (s *server) bodyLimit(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if size := header.ContentLength(); size >= 0 && size <= BodyLimit {
		return fasthttp.RequestConfig{}
	}
	upload, ok := s.uploadOf(header)
	if !ok || upload.Limit > mostForStrangers && !s.known(header) {
		return fasthttp.RequestConfig{}
	}
	return fasthttp.RequestConfig{MaxRequestBodySize: upload.Limit, ReadTimeout: 5 * time.Minute}
}

// uploadOf finds the route of a request among those that take large bodies.
func (s *server) uploadOf(header *fasthttp.RequestHeader) (Upload, bool) {
	var uri fasthttp.URI
	if uri.Parse(nil, header.RequestURI()) != nil {
		return Upload{}, false
	}
	path := string(uri.Path())
	i := slices.IndexFunc(s.Uploads, func(u Upload) bool { return fiber.RoutePatternMatch(path, u.Pattern) })
	if i < 0 {
		return Upload{}, false
	}
	return s.Uploads[i], true
}

// known reports whether a request comes with an open session, and for the back
// office with that of somebody who works there. It decides about memory only:
// who may do what is decided again once the body is there.
func (s *server) known(header *fasthttp.RequestHeader) bool {
	host := string(header.Host())
	if forwarded := header.Peek(fiber.HeaderXForwardedHost); len(s.trusted) > 0 && len(forwarded) > 0 {
		host = string(forwarded) // a lie here leads to a town where the session is none
	}
	name, ok := NormalHost(host)
	token := string(header.Cookie(s.cookies.prefix + sessionCookie))
	if !ok || token == "" || len(token) > maxToken {
		return false
	}
	ctx, cancel := context.WithTimeout(context.Background(), s.Timeout)
	defer cancel()
	t, err := s.Tenants.ByHost(ctx, name)
	if err != nil {
		return false
	}
	viewer, err := s.Sessions.Viewer(ctx, t.ID, token)
	inOffice := bytes.HasPrefix(header.RequestURI(), []byte("/office/"))
	return err == nil && viewer.SignedIn && (viewer.Staff() || !inOffice)
}

// Listen returns a listener for the application. A connection that is closed
// while the browser still sends a form too large would be reset, and the page
// that says so lost; this one lets the browser finish, within limits.
func Listen(address string) (net.Listener, error) {
	inner, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return patientListener{inner}, nil
}

type patientListener struct{ net.Listener }

func (l patientListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		return patientConn{tcp}, nil
	}
	return conn, err
}

type patientConn struct{ *net.TCPConn }

// What is read and thrown away at most before a connection is closed.
const (
	lingerBytes = 16 << 20
	lingerTime  = time.Second
)

// Close ends our side first, then reads what was already on its way.
func (c patientConn) Close() error {
	if c.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.TCPConn, lingerBytes) // whatever comes is too late
	}
	return c.TCPConn.Close()
}
