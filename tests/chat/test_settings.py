"""What an operator sets: every variable alone, empty, at its edges, and wrong."""

import re

import pytest

from chat.settings import SETTINGS, ChatSettings, find_unknown_variables, read_log_format, read_settings
from latchstring import ConfigurationError

SECONDS = [setting.name for setting in SETTINGS if setting.name.endswith("_SECONDS")]
KEY = "a canary that is longer than it needs to be".replace(" ", "-")


def refusal(**environment: str) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read_settings(environment)
    return str(refused.value)


def test_with_nothing_set_everything_has_the_contracts_default() -> None:
    settings = read_settings({})
    library = settings.library
    assert (settings.host, settings.port, settings.database_url) == ("127.0.0.1", 8000, "sqlite:///data/chat.db")
    assert (settings.secrets, settings.api_url, settings.socket_url) == (None, None, "/backend/socket")
    assert (settings.log_format, library.throttle, library.web_tier_key) == ("console", True, None)
    assert (library.base_url, library.allowed_origins) == ("http://localhost:8000", ("http://127.0.0.1:8000",))
    assert (library.auth_token_seconds, library.refresh_idle_seconds) == (1800, 1_209_600)
    assert (library.refresh_absolute_seconds, library.unremembered_idle_seconds) == (2_592_000, 43_200)
    assert (library.rotation, library.rotation_window_seconds, library.straggler_seconds) == ("sealed", 10, 30)
    assert (library.password_min_length, library.trusted_proxies) == (15, ())


@pytest.mark.parametrize("empty", ["", "  "])
def test_a_variable_that_is_set_to_nothing_counts_as_not_set(empty: str) -> None:
    assert read_settings({setting.name: empty for setting in SETTINGS}) == read_settings({})


def test_each_variable_reaches_its_setting() -> None:
    settings = read_settings(
        {
            "CHAT_HOST": "::1",
            "CHAT_PORT": "9000",
            "CHAT_DATABASE_URL": "sqlite:////var/chat.db",
            "CHAT_SECRETS": "/etc/chat/keys",
            "CHAT_BASE_URL": "https://chat.example.org/",
            "CHAT_ALLOWED_ORIGINS": "https://a.example, https://b.example:8443/,",
            "CHAT_API_URL": "http://api.internal:9000/backend/",
            "CHAT_SOCKET_URL": "wss://api.example.org/socket",
            "CHAT_WEB_TIER_KEY": KEY,
            "CHAT_TRUSTED_PROXIES": "10.0.0.0/8, ::1",
            "CHAT_ROTATION": "strict",
            "CHAT_PASSWORD_MIN_LENGTH": "8",
            "CHAT_THROTTLE": "off",
            "CHAT_LOG_FORMAT": "json",
        }
    )
    library = settings.library
    assert (settings.host, settings.port, settings.database_url) == ("::1", 9000, "sqlite:////var/chat.db")
    assert (str(settings.secrets), settings.log_format) == ("/etc/chat/keys", "json")
    assert (settings.api_url, settings.socket_url) == (
        "http://api.internal:9000/backend",
        "wss://api.example.org/socket",
    )
    assert library.base_url == "https://chat.example.org"
    assert library.allowed_origins == ("https://a.example", "https://b.example:8443")
    assert library.trusted_proxies == ("10.0.0.0/8", "::1/128")
    assert (library.rotation, library.password_min_length, library.throttle) == ("strict", 8, False)
    assert library.web_tier_key == KEY


def test_every_lifetime_may_be_one_second_and_the_window_too_without_the_straggler() -> None:
    library = read_settings({name: "1" for name in SECONDS if name != "CHAT_STRAGGLER_SECONDS"}).library
    assert (library.auth_token_seconds, library.refresh_idle_seconds, library.refresh_absolute_seconds) == (1, 1, 1)
    assert (library.unremembered_idle_seconds, library.rotation_window_seconds) == (1, 1)
    assert library.straggler_seconds == 30
    assert read_settings(dict.fromkeys(SECONDS, "1")).library.straggler_seconds == 1


