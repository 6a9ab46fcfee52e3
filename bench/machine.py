"""The machine under a figure: what it is, and which of its cores serve and which ask."""

import os
import platform
import resource
import sqlite3
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path


def describe(folder: Path) -> list[str]:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    system = f"{platform.system()} on {platform.machine()}"
    return [
        f"{len(all_cores()) or os.cpu_count()} cores of {_processor()}{load}",
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {system}",
        f"databases on {_file_system(folder)}",
    ]


def all_cores() -> Set[int]:
    """Empty where the system does not say, and then nothing is pinned."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def server_cores() -> Set[int]:
    return set(sorted(all_cores())[:1])


def client_cores() -> Set[int]:
    """The others; the same where there is one alone."""
    return set(sorted(all_cores())[1:]) or all_cores()


@contextmanager
def pinned(cores: Set[int]) -> Iterator[None]:
    """This process, and each that it starts meanwhile, runs on these cores."""
    before = all_cores()
    if cores:
        os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        if before:
            os.sched_setaffinity(0, before)


def cpu_seconds(pid: int) -> float | None:
    """What a process and its threads have computed so far; None where the system does not say."""
    try:
        threads = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    except OSError:
        return None
    return sum(int(thread.split()[0]) for thread in threads) / 1e9 if threads else None


def resident_bytes(pid: int) -> float:
    """What a process has of the memory now; not a number where the system does not say."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except OSError:
        return float("nan")


def room_for_sockets(wanted: int) -> int:
    """Raises this process's limit of open files, which servers inherit; how many sockets there is room for."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + 500
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    if soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    return min(wanted, max(soft, most) - 500)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _file_system(folder: Path) -> str:
    """A disk in memory syncs for nothing: whoever reads the figures should know."""
    try:
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "a disk of unknown kind"
    inside = [mount for mount in mounts if folder.resolve().is_relative_to(mount[1])]
    return max(inside, key=lambda mount: len(mount[1]))[2] if inside else "a disk of unknown kind"
