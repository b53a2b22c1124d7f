package identity_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/uptrace/bun"

	"parvis/app/audit"
	"parvis/app/citizen"
	"parvis/app/fault"
	"parvis/app/identity"
)

func (p *place) agent(t *testing.T) citizen.Viewer {
	t.Helper()
	return p.resident(t, "Amina Diallo", "agente@exemple.fr", citizen.Grant{Role: citizen.Agent})
}

func (p *place) administrator(t *testing.T) citizen.Viewer {
	t.Helper()
	return p.resident(t, "Mireille Roux", "maire@exemple.fr", citizen.Grant{Role: citizen.Administrator})
}

// acts lists what the journal holds, oldest first.
func acts(t *testing.T, p *place) []string {
	t.Helper()
	var lines []audit.Line
	err := p.db.ReadTenant(t.Context(), p.town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
		lines, err = audit.Read(ctx, tx, p.town.ID, audit.Query{Limit: 1000})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		out[len(lines)-1-i] = l.Action
	}
	return out
}

func TestTheDeskFindsByAddressAndByEitherName(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent := p.agent(t)
	p.resident(t, "Jeanne Lefèvre-Martin", jeanne)
	p.account(t, p.other, identity.DemoAccount{Name: "Jeanne Lefèvre", Email: jeanne})
	for query, want := range map[string]int{
		"Jeanne": 1, "jea": 1, "LEFEVRE": 0, "martin": 1, "martin lefè": 1, " Jeanne.Martin@exemple.fr ": 1, "jeanne@exemple.fr": 0, "personne": 0,
	} {
		found, err := p.Find(t.Context(), p.town, agent, query)
		if err != nil || len(found) != want {
			t.Errorf("%q finds %d, %v, want %d", query, len(found), err, want)
		}
	}
	if _, err := p.Find(t.Context(), p.town, agent, "je"); fault.KindOf(err) != fault.Invalid {
		t.Errorf("two letters: %v", err)
	}
	found, err := p.Find(t.Context(), p.town, agent, "jeanne")
	if err != nil || found[0].Email != "j…n@exemple.fr" {
		t.Errorf("the list shows %+v, %v", found, err)
	}
}

// shown is a proof of identity.
var shown = identity.Shown{Civil: identity.Civil{FamilyName: "Martin", FirstName: "Jeanne", BornOn: "1962-04-30"}}

func TestWhatIsShownAtTheDeskIsRecordedAndTold(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.agent(t)
	someone := p.resident(t, "Jeanne Martin", jeanne)
	b := p.browser(t).signIn("agente@exemple.fr")
	b.post("/office/citoyens", "/office/citoyens", "q", "jeanne").want(200, "1 compte trouvé", "Jeanne Martin", "j…n@exemple.fr").lacks(jeanne)
	file := "/office/citoyens/" + someone.ID.String()
	b.get(file).want(200, jeanne, "Adresse e-mail confirmée", "Domicile inconnu")
	b.post(file, file+"/identite", "family_name", "-", "first_name", "", "born_on", "1962-04-31").want(422, "pas possible", "nom de naissance", "premier prénom")
	b.post(file, file+"/identite", "family_name", "Martin", "first_name", "Jeanne", "born_on", "1962-04-30").to(file)
	b.post(file, file+"/domicile", "address", "", "zone", p.town.Zones[0].ID.String()).want(422, "Écrivez l'adresse")
	b.post(file, file+"/domicile", "address", "3 rue du Château", "zone", p.town.Zones[0].ID.String()).to(file)
	b.get(file).want(200, "Identité vérifiée à l'accueil", "Domicile vérifié à l'accueil", "3 rue du Château", "Le Vert-Bois")
	mine := p.browser(t).signIn(jeanne)
	mine.get("/moi/preuves").want(200, "Identité vérifiée à l'accueil", "Domicile vérifié à l'accueil", "3 rue du Château")
	v := viewerOf(t, p, mine)
	if v.Person != citizen.PersonDesk || v.Residence != citizen.ResidenceDesk || v.BornOn != "1962-04-30" || v.Zone != p.town.Zones[0].ID {
		t.Errorf("the viewer is %+v", v)
	}
	mine.post("/moi/profil", "/moi/profil", "name", "Jeanne Martin", "born_on", "2000-01-01", "address", "8 quai de la Marne").to("/moi/profil")
	v = viewerOf(t, p, mine)
	if v.Residence != citizen.ResidenceDeclared || v.BornOn != "1962-04-30" {
		t.Errorf("after moving house: residence %d, born %s", v.Residence, v.BornOn)
	}
	b.post(file, file+"/retirer", "proof", "person").to(file)
	if v = viewerOf(t, p, mine); v.Person != citizen.PersonEmail {
		t.Errorf("after the mistake is withdrawn: %d", v.Person)
	}
}

