"""A disk that is small enough to be filled."""

import contextlib
import os
import pwd
import subprocess
from pathlib import Path

from tests.backing.binaries import AS_ROOT, new_folder

SIZE = "600m"


def small_disk(stack: contextlib.ExitStack | contextlib.AsyncExitStack) -> Path | None:
    """Mounted until the stack is left, with a folder `cluster` for the server. None where we may not mount."""
    folder = new_folder("disk")
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=0755", "tmpfs", str(folder)]
    if not AS_ROOT or subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        folder.rmdir()
        return None
    stack.callback(lambda: folder.rmdir())
    stack.callback(lambda: subprocess.run(["umount", "-l", str(folder)], check=True))
    nobody = pwd.getpwnam("nobody")
    (folder / "cluster").mkdir(mode=0o700)
    os.chown(folder / "cluster", nobody.pw_uid, nobody.pw_gid)
    return folder
