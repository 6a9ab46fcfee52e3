"""Every secret is a canary: good and bad requests of all kinds, then all that was written and answered is searched."""

import asyncio
import base64
import contextlib
import json
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from tests.stories.conftest import OpenHouse
from tests.stories.ledger import COOKIE
from tests.stories.people import Person
from tests.stories.servers import WEB_TIER_KEY, House

pytestmark = pytest.mark.anyio

WRONG = "canary of a password that was wrong"
NEXT = "canary of the password that comes next"

# Where tokens belong: in answers that hand them out. (A refresh token never is in one of the web tier.)
HANDING_OUT = ("/auth/register", "/auth/login", "/auth/refresh", "/auth/silent")


class Aviary:
    """The canaries, and everything that was said to us."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.secrets: dict[str, str] = {
            "wrong password": WRONG,
            "next password": NEXT,
            "key of the tiers": WEB_TIER_KEY,
        }
        self.said: list[tuple[str, str]] = []
        self.client = httpx2.AsyncClient(trust_env=False, timeout=20)

    async def call(self, method: str, url: str, **options: Any) -> httpx2.Response:
        headers = {"Origin": self.house.url, **options.pop("headers", {})}
        answer = await self.client.request(method, url, headers=headers, **options)
        path = url.removeprefix(self.house.api).removeprefix(self.house.front_url)
        if answer.status_code in (200, 201) and path in HANDING_OUT:
            self._keep(answer, is_web_tier=not url.startswith(self.house.api))
        else:
            self.said.append((f"{method} {path} {answer.status_code}", f"{answer.headers}\n{answer.text}"))
        return answer

    def _keep(self, answer: httpx2.Response, *, is_web_tier: bool) -> None:
        number = len(self.secrets)
        members = answer.json()
        for name in ("auth_token", "refresh_token", "token"):
            if name in members:
                self.secrets[f"{name} {number}"] = members[name]
        assert is_web_tier != ("refresh_token" in members)
        if is_web_tier:
            cookie = answer.headers["set-cookie"].partition(";")[0].removeprefix(f"{COOKIE}=")
            if cookie:
                self.secrets[f"cookie {number}"] = cookie

    def newest(self, kind: str) -> str:
        return [secret for name, secret in self.secrets.items() if name.startswith(kind)][-1]

    def sought(self) -> dict[str, str]:
        """What is looked for: the ends of secrets, so that one which was cut off or shortened is found as well."""
        found = {}
        for name, secret in self.secrets.items():
            found[name] = secret[-24:]
            found[f"{name}, in base64"] = base64.b64encode(secret.encode()).decode()[4:36]
        return found

    def found_in(self, text: str) -> list[str]:
        return [name for name, end in self.sought().items() if end in text or quote(end, safe="") in text]


async def over_http(aviary: Aviary, ada: Person) -> None:
    api, web = aviary.house.api, aviary.house.front_url
    for tier in (api, web):
        known = ada.credentials
        bodies: list[Any] = [
            {**known, "password": WRONG},
            {"email": "nobody@example.org", "password": WRONG},
            {"email": WRONG, "password": ada.password},
            {**known, "password": [ada.password]},
            {**known, "rememberMe": ada.password},
            {**known, ada.password: 1},
            [ada.password],
        ]
        for path in ("/auth/login", "/auth/register"):
            for body in bodies:
                await aviary.call("POST", tier + path, json=body)
            for content in (f"{{{ada.password}", f'"{ada.password}"', ada.password):
                await aviary.call("POST", tier + path, content=content, headers={"Content-Type": "application/json"})
                await aviary.call("POST", tier + path, content=content, headers={"Content-Type": ada.password[:9]})
        assert (await aviary.call("POST", tier + "/auth/login", json=known)).status_code == 200

    auth, refresh, cookie = (aviary.newest(kind) for kind in ("auth_token", "refresh_token", "cookie"))
    for token in (auth, refresh, auth[:-1], refresh + "A", cookie, ada.password.replace(" ", "-")):
        for path in ("/api/me", f"/api/sessions/{token}", f"/api/users?search={token}", f"/{token}"):
            for tier in (api, web):
                method = "DELETE" if "sessions" in path else "GET"
                await aviary.call(method, tier + path, headers={"Authorization": f"Bearer {token}"})
        for path in ("/auth/refresh", "/auth/confirm", "/api/signout", "/auth/password/confirm"):
            # Not the one good refresh token at the one place where it would be used up.
            await aviary.call("POST", api + path, json={"token": [token]})
            if token != refresh:
                await aviary.call("POST", api + path, json={"token": token})
        await aviary.call("GET", f"{web}/login?next={token}", headers={"Cookie": f"{COOKIE}={token}"})
        await aviary.call("POST", f"{web}/auth/refresh", headers={"Cookie": f"{COOKIE}={token}", "Origin": token})
        await aviary.call(
            "POST", f"{web}/auth/refresh", json={"token": token}, headers={"Cookie": f"{COOKIE}={cookie}"}
        )
    await aviary.call("POST", f"{web}/auth/refresh", headers={"Cookie": f"{COOKIE}={cookie}"})
    await aviary.call("POST", f"{web}/auth/silent", headers={"Cookie": f"{COOKIE}={cookie}x"})
    bearer = {"Authorization": f"Bearer {auth}"}
    changes = {"password": WRONG, "new_password": NEXT, "new_password_confirmation": NEXT}
    await aviary.call("PATCH", f"{api}/api/password", json=changes, headers=bearer)
    await aviary.call("PATCH", f"{api}/api/profile", json={"theme": ada.password}, headers=bearer)
    await aviary.call(
        "PATCH", f"{api}/api/email", json={"token": refresh, "email": WRONG, "password": WRONG}, headers=bearer
    )
    await no_http(aviary.house, refresh)


async def no_http(house: House, secret: str) -> None:
    """What no HTTP server can read, for its own lines about it."""
    for server in house.servers:
        for line in (
            f"GET /?token={secret} HTTP/9.9",
            f"{secret}",
            f"POST /{secret} HTTP/1.1\r\nContent-Length: {secret}",
        ):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(f"{line}\r\n\r\n".encode())
            await writer.drain()
            with contextlib.suppress(OSError):
                await reader.read()
            writer.close()


async def over_the_socket(aviary: Aviary, ada: Person) -> None:
    auth, refresh = aviary.newest("auth_token"), aviary.newest("refresh_token")
    address = aviary.house.socket
    for token in (auth + "x", refresh, ada.password, auth[:-4]):
        shown = base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
        for url, offered in (
            (f"{address}?vsn=2.0.0&token={quote(token)}", []),
            (f"{address}?token={quote(token)}&token={quote(auth)}", []),
            (address, ["phoenix", f"base64url.bearer.phx.{shown}"]),
            (f"{address}/{quote(token)}?token={quote(auth)}", []),
        ):
            with pytest.raises((InvalidHandshake, OSError)) as refused:
                await connect(url, subprotocols=offered, proxy=None)  # type: ignore[arg-type]
            response = getattr(refused.value, "response", None)
            aviary.said.append(("handshake", f"{response and response.headers} {response and response.body!r}"))
    frames: list[list[Any]] = [
        ["1", "1", "system:general", "phx_join", {"token": refresh}],
        ["1", "1", "system:general", "phx_join", {"token": auth + "x"}],
        ["1", "1", f"system:{auth}", "phx_join", {"token": auth}],
        ["1", "1", "system:general", "phx_join", {"token": auth}],
        ["1", "2", "system:general", ada.password, {"token": refresh}],
        ["1", "3", "system:general", "set_hidden", {"hidden": refresh}],
        ["1", "4", "system:general", "set_display_name", {"display_name": [ada.password]}],
        ["1", "5", f"user:{refresh}", "renew", {"token": refresh}],
    ]
    async with connect(f"{address}?vsn=2.0.0&token={quote(auth)}", proxy=None) as socket:
        for frame in frames:
            await socket.send(json.dumps(frame))
        await socket.send(json.dumps([None, "last", "phoenix", "heartbeat", {}]))
        await read_until_the_heartbeat(aviary, socket)
        with contextlib.suppress(ConnectionClosed):
            await socket.send(json.dumps([refresh, ada.password]))
            await read_until_the_heartbeat(aviary, socket)


async def read_until_the_heartbeat(aviary: Aviary, socket: ClientConnection) -> None:
    async with asyncio.timeout(20):
        async for text in socket:
            _, ref, _, event, payload = json.loads(text)
            # Topic and refs are ours, given back as the protocol has it.
            aviary.said.append(("socket", f"{event} {payload}"))
            if ref == "last":
                return


async def with_a_traceback(aviary: Aviary, ada: Person) -> None:
    """A row that no code of ours has written: the server fails on it, in a call and on the socket, and says so."""
    auth = aviary.newest("auth_token")
    aviary.house.ledger.write("UPDATE profiles SET recents = 'no JSON'")
    failed = await aviary.call("GET", f"{aviary.house.api}/api/me", headers={"Authorization": f"Bearer {auth}"})
    assert failed.status_code == 500
    await aviary.call("POST", f"{aviary.house.front_url}/auth/login", json=ada.credentials)
    async with connect(f"{aviary.house.socket}?token={quote(auth)}", proxy=None) as socket:
        await socket.send(json.dumps(["1", "1", "system:general", "phx_join", {"token": auth}]))
        await socket.send(json.dumps([None, "last", "phoenix", "heartbeat", {}]))
        await read_until_the_heartbeat(aviary, socket)


@pytest.mark.parametrize(
    ("form", "split"), [("console", False), ("json", True)], ids=["console, in one process", "json, tiers apart"]
)
async def test_no_secret_is_in_anything_that_was_written_or_answered(
    build_house: OpenHouse, form: str, split: bool
) -> None:
    house = await build_house(split=split, CHAT_LOG_FORMAT=form)
    aviary = Aviary(house)
    ada = Person("Ada", password="canary of a password that is right")
    aviary.secrets["password"] = ada.password
    for tier, person in ((house.api, ada), (house.front_url, Person("Grace", password=NEXT))):
        assert (await aviary.call("POST", f"{tier}/auth/register", json=person.credentials)).status_code == 201
    await over_http(aviary, ada)
    await over_the_socket(aviary, ada)
    await with_a_traceback(aviary, ada)
    await aviary.client.aclose()
    for server in reversed(house.servers):
        await server.terminate()

    [(hash_of_ada,)] = house.ledger.read("SELECT password_hash FROM latchstring_accounts WHERE email = ?", ada.email)
    aviary.secrets["hash"] = hash_of_ada
    for file in house.back.log.parent.glob("*.secrets"):
        for key in json.loads(file.read_text())["keys"]:
            aviary.secrets[f"key {key['id']} of {file.name}"] = key["secret"]
    written = house.written()
    for trace in ("unexpected DecodeError in GET", "unexpected DecodeError in topic"):
        assert trace in written, "nothing was provoked, so nothing was proved"
    assert aviary.found_in(written) == []
    for what, text in aviary.said:
        assert aviary.found_in(text) == [], what
    assert [what for what, _ in aviary.said if what.endswith(" 500")] != []
    if form == "json":
        for line in written.splitlines():
            assert isinstance(json.loads(line), dict), line


async def test_with_json_logs_a_start_that_fails_is_told_in_json_too(build_house: OpenHouse) -> None:
    house = await build_house(CHAT_LOG_FORMAT="json")
    # The port is taken; and then a database that is none.
    for environment in ({}, {"CHAT_PORT": "0", "CHAT_DATABASE_URL": f"sqlite:///{house.back.log}"}):
        second = house.front.another(**environment)
        assert await second.fails_to_start() != 0
        lines = second.written().splitlines()
        assert lines
        for line in lines:
            assert isinstance(json.loads(line), dict), line