func TestEachPowerUsedIsInTheJournal(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent, boss := p.agent(t), p.administrator(t)
	someone := p.resident(t, "Jeanne Martin", jeanne)
	ctx := p.french(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err := p.Find(ctx, p.town, agent, "jeanne")
	must(err)
	_, err = p.Open(ctx, p.town, agent, someone.ID)
	must(err)
	must(p.ProvePerson(ctx, p.town, agent, someone.ID, shown))
	must(p.ProveResidence(ctx, p.town, agent, someone.ID, identity.Shown{Address: "3 rue du Château"}))
	must(p.WithdrawProof(ctx, p.town, agent, someone.ID, true))
	_, err = p.CreateAssisted(ctx, p.town, agent, identity.Browser{}, identity.Assisted{SignUp: identity.SignUp{Name: "Roger Blanc"}, Present: true})
	must(err)
	must(p.GrantRole(ctx, p.town, boss, someone.ID, citizen.Grant{Role: citizen.Official}))
	must(p.GrantRole(ctx, p.town, boss, someone.ID, citizen.Grant{Role: citizen.Official})) // twice is once
	account, err := p.Account(ctx, p.town.ID, someone.ID)
	must(err)
	must(p.RevokeRole(ctx, p.town, boss, someone.ID, account.Grants[0].ID))
	want := []string{
		"citizens.find", "citizens.open", "citizens.prove_person", "citizens.prove_residence", "citizens.withdraw_proof", "citizens.create", "roles.grant", "roles.revoke",
	}
	if diff := cmp.Diff(want, acts(t, p)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	dump := query[string](t, p, `SELECT string_agg(a::text, ' ') FROM core.audit_entries a`)
	for _, personal := range []string{"Jeanne", "Roger", "Château", "exemple.fr"} {
		if strings.Contains(dump, personal) {
			t.Errorf("%q is in the journal", personal)
		}
	}
	b := p.browser(t).signIn("maire@exemple.fr")
	b.get("/office/journal").want(200, "Amina Diallo", "A vérifié une identité à l'accueil", "Jeanne Martin", "rôle : Élue, élu")
	b.get("/office/journal?objet=citizen/"+someone.ID.String()).want(200, "A donné un rôle").lacks("A cherché un compte")
}

func TestTheJournalCannotBeRewritten(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent := p.agent(t)
	if _, err := p.Find(t.Context(), p.town, agent, "jeanne"); err != nil {
		t.Fatal(err)
	}
	for _, attack := range []string{`UPDATE core.audit_entries SET action = 'nothing'`, `DELETE FROM core.audit_entries`, `TRUNCATE core.audit_entries`} {
		err := p.db.InTenant(t.Context(), p.town.ID, func(ctx context.Context, tx bun.Tx) error {
			_, err := tx.NewRaw(attack).Exec(ctx)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "permission denied") {
			t.Errorf("%s: %v", attack, err)
		}
	}
	if got := acts(t, p); len(got) != 1 {
		t.Errorf("the journal holds %v", got)
	}
}

func TestNobodyUsesAPowerTheyLack(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.administrator(t)
	p.resident(t, "Jeanne Martin", jeanne)
	someone := "/office/citoyens/" + p.resident(t, "Paul Petit", "paul@exemple.fr").ID.String()
	citizen := p.browser(t).signIn(jeanne)
	token := csrfField.FindStringSubmatch(citizen.get("/moi/profil").Body)[1]
	for _, path := range []string{"/office/citoyens", "/office/citoyens/nouveau", someone, "/office/journal"} {
		citizen.get(path).want(403).lacks("Paul Petit")
	}
	for path, fields := range map[string][]string{
		"/office/citoyens":         {"q", "paul"},
		"/office/citoyens/nouveau": {"name", "Un Ami", "present", "oui", "identity_shown", "oui"},
		someone + "/identite":      {},
		someone + "/domicile":      {"address", "3 rue du Château"},
		someone + "/retirer":       {"proof", "person"},
		someone + "/roles":         {"role", "administrator"},
		someone + "/roles/0a0a0a0a-0000-4000-8000-000000000001/retirer": {},
	} {
		citizen.postWith(token, path, fields...).want(403)
	}
	if got := acts(t, p); len(got) != 0 {
		t.Errorf("the journal holds %v", got)
	}
	if n := query[int](t, p, `SELECT count(*) FROM core.citizens`); n != 3 {
		t.Errorf("%d accounts", n)
	}
}

func TestAnAgentGrantsNoRoleAndVouchesNotForThemselves(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	agent := p.agent(t)
	someone := p.resident(t, "Jeanne Martin", jeanne)
	if err := p.GrantRole(t.Context(), p.town, agent, someone.ID, citizen.Grant{Role: citizen.Agent}); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an agent grants a role: %v", err)
	}
	if err := p.ProvePerson(t.Context(), p.town, agent, agent.ID, shown); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an agent vouches for themselves: %v", err)
	}
}

func TestAnAgentOfAZoneStaysInIt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	here, there := p.town.Zones[0].ID, p.town.Zones[1].ID
	agent := p.resident(t, "Amina Diallo", "agente@exemple.fr", citizen.Grant{Role: citizen.Agent, Zone: here})
	near := p.account(t, p.town, identity.DemoAccount{Name: "Jeanne Martin", Zone: here})
	far := p.account(t, p.town, identity.DemoAccount{Name: "Jeanne Petit", Zone: there})
	found, err := p.Find(t.Context(), p.town, agent, "jeanne")
	if err != nil || len(found) != 1 || found[0].ID != near.ID {
		t.Errorf("found %+v, %v", found, err)
	}
	if err := p.ProvePerson(t.Context(), p.town, agent, near.ID, shown); err != nil {
		t.Error(err)
	}
	if err := p.ProvePerson(t.Context(), p.town, agent, far.ID, shown); fault.KindOf(err) != fault.NotFound {
		t.Errorf("out of reach: %v", err)
	}
	if _, err := p.Open(t.Context(), p.town, agent, far.ID); fault.KindOf(err) != fault.NotFound {
		t.Errorf("out of reach: %v", err)
	}
	form := identity.Assisted{SignUp: identity.SignUp{Name: "Roger Blanc", Zone: there}, Present: true}
	if _, err := p.CreateAssisted(p.french(t), p.town, agent, identity.Browser{}, form); fault.KindOf(err) != fault.Forbidden {
		t.Errorf("an account elsewhere: %v", err)
	}
}

