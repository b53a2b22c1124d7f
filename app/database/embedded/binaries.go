package embedded

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrNoBinaries is returned when the machine has no PostgreSQL.
var ErrNoBinaries = errors.New("PostgreSQL n’est pas installé sur cette machine. Installez-le (Debian et Ubuntu : « apt install postgresql », macOS : « brew install postgresql@17 »), ou donnez l’adresse d’un serveur dans DATABASE_URL")

// ErrOtherMajor is returned when the cluster was made by a version of
// PostgreSQL that the machine no longer has.
var ErrOtherMajor = errors.New("version de PostgreSQL différente de celle des données")

// places are where the systems' packages put the server's programs.
var places = []string{
	"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/usr/local/pgsql/bin",
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
}

// oldest is the oldest major version that the schema is written for.
const oldest = 15

// findBinaries returns the folder of the server's programs. A cluster opens
// only with the major version that made it; wanted is "" for a new one, which
// takes the newest.
func findBinaries(wanted string) (string, error) { return findAmong(candidates(), wanted) }

func findAmong(folders []string, wanted string) (string, error) {
	var other []string
	for _, folder := range folders {
		major, ok := majorOf(folder)
		number, err := strconv.Atoi(major)
		switch {
		case !ok, err != nil:
		case major == wanted, wanted == "" && number >= oldest:
			return folder, nil
		default:
			if !slices.Contains(other, major) { // found in two folders
				other = append(other, major)
			}
		}
	}
	switch {
	case len(other) == 0:
		return "", ErrNoBinaries
	case wanted == "":
		return "", fmt.Errorf("%w (PostgreSQL %s est installé, il faut la version %d ou une plus récente)", ErrNoBinaries, strings.Join(other, ", "), oldest)
	}
	return "", fmt.Errorf("%w : les données ont été créées par PostgreSQL %s et seul PostgreSQL %s est installé. Installez postgresql-%s, ou restaurez une sauvegarde dans un dossier neuf. Rien n’a été modifié",
		ErrOtherMajor, wanted, strings.Join(other, ", "), wanted)
}

func candidates() []string {
	var folders []string
	if path, err := exec.LookPath("postgres"); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			folders = append(folders, filepath.Dir(path))
		}
	}
	for _, place := range places {
		found, _ := filepath.Glob(place) // the patterns are constant and valid
		slices.Reverse(found)            // newest first
		folders = append(folders, found...)
	}
	return folders
}

func majorOf(folder string) (string, bool) {
	if _, err := os.Stat(filepath.Join(folder, "initdb")); err != nil {
		return "", false
	}
	out, err := exec.Command(filepath.Join(folder, "postgres"), "--version").Output()
	words := strings.Fields(string(out)) // postgres (PostgreSQL) 15.18 (Debian …)
	if err != nil || len(words) < 3 {
		return "", false
	}
	major, _, _ := strings.Cut(words[2], ".")
	return major, true
}

// clusterVersion reads the major version of a cluster, "" when there is none.
func clusterVersion(data string) (string, error) {
	version, err := os.ReadFile(filepath.Join(data, "PG_VERSION"))
	if err == nil {
		return strings.TrimSpace(string(version)), nil
	}
	if !errors.Is(err, os.ErrNotExist) {
		return "", fmt.Errorf("lire la version des données : %w", err)
	}
	if _, err := os.Lstat(data); err == nil {
		return "", fmt.Errorf("%s existe et n’est pas une base PostgreSQL : déplacez-le et relancez", data)
	}
	return "", nil
}