WRONG = [
    *((name, text) for name in SECONDS for text in ("0", "-1", "1.5", "30m", "1_000", "٣", "9" * 5000, "1e3")),
    *(("CHAT_PORT", text) for text in ("http", "65536", "-1", "8000/tcp")),
    *(("CHAT_PASSWORD_MIN_LENGTH", text) for text in ("0", "257", "long")),
    *(("CHAT_DATABASE_URL", text) for text in ("mysql://chat:canary@db/chat", "chat.db", "sqlite:///", "sqlite:/x")),
    *(
        ("CHAT_MOVE_TO", text)
        for text in ("sqlite:///other.db", "postgresql+asyncpg://chat:canary@db/chat", "chat", "postgresql:/x")
    ),
    *(
        (name, text)
        for name in ("CHAT_BASE_URL", "CHAT_ALLOWED_ORIGINS")
        for text in (
            "chat.example.org",
            "ftp://chat.example.org",
            "https://",
            "https://chat.example.org/path",
            "https://user:canary@chat.example.org",
            "http://chat.example.org",
            "https://chat.example.org?x",
            "https://chat.example.org:port",
            "https://chat example.org",
            "https://[::1",
            "null",
            "*",
        )
    ),
    *(
        ("CHAT_API_URL", text)
        for text in ("api", "ws://api", "https://user:canary@api", "https://api/?x=1", "https://api:99999")
    ),
    *(
        ("CHAT_SOCKET_URL", text)
        for text in ("javascript:alert(1)", "//evil.example/socket", "/s; script-src *", "wss://a b/s", '/"', "socket")
    ),
    *(("CHAT_TRUSTED_PROXIES", text) for text in ("proxy", "10.0.0.1/8", "10.0.0.0/8;::1", "*")),
    *(("CHAT_WEB_TIER_KEY", text) for text in ("canary", "canary " * 8, "é" * 40)),
    *(
        ("CHAT_REDIS_URL", text)
        for text in (
            "canary",
            "http://:canary@cache:6379",
            "redis://:canary@",
            "redis://:canary@cache:port",
            "redis://:canary@cache:99999",
            "redis://:canary@cache/zero",
            "redis://:canary@cache/0/1",
            "redis://:canary@cache/0?decode_responses=true",
            "redis://:canary@cache/0?ssl_ca_certs=/ca",
            "rediss://:canary@cache/0?ssl_cert_reqs=none",
            "redis://:can ary@cache/0",
            "redis://[::1",
            "unix://canary/run/valkey",
            "unix:///",
            "unix:///run/valkey?db=canary",
        )
    ),
    ("CHAT_ROTATION", "Sealed"),
    ("CHAT_THROTTLE", "no"),
    ("CHAT_LOG_FORMAT", "JSON"),
]


@pytest.mark.parametrize(("name", "text"), WRONG, ids=[f"{name}={text[:40]!a}" for name, text in WRONG])
def test_a_wrong_value_is_refused_in_one_sentence_that_names_its_variable_and_no_value(name: str, text: str) -> None:
    sentence = refusal(**{name: text})
    assert sentence.startswith(f"{name} ")
    assert re.fullmatch(r"[^\n]{10,160}\.", sentence)
    assert "canary" not in sentence


@pytest.mark.parametrize("name", ["CHAT_DATABASE_URL", "CHAT_MOVE_TO"])
def test_an_address_with_a_driver_in_it_is_told_what_to_leave_out(name: str) -> None:
    assert refusal(**{name: "postgresql+asyncpg://chat:canary@db/chat"}).endswith(
        "names no driver with a + before ://."
    )


def test_the_move_goes_to_postgresql_alone() -> None:
    assert "sqlite" not in refusal(CHAT_MOVE_TO="sqlite:///other.db")


def test_what_the_library_refuses_is_told_in_the_names_of_the_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise ConfigurationError("rotation_window_seconds is shorter than the rotation of a web_tier_key.")

    monkeypatch.setattr("latchstring.Settings", refuse)
    told = "CHAT_ROTATION_WINDOW_SECONDS is shorter than the CHAT_ROTATION of a CHAT_WEB_TIER_KEY."
    assert refusal() == told


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_throttling_can_be_off_on_loopback(host: str) -> None:
    assert not read_settings({"CHAT_HOST": host, "CHAT_THROTTLE": "off"}).library.throttle


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "chat.example.org", "localhost.example.org"])
def test_throttling_cannot_be_off_anywhere_else(host: str) -> None:
    assert refusal(CHAT_HOST=host, CHAT_THROTTLE="off").startswith("CHAT_THROTTLE ")


def test_a_port_that_was_found_is_the_one_that_pages_are_served_at() -> None:
    found = read_settings({"CHAT_PORT": "0"}, port=40_123)
    assert (found.port, found.library.base_url) == (40_123, "http://localhost:40123")
    told = read_settings({"CHAT_PORT": "0", "CHAT_BASE_URL": "https://chat.example.org"}, port=40_123)
    assert (told.library.base_url, told.library.allowed_origins) == ("https://chat.example.org", ())


def test_the_command_line_counts_more_than_the_variable_and_is_checked_as_well() -> None:
    assert read_settings({"CHAT_API_URL": "http://one"}, api_url="http://two/").api_url == "http://two"
    with pytest.raises(ConfigurationError, match=r"^--api is an address"):
        read_settings({}, api_url="two")


def test_the_form_of_the_log_is_known_before_anything_else_can_be_wrong() -> None:
    assert read_log_format({"CHAT_LOG_FORMAT": " json "}) == "json"
    assert read_log_format({"CHAT_LOG_FORMAT": "xml"}) == read_log_format({}) == "console"


def test_no_secret_is_in_the_settings_repr() -> None:
    settings: ChatSettings = read_settings({"CHAT_WEB_TIER_KEY": KEY})
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CHAT_DATABASE_ULR", "CHAT_DATABASE_URL"),
        ("CHAT_DATABASE", "CHAT_DATABASE_URL"),
        ("CHAT_database_url", "CHAT_DATABASE_URL"),
        ("CHAT_REDIS", "CHAT_REDIS_URL"),
        ("CHAT_QZXJW", None),
    ],
)
def test_a_name_with_a_slip_in_it_is_told_with_the_one_that_was_meant(name: str, meant: str | None) -> None:
    assert find_unknown_variables({name: "canary", "CHAT_PORT": "1", "PATH": "x", "CHATTY": "x"}) == [(name, meant)]


def test_no_variable_of_ours_is_taken_for_a_slip() -> None:
    assert find_unknown_variables({setting.name: "x" for setting in SETTINGS}) == []
