"""The chat's part of signing in: the display name, and the payload of the contract."""

import pytest

from tests.chat.house import House

pytestmark = pytest.mark.anyio

PASSWORD = "a-canary-sings-in-nine-keys"


async def test_registering_makes_a_profile_and_answers_with_the_payload(house: House) -> None:
    body = {
        "email": "anna@example.org",
        "password": PASSWORD,
        "displayName": " Anna ",
        "hidden": True,
        "user_id": "mine",
        "confirmed_at": "2026-01-01T00:00:00Z",
        "is_admin": True,
    }
    async with house.client() as client:
        answer = await client.post("/auth/register", json=body)
        assert answer.status_code == 201
        payload = answer.json()
        user = payload["user"]
        assert user == {
            "id": user["id"],
            "email": "anna@example.org",
            "display_name": "Anna",
            "confirmed_at": None,
            "hidden": False,
            "theme": "day",
            "magnification": 1.0,
            "recents": [],
        }
        assert (payload["conversations"], payload["users"]) == ([], [])
        bearer = {"authorization": f"Bearer {payload['auth_token']}"}
        await client.patch("/api/profile", json={"theme": "night"}, headers=bearer)
        me = (await client.get("/api/me", headers=bearer)).json()
        assert me == {"user": {**user, "theme": "night"}, "conversations": [], "users": []}


async def test_without_a_display_name_the_address_stands_in_however_long_it_is(house: House) -> None:
    email = f"{'a' * 60}@{'b' * 60}.example.org"
    async with house.client() as client:
        answer = await client.post("/auth/register", json={"email": email, "password": PASSWORD, "display_name": None})
        assert answer.json()["user"]["display_name"] == email
        assert (await house.chat.profiles.of(answer.json()["user"]["id"])).display_name is None


@pytest.mark.parametrize("name", ["display_name", "displayName"])
async def test_a_bad_display_name_makes_no_account_and_is_named_as_it_was_written(house: House, name: str) -> None:
    async with house.client() as client:
        for bad in ("", "a" * 81, "a\u202eb", 5):
            body = {"email": "anna@example.org", "password": PASSWORD, name: bad}
            answer = await client.post("/auth/register", json=body)
            assert answer.status_code == 400
            assert [field["path"] for field in answer.json()["error"]["fields"]] == [name]
        assert (await client.post("/auth/login", json={"email": "anna@example.org", "password": PASSWORD})).is_error


async def test_the_own_display_name_is_no_password(house: House) -> None:
    async with house.client() as client:
        body = {
            "email": "anna@example.org",
            "password": "Annabel Lee of the sea",
            "display_name": "Annabel Lee of the sea",
        }
        answer = await client.post("/auth/register", json=body)
        assert [field["path"] for field in answer.json()["error"]["fields"]] == ["password"]
