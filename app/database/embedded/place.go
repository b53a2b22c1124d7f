package embedded

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// movedNote is a file left in Config.Dir that holds the path of the folder
// used in its stead, so that the next start, and the operator, find the data.
const movedNote = "ailleurs.txt"

// locate decides where the data is and who may write it.
func (s *Server) locate() error {
	dir, err := filepath.Abs(s.cfg.Dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("préparer le dossier de la base de données : %w", err)
	}
	if s.account, err = unprivileged(dir, s.cfg.User); err != nil {
		return err
	}
	if s.dir, err = s.reachableFrom(dir); err != nil {
		return err
	}
	s.socket, err = s.socketFolder()
	return err
}

// reachableFrom returns dir, or the folder that replaces it when the account
// PostgreSQL runs as cannot enter it: a parent such as /root is private.
func (s *Server) reachableFrom(dir string) (string, error) {
	if note, err := os.ReadFile(filepath.Join(dir, movedNote)); err == nil {
		return s.followNote(dir, strings.TrimSpace(string(note)))
	}
	if s.canEnter(dir) {
		return dir, nil
	}
	if _, err := os.Stat(filepath.Join(dir, "data", "PG_VERSION")); err == nil {
		return "", fmt.Errorf("la base de données de %s n’est plus accessible au compte qui l’exécute (n° %d) : un dossier parent est devenu privé. Rendez-le traversable (chmod o+x) et relancez", dir, s.account.Uid)
	}
	var reasons []error
	for _, candidate := range replacements(dir) {
		err := s.checkFolder(candidate)
		if err == nil && s.canEnter(candidate) {
			s.cfg.Log.Warn("le dossier demandé est privé et PostgreSQL ne s’exécute jamais en root : les données sont ailleurs", "asked", dir, "used", candidate)
			return candidate, nil
		}
		reasons = append(reasons, err)
	}
	return "", fmt.Errorf("aucun dossier accessible à PostgreSQL pour remplacer %s : %w", dir, errors.Join(reasons...))
}

// followNote returns the folder an earlier start has used, provided that the
// data is still in it: an empty base must never take its place.
func (s *Server) followNote(dir, moved string) (string, error) {
	if _, err := os.Stat(filepath.Join(moved, "data", "PG_VERSION")); err != nil {
		return "", fmt.Errorf("les données de %s étaient dans %s et n’y sont plus : remettez-les, ou supprimez %s pour repartir d’une base vide (%w)",
			dir, moved, filepath.Join(dir, movedNote), err)
	}
	s.cfg.Log.Info("la base de données est dans un autre dossier", "asked", dir, "used", moved)
	return moved, s.checkFolder(moved)
}

// noteMove leaves the note, once there is data to find.
func (s *Server) noteMove() error {
	asked, err := filepath.Abs(s.cfg.Dir)
	if err != nil || asked == s.dir {
		return err
	}
	return os.WriteFile(filepath.Join(asked, movedNote), []byte(s.dir+"\n"), 0o644)
}

// replacements are the folders tried in place of dir, the same at each start.
func replacements(dir string) []string {
	name := hash(dir)
	return []string{
		filepath.Join("/var/lib/parvis", name),
		filepath.Join("/var/tmp", fmt.Sprintf("parvis-%d-%s", os.Geteuid(), name)),
	}
}

// checkFolder makes a folder outside the one the operator chose, and refuses
// one that someone else has put there: the parent may be open to all.
func (s *Server) checkFolder(dir string) error {
	if parent := filepath.Dir(dir); parent != "/var/tmp" && parent != filepath.Clean(os.TempDir()) {
		if err := os.MkdirAll(parent, 0o755); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	owner := int(info.Sys().(*syscall.Stat_t).Uid)
	ours := owner == os.Geteuid() || (s.account != nil && owner == int(s.account.Uid))
	if !info.IsDir() || !ours {
		return fmt.Errorf("%s existe et n’est pas à nous", dir)
	}
	return nil
}

// socketFolder: the path of a Unix socket holds about a hundred bytes, so a
// deep folder cannot hold it.
func (s *Server) socketFolder() (string, error) {
	folder := filepath.Join(s.dir, "sock")
	if len(folder)+len("/.s.PGSQL.5432") <= 100 {
		return folder, nil
	}
	folder = filepath.Join("/tmp", fmt.Sprintf("parvis-%d-%s", os.Geteuid(), hash(s.dir)))
	return folder, s.checkFolder(folder)
}

func hash(text string) string {
	h := fnv.New64a()
	h.Write([]byte(text))
	return strconv.FormatUint(h.Sum64(), 36)
}

// unprivileged chooses the account for PostgreSQL when the program is root,
// nil otherwise: that of an existing cluster, else the first that exists.
func unprivileged(dir, wanted string) (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	if info, err := os.Stat(filepath.Join(dir, "data")); err == nil {
		if owner := info.Sys().(*syscall.Stat_t); owner.Uid != 0 {
			return &syscall.Credential{Uid: owner.Uid, Gid: owner.Gid}, nil
		}
	}
	for _, name := range []string{wanted, "postgres", "_postgres", "nobody"} {
		if name == "" {
			continue
		}
		if account, err := user.Lookup(name); err == nil && account.Uid != "0" {
			uid, _ := strconv.ParseUint(account.Uid, 10, 32)
			gid, _ := strconv.ParseUint(account.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
		}
	}
	return nil, errors.New("le programme s’exécute en root et aucun compte (postgres, nobody) ne peut faire tourner PostgreSQL à sa place")
}

// canEnter reports whether PostgreSQL's account can reach dir.
func (s *Server) canEnter(dir string) bool {
	return s.account == nil || s.command("/bin/sh", "-c", `cd "$0"`, dir).Run() == nil
}

// own makes a private folder for PostgreSQL's account.
func (s *Server) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if s.account != nil {
		if err := os.Lchown(dir, int(s.account.Uid), int(s.account.Gid)); err != nil {
			return err
		}
	}
	return os.Chmod(dir, 0o700)
}

// tryLock takes the folder for this process. The kernel gives it back when
// the process ends, so a crash leaves no stale lock.
func (s *Server) tryLock() (bool, error) {
	lock, err := os.OpenFile(filepath.Join(s.dir, "lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return false, fmt.Errorf("ouvrir le verrou de la base de données (lancez le programme avec le compte qui l’a créée) : %w", err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	switch {
	case err == nil:
		s.lock = lock
		return true, nil
	case errors.Is(err, syscall.EWOULDBLOCK):
		return false, lock.Close()
	default:
		return false, errors.Join(err, lock.Close())
	}
}

// inherit waits, attached to another process's server, for that process to
// end, and then takes over: two programs that overlap during a restart never
// leave the second without a database.
func (s *Server) inherit() {
	for {
		select {
		case <-s.stop:
			return
		case <-time.After(300 * time.Millisecond):
		}
		got, err := s.tryLock()
		if err != nil {
			s.cfg.Log.Error("reprendre la base de données", "err", err)
			return
		}
		if got {
			s.takeOver()
			return
		}
	}
}

// command prepares a program of PostgreSQL's: its account, and nothing of our
// environment that could change what it does.
func (s *Server) command(name string, args ...string) *exec.Cmd {
	c := exec.Command(name, args...)
	c.Dir = "/"
	c.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=" + locale(), "HOME=/"}
	c.SysProcAttr = attributes(s.account)
	return c
}
