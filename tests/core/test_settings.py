"""What is set is checked when it is made."""

import pytest

from latchstring.errors import ConfigurationError
from latchstring.settings import Settings


@pytest.mark.parametrize("page", [None, "/reset", "/account/new-password", "/reset/"])
def test_a_page_that_mails_lead_to_is_a_path_of_the_public_address(page: str | None) -> None:
    assert Settings(reset_page=page, confirm_page=page).reset_page == page


@pytest.mark.parametrize(
    "page", ["", "/", "reset", "//evil.example", "/a?token=", "/a#b", "/a b", "/a\n", ".evil.example"]
)
def test_anything_else_would_make_a_link_that_leads_elsewhere(page: str) -> None:
    with pytest.raises(ConfigurationError, match="_page is a path such as"):
        Settings(reset_page=page)
    with pytest.raises(ConfigurationError, match="confirm_page"):
        Settings(confirm_page=page)
