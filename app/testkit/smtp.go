package testkit

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	"net/mail"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

// Letter is a mail that reached the sink, decoded.
type Letter struct {
	From    string // as written: `"Ville de Saint-Dizier" <…>`
	To      string
	Subject string
	Text    string
	HTML    string
	Header  mail.Header
}

// Code returns the 6-digit code in the letter, "" without one.
func (l Letter) Code() string { return sixDigits.FindString(l.Text) }

// Link returns the path of the first link in the letter, "" without one.
func (l Letter) Link() string {
	found := address.FindStringSubmatch(l.Text)
	if found == nil {
		return ""
	}
	return found[1]
}

var (
	sixDigits = regexp.MustCompile(`(?m)^\d{6}$`)
	address   = regexp.MustCompile(`(?m)^https?://[^/\s]+(/\S*)$`)
)

// Sink is a real SMTP server that keeps what it is given.
type Sink struct {
	// URL is its address, for PARVIS_SMTP.
	URL string

	mu      sync.Mutex
	letters []Letter
	arrived chan struct{}
	refuse  error
}

// SMTP starts a sink, which ends with the test.
func SMTP(t testing.TB) *Sink {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("testkit: %v", err)
	}
	sink := &Sink{URL: "smtp+plain://" + listener.Addr().String(), arrived: make(chan struct{}, 1000)}
	server := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &sinkSession{sink: sink}, nil }))
	server.Domain = "localhost"
	server.ErrorLog = quiet{}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(listener) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return sink
}

// Refuse makes the sink answer every mail with err; nil makes it accept again.
func (s *Sink) Refuse(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse = err
}

// Letters returns what has arrived for an address, oldest first; for everybody
// when to is empty.
func (s *Sink) Letters(to string) []Letter {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Letter
	for _, l := range s.letters {
		if to == "" || l.To == to {
			found = append(found, l)
		}
	}
	return found
}

// Await returns the nth letter (from 1) that arrives for an address.
func (s *Sink) Await(t testing.TB, to string, nth int) Letter {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for {
		if found := s.Letters(to); len(found) >= nth {
			return found[nth-1]
		}
		select {
		case <-s.arrived:
		case <-ctx.Done():
			t.Fatalf("testkit: no mail number %d for %s", nth, to)
		}
	}
}

type sinkSession struct {
	sink *Sink
	to   string
}

func (s *sinkSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *sinkSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return nil
}
func (s *sinkSession) Reset()        {}
func (s *sinkSession) Logout() error { return nil }

func (s *sinkSession) Data(r io.Reader) error {
	s.sink.mu.Lock()
	refusal := s.sink.refuse
	s.sink.mu.Unlock()
	if refusal != nil {
		return refusal
	}
	letter, err := parseLetter(r)
	if err != nil {
		return err
	}
	letter.To = s.to
	s.sink.mu.Lock()
	s.sink.letters = append(s.sink.letters, letter)
	s.sink.mu.Unlock()
	s.sink.arrived <- struct{}{}
	return nil
}

// parseLetter reads a mail as a mail program does.
func parseLetter(r io.Reader) (Letter, error) {
	message, err := mail.ReadMessage(r)
	if err != nil {
		return Letter{}, err
	}
	decoder := new(mime.WordDecoder)
	subject, err := decoder.DecodeHeader(message.Header.Get("Subject"))
	if err != nil {
		return Letter{}, err
	}
	from, err := decoder.DecodeHeader(message.Header.Get("From"))
	if err != nil {
		return Letter{}, err
	}
	letter := Letter{From: from, Subject: subject, Header: message.Header}
	kind, params, err := mime.ParseMediaType(message.Header.Get("Content-Type"))
	if err != nil {
		return letter, err
	}
	if !strings.HasPrefix(kind, "multipart/") {
		body, err := io.ReadAll(quotedprintable.NewReader(message.Body))
		letter.Text = plainLines(body)
		return letter, err
	}
	return letter, letter.readParts(multipart.NewReader(message.Body, params["boundary"]))
}

// readParts keeps the text and the HTML; the multipart reader has undone the
// quoted-printable encoding.
func (l *Letter) readParts(parts *multipart.Reader) error {
	for {
		part, err := parts.NextPart()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		body, err := io.ReadAll(part)
		if err != nil {
			return err
		}
		if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
			l.HTML = plainLines(body)
		} else {
			l.Text = plainLines(body)
		}
	}
}

func plainLines(body []byte) string { return strings.ReplaceAll(string(body), "\r\n", "\n") }

// quiet drops the server's log.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}
