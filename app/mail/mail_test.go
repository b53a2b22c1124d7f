package mail_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
	"github.com/uptrace/bun"

	"parvis/app/i18n"
	"parvis/app/jobs"
	"parvis/app/mail"
	"parvis/app/tenant"
	"parvis/app/testkit"
)

// post is a town's mail: what sends it, and where it arrives.
type post struct {
	*mail.Sender
	db   *testkit.DB
	town *tenant.Tenant
	sink *testkit.Sink
	jobs *jobs.Runner
	ctx  context.Context
}

func newPost(t *testing.T, keep bool) *post {
	t.Helper()
	p := &post{db: testkit.Database(t), sink: testkit.SMTP(t)}
	p.town = p.db.Tenant(t, testkit.Named("saint-dizier", `Ville de Saint-Dizier, "la Haute"`))
	quiet := slog.New(slog.DiscardHandler)
	runner, err := jobs.New(p.db.Pool, quiet)
	if err != nil {
		t.Fatal(err)
	}
	options := mail.Options{DB: p.db.DB, Jobs: runner, SMTP: p.sink.URL, From: "ne-pas-repondre@parvis.test", Keep: keep, Log: quiet}
	if keep {
		options.SMTP = ""
	}
	if p.Sender, err = mail.New(options); err != nil {
		t.Fatal(err)
	}
	bundle, err := i18n.Load(mail.Catalogue)
	if err != nil {
		t.Fatal(err)
	}
	p.jobs, p.ctx = runner, bundle.NewContext(t.Context(), "fr", nil)
	if err := runner.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := runner.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return p
}

// write enqueues a letter in a transaction that ends with end.
func (p *post) write(t *testing.T, letter mail.Letter, end error) {
	t.Helper()
	message, err := letter.To(p.ctx, p.town, "jeanne@exemple.fr")
	if err != nil {
		t.Fatal(err)
	}
	err = p.db.InTenant(p.ctx, p.town.ID, func(ctx context.Context, tx bun.Tx) error {
		if err := p.Enqueue(ctx, tx, p.town, message); err != nil {
			t.Fatal(err)
		}
		return end
	})
	if !errors.Is(err, end) {
		t.Fatal(err)
	}
}

// left counts the letters still in the database.
func (p *post) left(t *testing.T) (n int) {
	t.Helper()
	err := p.db.Superuser(t).QueryRow(t.Context(), `SELECT count(*) FROM core.mails`).Scan(&n)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func (p *post) awaitLeft(t *testing.T, want int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for p.left(t) != want {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%d letters left, want %d", p.left(t), want)
		}
	}
}

func TestALetterIsSentInTheNameOfTheTownThenForgotten(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.write(t, mail.Letter{
		Subject: "L'été à Saint-Dizier", Paragraphs: []string{"Bonjour, <b>tilleul</b> & chêne."}, Code: "123456",
		Button: mail.Button{Label: "Entrer", Href: "https://exemple.fr/connexion/lien/abc"}, After: []string{"À bientôt."},
	}, nil)
	letter := p.sink.Await(t, "jeanne@exemple.fr", 1)
	if !strings.Contains(letter.From, "Ville de Saint-Dizier") || !strings.Contains(letter.From, "<ne-pas-repondre@parvis.test>") {
		t.Errorf("from %q", letter.From)
	}
	if letter.Subject != "L'été à Saint-Dizier" || letter.Header.Get("Auto-Submitted") != "auto-generated" || letter.Header.Get("Date") == "" || letter.Header.Get("Message-Id") == "" {
		t.Errorf("subject %q, header %v", letter.Subject, letter.Header)
	}
	for _, want := range []string{"Bonjour, <b>tilleul</b> & chêne.", "https://exemple.fr/connexion/lien/abc", "\n123456\n", "À bientôt.", "-- \n"} {
		if !strings.Contains(letter.Text, want) {
			t.Errorf("no %q in the text:\n%s", want, letter.Text)
		}
	}
	for _, want := range []string{"&lt;b&gt;tilleul&lt;/b&gt; &amp; chêne.", `href="https://exemple.fr/connexion/lien/abc"`, "123456"} {
		if !strings.Contains(letter.HTML, want) {
			t.Errorf("no %q in the HTML", want)
		}
	}
	for _, tracker := range []string{"<img", "<script", "<link", "url("} {
		if strings.Contains(letter.HTML, tracker) {
			t.Errorf("%q in the HTML", tracker)
		}
	}
	p.awaitLeft(t, 0)
}

