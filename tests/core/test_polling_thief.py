"""A thief who shows a copied token every few seconds, and uses only what the victim has proved."""

import random
from collections.abc import Iterator

import pytest

from latchstring.core.first_use import FirstUse, decide_first_use
from latchstring.core.rotation import RotationPath, apply_rotation, confirmed, decide_rotation
from latchstring.core.session import Session
from latchstring.errors import TooManyRequests
from latchstring.testing import SettableClock
from latchstring.throttling import Throttling
from tests.rows import NOW, digest_of, row, shown

MINUTE, DAY = 60_000, 86_400_000
FOR_EVER = NOW + 10 * DAY


class Robbed:
    """One session, whose token the victim presents every 25 to 28 minutes and the thief all the time."""

    def __init__(self) -> None:
        self.session: Session = row(0, head_at=NOW, handed_at=NOW, idle_until=FOR_EVER, expires_at=None)

        self._clock = SettableClock(0)
        self._throttling = Throttling(self._clock)

    def is_throttled(self, now: int) -> bool:
        self._clock.now = now
        try:
            self._throttling.presentation(self.session.id, "198.51.100.7")
        except TooManyRequests:
            return True
        return False

    def present(self, generation: int, now: int) -> tuple[RotationPath, int]:
        presentation = shown(generation, now=now, idle=10 * DAY, fresh_digest=digest_of(self.session.head_gen + 1))
        path = decide_rotation(self.session, presentation)
        self.session = apply_rotation(self.session, presentation)
        return path, self.session.head_gen

    def use(self, generation: int, now: int) -> FirstUse:
        use = decide_first_use(self.session, generation)
        if use is FirstUse.CONFIRM:
            self.session = confirmed(self.session, now)
        return use


def moments(every: int, dice: random.Random) -> Iterator[tuple[int, bool]]:
    """A day of presentations in order: when, and whether it is the victim's."""
    victims, now = [], NOW
    while (now := now + round(dice.uniform(25, 28) * MINUTE)) < NOW + DAY:
        victims.append((now, True))
    thiefs = [(now, False) for now in range(NOW + 5 * MINUTE, NOW + DAY, every)]
    yield from sorted(victims + thiefs)


@pytest.mark.parametrize("every", [1_000, 5_000, 9_900, 10_001, 29_000])
def test_a_thief_who_polls_is_caught_within_a_few_rounds(every: int) -> None:
    rounds = []
    for seed in range(6):
        won, robbed = 0, Robbed()
        _, jar = robbed.present(0, NOW)
        robbed.use(jar, NOW)
        held = hoped = jar
        for now, is_victim in moments(every, random.Random(seed)):
            if not is_victim and robbed.is_throttled(now):
                continue
            path, head = robbed.present(jar if is_victim else held, now)
            if path in (RotationPath.REPLAY, RotationPath.UNKNOWN):
                break
            if path is RotationPath.STALE:
                if not is_victim and robbed.use(hoped, now) is FirstUse.FINE:
                    held, won = hoped, won + 1
            elif is_victim:
                jar = head
                robbed.use(jar, now + 500)
            elif head != held:
                hoped = head
        assert robbed.session.revoked_at is not None, (every, seed)
        rounds.append(won)
    assert sorted(rounds)[3] <= 2, rounds


def test_the_throttle_is_what_catches_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Throttling, "presentation", lambda *_: None)
    with pytest.raises(AssertionError):
        test_a_thief_who_polls_is_caught_within_a_few_rounds(10_001)


def test_what_the_victim_holds_is_left_alone() -> None:
    """The day without a thief, as a check of the rig."""
    robbed = Robbed()
    _, jar = robbed.present(0, NOW)
    for now, is_victim in moments(DAY, random.Random(1)):
        if is_victim:
            path, jar = robbed.present(jar, now)
            assert path is RotationPath.ROTATE
            robbed.use(jar, now + 500)
    assert robbed.session.revoked_at is None
