package kernel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"parvis/app/module"
	"parvis/app/testkit"
	"parvis/app/voting"
	"parvis/app/voting/proof"
)

// TestAPollIsExportedByACommand: the archive of a closed poll, whole, that
// verifies; nothing at all of one that is open.
func TestAPollIsExportedByACommand(t *testing.T) {
	db := testkit.Database(t)
	town := db.Tenant(t, testkit.Named("saint-dizier", "Ville de Saint-Dizier"))
	for name, value := range map[string]string{
		"DATABASE_URL": db.URL, "DATABASE_OWNER_URL": db.OwnerURL, "DATABASE_CUSTODIAN_URL": db.CustodianURL, "PARVIS_DATA": t.TempDir(),
		"PARVIS_SECRET": strings.Repeat("secret", 8), "PARVIS_DEVELOPMENT": "1", "PARVIS_LOG_LEVEL": "ERROR",
	} {
		t.Setenv(name, value)
	}
	box := voting.New(voting.Deps{DB: db.DB})
	open := func() (id voting.PollID) {
		err := db.InTenant(t.Context(), town.ID, func(ctx context.Context, tx bun.Tx) (err error) {
			id, err = box.Create(ctx, tx, town.ID, voting.Subject{Module: "consultations", ID: uuid.New()}, voting.Terms{
				Question: "Quel nom ?", Method: voting.Plurality, Options: []voting.Option{{Label: "Colette"}, {Label: "Césaire"}}, Room: voting.Room{Open: true},
			})
			return err
		})
		if err == nil {
			err = box.Open(t.Context(), town.ID, id, voting.Act{})
		}
		if err == nil {
			_, err = box.Cast(t.Context(), town.ID, voting.Submission{
				Poll: id, Voter: voting.ByDevice(uuid.New()), Nonce: voting.NewNonce(), Channel: voting.Meeting, Marks: []voting.Mark{{Option: "a", Value: 1}},
			})
		}
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	var out bytes.Buffer
	export := func(host, poll, file string) error {
		out.Reset()
		p := &Program{Modules: func(*Platform) []module.Module { return nil }, Stdout: &out, Stderr: io.Discard}
		return p.Run(t.Context(), []string{"parvis", "export-poll", "--host", host, "--poll", poll, "-o", file})
	}
	file := filepath.Join(t.TempDir(), "scrutin.parvis-archive")
	id := open()
	if err := export(town.Hosts[0], id.String(), file); err == nil || !strings.Contains(err.Error(), "pas encore clos") {
		t.Errorf("of an open poll: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an open poll left a file: %v", err)
	}
	if err := box.Close(t.Context(), town.ID, id, voting.Act{}); err != nil {
		t.Fatal(err)
	}
	if err := export(town.Hosts[0], id.String(), file); err != nil {
		t.Fatal(err)
	}
	archive, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	report, err := proof.Verify(bytes.NewReader(archive), proof.Options{})
	if err != nil || !report.OK || report.Ballots != 1 {
		t.Errorf("%v, %+v", err, report)
	}
	if err := export(town.Hosts[0], id.String(), "-"); err != nil || !bytes.Equal(out.Bytes(), archive) {
		t.Errorf("to the standard output: %v, %d bytes, want %d", err, out.Len(), len(archive))
	}
	for name, err := range map[string]error{
		"an unknown host": export("nowhere.example", id.String(), file), "an unknown poll": export(town.Hosts[0], uuid.NewString(), file), "no poll": export(town.Hosts[0], "x", file),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
}
