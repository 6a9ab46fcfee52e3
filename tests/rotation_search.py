"""Every history of a session up to some length, tried on our own rotation.

The honest client is one cookie jar, with several refreshes in flight (tabs, a server-side render); any message may be
lost. "Hours pass" closes every window and drops what is in flight: a client gives up long before. "Moments pass" is
half a window, which is as long as an exchange may take: a client gives up sooner, and a server drops what nobody waits
for any more. So an answer may overtake an older one, from before the window closed. The thief copies the jar once, and
may then present and use whatever it holds, whenever it likes.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal

from latchstring.core.first_use import FirstUse, decide_first_use
from latchstring.core.rotation import RotationPath, apply_rotation, confirmed, decide_rotation, read_path
from latchstring.core.session import Session
from latchstring.settings import Rotation
from tests.core.test_rotation import part_that_answers
from tests.rows import NOW, S, W, digest_of, row, shown

Trace = tuple[str, ...]
ANSWERED = {RotationPath.ROTATE, RotationPath.COALESCE, RotationPath.REPEAT, RotationPath.RECOVER}
OLD = NOW - S - W - 1
MOMENT = W // 2


class Server:
    """Our rotation, as seen at one moment: either just now or hours ago. A token is named by its generation, which is
    enough: a generation is minted once. Rows repeat all the time, so answers are remembered."""

    def __init__(self, rotation: Rotation) -> None:
        self._rotation: Rotation = rotation
        self.present = cache(self._present)
        self.use = cache(self._use)

    def sign_in(self) -> Session:
        return row(0, head_at=OLD, handed_at=OLD, confirmed_at=OLD, condemned="")

    def _present(self, session: Session, generation: int) -> tuple[Session, RotationPath, int]:
        presentation = shown(generation, rotation=self._rotation, fresh_digest=digest_of(session.head_gen + 1))
        path = decide_rotation(session, presentation)
        after = apply_rotation(session, presentation)
        # What the answer says is read from the row after, as the use case does it.
        known = None if path is RotationPath.UNKNOWN else part_that_answers(after)
        assert read_path(presentation, known) is path
        return _at_rest(after), path, after.head_gen

    def _use(self, session: Session, generation: int) -> tuple[Session, bool]:
        if session.revoked_at is not None:
            return session, False
        use = decide_first_use(session, generation)
        after = confirmed(session, NOW) if use is FirstUse.CONFIRM else session
        return _at_rest(after), use in (FirstUse.CONFIRM, FirstUse.FINE)

    @staticmethod
    def hours_pass(session: Session) -> Session:
        return replace(session, head_at=OLD, handed_at=OLD, confirmed_at=OLD)

    @staticmethod
    def moments_pass(session: Session) -> Session:
        def earlier(time: int) -> int:
            return max(OLD, time - MOMENT)

        head_at, handed_at, confirmed_at = map(earlier, (session.head_at, session.handed_at, session.confirmed_at))
        return replace(session, head_at=head_at, handed_at=handed_at, confirmed_at=confirmed_at)


def _at_rest(session: Session) -> Session:
    """Without what no decision looks at, so that equal situations are equal rows."""
    return replace(session, last_seen_at=0, address="", sealed=None, idle_until=NOW + 1)


@dataclass(frozen=True)
class Exchange:
    """A refresh in flight: a request with the generation it shows, or an answer with the generation it brings.
    `moments` have passed since the request was sent."""

    leg: Literal["request", "answer"]
    generation: int
    moments: int = 0


@dataclass(frozen=True)
class Honest:
    session: Session
    jar: int = 0
    auth: int | None = None
    flying: tuple[Exchange, ...] = ()
    answered: bool = False

    def fly(self, without: Exchange | None = None, *more: Exchange) -> tuple[Exchange, ...]:
        flying = list(self.flying)
        if without is not None:
            flying.remove(without)
        return tuple(sorted([*flying, *more], key=_in_order))


def _in_order(exchange: Exchange) -> tuple[str, int, int]:
    return exchange.leg, exchange.generation, exchange.moments


@dataclass(frozen=True)
class HonestCase:
    """`losses`: answers and requests may be lost. `in_flight`: tabs at once. `disciplined`: a client that has its
    answer does not ask again before hours have passed. `moments`: half windows may pass, too."""

    losses: bool = True
    in_flight: int = 2
    disciplined: bool = True
    moments: bool = False


def find_honest_sign_out(rotation: Rotation, case: HonestCase, depth: int) -> Trace | None:
    """The shortest history in which somebody honest is signed out, or None if there is none of that length."""
    server = Server(rotation)

    def steps(state: Honest) -> Iterator[tuple[str, Honest | None]]:
        if len(state.flying) < case.in_flight and not (case.disciplined and state.answered):
            yield f"send {state.jar}", replace(state, flying=state.fly(None, Exchange("request", state.jar)))
        for exchange in set(state.flying):
            yield _arrive(server, state, exchange)
            if case.losses:
                yield f"lose {exchange.leg} {exchange.generation}", replace(state, flying=state.fly(exchange))
        if state.auth is not None:
            after, _ = server.use(state.session, state.auth)
            yield f"use {state.auth}", replace(state, session=after)
        if case.losses or not state.flying:
            rested = server.hours_pass(state.session)
            yield "hours pass", replace(state, session=rested, flying=(), answered=False)
        if case.moments and (state.flying or state.session.head_at > OLD):
            later = tuple(replace(each, moments=1) for each in state.flying if each.moments == 0)
            yield "moments pass", replace(state, session=server.moments_pass(state.session), flying=later)

    return _search(Honest(server.sign_in()), steps, lambda state: state is None, depth)


def _arrive(server: Server, state: Honest, exchange: Exchange) -> tuple[str, Honest | None]:
    if exchange.leg == "answer":
        arrived = replace(state, jar=exchange.generation, auth=exchange.generation, flying=state.fly(exchange))
        return f"receive {exchange.generation}", replace(arrived, answered=True)
    after, path, head = server.present(state.session, exchange.generation)
    label = f"serve {exchange.generation}: {path.value}"
    if path in ANSWERED:
        answer = Exchange("answer", head, exchange.moments)
        return label, replace(state, session=after, flying=state.fly(exchange, answer))
    if path is RotationPath.STALE:
        return label, replace(state, session=after, flying=state.fly(exchange))
    return label, None


@dataclass(frozen=True)
class Theft:
    """A round is won when the thief used a token that was minted on its own presentation since the victim's last
    refresh, and the victim still refreshes afterwards. `won_window`: who presented first in the window that is open."""

    session: Session
    jar: int = 0
    auth: int | None = None
    loot: frozenset[int] = frozenset()
    loot_auth: frozenset[int] = frozenset()
    stolen: bool = False
    used: bool = False
    rounds: int = 0
    window: Literal["victim", "thief"] | None = None
    coincidences: int = 0


@dataclass(frozen=True)
class TheftCase:
    coincidences: int
    """How often thief and victim may present within the same window."""
    rounds: int


def find_unseen_theft(rotation: Rotation, case: TheftCase, depth: int) -> Trace | None:
    """The shortest history in which a thief wins that many rounds without the session ending, or None."""
    server = Server(rotation)

    def steps(state: Theft) -> Iterator[tuple[str, Theft]]:
        for label, after in (*_victim(server, state), *_thief(server, state)):
            if after.session.revoked_at is None and after.coincidences <= case.coincidences:
                yield label, after
        yield "hours pass", replace(state, session=server.hours_pass(state.session), window=None)

    return _search(Theft(server.sign_in()), steps, lambda state: state.rounds >= case.rounds, depth)


def _victim(server: Server, state: Theft) -> Iterator[tuple[str, Theft]]:
    after, path, head = server.present(state.session, state.jar)
    if path in ANSWERED:
        yield (
            f"victim shows {state.jar}: {path.value}",
            replace(
                state,
                session=after,
                jar=head,
                auth=head,
                loot_auth=frozenset(),
                used=False,
                rounds=state.rounds + state.used,
                window=state.window or "victim",
                coincidences=state.coincidences + (state.window == "thief"),
            ),
        )
    if state.auth is not None:
        after, _ = server.use(state.session, state.auth)
        yield f"victim uses {state.auth}", replace(state, session=after)


def _thief(server: Server, state: Theft) -> Iterator[tuple[str, Theft]]:
    if not state.stolen:
        yield f"thief copies {state.jar}", replace(state, loot=frozenset({state.jar}), stolen=True)
    for generation in state.loot:
        after, path, head = server.present(state.session, generation)
        if path in ANSWERED:
            yield (
                f"thief shows {generation}: {path.value}",
                replace(
                    state,
                    session=after,
                    loot=state.loot | {head},
                    loot_auth=state.loot_auth | {head},
                    window=state.window or "thief",
                    coincidences=state.coincidences + (state.window == "victim"),
                ),
            )
    for generation in state.loot_auth:
        after, accepted = server.use(state.session, generation)
        if accepted and not state.used:
            yield f"thief uses {generation}", replace(state, session=after, used=True)


def _search(
    start: Any, steps: Callable[[Any], Iterator[tuple[str, Any]]], found: Callable[[Any], bool], depth: int
) -> Trace | None:
    """Breadth first, so the first history found is a shortest one."""
    seen = {start}
    waiting: deque[tuple[Any, Trace]] = deque([(start, ())])
    while waiting:
        state, trace = waiting.popleft()
        if len(trace) == depth:
            continue
        for label, after in steps(state):
            if found(after):
                return (*trace, label)
            if after not in seen:
                seen.add(after)
                waiting.append((after, (*trace, label)))
    return None
