"""The table of close codes: complete, and of one voice with the code."""

from latchstring.live import CLOSE_CODES, Limits, close_codes


def test_every_code_that_the_library_closes_with_is_in_the_table_once() -> None:
    named = {value for name, value in vars(close_codes).items() if name.isupper() and isinstance(value, int)}
    listed = [each.code for each in CLOSE_CODES]
    assert sorted(listed) == sorted(named)


def test_only_an_ended_session_tells_the_client_to_stop() -> None:
    assert [each.code for each in CLOSE_CODES if each.client.startswith("Stop")] == [4401]


def test_the_numbers_in_the_table_are_the_limits() -> None:
    limits, meanings = Limits(), {each.code: each.meaning for each in CLOSE_CODES}
    assert f"{limits.frames_per_second} in a second" in meanings[1008]
    assert f"burst of {limits.burst}" in meanings[1008]
    assert f"{limits.frame_bytes // 1024} KiB" in meanings[1009]
