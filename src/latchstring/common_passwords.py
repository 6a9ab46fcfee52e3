"""The shipped list of common passwords, read once."""

from functools import cache
from importlib.resources import files


@cache
def load_common_passwords() -> frozenset[str]:
    """Case-folded letters and digits without separators, one on a line of the file; lines with # are comments."""
    text = files("latchstring").joinpath("common_passwords.txt").read_text("utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))
