"""docs/encryption.md runs as it is written. That it says what browsers do is seen in tests/talk/test_forms.py."""

import base64

from tests.docs.pages import run_page


def test_the_two_forms_of_a_copy_are_as_long_as_the_page_says() -> None:
    page = run_page("docs/encryption.md")
    for text, size in (("x", 256), ("x" * 190, 256), ("x" * 191, 3 + 256 + 12 + 191 + 16)):
        copy = page["sealed"](text, page["key"].public_key())
        assert len(base64.b64decode(copy)) == size
        assert page["opened"](copy, page["key"]) == text