func TestTheLetterOfAnActThatFailedIsNeverSent(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.write(t, mail.Letter{Subject: "never"}, errors.New("the act failed"))
	p.write(t, mail.Letter{Subject: "later"}, nil)
	p.sink.Await(t, "jeanne@exemple.fr", 1)
	p.awaitLeft(t, 0)
	if got := p.sink.Letters(""); len(got) != 1 || got[0].Subject != "later" {
		t.Errorf("%d letters arrived", len(got))
	}
}

func TestALetterRefusedForAMomentArrivesLater(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.sink.Refuse(&smtp.SMTPError{Code: 451, Message: "come back later"})
	p.write(t, mail.Letter{Subject: "patience"}, nil)
	var tried bool
	deadline := time.After(20 * time.Second)
	for !tried {
		err := p.db.Superuser(t).QueryRow(t.Context(), `SELECT coalesce(bool_or(cardinality(errors) > 0), false) FROM river.river_job WHERE kind = 'mail_delivery'`).Scan(&tried)
		if err != nil {
			t.Fatal(err)
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatal("the refused letter was not tried")
		}
	}
	p.sink.Refuse(nil)
	p.sink.Await(t, "jeanne@exemple.fr", 1)
	p.awaitLeft(t, 0)
}

func TestALetterThatIsTooLateIsNotSent(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.write(t, mail.Letter{Subject: "yesterday's link", Until: time.Now().Add(-time.Second)}, nil)
	p.awaitLeft(t, 0)
	if got := p.sink.Letters(""); len(got) != 0 {
		t.Errorf("%d letters arrived", len(got))
	}
}

func TestTheJobNamesNobody(t *testing.T) {
	t.Parallel()
	p := newPost(t, false)
	p.write(t, mail.Letter{Subject: "secret subject", Code: "654321"}, nil)
	p.sink.Await(t, "jeanne@exemple.fr", 1)
	var dump string
	if err := p.db.Superuser(t).QueryRow(t.Context(), `SELECT string_agg(j::text, ' ') FROM river.river_job j WHERE kind = 'mail_delivery'`).Scan(&dump); err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"jeanne", "secret subject", "654321"} {
		if strings.Contains(dump, personal) {
			t.Errorf("%q is in the job", personal)
		}
	}
}

func TestWithoutAServerLettersAreKeptForTheirTownOnly(t *testing.T) {
	t.Parallel()
	p := newPost(t, true)
	p.write(t, mail.Letter{Subject: "one", Code: "111111"}, nil)
	p.write(t, mail.Letter{Subject: "two", Code: "222222"}, nil)
	other := p.db.Tenant(t)
	deadline := time.After(20 * time.Second)
	for {
		kept, err := p.Outbox(p.ctx, p.town.ID, 10)
		if err != nil {
			t.Fatal(err)
		}
		if len(kept) == 2 {
			if kept[0].Subject != "two" || !strings.Contains(kept[1].Text, "111111") || kept[0].To != "jeanne@exemple.fr" {
				t.Errorf("kept %+v", kept)
			}
			break
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-deadline:
			t.Fatalf("%d letters kept", len(kept))
		}
	}
	if kept, err := p.Outbox(p.ctx, other.ID, 10); err != nil || len(kept) != 0 {
		t.Errorf("the other town reads %d letters, %v", len(kept), err)
	}
	if len(p.sink.Letters("")) != 0 {
		t.Error("a letter was sent")
	}
}

func TestTheAddressOfAServerIsChecked(t *testing.T) {
	t.Parallel()
	db := testkit.Database(t)
	quiet := slog.New(slog.DiscardHandler)
	for address, good := range map[string]bool{
		"smtp://u:p@mail.exemple.fr:587": true, "smtps://mail.exemple.fr": true, "smtp+plain://127.0.0.1:25": true,
		"mail.exemple.fr:25": false, "http://mail.exemple.fr": false, "smtp://": false,
	} {
		runner, err := jobs.New(db.Pool, quiet)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = mail.New(mail.Options{DB: db.DB, Jobs: runner, SMTP: address, From: "a@exemple.fr", Log: quiet}); (err == nil) != good {
			t.Errorf("%s: %v", address, err)
		}
	}
}
