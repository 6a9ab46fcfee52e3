"""Cookies that somebody else has put into the victim's jar, from a sibling host, another port or an older visit."""

import httpx2
import pytest

from tests.http.house import House, bearer, code, register

pytestmark = pytest.mark.anyio

NAME = "__Host-Http-latchstring"


def value(client: httpx2.AsyncClient) -> str:
    found = client.cookies.get(NAME)
    assert found
    return found


async def test_a_thief_who_tosses_their_own_sign_in_does_not_become_the_victim(web_house: House) -> None:
    """Log-in CSRF: the victim would write into the thief's account. Neither is used, and nothing is cleared."""
    async with web_house.browser() as thief, web_house.browser() as victim, web_house.browser() as tab:
        await register(thief, "thief@example.org", rememberMe=True)
        await register(victim, rememberMe=True)
        for cookies in ((value(thief), value(victim)), (value(victim), value(thief))):
            header = {"cookie": "; ".join(f"{NAME}={each}" for each in cookies)}
            assert (await tab.post("/auth/silent", headers=header)).status_code == 204
            refused = await tab.post("/auth/refresh", headers=header)
            assert code(refused) == "session_ended"
            assert "set-cookie" not in refused.headers
        assert (await victim.post("/auth/refresh")).status_code == 200


async def test_signing_out_ends_all_that_open(web_house: House) -> None:
    async with web_house.browser() as thief, web_house.browser() as victim, web_house.browser() as tab:
        his = (await register(thief, "thief@example.org")).json()["auth_token"]
        hers = (await register(victim)).json()["auth_token"]
        header = {"cookie": f"{NAME}={value(thief)}; {NAME}={value(victim)}"}
        assert (await tab.post("/auth/signout", headers=header)).status_code == 204
        for token in (his, hers):
            assert code(await tab.get("/api/me", headers=bearer(token))) == "invalid_token"


async def test_a_thousand_tossed_cookies_hide_nothing(web_house: House) -> None:
    async with web_house.browser() as victim:
        await register(victim, rememberMe=True)
        tossed = "; ".join(f"{NAME}={'A' * 60}{n}" for n in range(700))
        response = await victim.post("/auth/silent", headers={"cookie": f"{tossed}; {NAME}={value(victim)}"})
        assert response.status_code == 200


async def test_the_cookie_of_before_is_no_good_after_signing_in(web_house: House) -> None:
    """Session fixation: whoever planted the first session has nothing of the second."""
    async with web_house.browser() as planted, web_house.browser() as victim:
        await register(planted, "thief@example.org")
        victim.cookies.update(planted.cookies)
        assert (await register(victim)).status_code == 201
        assert value(victim) != value(planted)
        refused = await planted.post("/auth/refresh")
        assert refused.json()["error"]["reason"] == "signed_out"


async def test_no_get_reads_or_spends_the_cookie(web_house: House) -> None:
    async with web_house.browser() as victim:
        subject = (await register(victim, rememberMe=True)).json()["user"]["id"]
        before = await web_house.sessions.list(subject)
        web_house.clock.advance(seconds=60)
        for path in ("/", "/api/me", "/auth/refresh", "/auth/silent", "/auth/signout", "/healthz"):
            response = await victim.get(path)
            assert "set-cookie" not in response.headers
        assert await web_house.sessions.list(subject) == before


async def test_the_cookie_is_no_bearer_and_never_reaches_the_api_tier(web_house: House) -> None:
    async with web_house.browser() as victim:
        await register(victim)
        assert code(await victim.get("/api/me")) == "invalid_token"
        assert code(await victim.get("/api/me", headers=bearer(value(victim)))) == "invalid_token"
        async with web_house.client(web_house.api, cookies=victim.cookies) as api:
            assert code(await api.get("/api/me")) == "invalid_token"
            assert code(await api.post("/auth/refresh", json={"token": value(victim)})) == "session_ended"
