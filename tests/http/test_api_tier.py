"""The API tier's calls, as any client sees them."""

import re
from collections.abc import Mapping
from pathlib import Path

import anyio
import httpx2
import pytest

from latchstring.core.account import Account
from latchstring.errors import StoreUnavailable
from latchstring.http import Body, Call, NoAppPart, nothing, read_body, signed_in
from latchstring.ports import Statement
from tests.http.house import EMAIL, PASSWORD, House, bearer, code, housed, log_in, register

pytestmark = pytest.mark.anyio

PAYLOAD = {
    "user",
    "conversations",
    "users",
    "auth_token",
    "auth_token_expires_in",
    "refresh_token",
    "refresh_token_expires_in",
    "remembered",
}
SESSIONS = Statement("SELECT id, revoke_reason FROM latchstring_sessions")
WIRE_TIME = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}Z")


async def test_registering_answers_201_and_the_whole_payload(api: httpx2.AsyncClient) -> None:
    response = await register(api)
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert set(body) == PAYLOAD
    assert body["user"]["email"] == EMAIL
    assert body["user"]["confirmed_at"] is None
    assert (body["auth_token_expires_in"], body["refresh_token_expires_in"]) == (1800, 1_209_600)
    assert body["remembered"] is True


async def test_a_taken_address_is_409(api: httpx2.AsyncClient) -> None:
    await register(api)
    response = await register(api)
    assert (response.status_code, code(response)) == (409, "email_taken")


async def test_logging_in_answers_200_and_remembers_unless_told_otherwise(api: httpx2.AsyncClient) -> None:
    await register(api)
    assert (await log_in(api)).json()["remembered"] is True
    forgotten = await log_in(api, rememberMe=False)
    assert forgotten.status_code == 200
    assert forgotten.json()["remembered"] is False
    assert forgotten.json()["refresh_token_expires_in"] == 43_200
    assert (await log_in(api, remember_me=False)).json()["remembered"] is False


async def test_a_wrong_password_and_an_unknown_address_have_one_answer(api: httpx2.AsyncClient) -> None:
    await register(api)
    wrong = await api.post("/auth/login", json={"email": EMAIL, "password": "not the password at all"})
    unknown = await api.post("/auth/login", json={"email": "nobody@example.org", "password": PASSWORD})
    assert (wrong.status_code, code(wrong)) == (401, "invalid_credentials")
    assert (wrong.status_code, wrong.content, wrong.headers) == (unknown.status_code, unknown.content, unknown.headers)


