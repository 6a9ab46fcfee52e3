"""python -m bench.peers [--quick] [--folder FOLDER] [--json FILE] [--publish] [--from FILE]"""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.peers import outcome as outcomes
from bench.peers.page import publish
from bench.peers.run import measure
from bench.peers.servers import ROOT
from bench.peers.stage import QUICK, Sizes
from bench.peers.table import text

JSON = ROOT / "build" / "peers.json"


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    began = time.monotonic()
    found = outcomes.read(chosen.read) if chosen.read else _measured(chosen)
    print(text(found))
    if chosen.publish and not found.is_quiet():
        print("not published: other programs were running, and it is they who would be measured", file=sys.stderr)
        return 1
    if chosen.publish:
        for path in publish(found, ROOT / "docs"):
            print(f"written: {path.relative_to(ROOT)}")
    print(f"({time.monotonic() - began:.0f} s)")
    return 0


def _measured(chosen: argparse.Namespace) -> outcomes.Outcome:
    with tempfile.TemporaryDirectory(dir=chosen.folder, prefix="bench-") as made:
        # PostgreSQL may run as nobody, who has to pass.
        Path(made).chmod(0o711)
        found = measure(Path(made), QUICK if chosen.quick else Sizes())
    outcomes.write(found, chosen.json)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bench.peers", description="Latchstring beside its peers, in turns."
    )
    parser.add_argument(
        "--quick", action="store_true", help="one round of a second each: whether it runs, not how fast"
    )
    parser.add_argument("--folder", type=Path, help="where databases go, which says which disk (default: the system's)")
    parser.add_argument("--json", type=Path, default=JSON, help="where all figures go (default: build/peers.json)")
    parser.add_argument("--publish", action="store_true", help="writes docs/performance-peers.md and its pictures")
    parser.add_argument("--from", dest="read", type=Path, help="measures nothing, and reads what --json has written")
    return parser


if __name__ == "__main__":
    sys.exit(main())
