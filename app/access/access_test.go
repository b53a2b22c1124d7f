package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"parvis/app/access"
	"parvis/app/citizen"
	"parvis/app/fault"
)

var (
	north = uuid.MustParse("0a0a0a0a-0000-4000-8000-000000000001")
	south = uuid.MustParse("0a0a0a0a-0000-4000-8000-000000000002")
)

func with(grants ...citizen.Grant) citizen.Viewer {
	return citizen.Viewer{SignedIn: true, ID: citizen.NewID(), Grants: grants}
}

func TestEachPowerBelongsToItsRoles(t *testing.T) {
	roles := map[string]citizen.Viewer{
		"visitor": {}, "citizen": with(),
	}
	for _, r := range citizen.Roles {
		roles[string(r)] = with(citizen.Grant{Role: r})
	}
	allowed := map[access.Action][]string{
		access.FindCitizen:    {"administrator", "agent"},
		access.CreateCitizen:  {"administrator", "agent"},
		access.ProvePerson:    {"administrator", "agent"},
		access.ProveResidence: {"administrator", "agent"},
		access.WithdrawProof:  {"administrator", "agent"},
		access.GrantRole:      {"administrator"},
		access.RevokeRole:     {"administrator"},
		access.ReadJournal:    {"administrator", "scrutineer"},
		"no.such_action":      nil,
	}
	for action, names := range allowed {
		got := map[string]bool{}
		for name, v := range roles {
			if access.Platform.Decide(v, action, access.Scope{}).Allowed {
				got[name] = true
			}
		}
		want := map[string]bool{}
		for _, name := range names {
			want[name] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", action, diff)
		}
	}
}

func TestALimitedGrantStopsAtItsLimits(t *testing.T) {
	agent := with(citizen.Grant{Role: citizen.Agent, Zone: north})
	for scope, want := range map[access.Scope]bool{
		{Zone: north}: true, {Zone: south}: false, {}: false,
	} {
		if got := access.Platform.Decide(agent, access.FindCitizen, scope).Allowed; got != want {
			t.Errorf("agent of the north over %v: %v, want %v", scope, got, want)
		}
	}
	ofBudgets := with(citizen.Grant{Role: citizen.Administrator, Module: "budgets"})
	if access.Platform.Decide(ofBudgets, access.GrantRole, access.Scope{}).Allowed {
		t.Error("the administrator of one module grants roles on the whole site")
	}
}

func TestARefusalSaysWhoCanHelp(t *testing.T) {
	verdict := access.Platform.Decide(citizen.Viewer{}, access.GrantRole, access.Scope{})
	if verdict.Reason.RemedyHref != "/connexion" || fault.KindOf(verdict.Err()) != fault.SignInRequired {
		t.Errorf("visitor: %+v", verdict)
	}
	verdict = access.Platform.Decide(with(), access.GrantRole, access.Scope{})
	if verdict.Reason.RemedyKey == "" || fault.KindOf(verdict.Err()) != fault.Forbidden {
		t.Errorf("citizen: %+v", verdict)
	}
}

func keys(reasons []access.Reason) []string {
	var out []string
	for _, r := range reasons {
		out = append(out, r.Key)
	}
	return out
}

func TestWhoMayTakePart(t *testing.T) {
	const today = "2026-11-23"
	resident := citizen.Viewer{
		SignedIn: true, Person: citizen.PersonEmail, Residence: citizen.ResidenceDeclared,
		Zone: north, BornOn: "2010-11-24",
	}
	tests := map[string]struct {
		need access.Requirements
		v    citizen.Viewer
		want []string
	}{
		"visitor must sign in":            {access.Requirements{}, citizen.Viewer{}, []string{"access.sign_in"}},
		"an account is enough":            {access.Requirements{}, resident, nil},
		"proofs are compared by level":    {access.Requirements{Person: citizen.PersonEmail, Residence: citizen.ResidenceDeclared}, resident, nil},
		"person at the desk":              {access.Requirements{Person: citizen.PersonDesk}, resident, []string{"access.person.desk"}},
		"residence at the desk":           {access.Requirements{Residence: citizen.ResidenceDesk}, resident, []string{"access.residence.desk"}},
		"fifteen the day before sixteen":  {access.Requirements{AgeFrom: 16}, resident, []string{"access.age.too_young"}},
		"sixteen on the day itself":       {access.Requirements{AgeFrom: 16, AgeOn: "2026-11-24"}, resident, nil},
		"too old":                         {access.Requirements{AgeTo: 14}, resident, []string{"access.age.too_old"}},
		"age within bounds":               {access.Requirements{AgeFrom: 15, AgeTo: 15}, resident, nil},
		"age not told":                    {access.Requirements{AgeFrom: 11}, citizen.Viewer{SignedIn: true}, []string{"access.age.unknown"}},
		"another zone":                    {access.Requirements{Zones: []uuid.UUID{south}}, resident, []string{"access.zone.other"}},
		"one of the zones":                {access.Requirements{Zones: []uuid.UUID{south, north}}, resident, nil},
		"zone not told":                   {access.Requirements{Zones: []uuid.UUID{south}}, citizen.Viewer{SignedIn: true}, []string{"access.zone.unknown"}},
		"role":                            {access.Requirements{Roles: []citizen.Role{citizen.Official}}, resident, []string{"access.role"}},
		"administrator is not an elected": {access.Requirements{Roles: []citizen.Role{citizen.Official}}, with(citizen.Grant{Role: citizen.Administrator}), []string{"access.role"}},
		"everything at once": {
			access.Requirements{Person: citizen.PersonDesk, Residence: citizen.ResidenceLetter, AgeFrom: 18, Zones: []uuid.UUID{south}}, resident,
			[]string{"access.age.too_young", "access.zone.other", "access.person.desk", "access.residence.letter"},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, keys(tt.need.Missing(tt.v, today))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBornOn29FebruaryIsOlderOnFirstMarch(t *testing.T) {
	v := citizen.Viewer{SignedIn: true, BornOn: "2008-02-29"}
	need := access.Requirements{AgeFrom: 18}
	if len(need.Missing(v, "2026-02-28")) == 0 {
		t.Error("already 18 on 28 February")
	}
	if len(need.Missing(v, "2026-03-01")) != 0 {
		t.Error("not yet 18 on 1 March")
	}
}

// More proof never closes a door, whatever is asked.
func TestMoreProofNeverHurts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		need := access.Requirements{
			Person:    citizen.Proof(rapid.IntRange(0, 4).Draw(t, "person")),
			Residence: citizen.Proof(rapid.IntRange(0, 3).Draw(t, "residence")),
			AgeFrom:   rapid.IntRange(0, 20).Draw(t, "age"),
		}
		v := citizen.Viewer{
			SignedIn: true, BornOn: "2010-01-01",
			Person:    citizen.Proof(rapid.IntRange(0, 3).Draw(t, "has person")),
			Residence: citizen.Proof(rapid.IntRange(0, 2).Draw(t, "has residence")),
		}
		more := v
		more.Person++
		more.Residence++
		if len(need.Missing(more, "2026-11-23")) > len(need.Missing(v, "2026-11-23")) {
			t.Fatalf("more proof, more reasons: %+v %+v", need, v)
		}
		for _, r := range need.Missing(v, "2026-11-23") {
			if r.Key == "" {
				t.Fatalf("a refusal without a reason: %+v %+v", need, v)
			}
		}
	})
}
