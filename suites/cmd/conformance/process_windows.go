package main

import (
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownGroup starts the command in a process group of its own, whose id is that of its first process.
func ownGroup(command *exec.Cmd) {
	command.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// endInOrder asks all processes of the group to clean up and end.
func endInOrder(group int) {
	_ = windows.GenerateConsoleCtrlEvent(windows.CTRL_BREAK_EVENT, uint32(group))
}

// kill ends all processes of the group at once: Windows has no signal for a group.
func kill(group int) { _ = exec.Command("taskkill", "/T", "/F", "/PID", strconv.Itoa(group)).Run() }

// alive reports whether the group goes on: never, since a console group ends with its first process.
func alive(int) bool { return false }
