//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// ownGroup starts the command in a process group of its own, whose id is that of its first process.
func ownGroup(command *exec.Cmd) { command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// endInOrder asks all processes of the group to clean up and end. A group that is gone needs no asking.
func endInOrder(group int) { _ = syscall.Kill(-group, syscall.SIGTERM) }

// kill ends all processes of the group at once.
func kill(group int) { _ = syscall.Kill(-group, syscall.SIGKILL) }

// alive reports whether the group has a process.
func alive(group int) bool {
	// As the first process of a container, this one also has to bury what no one else waits for.
	for pid, err := syscall.Wait4(-group, nil, syscall.WNOHANG, nil); pid > 0 && err == nil; {
		pid, err = syscall.Wait4(-group, nil, syscall.WNOHANG, nil)
	}
	return syscall.Kill(-group, 0) == nil
}