async def test_refreshing_answers_the_payload_and_the_next_token(house: House, api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    response = await api.post("/auth/refresh", json={"token": first["refresh_token"]})
    assert response.status_code == 200
    assert set(response.json()) == PAYLOAD
    assert response.json()["refresh_token"] != first["refresh_token"]
    assert response.json()["user"] == first["user"]


async def test_a_brief_refresh_answers_the_tokens_alone(api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    response = await api.post("/auth/refresh", json={"token": first["refresh_token"], "brief": True})
    assert set(response.json()) == PAYLOAD - {"user", "conversations", "users"}


async def test_a_spent_token_ends_the_session_with_its_reason(house: House, api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    second = (await api.post("/auth/refresh", json={"token": first["refresh_token"], "brief": True})).json()
    await api.get("/api/me", headers=bearer(second["auth_token"]))
    straggler = await api.post("/auth/refresh", json={"token": first["refresh_token"]})
    assert (straggler.status_code, code(straggler)) == (409, "retry")
    house.clock.advance(seconds=60)
    replay = await api.post("/auth/refresh", json={"token": first["refresh_token"]})
    assert (replay.status_code, code(replay)) == (401, "session_ended")
    assert replay.json()["error"]["reason"] == "replayed"
    assert (await api.get("/api/me", headers=bearer(second["auth_token"]))).status_code == 401


@pytest.mark.parametrize("settings", [{"rotation_window_seconds": 60, "straggler_seconds": 1}])
async def test_a_straggler_has_the_time_of_a_window_at_the_least(tmp_path: Path, settings: dict[str, int]) -> None:
    async with housed(tmp_path, settings=settings) as house, house.client(house.api) as api:
        first = (await register(api)).json()
        second = (await api.post("/auth/refresh", json={"token": first["refresh_token"], "brief": True})).json()
        await api.get("/api/me", headers=bearer(second["auth_token"]))
        for seconds, answer in ((50, (409, "retry")), (15, (401, "session_ended"))):
            house.clock.advance(seconds=seconds)
            late = await api.post("/auth/refresh", json={"token": first["refresh_token"]})
            assert (late.status_code, code(late)) == answer


class LosesTheStore(NoAppPart):
    """Its payload is read from a store that fails just then, once or for good."""

    def __init__(self) -> None:
        self.house: House | None = None
        self.for_good = False

    async def payload(self, account: Account, /) -> Mapping[str, object]:
        if self.house is None:
            return await super().payload(account)
        self.house.engine.down = self.for_good
        raise StoreUnavailable


async def test_a_login_whose_payload_cannot_be_read_has_begun_no_session_and_ended_none(tmp_path: Path) -> None:
    part = LosesTheStore()
    async with housed(tmp_path, app_part=part) as house, house.client(house.api) as api:
        held = (await register(api)).json()["refresh_token"]
        [session] = await house.engine.read(SESSIONS)
        part.house = house
        answer = await log_in(api, replaces=held)
        assert (answer.status_code, code(answer)) == (503, "unavailable")
        assert await house.engine.read(SESSIONS) == [session]


@pytest.mark.parametrize("for_good", [False, True])
async def test_a_registration_whose_payload_cannot_be_read_leaves_no_session_if_the_store_takes_its_end(
    tmp_path: Path, for_good: bool
) -> None:
    part = LosesTheStore()
    async with housed(tmp_path, app_part=part) as house, house.client(house.api) as api:
        part.house, part.for_good = house, for_good
        answer = await register(api)
        assert (answer.status_code, code(answer)) == (503, "unavailable")
        house.engine.down, part.house = False, None
        [(_, reason)] = await house.engine.read(SESSIONS)
        assert reason == (None if for_good else "signed_out")
        assert (await log_in(api)).status_code == 200


@pytest.mark.parametrize("ill", [False, True])
async def test_a_replay_is_answered_alike_whether_its_owner_can_be_told_or_not(
    house: House, api: httpx2.AsyncClient, ill: bool
) -> None:
    first = (await register(api)).json()
    second = (await api.post("/auth/refresh", json={"token": first["refresh_token"]})).json()
    await api.get("/api/me", headers=bearer(second["auth_token"]))
    house.clock.advance(seconds=60)
    house.mail.ill = ill
    replay = await api.post("/auth/refresh", json={"token": first["refresh_token"]})
    assert (replay.status_code, code(replay)) == (401, "session_ended")
    assert replay.json()["error"]["reason"] == "replayed"
    await house.accounts.drain()
    assert [to for to, _, _ in house.mail.letters] == ([] if ill else [EMAIL])


@pytest.mark.parametrize("token", ["", "garbage", "A" * 163, "é", "\x00"])
async def test_what_is_no_refresh_token_is_an_unknown_session(api: httpx2.AsyncClient, token: str) -> None:
    response = await api.post("/auth/refresh", json={"token": token})
    assert (response.status_code, code(response)) == (401, "session_ended")
    assert response.json()["error"]["reason"] == "unknown"


async def test_a_store_that_fails_before_the_refresh_has_spent_nothing_in_strict_mode(tmp_path: Path) -> None:
    async with housed(tmp_path, settings={"rotation": "strict"}) as house, house.client(house.api) as api:
        token = (await register(api)).json()["refresh_token"]
        house.engine.down = True
        response = await api.post("/auth/refresh", json={"token": token})
        assert (response.status_code, code(response)) == (503, "unavailable")
        assert response.headers["retry-after"] == "1"
        house.engine.down = False
        assert (await api.post("/auth/refresh", json={"token": token})).status_code == 200


async def test_me_is_the_payload_without_tokens(api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    response = await api.get("/api/me", headers=bearer(first["auth_token"]))
    assert response.json() == {name: first[name] for name in ("user", "conversations", "users")}


async def test_the_devices_are_listed_with_times_as_clients_read_them(house: House, api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    house.clock.advance(seconds=5)
    await log_in(api, rememberMe=False)
    response = await api.get("/api/sessions", headers=bearer(first["auth_token"]))
    listed = response.json()["sessions"]
    assert [set(one) for one in listed] == [
        {"id", "device", "address", "inserted_at", "last_seen_at", "remembered", "current"}
    ] * 2
    assert [one["current"] for one in listed] == [False, True]
    assert [one["remembered"] for one in listed] == [False, True]
    assert {one["address"] for one in listed} == {"203.0.113.7"}
    assert all(WIRE_TIME.fullmatch(one[name]) for one in listed for name in ("inserted_at", "last_seen_at"))


async def test_ending_another_device_ends_it_at_once(api: httpx2.AsyncClient) -> None:
    here, there = (await register(api)).json(), (await log_in(api)).json()
    sessions = (await api.get("/api/sessions", headers=bearer(here["auth_token"]))).json()["sessions"]
    [other] = [one["id"] for one in sessions if not one["current"]]
    assert (await api.delete(f"/api/sessions/{other}", headers=bearer(here["auth_token"]))).status_code == 204
    assert code(await api.get("/api/me", headers=bearer(there["auth_token"]))) == "invalid_token"
    ended = await api.post("/auth/refresh", json={"token": there["refresh_token"]})
    assert ended.json()["error"]["reason"] == "signed_out_elsewhere"
    assert (await api.get("/api/me", headers=bearer(here["auth_token"]))).status_code == 200


async def test_a_session_of_somebody_else_does_not_exist(api: httpx2.AsyncClient) -> None:
    anna, bert = (await register(api)).json(), (await register(api, "bert@example.org")).json()
    [his] = (await api.get("/api/sessions", headers=bearer(bert["auth_token"]))).json()["sessions"]
    for session_id in (his["id"], "00000000-0000-4000-8000-000000000000", "x", "%00", "' OR 1=1 --"):
        response = await api.delete(f"/api/sessions/{session_id}", headers=bearer(anna["auth_token"]))
        assert (response.status_code, code(response)) == (404, "not_found")
    assert (await api.get("/api/me", headers=bearer(bert["auth_token"]))).status_code == 200


async def test_signing_out_needs_the_refresh_token_and_no_bearer(api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    for _ in range(2):
        response = await api.post("/api/signout", json={"token": first["refresh_token"]})
        assert (response.status_code, response.content) == (204, b"")
    assert (await api.get("/api/me", headers=bearer(first["auth_token"]))).status_code == 401


@pytest.mark.parametrize("options", [{}, {"json": {}}])
async def test_without_a_token_the_bearers_session_ends_and_again_is_fine(
    api: httpx2.AsyncClient, options: dict[str, object]
) -> None:
    token = (await register(api)).json()["auth_token"]
    for _ in range(2):
        response = await api.post("/api/signout", headers=bearer(token), **options)  # type: ignore[arg-type]
        assert response.status_code == 204
    assert code(await api.get("/api/me", headers=bearer(token))) == "invalid_token"
    assert code(await api.post("/api/signout")) == "invalid_token"


async def test_signing_out_with_garbage_changes_nothing_and_says_204(api: httpx2.AsyncClient) -> None:
    token = (await register(api)).json()["auth_token"]
    response = await api.post("/api/signout", json={"token": "garbage"}, headers=bearer(token))
    assert response.status_code == 204
    assert (await api.get("/api/me", headers=bearer(token))).status_code == 200


@pytest.mark.parametrize("token", [None, 1, True, [], {}])
async def test_signing_out_with_what_cannot_be_a_token_is_400(api: httpx2.AsyncClient, token: object) -> None:
    response = await api.post("/api/signout", json={"token": token})
    assert (response.status_code, code(response)) == (400, "invalid_request")


async def test_signing_out_everywhere_is_everywhere(api: httpx2.AsyncClient) -> None:
    tokens = [(await register(api)).json(), (await log_in(api)).json(), (await log_in(api)).json()]
    response = await api.post("/api/signout_all", headers=bearer(tokens[0]["auth_token"]))
    assert response.status_code == 204
    for each in tokens:
        assert (await api.get("/api/me", headers=bearer(each["auth_token"]))).status_code == 401


async def test_a_new_password_ends_the_others_and_keeps_this_one(api: httpx2.AsyncClient) -> None:
    here, there = (await register(api)).json(), (await log_in(api)).json()
    new = "quite another long password"
    response = await api.patch(
        "/api/password",
        json={"password": PASSWORD, "new_password": new, "new_password_confirmation": new},
        headers=bearer(here["auth_token"]),
    )
    assert response.status_code == 204
    assert (await api.get("/api/me", headers=bearer(here["auth_token"]))).status_code == 200
    ended = await api.post("/auth/refresh", json={"token": there["refresh_token"]})
    assert ended.json()["error"]["reason"] == "password_changed"


def mailed_token(house: House) -> str:
    """The longest word of the newest letter."""
    return max((str(word) for word in re.findall(r"[A-Za-z0-9_\-]{20,}", house.mail.letters[-1][2])), key=len)


async def test_a_mailed_token_confirms_once(house: House, api: httpx2.AsyncClient) -> None:
    token = (await register(api)).json()["auth_token"]
    assert (await api.post("/api/token/email_confirm", headers=bearer(token))).status_code == 204
    mailed = mailed_token(house)
    assert (await api.post("/auth/confirm", json={"token": mailed})).status_code == 204
    confirmed_at = (await api.get("/api/me", headers=bearer(token))).json()["user"]["confirmed_at"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", confirmed_at)
    again = await api.post("/auth/confirm", json={"token": mailed})
    assert (again.status_code, code(again)) == (400, "invalid_token")
    assert "www-authenticate" not in again.headers


async def test_a_forgotten_password_is_reset_by_mail(house: House, api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    for email in (EMAIL, "nobody@example.org", "no address at all"):
        response = await api.post("/auth/password/request", json={"email": email})
        assert (response.status_code, response.content) == (204, b"")
    with anyio.fail_after(10):
        while not house.mail.letters:
            await api.get("/healthz")
    mailed = mailed_token(house)
    whose = await api.post("/auth/password/confirm", json={"token": mailed})
    assert whose.json() == {"success": True, "user": first["user"]}
    new = "quite another long password"
    body = {"token": mailed, "new_password": new, "new_password_confirmation": new}
    assert (await api.post("/auth/password/reset", json=body)).status_code == 204
    assert (await api.get("/api/me", headers=bearer(first["auth_token"]))).status_code == 401
    assert (await api.post("/auth/login", json={"email": EMAIL, "password": new})).status_code == 200


async def test_changing_the_address_needs_the_mailed_token_and_the_password(
    house: House, api: httpx2.AsyncClient
) -> None:
    token = (await register(api)).json()["auth_token"]
    assert (await api.post("/api/token/email_change", headers=bearer(token))).status_code == 204
    body = {"token": mailed_token(house), "email": "anna@new.example.org", "password": PASSWORD}
    assert (await api.patch("/api/email", json=body, headers=bearer(token))).status_code == 204
    assert (await api.get("/api/me", headers=bearer(token))).json()["user"]["email"] == "anna@new.example.org"


async def test_signing_in_ends_the_session_that_it_replaces(api: httpx2.AsyncClient) -> None:
    first = (await register(api)).json()
    await log_in(api, replaces=first["refresh_token"])
    ended = await api.post("/auth/refresh", json={"token": first["refresh_token"]})
    assert ended.json()["error"]["reason"] == "signed_out"


async def test_a_throttled_sign_in_says_when_to_come_back(api: httpx2.AsyncClient) -> None:
    for _ in range(200):
        response = await api.post("/auth/login", json={"email": EMAIL, "password": "wrong wrong wrong wrong"})
        if response.status_code != 401:
            break
    assert (response.status_code, code(response)) == (429, "too_many_requests")
    assert int(response.headers["retry-after"]) >= 1


async def test_health_is_that_of_the_feed_and_the_store(house: House, api: httpx2.AsyncClient) -> None:
    assert (await api.get("/healthz")).status_code == 200
    house.engine.down = True
    assert code(await api.get("/healthz")) == "unavailable"
    house.engine.down = False
    house.monotonic.advance(seconds=4000)
    assert (await api.get("/healthz")).status_code == 503
    assert (await api.get("/api/me", headers=bearer("x.y.z"))).status_code == 401


async def test_a_node_whose_feed_is_silent_fails_closed(house: House, api: httpx2.AsyncClient) -> None:
    token = (await register(api)).json()["auth_token"]
    house.monotonic.advance(seconds=4000)
    response = await api.get("/api/me", headers=bearer(token))
    assert (response.status_code, code(response)) == (503, "unavailable")


async def test_the_public_keys_are_there_where_there_are_any(house: House, tmp_path: Path) -> None:
    async with house.client(house.api) as api:
        assert (await api.get("/.well-known/jwks.json")).status_code == 404
    async with housed(tmp_path, settings={"algorithm": "EdDSA"}) as other, other.client(other.api) as api:
        [key] = (await api.get("/.well-known/jwks.json")).json()["keys"]
        assert (key["kty"], key["crv"]) == ("OKP", "Ed25519")
        assert "d" not in key
        token = (await register(api)).json()["auth_token"]
        assert (await api.get("/api/me", headers=bearer(token))).status_code == 200


class NoteBody(Body, kw_only=True):
    text: str


async def test_an_apps_own_call_is_checked_and_refused_like_ours(tmp_path: Path) -> None:
    heard: list[str] = []

    async def add_note(request):  # type: ignore[no-untyped-def]
        caller = await signed_in(request)
        heard.append(caller.subject + (await read_body(request, NoteBody)).text)
        return nothing()

    call = Call(method="POST", path="/api/notes", endpoint=add_note, summary="Adds a note", body=NoteBody)
    async with housed(tmp_path, extra_routes=[call]) as house, house.client(house.api) as api:
        first = (await register(api)).json()
        assert code(await api.post("/api/notes", json={"text": "a"})) == "invalid_token"
        signed = bearer(first["auth_token"])
        assert code(await api.post("/api/notes", json={"text": 1}, headers=signed)) == "invalid_request"
        assert (await api.post("/api/notes", json={"text": "a"}, headers=signed)).status_code == 204
        assert heard == [first["user"]["id"] + "a"]
        assert "/api/notes" in (await api.get("/openapi.json")).json()["paths"]
