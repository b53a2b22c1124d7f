package torture

import (
	"context"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"parvis/app/voting"
)

// crowd is people who vote over real sockets, as browsers do.
type crowd struct {
	h       *hall
	client  *http.Client
	origin  string // "http://ville-x.localhost:40123"
	voters  []voting.Voter
	tokens  []string // of their sessions
	report  *Report
	patient bool // nobody minds an answer that takes long

	next         atomic.Int64
	acknowledged atomic.Int64
	unavailable  atomic.Int64 // answers "not now" to a ballot that was sent
	slowest      atomic.Int64 // nanoseconds

	mu    sync.Mutex
	votes []vote
}

// newCrowd has n people sign in to the program that listens on addr.
func (h *hall) newCrowd(addr string, n int, report *Report) *crowd {
	h.Helper()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		h.Fatal(err)
	}
	c := &crowd{h: h, origin: "http://" + net.JoinHostPort(h.town.Hosts[0], port), voters: h.citizens(n), report: report}
	c.tokens = h.signIn(c.voters)
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	transport := &http.Transport{MaxIdleConnsPerHost: 128, DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return dialer.DialContext(ctx, network, addr)
	}}
	h.Cleanup(transport.CloseIdleConnections)
	c.client = &http.Client{
		Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// answer is what came back; err is a connection that was refused or cut.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

func (a answer) notNow() bool { return a.err != nil || a.status == http.StatusServiceUnavailable }

// send does one request and notes how long its sender waited.
func (c *crowd) send(method, path, token, kind string, body io.Reader) answer {
	request, err := http.NewRequest(method, c.origin+path, body)
	if err != nil {
		return answer{err: err}
	}
	request.AddCookie(&http.Cookie{Name: "parvis", Value: token})
	if kind != "" {
		request.Header.Set("Content-Type", kind)
		request.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	begun := time.Now()
	response, err := c.client.Do(request)
	var text []byte
	if err == nil {
		text, err = io.ReadAll(response.Body)
		_ = response.Body.Close()
	}
	c.waited(method+" "+path, time.Since(begun))
	if err != nil {
		return answer{err: err}
	}
	return answer{response.StatusCode, response.Header, string(text), nil}
}

// atMost is how long anybody may be kept waiting, whatever fails, and a little
// for a busy machine.
const atMost = 5*time.Second + 500*time.Millisecond

func (c *crowd) waited(what string, d time.Duration) {
	for old := c.slowest.Load(); int64(d) > old && !c.slowest.CompareAndSwap(old, int64(d)); old = c.slowest.Load() {
	}
	if d > atMost && !c.patient {
		c.report.problem("%s a fait attendre %v", what, d.Round(time.Millisecond))
	}
}

func (c *crowd) get(path, token string) answer { return c.send(http.MethodGet, path, token, "", nil) }

func (c *crowd) post(path, token string, form url.Values) answer {
	return c.send(http.MethodPost, path, token, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

var (
	csrfRE   = regexp.MustCompile(`name="_csrf" value="([^"]+)"`)
	numberRE = regexp.MustCompile(`name="bulletin" value="([^"]+)"`)
)

func field(re *regexp.Regexp, page string) string {
	if found := re.FindStringSubmatch(page); found != nil {
		return html.UnescapeString(found[1])
	}
	return ""
}

// again asks until there is an answer other than "not now", or done says that
// it is no use any more.
func again(done func() bool, ask func() answer) answer {
	for {
		a := ask()
		if !a.notNow() || done() {
			return a
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// ready is a ballot that was reviewed, to be confirmed.
type ready struct {
	vote
	booth, token string
	form         url.Values
}

// choose takes somebody through the booth and the review. They give up when
// ctx is done: nothing is sent yet.
func (c *crowd) choose(ctx context.Context, id voting.PollID, i int) (r ready, ok bool) {
	option := string(rune('a' + i%3))
	r = ready{vote: vote{voter: c.voters[i], marks: option + "=1", index: -1}, booth: "/votes/" + id.String(), token: c.tokens[i]}
	gone := func() bool { return ctx.Err() != nil }
	page := again(gone, func() answer { return c.get(r.booth, r.token) })
	r.form = url.Values{"_csrf": {field(csrfRE, page.body)}, "choix": {option}}
	if gone() || !c.expect("l’isoloir", page, http.StatusOK) {
		return r, false
	}
	page = again(gone, func() answer { return c.post(r.booth+"/verification", r.token, r.form) })
	number := field(numberRE, page.body)
	if gone() || !c.expect("la relecture", page, http.StatusOK) {
		return r, false
	}
	var err error
	if r.nonce, err = voting.ParseNonce(strings.Split(number, ".")[0]); err != nil {
		c.report.problem("la relecture ne porte pas de numéro de bulletin : %s", words(page.body))
	}
	r.form.Set("bulletin", number)
	return r, err == nil
}

// prepare has n more people come as far as the review.
func (c *crowd) prepare(id voting.PollID, n int) []ready {
	c.next.Store(0)
	prepared := make([]ready, 0, n)
	var people sync.WaitGroup
	for range 8 {
		people.Go(func() {
			for {
				i := int(c.next.Add(1) - 1)
				if i >= n {
					return
				}
				if r, ok := c.choose(context.Background(), id, i); ok {
					c.mu.Lock()
					prepared = append(prepared, r)
					c.mu.Unlock()
				}
			}
		})
	}
	people.Wait()
	return prepared
}

// confirm sends a ballot, the same again and again, until its voter knows.
func (c *crowd) confirm(r ready) {
	v := &r.vote
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.votes = append(c.votes, r.vote)
	}()
	deadline := time.Now().Add(time.Duration(times(2, 10)) * time.Minute)
	late := func() bool { return time.Now().After(deadline) }
	a := again(late, func() answer {
		a := c.post(r.booth+"/bulletin", r.token, r.form)
		if a.err == nil && a.notNow() {
			c.unavailable.Add(1)
			c.mustBeClear(a)
		}
		return a
	})
	switch {
	case a.err == nil && a.status == http.StatusSeeOther && strings.HasSuffix(a.header.Get("Location"), "/recepisse/"+v.nonce.String()):
		v.acknowledged = true
		c.acknowledged.Add(1)
	case a.err == nil && (a.status == http.StatusGone || a.status == http.StatusConflict || a.status == http.StatusForbidden):
		v.refused = true
		c.report.problem("un bulletin est refusé (%d)", a.status)
	default:
		c.report.problem("un bulletin reste sans réponse : %d %v", a.status, a.err)
	}
}

// mustBeClear: an answer "not now" says when to come back, in words, and is
// never a receipt.
func (c *crowd) mustBeClear(a answer) {
	switch {
	case a.header.Get("Retry-After") == "":
		c.report.problem("une réponse 503 ne dit pas quand revenir")
	case !strings.Contains(a.body, "éessaye"):
		c.report.problem("une réponse 503 ne dit pas quoi faire : %s", words(a.body))
	}
}

var tagRE = regexp.MustCompile(`<[^>]*>`)

// words is the beginning of what a page says in its main part.
func words(page string) string {
	_, main, _ := strings.Cut(page, "<main")
	return fmt.Sprintf("%.300s", strings.Join(strings.Fields(html.UnescapeString(tagRE.ReplaceAllString("<"+main, " "))), " "))
}

func (c *crowd) expect(what string, a answer, status int) bool {
	if a.err == nil && a.status != status {
		c.report.problem("%s répond %d : %s", what, a.status, words(a.body))
	}
	return a.err == nil && a.status == status
}

// rush has so many people at a time vote in a poll until stop is called, which
// returns what everybody remembers. Half of them confirm what was prepared, as
// long as there is some: without it hardly a ballot is under way when a fault
// comes, since pages take longer than confirming.
func (c *crowd) rush(id voting.PollID, atOnce int, prepared ...ready) (stop func() []vote) {
	c.next.Store(int64(len(prepared)))
	c.acknowledged.Store(0)
	c.votes = nil
	queue := make(chan ready, len(prepared))
	for _, r := range prepared {
		queue <- r
	}
	close(queue)
	ctx, cancel := context.WithCancel(context.Background())
	var people sync.WaitGroup
	for n := range atOnce {
		people.Go(func() {
			if n%2 == 0 {
				for r := range queue {
					c.confirm(r)
				}
			}
			for ctx.Err() == nil {
				i := int(c.next.Add(1) - 1)
				if i >= len(c.voters) {
					return
				}
				if r, ok := c.choose(ctx, id, i); ok {
					c.confirm(r)
				}
			}
		})
	}
	return func() []vote {
		cancel()
		people.Wait()
		return c.votes
	}
}

// until waits for n more ballots to be acknowledged.
func (c *crowd) until(n int64) {
	c.h.Helper()
	target := c.acknowledged.Load() + n
	c.wait("votes do not come back", func() bool { return c.acknowledged.Load() >= target })
}

func (c *crowd) wait(otherwise string, ready func() bool) {
	c.h.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ready(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			c.h.Fatalf("%s (%d acknowledged, %d asked to come back, %d of %d began)", otherwise,
				c.acknowledged.Load(), c.unavailable.Load(), c.next.Load(), len(c.voters))
		}
	}
}

// receipts checks that the page of each acknowledged ballot is there.
func (c *crowd) receipts(id voting.PollID, votes []vote, most int) {
	for i, v := range votes {
		if i >= most {
			return
		}
		if !v.acknowledged {
			continue
		}
		page := c.get(fmt.Sprintf("/votes/%s/recepisse/%s", id, v.nonce), c.tokens[0])
		c.expect("un récépissé", page, http.StatusOK)
	}
}
