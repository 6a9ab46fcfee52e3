"""On a machine that is alone with its database, a clock that leaps signs nobody out, and lets nobody by."""

import logging

import pytest

from latchstring.core.clocks import JUST_BEGUN, LASTING
from latchstring.database import open_database
from latchstring.steady_clock import NOT_YET, SteadyClock
from latchstring.testing import SettableClock

NOW = 1_800_000_000_000
HOUR, MONTH = 3_600_000, 30 * 86_400_000


class Machine:
    def __init__(self, uptime: int = MONTH) -> None:
        self.monotonic = SettableClock(uptime)
        self.own = SettableClock(NOW)
        self.clock = SteadyClock(self.own, self.monotonic)

    def pass_time(self, milliseconds: int) -> None:
        self.monotonic.advance(milliseconds=milliseconds)
        self.own.advance(milliseconds=milliseconds)


def test_it_is_the_machines_own() -> None:
    machine = Machine()
    assert machine.clock() == NOW
    machine.pass_time(14 * 86_400_000)
    assert machine.clock() == NOW + 14 * 86_400_000


def test_what_the_machine_corrects_little_by_little_is_followed_however_much_it_is_in_all() -> None:
    machine = Machine()
    for hours in range(1, 200):
        machine.pass_time(HOUR)
        machine.own.advance(milliseconds=-30_000)
        assert machine.clock() == NOW + hours * (HOUR - 30_000)


@pytest.mark.parametrize("leap", [HOUR, -HOUR, MONTH, -MONTH])
def test_a_leap_that_is_taken_back_was_never_followed(leap: int, caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    machine.own.advance(milliseconds=leap)
    for minutes in range(60):
        assert machine.clock() == NOW + minutes * 60_000
        machine.pass_time(60_000)
    # Set right by hand, so not to the millisecond.
    machine.own.advance(milliseconds=3 - leap)
    assert machine.clock() == NOW + HOUR + 3
    machine.pass_time(1)
    assert machine.clock() == NOW + HOUR + 4
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.CRITICAL, f"this machine's clock has leapt by {leap} ms: {NOT_YET}"),
        (logging.WARNING, "this machine's clock is right again: its leap was never followed"),
    ]


@pytest.mark.parametrize("leap", [HOUR, -HOUR, MONTH, -MONTH])
def test_a_leap_that_lasts_is_followed_in_the_end(leap: int, caplog: pytest.LogCaptureFixture) -> None:
    machine = Machine()
    machine.own.advance(milliseconds=leap)
    assert machine.clock() == NOW
    machine.pass_time(LASTING - 1)
    assert machine.clock() == NOW + LASTING - 1
    machine.pass_time(1)
    assert machine.clock() == NOW + LASTING + leap
    machine.pass_time(HOUR)
    assert machine.clock() == NOW + LASTING + HOUR + leap
    assert caplog.records[-1].getMessage().endswith("it is followed from here on")


def test_a_second_leap_has_to_last_as_long_as_the_first() -> None:
    machine = Machine()
    for _ in range(2):
        machine.own.advance(milliseconds=MONTH)
        machine.clock()
        machine.pass_time(LASTING - 1)
        machine.own.advance(milliseconds=-MONTH)
        machine.clock()
    assert machine.clock() == NOW + 2 * (LASTING - 1)


def test_another_leap_at_the_end_of_a_long_one_has_to_last_anew() -> None:
    machine = Machine()
    machine.own.advance(milliseconds=2 * 60_001)
    machine.clock()
    machine.pass_time(LASTING)
    machine.own.advance(milliseconds=50 * 365 * 86_400_000)
    assert machine.clock() == NOW + LASTING
    machine.pass_time(LASTING - 1)
    assert machine.clock() == NOW + 2 * LASTING - 1
    machine.pass_time(1)
    assert machine.clock() == machine.own()


@pytest.mark.parametrize("leap", [86_400_000, -HOUR])
def test_processes_that_began_before_and_after_ntp_first_set_the_clock_have_one_time(
    leap: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A machine that keeps no time while it is off begins with that of yesterday. Each would refuse the tokens of the
    other for an hour."""
    machine = Machine(uptime=JUST_BEGUN - 30_000)
    machine.pass_time(30_000)
    machine.own.advance(milliseconds=leap)
    began_later = SteadyClock(machine.own, machine.monotonic)
    assert machine.clock() == began_later() == machine.own()
    assert [record.getMessage() for record in caplog.records] == [
        f"this machine's clock has leapt by {leap} ms: it is followed from here on"
    ]
    machine.pass_time(HOUR)
    assert machine.clock() == began_later() == machine.own()


def test_once_all_processes_have_begun_anew_they_go_by_a_leap_that_was_right() -> None:
    """What the run guide says to do: until then, those that began before it and after it differ."""
    machine = Machine()
    machine.own.advance(milliseconds=86_400_000)
    assert machine.clock() == NOW
    renewed = [SteadyClock(machine.own, machine.monotonic) for _ in range(2)]
    machine.pass_time(HOUR // 2)
    assert {clock() for clock in renewed} == {machine.own()}


def test_sqlite_goes_by_it_unless_an_app_has_a_clock_of_its_own() -> None:
    own, monotonic, other = SettableClock(NOW), SettableClock(0), SettableClock(1)
    url = "sqlite:///:memory:"
    assert isinstance(open_database(url, clock=None, own=own, monotonic=monotonic).clock, SteadyClock)
    assert open_database(url, clock=other, own=own, monotonic=monotonic).clock is other
