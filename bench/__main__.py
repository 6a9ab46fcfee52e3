"""python -m bench [names…] [--quick] [--folder FOLDER]"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench import (
    auth_token,
    authenticated_get,
    busy_logins,
    delivery,
    history,
    idle_sockets,
    login,
    many_sockets,
    messages,
    page,
    payload,
    refresh,
    scrolling,
    sign_out,
    sign_out_across_nodes,
)
from bench.machine import describe
from bench.report import Bench, Report

MEASURES: Mapping[str, Callable[[Bench], Report]] = {
    "sign-out": sign_out.measure,
    "sign-out-across-nodes": sign_out_across_nodes.measure,
    "many-sockets": many_sockets.measure,
    "authenticated-get": authenticated_get.measure,
    "refresh": refresh.measure,
    "login": login.measure,
    "busy-logins": busy_logins.measure,
    "auth-token": auth_token.measure,
    "messages": messages.measure,
    "delivery": delivery.measure,
    "history": history.measure,
    "idle-sockets": idle_sockets.measure,
    "page": page.measure,
    "payload": payload.measure,
    "scrolling": scrolling.measure,
}


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(dir=chosen.folder, prefix="bench-") as made:
        print("\n".join(describe(Path(made))))
        print("median [least–most] of the rounds", flush=True)
        for name in chosen.names or MEASURES:
            began = time.monotonic()
            report = run(name, Path(made), quick=chosen.quick)
            print(f"\n{report}\n  ({name}: {time.monotonic() - began:.0f} s)", flush=True)
    return 0


def run(name: str, folder: Path, *, quick: bool) -> Report:
    """One measure, with a folder of its own for its databases."""
    own = folder / name
    own.mkdir()
    return MEASURES[name](Bench(own, quick))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description="What the promises cost here, as ratios.")
    parser.add_argument("names", nargs="*", choices=[*MEASURES, []], metavar="name", help=", ".join(MEASURES))
    parser.add_argument("--quick", action="store_true", help="tiny numbers: whether it runs, not how fast")
    parser.add_argument("--folder", type=Path, help="where databases go, which says which disk (default: the system's)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
