"""The few bytes of System V shared memory by which PostgreSQL sees that a cluster is in use.

Whoever starts on the same cluster next removes those of a server that was killed. Where nobody does, we do: they would
stay until the machine is started anew, and there is room for some thousands only.
"""

import ctypes
import os
from pathlib import Path

IPC_RMID = 0


def segment_of(data: Path) -> int | None:
    """Its id, where there is one that nobody uses. A server that ends in peace removes the file that tells of it, whose
    seventh line is `key id`."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return None
    key, segment = map(int, lines[6].split()) if len(lines) > 6 else (0, -1)
    for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]:
        fields = [int(field) for field in line.split()]
        if (fields[0], fields[1], fields[6]) == (key, segment, 0):
            return segment
    return None


def forget_segment(data: Path) -> None:
    """Of a server that is gone."""
    segment = segment_of(data)
    if segment is not None and ctypes.CDLL(None, use_errno=True).shmctl(segment, IPC_RMID, None) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
