"""Bytes that look random and are the same in every run."""

import random


class SeededEntropy:
    """For tests and simulations only: whoever knows the seed knows every secret."""

    def __init__(self, seed: int = 0) -> None:
        self._random = random.Random(seed)  # noqa: S311 - that is its purpose

    def __call__(self, size: int) -> bytes:
        return self._random.randbytes(size)
