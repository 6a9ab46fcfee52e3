"""What is read from wrk and pgbench, and what is made of it: no server is started, and no peer installed."""

import math
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from bench.peers import outcome as outcomes
from bench.peers import servers
from bench.peers.bare_update import read_pgbench, script
from bench.peers.calls import CALLS, filled
from bench.peers.load import Burst, read_burst
from bench.peers.outcome import OURS, PGBENCH, STORM, Outcome, goals, times
from bench.peers.page import BEGIN, END, PAGE, with_figures
from bench.peers.plots import Bar, svg, write_plots
from bench.peers.processes import tree, tree_cpu_seconds, tree_pss_bytes
from bench.peers.run import measure
from bench.peers.sample import Cell, Computed, Sample, sample
from bench.peers.stage import QUICK
from bench.peers.table import markdown, text
from tests.architecture.repository import ROOT

REQUIREMENTS = sorted((ROOT / "bench" / "peers").glob("requirements-*.txt"))


def said(bad: int = 0, broken: int = 0) -> str:
    found = f'{{"answers": 300, "seconds": 2.0, "p50": 1.5, "p99": 9.25, "bad": {bad}, "broken": {broken}}}'
    return f"Running 2s test @ http://127.0.0.1:1/\n  300 requests in 2.00s, 1.00MB read\n{found}\n"


def of(rate: float, p99: float = 1.0) -> Sample:
    return Sample(rate, 0.5, p99, 50.0, 0.99, 0.25, math.nan, 0.001, 0.0, int(rate))


def found(*cells: Cell) -> Outcome:
    return Outcome(["2 cores"], cells, {OURS: 48.0}, ["a note"])


def everything() -> Outcome:
    """Each goal just met, but that of 64 connections beside pgbench."""
    rates = {
        ("get", OURS): 20_000, ("get", "fastapi-users, JWT"): 1000, ("get", "simplejwt, without the user's row"): 4000,
        ("refresh", OURS): 6000, ("refresh", "fastapi-users, database"): 500, ("refresh", "better-auth"): 600,
        ("refresh", PGBENCH): 8000, ("login", OURS): 90, ("login", "better-auth"): 90,
    }  # fmt: skip
    cells = [Cell(kind, name, count, [of(rate)] * 3) for (kind, name), rate in rates.items() for count in (16, 64)]
    storm = [Cell(STORM, OURS, 16, [of(9, p99=5.0)]), Cell(STORM, "fastapi-users, JWT", 16, [of(9, p99=75.0)])]
    return found(*cells, *storm)


def test_a_burst_is_read_from_what_wrk_says() -> None:
    burst = read_burst(said(), computing=0.5)
    assert burst == Burst(300, 2.0, 1.5, 9.25, 0.5)
    assert burst.per_second == 150


@pytest.mark.parametrize("output", [said(bad=1), said(broken=1), "wrk: unknown host\n", said() + said()])
def test_a_refusal_is_no_result(output: str) -> None:
    with pytest.raises(RuntimeError):
        read_burst(output)


def test_the_rate_of_pgbench_is_read() -> None:
    output = """
number of transactions actually processed: 16000
number of failed transactions: 0 (0.000%)
latency average = 2.000 ms
initial connection time = 20.1 ms
tps = 8000.5 (without initial connection time)
"""
    burst = read_pgbench(output)
    assert (burst.answers, burst.p50) == (16_000, 2.0)
    assert burst.per_second == pytest.approx(8000.5)
    with pytest.raises(RuntimeError):
        read_pgbench(output.replace("failed transactions: 0", "failed transactions: 3"))


def test_the_bare_update_is_the_library_s_own_with_nothing_left_to_fill_in() -> None:
    made = script(40_000, 1_800_000_000_000)
    assert "UPDATE latchstring_sessions SET" in made
    assert set(re.findall(r"(?<!:):([a-z_]+)", made)) == {"now", "number"}


def test_a_request_says_how_long_its_body_is() -> None:
    for call in CALLS:
        head, _, body = filled(call.template, "a-token").partition("\r\n\r\n")
        assert "<" not in head + body, call.name
        assert "a-token" in head + body, call.name
        assert ("\r\nContent-Length: " in head) == head.startswith("POST "), call.name
        if body:
            assert f"\r\nContent-Length: {len(body)}" in head, call.name


def test_every_kind_of_call_is_asked_of_ours() -> None:
    assert {call.kind for call in CALLS if call.said == OURS} == {call.kind for call in CALLS}