func TestAnotherTownsAccountsDoNotExist(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	boss := p.administrator(t)
	foreigner := p.account(t, p.other, identity.DemoAccount{Name: "Jeanne Martin", Email: jeanne})
	ctx := p.french(t)
	for what, try := range map[string]func() error{
		"open":  func() error { _, err := p.Open(ctx, p.town, boss, foreigner.ID); return err },
		"prove": func() error { return p.ProvePerson(ctx, p.town, boss, foreigner.ID, shown) },
		"grant": func() error {
			return p.GrantRole(ctx, p.town, boss, foreigner.ID, citizen.Grant{Role: citizen.Agent})
		},
		"erase": func() error { return p.EraseAll(ctx, p.town, foreigner.ID, true) },
	} {
		if err := try(); fault.KindOf(err) != fault.NotFound {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestAnAgentOpensAnAccountWithSomebody(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.agent(t)
	b := p.browser(t).signIn("agente@exemple.fr")
	b.post("/office/citoyens/nouveau", "/office/citoyens/nouveau", "name", "Roger Blanc").want(422, "présente et d'accord", `value="Roger Blanc"`)
	to := b.post("/office/citoyens/nouveau", "/office/citoyens/nouveau", "name", "Roger Blanc", "born_on", "1941-02-03", "address", "1 place Aristide-Briand",
		"identity_shown", "oui", "family_name", "Blanc", "first_name", "Roger", "address_shown", "oui", "present", "oui").want(303).Location
	b.get(to).want(200, "Roger Blanc", "Identité vérifiée à l'accueil", "Domicile vérifié à l'accueil", "À l'accueil, avec un agent")
	b.post("/office/citoyens/nouveau", "/office/citoyens/nouveau", "name", "Odette Noir", "email", "odette@exemple.fr", "present", "oui").want(303)
	if letter := p.sink.Await(t, "odette@exemple.fr", 1); !strings.Contains(letter.Text, "/connexion") {
		t.Errorf("Odette is told %q", letter.Text)
	}
	b.post("/office/citoyens/nouveau", "/office/citoyens/nouveau", "name", "Odette Noir", "email", "odette@exemple.fr", "present", "oui").want(409, "existe déjà")
	odette := p.browser(t).signIn("odette@exemple.fr")
	if v := viewerOf(t, p, odette); v.Person != citizen.PersonEmail {
		t.Errorf("after answering the mail: %d", v.Person)
	}
}

func TestASiteKeepsAnAdministrator(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	one := p.administrator(t)
	two := p.resident(t, "Jeanne Martin", jeanne, citizen.Grant{Role: citizen.Administrator})
	grant := func(v citizen.Viewer) identity.Grant {
		a, err := p.Account(t.Context(), p.town.ID, v.ID)
		if err != nil {
			t.Fatal(err)
		}
		return a.Grants[0]
	}
	ofOne, ofTwo := grant(one), grant(two)
	var group sync.WaitGroup
	group.Go(func() { _ = p.RevokeRole(t.Context(), p.town, one, two.ID, ofTwo.ID) })
	group.Go(func() { _ = p.RevokeRole(t.Context(), p.town, two, one.ID, ofOne.ID) })
	group.Wait()
	if n := query[int](t, p, `SELECT count(*) FROM core.role_grants WHERE role = 'administrator'`); n != 1 {
		t.Errorf("%d administrators left", n)
	}
	left := query[citizen.ID](t, p, `SELECT citizen_id FROM core.role_grants WHERE role = 'administrator'`)
	if err := p.EraseAll(p.french(t), p.town, left, true); fault.KindOf(err) != fault.Conflict {
		t.Errorf("the last administrator leaves: %v", err)
	}
}

func TestTheCommandLineMakesTheFirstAdministrator(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if err := p.Promote(t.Context(), p.town, "Maire@Exemple.fr", citizen.Administrator); err != nil {
		t.Fatal(err)
	}
	b := p.browser(t).signIn("maire@exemple.fr")
	b.get("/office/journal").want(200, "La plateforme", "A donné un rôle")
}
