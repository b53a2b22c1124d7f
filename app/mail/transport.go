package mail

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// sendTimeout bounds one conversation with the server.
const sendTimeout = 30 * time.Second

// transport is the SMTP server letters go through.
type transport struct {
	host    string
	options []gomail.Option
	from    string
}

// newTransport reads the address of a server. smtps:// is encrypted from the
// first byte and smtp:// by STARTTLS, without exception; smtp+plain:// is for
// a relay on the machine itself.
func newTransport(address, from string) (*transport, error) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return nil, fmt.Errorf("read the address of the SMTP server: want smtp://user:password@host:port")
	}
	t := &transport{host: u.Hostname(), from: from, options: []gomail.Option{gomail.WithTimeout(sendTimeout)}}
	switch u.Scheme {
	case "smtps":
		t.options = append(t.options, gomail.WithSSL(), gomail.WithPort(465))
	case "smtp":
		t.options = append(t.options, gomail.WithTLSPolicy(gomail.TLSMandatory), gomail.WithPort(587))
	case "smtp+plain":
		t.options = append(t.options, gomail.WithTLSPolicy(gomail.NoTLS), gomail.WithPort(25))
	default:
		return nil, fmt.Errorf("the scheme of the SMTP server is smtp, smtps or smtp+plain, not %q", u.Scheme)
	}
	if port, err := strconv.Atoi(u.Port()); err == nil {
		t.options = append(t.options, gomail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		t.options = append(t.options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	_, err = gomail.NewClient(t.host, t.options...)
	return t, err
}

func (t *transport) send(ctx context.Context, l letter) error {
	message, err := t.compose(l)
	if err != nil {
		return fmt.Errorf("compose a mail: %w", err)
	}
	client, err := gomail.NewClient(t.host, t.options...)
	if err != nil {
		return fmt.Errorf("reach the SMTP server: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	return nil
}

func (t *transport) compose(l letter) (*gomail.Msg, error) {
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	if err := message.FromFormat(l.Sender, t.from); err != nil {
		return nil, err
	}
	if err := message.To(l.Recipient); err != nil {
		return nil, err
	}
	message.Subject(l.Subject)
	message.SetDate()
	message.SetMessageID()
	message.SetGenHeader("Auto-Submitted", "auto-generated") // holiday answers stay away
	message.SetBodyString(gomail.TypeTextPlain, l.TextBody)
	if l.HTMLBody != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, l.HTMLBody)
	}
	return message, nil
}