def test_computing_is_told_by_answer_and_by_second() -> None:
    burst = Burst(1000, 2.0, 1.0, 2.0, 0.5)
    taken = sample(burst, Computed(10.0, 5.0, 1.0, 90.0), Computed(12.0, 6.0, 1.01, 94.0))
    assert (taken.cpu, taken.server, taken.database, taken.wrk) == (2000.0, 1.0, 0.5, 0.25)
    assert taken.idle == pytest.approx(0.005)
    assert taken.strangers == pytest.approx((4.0 - 2.0 - 1.0 - 0.01 - 0.5) / 2)


def test_ours_and_theirs_are_compared_round_by_round() -> None:
    ours, theirs = Cell("get", OURS, 16, [of(100), of(50), of(80)]), Cell("get", "it", 16, [of(10), of(10), of(4)])
    assert times(found(ours, theirs), "get", "it", 16) == 10
    assert times(found(ours), "get", "it", 16) is None


def test_goals_are_held_against_the_worse_of_both_and_the_fastest_of_all() -> None:
    reached = {goal.what: goal for goal in goals(everything())}
    assert [goal.what for goal in reached.values() if not goal.met] == ["refresh ÷ pgbench, 64 connections"]
    assert reached["refresh ÷ the fastest peer that writes"].got == 10
    assert reached["p99 of authenticated GETs while logins never stop ÷ fastapi-users'"].got == pytest.approx(1 / 15)


def test_a_peer_that_is_not_there_is_no_goal() -> None:
    assert goals(found(Cell("login", OURS, 16, [of(90)]))) == []


def test_what_was_found_survives_a_file(tmp_path: Path) -> None:
    outcomes.write(everything(), tmp_path / "there" / "peers.json")
    again = outcomes.read(tmp_path / "there" / "peers.json")
    assert text(again) == text(everything())
    assert math.isnan(again.cells[0].samples[0].database)


def test_a_machine_on_which_others_compute_is_not_quiet() -> None:
    busy = Cell("get", OURS, 16, [replace(of(100), strangers=0.5)])
    assert everything().is_quiet()
    assert not found(busy).is_quiet()
    assert not found().is_quiet()
    assert "0.50 of a core" in text(found(busy))


def test_the_page_keeps_what_people_have_written(tmp_path: Path) -> None:
    page = with_figures(f"# Title\n{BEGIN}\nold\n{END}\nWhat is unfair.\n", markdown(everything()))
    assert page.startswith("# Title\n")
    assert page.endswith("\nWhat is unfair.\n")
    assert "old" not in page
    assert "| refresh ÷ pgbench, 64 connections | at least 0.900 | 0.750 | **missed** |" in page
    with pytest.raises(ValueError, match=PAGE):
        with_figures("# Title\n", "figures")


def test_the_page_of_this_project_has_a_place_for_figures() -> None:
    assert "figures" in with_figures((ROOT / "docs" / PAGE).read_text(), "figures")


def test_a_picture_is_well_formed_and_says_its_numbers(tmp_path: Path) -> None:
    drawn = ET.fromstring(svg("GETs < a second", "a & b", [Bar(OURS, 20_000), Bar("it", 1000.0)]))
    assert "Latchstring: 20,000; it: 1,000" in "".join(drawn.itertext())
    paths = write_plots(everything(), tmp_path)
    assert [path.name for path in paths] == [f"peers-{name}.svg" for name in ("get", "refresh", "login", "storm")]


def test_where_no_peer_is_a_run_says_what_installs_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(servers, "PEERS", tmp_path)
    with pytest.raises(RuntimeError, match=r"setup/peers\.sh"):
        measure(tmp_path, QUICK)


def test_a_process_tree_has_computed_and_has_memory() -> None:
    assert os.getpid() in tree(os.getpid())
    assert tree_cpu_seconds(os.getpid()) > 0
    assert tree_pss_bytes(os.getpid()) > 2**20


@pytest.mark.parametrize("path", REQUIREMENTS, ids=lambda path: path.name)
def test_peers_are_exact_hashed_and_without_addresses(path: Path) -> None:
    entries = path.read_text().replace("\\\n", " ").strip().splitlines()
    assert [entry for entry in entries if not re.match(r"[\w.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", entry)] == []
    assert re.findall(r"https?:|file:|--(?:extra-)?index-url|--find-links", path.read_text()) == []


def test_the_lock_of_npm_names_no_registry() -> None:
    assert '"resolved"' not in (ROOT / "bench" / "peers" / "better_auth" / "package-lock.json").read_text()
