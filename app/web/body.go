package web

import (
	"io"
	"net"
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

// bodyLimit says how large the body of a request may be, before it is read.
func (s *server) bodyLimit(header *fasthttp.RequestHeader) fasthttp.RequestConfig {
	if size := header.ContentLength(); size >= 0 && size <= BodyLimit {
		return fasthttp.RequestConfig{}
	}
	var uri fasthttp.URI
	if uri.Parse(nil, header.RequestURI()) != nil {
		return fasthttp.RequestConfig{}
	}
	for _, upload := range s.Uploads {
		if fiber.RoutePatternMatch(string(uri.Path()), upload.Pattern) {
			return fasthttp.RequestConfig{MaxRequestBodySize: upload.Limit, ReadTimeout: 5 * time.Minute}
		}
	}
	return fasthttp.RequestConfig{}
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
