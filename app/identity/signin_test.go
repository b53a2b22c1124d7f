package identity_test

import (
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"parvis/app/citizen"
	"parvis/app/identity"
)

const jeanne = "jeanne.martin@exemple.fr"

func signUpFields(email string) []string {
	return []string{"name", "Jeanne Martin", "email", email, "charter", "oui", "address", "3 rue du Château"}
}

func TestOneScreenAndOneMailMakeAnAccount(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	b := p.browser(t)
	b.post("/inscription?retour=/consultations", "/inscription", append(signUpFields(" Jeanne.Martin@Exemple.FR "), "zone", p.town.Zones[1].ID.String(), "retour", "/consultations")...).
		to("/connexion/code")
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens`); n != 0 {
		t.Errorf("%d accounts before the mail is answered", n)
	}
	letter := p.sink.Await(t, jeanne, 1)
	if !strings.Contains(letter.From, "Ville de Saint-Dizier") || !strings.Contains(letter.Subject, "Bienvenue") {
		t.Errorf("from %q, subject %q", letter.From, letter.Subject)
	}
	if !strings.Contains(letter.HTML, letter.Code()) || strings.Contains(letter.HTML, "<img") || strings.Contains(letter.HTML, "http-equiv") {
		t.Error("the HTML of the mail lacks the code, or holds an image")
	}
	b.get(letter.Link()).want(200, "Me connecter")
	b.post(letter.Link(), letter.Link()).to("/consultations")
	if got := b.whoami(); got != "Jeanne Martin" {
		t.Errorf("signed in as %q", got)
	}
	viewer := query[string](t, p, `SELECT concat_ws(' ', person_proof, residence_proof, zone_id, charter_accepted_at IS NOT NULL, notify) FROM core.citizens WHERE email = ?`, jeanne)
	if want := "1 1 " + p.town.Zones[1].ID.String() + " t f"; viewer != want {
		t.Errorf("the account is %q, want %q", viewer, want)
	}
}

func TestASignUpWithMistakesComesBackFilled(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	page := p.browser(t).post("/inscription", "/inscription", "name", "J", "email", "jeanne@exemple", "address", "3 rue du Château", "notify", "oui")
	page.want(422, "Écrivez au moins deux lettres", "prenom.nom@exemple.fr", "il faut accepter la charte", `value="3 rue du Château"`, `value="jeanne@exemple"`)
	if len(p.sink.Letters("")) != 0 {
		t.Error("a mail was sent")
	}
}

func TestTheCodeOfTheMailOpensTheAskingBrowser(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne, "retour", "/moi/preuves").to("/connexion/code")
	b.get("/connexion/code").want(200, jeanne)
	code := p.sink.Await(t, jeanne, 1).Code()
	b.post("/connexion/code", "/connexion/code", "code", code[:3]+" "+code[3:]).to("/moi/preuves")
	if got := b.whoami(); got != "Jeanne Martin" {
		t.Errorf("signed in as %q", got)
	}
}

func TestAMailScannerSignsNobodyIn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne)
	link := p.sink.Await(t, jeanne, 1).Link()
	for range 3 {
		p.browser(t).get(link).want(409)
		p.browser(t).send("HEAD", link, nil)
	}
	if n := query[int](t, p, `SELECT count(*) FROM core.sessions`); n != 0 {
		t.Errorf("%d sessions after a scanner's visit", n)
	}
	b.post(link, link).want(303)
	if b.whoami() != "Jeanne Martin" {
		t.Error("the link was spent by the scanner")
	}
}

func TestALinkOpenedElsewhereSaysToTypeTheCode(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	desktop, phone := p.browser(t), p.browser(t)
	desktop.post("/connexion", "/connexion", "email", jeanne)
	letter := p.sink.Await(t, jeanne, 1)
	phone.get(letter.Link()).want(409, "Retournez où vous étiez", "code à 6 chiffres").lacks(letter.Code())
	phone.post("/connexion", letter.Link()).want(409)
	phone.post("/connexion", "/connexion/code", "code", letter.Code()).want(422)
	if got := phone.whoami(); got != "" {
		t.Errorf("the phone is signed in as %q", got)
	}
	desktop.post("/connexion/code", "/connexion/code", "code", letter.Code()).want(303)
}

func TestALinkServesOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne)
	link := p.sink.Await(t, jeanne, 1).Link()
	visitor := *b
	visitor.cookies = map[string]string{}
	for name, value := range b.cookies {
		visitor.cookies[name] = value // the same browser, before
	}
	b.post(link, link).want(303)
	visitor.get(link).want(410, "Ce lien ne sert plus")
	visitor.post("/connexion", link).want(410)
	b.get(link).to("/moi") // whoever is in already is told nothing is wrong
}

func TestTwoClicksAtOnceOpenOneSession(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	ctx := p.french(t)
	asking := identity.Browser{Visit: "a browser", Base: "http://saint-dizier.localhost", Address: "192.0.2.1"}
	if err := p.AskSignIn(ctx, p.town, asking, jeanne, ""); err != nil {
		t.Fatal(err)
	}
	token := strings.TrimPrefix(p.sink.Await(t, jeanne, 1).Link(), "/connexion/lien/")
	var opened atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := p.FollowLink(ctx, p.town, asking, token); err == nil {
				opened.Add(1)
			}
		})
	}
	group.Wait()
	if n := query[int](t, p, `SELECT count(*) FROM core.sessions`); opened.Load() != 1 || n != 1 {
		t.Errorf("%d clicks went through, %d sessions", opened.Load(), n)
	}
}

func TestALinkDiesAfterTenMinutes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne)
	letter := p.sink.Await(t, jeanne, 1)
	p.clock.Advance(10 * time.Minute)
	b.get(letter.Link()).want(410, "pendant 10 minutes")
	b.post("/connexion", letter.Link()).want(410)
	b.post("/connexion", "/connexion/code", "code", letter.Code()).want(422, "Demandez un nouveau message")
	if b.whoami() != "" {
		t.Error("signed in by an old mail")
	}
}

func TestACodeCannotBeGuessed(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne)
	code := p.sink.Await(t, jeanne, 1).Code()
	for left := 4; left >= 1; left-- {
		b.post("/connexion/code", "/connexion/code", "code", otherCode(code)).want(422, "Il reste")
	}
	b.post("/connexion/code", "/connexion/code", "code", otherCode(code)).want(422, "Demandez un nouveau message")
	b.post("/connexion", "/connexion/code", "code", code).want(422, "Demandez un nouveau message")
	if b.whoami() != "" {
		t.Error("signed in after five wrong codes")
	}
}

func TestFiveTriesAtOnceAreFiveTries(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	ctx := p.french(t)
	asking := identity.Browser{Visit: "an attacker", Base: "http://saint-dizier.localhost", Address: "192.0.2.1"}
	if err := p.AskSignIn(ctx, p.town, asking, jeanne, ""); err != nil {
		t.Fatal(err)
	}
	code := p.sink.Await(t, jeanne, 1).Code()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() { _, _ = p.EnterCode(ctx, p.town, asking, otherCode(code)) })
	}
	group.Wait()
	if tries := query[int](t, p, `SELECT tries FROM core.sign_in_requests`); tries != 5 {
		t.Errorf("%d tries counted", tries)
	}
	if _, err := p.EnterCode(ctx, p.town, asking, code); err == nil {
		t.Error("the right code went through after five wrong ones")
	}
}

func TestNobodyLearnsWhoHasAnAccount(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	const stranger = "inconnu@exemple.fr"
	pages := map[string]string{}
	for _, email := range []string{jeanne, stranger} {
		b := p.browser(t)
		b.post("/connexion", "/connexion", "email", email).to("/connexion/code")
		page := b.get("/connexion/code").want(200)
		pages[email] = csrfField.ReplaceAllString(strings.ReplaceAll(page.Body, email, "EMAIL"), "")
	}
	if pages[jeanne] != pages[stranger] {
		t.Error("the pages differ")
	}
	if letter := p.sink.Await(t, stranger, 1); letter.Code() != "" || letter.Link() != "/inscription" {
		t.Errorf("the stranger's mail holds code %q and link %q", letter.Code(), letter.Link())
	}
	if p.sink.Await(t, jeanne, 1).Code() == "" {
		t.Error("the owner's mail holds no code")
	}
}

func TestSigningUpTwiceSignsIn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/inscription", "/inscription", "name", "Une Autre", "email", jeanne, "charter", "oui").to("/connexion/code")
	b.post("/connexion/code", "/connexion/code", "code", p.sink.Await(t, jeanne, 1).Code()).want(303)
	if got := b.whoami(); got != "Jeanne Martin" {
		t.Errorf("the account is now %q", got)
	}
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens`); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestTwoSignUpsOfOneAddressMakeOneAccount(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	one, two := p.browser(t), p.browser(t)
	one.post("/inscription", "/inscription", signUpFields(jeanne)...)
	first := p.sink.Await(t, jeanne, 1).Code()
	two.post("/inscription", "/inscription", signUpFields(jeanne)...)
	second := p.sink.Await(t, jeanne, 2).Code()
	one.post("/connexion/code", "/connexion/code", "code", first).want(303)
	two.post("/connexion/code", "/connexion/code", "code", second).want(303)
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens`); n != 1 {
		t.Errorf("%d accounts", n)
	}
}

func TestMailsToOneAddressAreCounted(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	for range 5 {
		p.browser(t).post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
	}
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne).want(429, "beaucoup d'essais", "minute", `value="`+jeanne+`"`)
	b.post("/connexion", "/connexion", "email", "autre@exemple.fr").to("/connexion/code")
	p.clock.Advance(time.Hour)
	b.post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
}

func TestAPasswordIsLongAndSignsIn(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t).signIn(jeanne)
	set := func(password string) answer {
		return b.post("/moi/profil", "/moi/profil/mot-de-passe", "password", password)
	}
	set("Court1!").want(422, "au moins 15 caractères")
	set("azertyuiop123456789").want(422, "trop facile à deviner")
	const phrase = "les canards du lac dorment"
	set(phrase).to("/moi/profil")
	enter := func(email, password string) answer {
		return p.browser(t).post("/connexion/mot-de-passe", "/connexion/mot-de-passe", "email", email, "password", password)
	}
	wrong := enter(jeanne, "les canards du lac nagent").want(422, "ne correspond pas")
	nobody := enter("inconnu@exemple.fr", phrase).want(422, "ne correspond pas")
	if a, b := strings.ReplaceAll(wrong.plain(), jeanne, ""), strings.ReplaceAll(nobody.plain(), "inconnu@exemple.fr", ""); csrfField.ReplaceAllString(a, "") != csrfField.ReplaceAllString(b, "") {
		t.Error("a wrong password and an unknown address get different pages")
	}
	enter(jeanne, phrase).to("/")
	b.post("/moi/profil", "/moi/profil/mot-de-passe/retirer").to("/moi/profil")
	enter(jeanne, phrase).want(422)
}

func TestPasswordsAreTriedTenTimes(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	ctx := p.french(t)
	var err error
	for range 11 {
		_, err = p.SignInWithPassword(ctx, p.town, identity.Browser{Address: "192.0.2.1"}, jeanne, "une phrase qui n'est pas la bonne")
	}
	if err == nil || !strings.Contains(err.Error(), "too_often") {
		t.Errorf("the eleventh try answers %v", err)
	}
}

func TestSigningInNeverSendsToAnotherSite(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.post("/connexion", "/connexion", "email", jeanne, "retour", "//evil.example/")
	b.post("/connexion/code", "/connexion/code", "code", p.sink.Await(t, jeanne, 1).Code()).to("/")
}

func TestDemonstrationAccountsAreLentOnDemonstrationSitesOnly(t *testing.T) {
	t.Parallel()
	lent := identity.DemoAccount{Name: "Amina Diallo", Email: "agente@exemple.fr", Note: "Agente de la mairie", Grants: []citizen.Grant{{Role: citizen.Agent}}}
	p := newPlace(t, demonstration)
	id := p.account(t, p.town, lent).ID.String()
	plain := p.resident(t, "Jeanne Martin", jeanne).ID.String()
	b := p.browser(t)
	b.get("/connexion").want(200, "Comptes de démonstration", "Amina Diallo", "Agente de la mairie").lacks("Jeanne Martin")
	b.post("/connexion", "/connexion/demonstration", "compte", plain).want(404)
	b.post("/connexion", "/connexion/demonstration", "compte", id).to("/")
	if got := b.whoami(); got != "Amina Diallo" {
		t.Errorf("borrowed %q", got)
	}
	real := newPlace(t)
	id = real.account(t, real.town, lent).ID.String()
	r := real.browser(t)
	r.get("/connexion").want(200).lacks("Amina Diallo")
	r.post("/connexion", "/connexion/demonstration", "compte", id).want(404)
}

func TestANewAddressIsProvenBeforeItCounts(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	p.resident(t, "Paul Petit", "paul@exemple.fr")
	b := p.browser(t).signIn(jeanne)
	b.post("/moi/profil", "/moi/profil/email", "email", "jeanne@nouveau.fr").to("/connexion/code")
	if got := query[string](t, p, `SELECT email FROM core.citizens WHERE name = 'Jeanne Martin'`); got != jeanne {
		t.Errorf("the address is already %q", got)
	}
	b.post("/connexion/code", "/connexion/code", "code", p.sink.Await(t, "jeanne@nouveau.fr", 1).Code()).to("/moi/profil")
	if got := query[string](t, p, `SELECT email FROM core.citizens WHERE name = 'Jeanne Martin'`); got != "jeanne@nouveau.fr" {
		t.Errorf("the address is %q", got)
	}
	b.post("/moi/profil", "/moi/profil/email", "email", "paul@exemple.fr").to("/connexion/code")
	if letter := p.sink.Await(t, "paul@exemple.fr", 1); !strings.Contains(letter.Subject, "Votre lien") {
		t.Errorf("Paul is told %q", letter.Subject)
	}
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens WHERE email = 'paul@exemple.fr' AND name = 'Paul Petit'`); n != 1 {
		t.Error("Paul's address was taken")
	}
}

