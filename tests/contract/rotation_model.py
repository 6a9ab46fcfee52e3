"""A second opinion on the rotation: a few integers and two flags instead of a row, written for the model checker that
the design was chosen with. It knows no hashes, no clock and no code of ours."""

from typing import Literal, NamedTuple

Result = tuple[Literal["token"], int] | tuple[Literal["stale", "ended"], None]
STALE: Result = ("stale", None)
ENDED: Result = ("ended", None)


class Model(NamedTuple):
    """`window`: the head is young. `proof`: the base was proved a short while ago."""

    ended: bool = False
    base: int = 0
    head: int = 0
    prev: int = -1
    window: bool = False
    proof: bool = False

    def present(self, token: int) -> tuple["Model", Result]:
        if self.ended:
            return self, ENDED
        if token == self.head:
            proved = self._prove()
            return (proved, ("token", self.head)) if self.window else proved._mint()
        if token == self.base:
            return (self, ("token", self.head)) if self.window else self._mint()
        if token == self.prev and self.proof:
            return self, STALE
        return self._replace(ended=True), ENDED

    def use(self, token: int) -> "Model":
        """The auth token that came with a refresh token is used."""
        return self._prove() if token == self.head and not self.ended else self

    def hours_pass(self) -> "Model":
        return self._replace(window=False, proof=False)

    def _prove(self) -> "Model":
        if self.base == self.head:
            return self
        return self._replace(base=self.head, prev=self.base, proof=True)

    def _mint(self) -> tuple["Model", Result]:
        minted = self._replace(head=self.head + 1, window=True)
        return minted, ("token", minted.head)
