"""What a display name may hold."""

import pytest

from chat.names import check_display_name
from latchstring import InvalidRequest


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Anna", "Anna"),
        ("  Anna \t", "Anna"),
        ("a", "a"),
        ("é" * 80, "é" * 80),
        ("Zoë Ångström-O'Neill, Jr.", "Zoë Ångström-O'Neill, Jr."),
        ("山田\u3000太郎", "山田\u3000太郎"),
        ("علی‌رضا", "علی‌رضا"),
        ("👩‍🚀", "👩‍🚀"),
        ("❤️", "❤️"),
        ("<b>&", "<b>&"),
        ("\U000323b0 Li", "\U000323b0 Li"),
    ],
)
def test_a_name_is_kept_as_people_write_it_but_for_white_space_around_it(name: str, kept: str) -> None:
    assert check_display_name(name) == kept


@pytest.mark.parametrize(
    "name",
    [
        "",
        "   ",
        "a" * 81,
        "a\nb",
        "a\x00b",
        "a\x1b[31mb",
        "a\x7f",
        "a\u2028b",
        "a\u202eb",
        "\u2067a",
        "a\u200fb",
        "a\u061cb",
        "a\ufeffb",
        "a\u200bb",
        "a\u00adb",
        "a\ud800",
        "a\ue000",
        "a\uffff",
        "a\ufdd0",
        "a\U000e0041",
        "\u200d",
        "\u3164",
        "\u2800\u2800",
        "\u0301",
    ],
    ids=ascii,
)
def test_a_name_that_is_empty_invisible_or_disguised_is_refused_with_its_field(name: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        check_display_name(name, "displayName")
    assert [trouble.path for trouble in refused.value.fields] == ["displayName"]
