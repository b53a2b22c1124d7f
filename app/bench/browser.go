package bench

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"parvis/app/voting"
)

// browser is the cheapest client that speaks HTTP as a browser does: the
// machine's cores belong to what is measured.
type browser struct {
	conn net.Conn
	read *bufio.Reader
	host string
	body []byte
}

func (s *served) browser() (*browser, error) {
	conn, err := net.Dial("tcp", s.addr)
	if err != nil {
		return nil, err
	}
	return &browser{conn: conn, read: bufio.NewReaderSize(conn, 32<<10), host: s.host}, nil
}

func (b *browser) close() { _ = b.conn.Close() }

var (
	csrfRE   = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)
	numberRE = regexp.MustCompile(`name="bulletin" value="([^"]+)"`)
)

// choose opens the booth of a poll, makes a choice and asks to review it: what
// is left is to confirm.
func (b *browser) choose(poll voting.PollID, v *voter, choices []voting.OptionID) error {
	status, err := b.send(fmt.Sprintf("GET /votes/%s HTTP/1.1\r\nHost: %s\r\nCookie: parvis=%s\r\n\r\n", poll, b.host, v.token))
	if err != nil {
		return err
	}
	token := csrfRE.FindSubmatch(b.body)
	if status != 200 || token == nil {
		return fmt.Errorf("the booth answers %d, without a form", status)
	}
	v.csrf = string(token[1])
	if status, err = b.post(poll, "verification", v, url.Values{"choix": choices}); err != nil {
		return err
	}
	number := numberRE.FindSubmatch(b.body)
	if status != 200 || number == nil {
		return fmt.Errorf("the review answers %d, without a ballot's number", status)
	}
	v.ballot = url.Values{"bulletin": {html.UnescapeString(string(number[1]))}, "choix": choices}
	return nil
}

// confirm puts the reviewed ballot in the box, and returns the status.
func (b *browser) confirm(poll voting.PollID, v *voter) (int, error) {
	return b.post(poll, "bulletin", v, v.ballot)
}

func (b *browser) post(poll voting.PollID, page string, v *voter, form url.Values) (int, error) {
	form.Set("_csrf", v.csrf)
	body := form.Encode()
	return b.send(fmt.Sprintf("POST /votes/%s/%s HTTP/1.1\r\nHost: %s\r\nCookie: parvis=%s\r\nSec-Fetch-Site: same-origin\r\n"+
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", poll, page, b.host, v.token, len(body), body))
}

// send writes a request and reads the whole answer.
func (b *browser) send(request string) (status int, err error) {
	_ = b.conn.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(b.conn, request); err != nil {
		return 0, err
	}
	line, err := b.line()
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errors.New("no answer over HTTP")
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, err
	}
	length, err := b.headers()
	if err != nil {
		return 0, err
	}
	b.body = append(b.body[:0], make([]byte, length)...)
	_, err = io.ReadFull(b.read, b.body)
	return status, err
}

func (b *browser) line() ([]byte, error) {
	line, err := b.read.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

func (b *browser) headers() (length int, err error) {
	for {
		line, err := b.line()
		if err != nil || len(line) == 0 {
			return length, err
		}
		name, value, _ := bytes.Cut(line, []byte(":"))
		if strings.EqualFold(string(name), "content-length") {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return 0, err
			}
		}
	}
}