func TestWithoutAMailServerTheLinkIsOnTheOutboxPage(t *testing.T) {
	t.Parallel()
	p := newPlace(t, keeping)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.get("/courrier").want(200, "Aucun message pour le moment")
	b.post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
	b.get("/connexion/code").want(200, "Ouvrir le courrier de démonstration")
	await(t, func() bool { return strings.Contains(b.get("/courrier").Body, jeanne) })
	found := regexp.MustCompile(`href="(/connexion/lien/[^"]+)"`).FindStringSubmatch(b.get("/courrier").Body)
	if found == nil {
		t.Fatal("no link to follow on the outbox page")
	}
	b.post(found[1], found[1]).to("/")
	if b.whoami() != "Jeanne Martin" {
		t.Error("the link of the outbox opens nothing")
	}
	neighbour := p.browser(t)
	neighbour.host = p.other.Hosts[0]
	neighbour.get("/courrier").want(200).lacks(jeanne)
	newPlace(t).browser(t).get("/courrier").want(404)
}

// Whoever left the name empty was told of the charter only once it was there.
func TestEverythingWrongWithASignUpIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	page := p.browser(t).post("/inscription", "/inscription", "name", "", "email", "jeanne@exemple")
	page.want(422, "prenom.nom@exemple.fr", "il faut accepter la charte", `href="#f-name"`, `href="#f-email"`, `href="#f-charter"`)
	if strings.Index(page.Body, `href="#f-name"`) > strings.Index(page.Body, `href="#f-charter"`) {
		t.Error("the summary is not in the order of the form")
	}
}

// The port of the links in mails was whatever the request said.
func TestTheLinkOfAMailLeadsWhereTheSiteIs(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t)
	b.host = p.town.Hosts[0] + ":6666"
	b.post("/connexion", "/connexion", "email", jeanne).to("/connexion/code")
	letter := p.sink.Await(t, jeanne, 1)
	if !strings.Contains(letter.Text, "https://"+p.town.Hosts[0]+"/connexion/lien/") || strings.Contains(letter.Text+letter.HTML, "6666") {
		t.Errorf("the mail leads elsewhere: %s", letter.Text)
	}
}
