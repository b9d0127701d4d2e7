package session

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"

	"acronis-conformance/suites/internal/config"
	"acronis-conformance/suites/internal/redact"
)

const (
	// stateFile holds the state in the run's directory until every process has read it.
	stateFile = "state.json"

	// secretsFile holds there, throughout the run, the secrets that its processes find, so that each keeps those of all
	// out of its output.
	secretsFile = "secrets.json"
)

// Save writes what the other processes need into a file that only this user can read, and returns its path. The path
// is all that may pass through Ginkgo: its server answers every local user. The file holds no configured credentials,
// since the other processes have them from the configuration, and the last process to join removes it. Without other
// processes nothing is written.
func (s *Session) Save() (path string, err error) {
	if s.processes == 1 {
		return "", nil
	}
	encoded, err := json.Marshal(s.shared())
	if err != nil {
		return "", fmt.Errorf("encode the state for the other processes: %w", err)
	}
	path = filepath.Join(s.Dir, stateFile)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return "", fmt.Errorf(
			"write the state for the other processes: %w: make room in the directory for temporary files (TMPDIR)", err)
	}
	_, err = file.Write(encoded)
	if err = errors.Join(err, file.Close()); err != nil {
		return "", fmt.Errorf(
			"write the state for the other processes: %w: make room in the directory for temporary files (TMPDIR)", err)
	}
	return path, nil
}

// shared returns the state without the configured credentials.
func (s *Session) shared() State {
	shared := s.State
	shared.Known = s.registry.Knowledge()
	t := s.config.Target
	if shared.Access.ClientSecret == string(t.ClientSecret) {
		shared.Access.ClientSecret = ""
	}
	if shared.Access.ExpiredToken == string(t.ExpiredToken) {
		shared.Access.ExpiredToken = ""
	}
	if token, used := shared.InvalidTokens[Expired]; used && token == string(t.ExpiredToken) {
		shared.InvalidTokens = maps.Clone(shared.InvalidTokens)
		shared.InvalidTokens[Expired] = ""
	}
	return shared
}

// configured returns a Redactor that knows the configured credentials only.
func configured(t config.Target) *redact.Redactor {
	r := redact.New()
	r.Learn("ACRONIS_CLIENT_SECRET", string(t.ClientSecret))
	r.Learn("ACRONIS_EXPIRED_TOKEN", string(t.ExpiredToken))
	return r
}

// complete puts the configured credentials back where process 1 left them out.
func (state *State) complete(o Options) {
	t := o.Config.Target
	state.Access.ClientSecret = cmp.Or(state.Access.ClientSecret, string(t.ClientSecret))
	if state.SkipReasons[Expired] == "" {
		state.Access.ExpiredToken = cmp.Or(state.Access.ExpiredToken, string(t.ExpiredToken))
	}
	if token, used := state.InvalidTokens[Expired]; used && token == "" {
		state.InvalidTokens[Expired] = state.Access.ExpiredToken
	}
}

// Join continues in another process with the state that process 1 saved at the path.
func Join(o Options, path string) (*Session, error) {
	state, err := load(path)
	if err != nil {
		return nil, fmt.Errorf("read what process 1 prepared: %w: run again", err)
	}
	state.complete(o)
	o.Access = state.Access
	s, err := newSession(o, state)
	if err != nil {
		return nil, err
	}
	s.registerSecrets()
	return s, s.joined(path)
}

// load reads the state, from a file and a directory that belong to this user and that no other user can read. Any user
// on this machine can tell Ginkgo's server another path.
func load(path string) (State, error) {
	directory, err := os.Lstat(filepath.Dir(path))
	if err == nil {
		err = private(directory)
	}
	if err != nil {
		return State{}, err
	}
	file, err := os.OpenFile(path, os.O_RDONLY|plainFile, 0)
	if err != nil {
		return State{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return State{}, err
	}
	if err := private(info); err != nil {
		return State{}, err
	}
	var state State
	numbers := json.NewDecoder(file)
	numbers.UseNumber() // as process 1 has them: a float is written otherwise, 1.7e+12
	if err := numbers.Decode(&state); err != nil {
		return State{}, err
	}
	if state.Dir != filepath.Dir(path) {
		return State{}, fmt.Errorf("%s is the state of a run in %s", path, state.Dir)
	}
	return state, nil
}

// joined notes that this process has read the state. The last process removes the file, so that a run that is killed
// leaves none.
func (s *Session) joined(path string) error {
	if err := os.WriteFile(fmt.Sprintf("%s.read-by-%d", path, s.process), nil, 0o600); err != nil {
		return fmt.Errorf("note that process %d has read the state: %w", s.process, err)
	}
	readers, err := filepath.Glob(path + ".read-by-*")
	if err != nil || len(readers) < s.processes-1 {
		return err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) { // two processes may be the last
		return fmt.Errorf("remove the state: %w", err)
	}
	return nil
}
