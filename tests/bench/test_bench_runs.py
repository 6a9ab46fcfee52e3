"""Every measure runs from end to end, with tiny numbers: whether its figures are good is not for a test to say."""

import math
from pathlib import Path

import pytest

from bench.__main__ import MEASURES, main, run
from bench.browser import chromium
from bench.report import Figure, Goal, percentile, ratios


@pytest.mark.parametrize("name", MEASURES)
def test_a_measure_runs_and_reports_positive_figures(name: str, tmp_path: Path) -> None:
    if name in ("page", "scrolling") and chromium() is None:
        pytest.skip("There is no Chromium here; `make test` installs it.")
    report = run(name, tmp_path, quick=True)
    assert report.figures
    for figure in report.figures:
        assert figure.values, figure.what
        assert all(math.isfinite(value) for value in figure.values), figure.what
        # A socket may be closed before the 204 has arrived, and a tick of computing time is long for a short round.
        may_be_nought = (
            figure.what.startswith("from the 204") or "computing time" in figure.what or "late" in figure.what
        )
        assert may_be_nought or figure.median > 0, figure.what
    assert report.title in str(report)


def test_the_word_names_the_machine_and_says_what_was_measured(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["auth-token", "--quick", "--folder", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "SQLite" in said
    assert "goal: verify ÷ raw HMAC at most 2.50" in said
    assert list(tmp_path.iterdir()) == []


def test_a_goal_is_met_or_missed_by_what_was_measured() -> None:
    assert Goal("ratio", 0.85, 0.85).met
    assert not Goal("ratio", 0.85, 0.8499).met
    assert Goal("times", 2.5, 2.5, at_most=True).met
    assert "MISSED" in str(Goal("times", 2.5, 2.51, at_most=True))


def test_a_figure_shows_its_median_its_spread_and_its_tail() -> None:
    figure = Figure("closed", "ms", [float(n) for n in range(1, 101)], show_p99=True)
    assert str(figure).split() == ["closed", "50.5", "ms", "[1.00–100]", "p99", "100"]
    assert percentile([3.0, 1.0, 2.0], 0.5) == 2.0


def test_what_was_measured_side_by_side_is_compared_round_by_round() -> None:
    assert ratios([10.0, 30.0], [20.0, 40.0]) == [0.5, 0.75]
