"""A node that has read a token once knows its payload, and lets nobody in for it."""

import httpx2
import pytest

from tests.http.house import House, bearer, code, register

pytestmark = pytest.mark.anyio


async def in_use(api: httpx2.AsyncClient) -> str:
    token: str = (await register(api)).json()["auth_token"]
    assert (await api.get("/api/me", headers=bearer(token))).status_code == 200
    return token


async def test_the_payload_of_a_token_in_use_is_nothing_without_its_signature(api: httpx2.AsyncClient) -> None:
    token = await in_use(api)
    header, payload, signature = token.split(".")
    other = "A" if signature[9] != "A" else "B"
    broken = [signature[:9] + other + signature[10:], signature[:-1], signature + "A", "", header, payload]
    forms = [
        *(f"{header}.{payload}.{each}" for each in broken),
        f"{header}.{payload}",
        payload,
        f".{payload}.{signature}",
    ]
    for form in forms:
        assert code(await api.get("/api/me", headers=bearer(form))) == "invalid_token"
    assert (await api.get("/api/me", headers=bearer(token))).status_code == 200


async def test_a_token_in_use_ends_when_its_time_is_up(house: House, api: httpx2.AsyncClient) -> None:
    token = await in_use(api)
    house.clock.now += 1000 * house.settings.auth_token_seconds - 1001
    assert (await api.get("/api/me", headers=bearer(token))).status_code == 200
    house.clock.now += 1001
    assert code(await api.get("/api/me", headers=bearer(token))) == "invalid_token"


async def test_a_token_in_use_ends_with_its_session(house: House, api: httpx2.AsyncClient) -> None:
    token = await in_use(api)
    [session] = (await api.get("/api/sessions", headers=bearer(token))).json()["sessions"]
    house.deny_set.add(session["id"], "signed_out_elsewhere")
    assert code(await api.get("/api/me", headers=bearer(token))) == "invalid_token"


async def test_a_node_that_hears_nothing_of_ended_sessions_lets_no_token_in_that_it_knows(
    house: House, api: httpx2.AsyncClient
) -> None:
    token = await in_use(api)
    house.monotonic.now += 1000 * 3601
    assert (await api.get("/api/me", headers=bearer(token))).status_code == 503


async def test_a_session_that_ended_stays_ended_when_the_wall_clock_is_set_back(
    house: House, api: httpx2.AsyncClient
) -> None:
    """The deny-set forgets by a clock that nobody sets; a token that lives longer by the other one is read again."""
    token = await in_use(api)
    assert (await api.post("/api/signout", headers=bearer(token))).status_code == 204
    house.clock.advance(seconds=-30)
    house.monotonic.advance(seconds=1801)
    house.deny_set.heard()
    house.deny_set.prune()
    assert code(await api.get("/api/me", headers=bearer(token))) == "invalid_token"


async def test_a_token_in_use_is_read_again_when_it_should_be_over_and_its_session_lives(
    house: House, api: httpx2.AsyncClient
) -> None:
    token = await in_use(api)
    house.clock.advance(seconds=-30)
    house.monotonic.advance(seconds=1801)
    house.deny_set.heard()
    assert (await api.get("/api/me", headers=bearer(token))).status_code == 200
