"""Every history up to some length, tried on our own rotation: no honest client is signed out, no thief stays unseen.

SEARCH_DEPTH=22 makes the search deeper than the few seconds that every run takes.
"""

import os

import pytest

from latchstring.settings import Rotation
from tests.rotation_search import HonestCase, TheftCase, Trace, find_honest_sign_out, find_unseen_theft

DEPTH = int(os.environ.get("SEARCH_DEPTH", "16"))


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(HonestCase(losses=False), id="two tabs at once, every answer arrives, the next refresh later"),
        pytest.param(HonestCase(losses=False, disciplined=False), id="two tabs that ask again and again"),
        pytest.param(HonestCase(in_flight=1), id="one tab, answers lost, back after hours"),
        pytest.param(HonestCase(), id="two tabs, losses, hours"),
        pytest.param(
            HonestCase(in_flight=3, disciplined=False), id="three tabs that ask again and again, losses, hours"
        ),
        pytest.param(
            HonestCase(losses=False, in_flight=3, disciplined=False, moments=True),
            id="three tabs whose answers overtake each other across the end of a window",
        ),
        pytest.param(
            HonestCase(in_flight=2, disciplined=False, moments=True), id="two tabs, overtaking, losses, hours"
        ),
        pytest.param(
            HonestCase(in_flight=5, disciplined=False), id="five tabs that ask again and again, losses, hours"
        ),
    ],
)
def test_no_history_signs_an_honest_client_out(case: HonestCase) -> None:
    assert find_honest_sign_out("sealed", case, DEPTH) is None


@pytest.mark.parametrize("case", [TheftCase(coincidences=0, rounds=1), TheftCase(coincidences=1, rounds=2)])
def test_no_thief_gains_more_rounds_than_it_hits_the_victims_window(case: TheftCase) -> None:
    assert find_unseen_theft("sealed", case, DEPTH) is None


@pytest.mark.parametrize("hits", [1, 2])
def test_a_thief_within_the_victims_window_gains_that_round_as_the_threat_model_says(hits: int) -> None:
    assert find_unseen_theft("sealed", TheftCase(coincidences=hits, rounds=hits), DEPTH) is not None


@pytest.mark.parametrize(
    ("case", "history"),
    [
        (HonestCase(in_flight=1), ("send 0", "serve 0: rotate", "lose answer 1", "send 0", "serve 0: replay")),
        (HonestCase(losses=False), ("send 0", "send 0", "serve 0: rotate", "serve 0: replay")),
    ],
)
def test_the_search_finds_what_is_wrong_with_strict_rotation(case: HonestCase, history: Trace) -> None:
    strict: Rotation = "strict"
    assert find_honest_sign_out(strict, case, DEPTH) == history
