"""A program of its own: becomes another user, asks the system for a signal when its parent is gone, and becomes the
server.

    last_wish.py PARENT SIGNAL USER GROUP PROGRAM ARGUMENT...      user and group -1: stays who it is

Not Python code between fork and exec (`preexec_fn`): a process with threads may not run any there.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, wish, user, group = map(int, arguments[:4])
    program = arguments[4:]
    if user >= 0:
        os.setgroups([])
        os.setgid(group)
        os.setuid(user)
    # After the change of user, which would take the wish back.
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, wish) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    # It may be gone already, and nobody is told twice.
    if os.getppid() != parent:
        sys.exit("the tests are gone")
    os.execv(program[0], program)


if __name__ == "__main__":
    main(sys.argv[1:])
