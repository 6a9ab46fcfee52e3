"""One user's week, and what came of it."""

from dataclasses import dataclass

from latchstring.core.keys import KeyRing
from simulate.browser import Browser
from simulate.network import Network
from simulate.rules import Rule, open_server
from simulate.thief import Kind, Thief
from simulate.world import DAY, HOUR, MINUTE, WEEK, World

START = 1_800_000_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    refreshes: int
    signed_out: bool
    stole: bool = False
    caught: bool = False
    uncaught: bool = False
    """The victim came back after the thief's last minting, and still the thief is served."""
    held_on: int = 0
    """Milliseconds from the thief's first accepted use to its last."""


def honest_week(rule: Rule, key_ring: KeyRing, number: int, seed: int, tabs: int, loss: float) -> Outcome:
    world = World(START, f"{seed}/{tabs}/{number}")
    server = open_server(rule, world, key_ring)
    browser = Browser(world, Network(world, loss), server, server.sign_in("user"), tabs)
    world.run_until(START + WEEK)
    return Outcome(browser.refreshes, browser.signed_out is not None)


def robbed_week(rule: Rule, key_ring: KeyRing, number: int, seed: int, kind: Kind, loss: float) -> Outcome:
    """As an honest week with one tab, but the jar is copied. Runs on until the victim has had a chance to return."""
    world = World(START, f"{seed}/{kind}/{number}")
    server = open_server(rule, world, key_ring)
    victim = Browser(world, Network(world, loss), server, server.sign_in("victim"), 1)
    thief = Thief(world, server, victim, kind)
    world.run_until(START + WEEK)
    end = START + WEEK + 2 * DAY
    while world.now < end and server.lives(victim.session_id):
        world.run_until(world.now + HOUR)
    loot = thief.loot
    if loot.first_use is None or loot.last_use is None or loot.last_minted is None:
        return Outcome(victim.refreshes, False)
    alive = server.lives(victim.session_id)
    still_served = alive and loot.over_at is None
    returned = victim.presented_at > loot.last_minted + MINUTE
    return Outcome(
        victim.refreshes,
        signed_out=False,
        stole=True,
        caught=not alive,
        uncaught=still_served and returned,
        held_on=loot.last_use - loot.first_use,
    )
