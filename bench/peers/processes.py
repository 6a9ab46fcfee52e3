"""What a process and those it started take of the machine, from /proc."""

import os
from collections.abc import Iterator
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")
_UTIME, _STIME, _CUTIME, _CSTIME = 11, 12, 13, 14
"""Fields of /proc/PID/stat after the name, which is in brackets and may hold anything."""


def tree(pid: int) -> Iterator[int]:
    """A process and what came of it and is still there."""
    yield pid
    for thread in _read(Path(f"/proc/{pid}/task"), "*/children"):
        for child in thread.split():
            yield from tree(int(child))


def tree_cpu_seconds(pid: int) -> float:
    """What it computed so far, and what those computed that it has seen ending. To a hundredth of a second."""
    return sum(_computed(each) for each in tree(pid))


def everybody_cpu_seconds() -> float:
    """What all the processes of the machine computed so far, and what other machines took of it."""
    for text in _read(Path("/proc"), "stat"):
        user, nice, system, _, _, irq, softirq, steal, *_ = map(int, text.partition("\n")[0].split()[1:])
        return _TICK * (user + nice + system + irq + softirq + steal)
    return 0.0


def tree_pss_bytes(pid: int) -> int:
    """Its memory, of what is shared only its share (PSS)."""
    return sum(map(_pss, tree(pid)))


def _computed(pid: int) -> float:
    for text in _read(Path(f"/proc/{pid}"), "stat"):
        fields = text.rpartition(")")[2].split()
        return _TICK * sum(int(fields[each]) for each in (_UTIME, _STIME, _CUTIME, _CSTIME))
    return 0.0


def _pss(pid: int) -> int:
    for text in _read(Path(f"/proc/{pid}"), "smaps_rollup"):
        return sum(1024 * int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return 0


def _read(folder: Path, pattern: str) -> Iterator[str]:
    """Nothing of what ended meanwhile."""
    for path in folder.glob(pattern):
        try:
            yield path.read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
