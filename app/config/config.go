// Package config is everything an operator may set, in one place: a struct
// filled from the environment, where each variable has a default and says
// what it does. It opens nothing and connects to nothing.
package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is what the environment says. Comments are in French: "parvis
// config" shows them to the operator.
type Config struct {
	Addr           string     `env:"PARVIS_ADDR" envDefault:"127.0.0.1:8080" comment:"Adresse et port où le programme écoute."`
	Data           string     `env:"PARVIS_DATA" envDefault:"./var" comment:"Dossier des données : base privée, fichiers déposés, secret."`
	Scheme         string     `env:"PARVIS_SCHEME" envDefault:"http" comment:"Protocole vu par le public : http ou https. En https, les cookies sont protégés."`
	PublicPort     int        `env:"PARVIS_PUBLIC_PORT" envDefault:"0" comment:"Port vu par le public ; 0 : celui de PARVIS_ADDR en http, aucun en https."`
	TrustedProxies []string   `env:"PARVIS_TRUSTED_PROXIES" comment:"Adresses ou réseaux des serveurs mandataires dont les en-têtes X-Forwarded-* sont crus, séparés par des virgules."`
	DatabaseURL    string     `env:"DATABASE_URL" secret:"password" comment:"Base PostgreSQL, rôle de l'application. Vide : une base privée est lancée dans PARVIS_DATA."`
	OwnerURL       string     `env:"DATABASE_OWNER_URL" secret:"password" comment:"La même base, rôle propriétaire : pour « parvis migrate »."`
	CustodianURL   string     `env:"DATABASE_CUSTODIAN_URL" secret:"password" comment:"La même base, rôle archiviste : durées de conservation et destructions."`
	SMTP           string     `env:"PARVIS_SMTP" secret:"password" comment:"Serveur d'envoi des mails, smtp://utilisateur:motdepasse@serveur:587 ou smtps://… Vide : les mails restent sur /courrier (démonstration ou développement)."`
	MailFrom       string     `env:"PARVIS_MAIL_FROM" envDefault:"Parvis <ne-pas-repondre@localhost>" comment:"Expéditeur des mails."`
	Secret         string     `env:"PARVIS_SECRET" secret:"all" comment:"Secret d'au moins 32 caractères, le même sur tous les nœuds. Vide : il est créé une fois dans PARVIS_DATA/secret."`
	Demo           bool       `env:"PARVIS_DEMO" envDefault:"false" comment:"1 : crée les communes de démonstration au premier démarrage."`
	Development    bool       `env:"PARVIS_DEVELOPMENT" envDefault:"false" comment:"1 : affiche les mails sur /courrier au lieu d'exiger un serveur d'envoi."`
	LogLevel       slog.Level `env:"PARVIS_LOG_LEVEL" envDefault:"INFO" comment:"Détail du journal : DEBUG, INFO, WARN ou ERROR."`
}

// Load reads the environment. The error names every variable that is wrong.
func Load() (Config, error) { return load(env.Options{}) }

// LoadFrom reads variables from a map instead, for tests and tools.
func LoadFrom(variables map[string]string) (Config, error) {
	if variables == nil {
		variables = map[string]string{}
	}
	return load(env.Options{Environment: variables})
}

func load(options env.Options) (Config, error) {
	var c Config
	if err := env.ParseWithOptions(&c, options); err != nil {
		return c, explain(err, options.Environment)
	}
	return c, c.check()
}

// HTTPS reports whether the public reaches the sites by https.
func (c Config) HTTPS() bool { return c.Scheme == "https" }

// KeepsMail reports whether mails are kept for the outbox page instead of
// being sent.
func (c Config) KeepsMail() bool { return c.SMTP == "" && (c.Demo || c.Development) }

// URL returns the address of a path of the site on host, as the public types it.
func (c Config) URL(host, path string) string {
	port := ""
	if c.PublicPort != 0 {
		port = fmt.Sprint(":", c.PublicPort)
	} else if _, own, err := net.SplitHostPort(c.Addr); err == nil && !c.HTTPS() {
		port = ":" + own
	}
	if port == ":80" && !c.HTTPS() || port == ":443" && c.HTTPS() {
		port = ""
	}
	return c.Scheme + "://" + host + port + path
}

// check returns everything that is wrong at once.
func (c Config) check() error {
	return errors.Join(
		c.checkAddress(),
		checkDatabase("DATABASE_URL", c.DatabaseURL),
		checkDatabase("DATABASE_OWNER_URL", c.OwnerURL),
		checkDatabase("DATABASE_CUSTODIAN_URL", c.CustodianURL),
		c.checkMail(),
		c.checkRest(),
	)
}

func (c Config) checkAddress() error {
	host, _, err := net.SplitHostPort(c.Addr)
	if err != nil {
		return fmt.Errorf("PARVIS_ADDR : « %s » n'est pas une adresse suivie d'un port, comme 127.0.0.1:8080", c.Addr)
	}
	if c.Scheme != "http" && c.Scheme != "https" {
		return fmt.Errorf("PARVIS_SCHEME : « %s » n'est ni http ni https", c.Scheme)
	}
	if !c.HTTPS() && !c.Demo && !c.Development && !isLoopback(host) {
		return fmt.Errorf("PARVIS_SCHEME : sur %s, ouvert au réseau, http n'est permis que pour une démonstration (PARVIS_DEMO=1) ; mettez https, derrière un serveur mandataire", c.Addr)
	}
	if c.PublicPort < 0 || c.PublicPort > 65535 {
		return fmt.Errorf("PARVIS_PUBLIC_PORT : %d n'est pas un port", c.PublicPort)
	}
	return nil
}

func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}

func checkDatabase(name, text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return fmt.Errorf("%s : l'adresse doit commencer par postgres://", name)
	}
	return nil
}

func (c Config) checkMail() error {
	if _, err := mail.ParseAddress(c.MailFrom); err != nil {
		return fmt.Errorf("PARVIS_MAIL_FROM : « %s » n'est pas une adresse, comme Parvis <parvis@exemple.fr>", c.MailFrom)
	}
	if c.SMTP == "" {
		return nil
	}
	u, err := url.Parse(c.SMTP)
	if err != nil || u.Hostname() == "" || (u.Scheme != "smtp" && u.Scheme != "smtps") {
		return errors.New("PARVIS_SMTP : l'adresse doit être smtp://serveur:port ou smtps://serveur:port")
	}
	return nil
}

func (c Config) checkRest() error {
	var errs []error
	if c.DatabaseURL == "" && (c.OwnerURL != "" || c.CustodianURL != "") {
		errs = append(errs, errors.New("DATABASE_URL : elle manque, alors que DATABASE_OWNER_URL ou DATABASE_CUSTODIAN_URL est donnée"))
	}
	if c.Secret != "" && len(c.Secret) < minSecret {
		errs = append(errs, fmt.Errorf("PARVIS_SECRET : %d caractères, il en faut au moins %d", len(c.Secret), minSecret))
	}
	if strings.TrimSpace(c.Data) == "" {
		errs = append(errs, errors.New("PARVIS_DATA : le dossier des données manque"))
	}
	notNetwork := func(text string) bool {
		_, err := netip.ParseAddr(text)
		_, err2 := netip.ParsePrefix(text)
		return err != nil && err2 != nil
	}
	if i := slices.IndexFunc(c.TrustedProxies, notNetwork); i >= 0 {
		errs = append(errs, fmt.Errorf("PARVIS_TRUSTED_PROXIES : « %s » n'est ni une adresse ni un réseau, comme 10.0.0.0/8", c.TrustedProxies[i]))
	}
	return errors.Join(errs...)
}
