"""Start a program that dies with its parent: `python -I -S tether.py PARENT UID GID PROGRAM [ARGUMENT...]`.

A launcher that is killed cannot stop its children; left alone they would hold their ports and files and go on opening
doors for nobody. Linux ends them itself when asked (PR_SET_PDEATHSIG), but each child has to ask for itself, after the
fork. Doing that in `preexec_fn` runs Python between fork and exec in a copy of a process with threads, where any lock
may be held for ever; this file does it in a fresh interpreter (about 20 ms) that then becomes the program.

The signal is SIGKILL: a polite one could be ignored by a child that waits for a broker already dead, and everything
here is built to lose nothing to kill -9. Changing the user clears the request, so it is made after that. It is not
inherited: a program must not leave helpers of its own behind. Other systems than Linux have no such call; there the
children of a killed launcher stay until they are stopped by hand.

UID and GID are numbers, or `-` to stay what one is. Only the standard library: it runs isolated, without site packages.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
NOT_FOUND = 127  # the shell's exit codes for a command that is not there, or may not be run
NOT_ALLOWED = 126


def main(parent: int, uid: str, gid: str, program: list[str]) -> None:
    """Become `program`, tied to process `parent`; does not return."""
    libc = ctypes.CDLL(None, use_errno=True)  # before the user changes: the library may lie in a closed directory
    if uid != "-":
        os.setgroups([])
        os.setgid(int(gid))
        os.setuid(int(uid))
    if sys.platform == "linux" and libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # the parent died before the request was made
        sys.exit("the launcher is gone")
    try:
        os.execvp(program[0], program)  # noqa: S606 - no shell is wanted
    except OSError as error:
        sys.stderr.write(f"{program[0]}: {error.strerror}\n")
        sys.exit(NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_ALLOWED)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
