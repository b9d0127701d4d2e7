//go:build unix

package session

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// plainFile makes opening fail for a symbolic link, and not wait for a pipe.
const plainFile = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// private returns an error if the file or directory belongs to another user, or if others may open it.
func private(info fs.FileInfo) error {
	owner, known := info.Sys().(*syscall.Stat_t)
	switch {
	case !info.Mode().IsRegular() && !info.IsDir():
		return fmt.Errorf("%s is neither a file nor a directory", info.Name())
	case !known || int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to another user", info.Name())
	case info.Mode().Perm()&0o077 != 0:
		return fmt.Errorf("%s can be opened by other users (mode %04o)", info.Name(), info.Mode().Perm())
	}
	return nil
}
