"""People: by whom they are found, and how much of them is shown."""

import sqlite3

import pytest

from chat.app import MIGRATIONS
from chat.people import SEARCH_LENGTH
from chat.person import masked
from chat.profiles import ProfileChange
from latchstring import InvalidRequest, Statement
from tests.chat.house import House, Person
from tests.chat.test_conversations import group

pytestmark = pytest.mark.anyio


async def found(house: House, asker: Person, text: str, after: str | None = None, size: int = 100) -> list[str]:
    return [person.display_name for person in await house.chat.people.search(asker.id, text, after, size)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Berta Brecht", "berta"),
        ("Berta Brecht", "  RECHT "),
        ("Berta Brecht", "a B"),
        ("Straße", "STRASSE"),
        ("STRASSE", "straße"),
        ("Ébène", "e\u0301be\u0300ne"),
        ("Ⅷ Ｂerta", "viii berta"),
        ("ﬁlm", "FILM"),
        ("山田太郎", "田太"),
        ("مهسا\u200cنوری", "مهسا\u200cنوری"),
        ("100 % \\ _", "% \\"),
        ("100 % \\ _", "_"),
    ],
)
async def test_a_part_of_a_name_finds_them_in_whatever_case(house: House, name: str, text: str) -> None:
    anna = await house.person("Zora")
    await house.person(name)
    await house.person("Quentin")
    assert await found(house, anna, text) == [name]


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "' OR 1=1 --", "*", "\u202e", "a\u2028b", "x" * SEARCH_LENGTH, "\ufffd"]
)
async def test_what_is_in_no_name_finds_nobody(house: House, text: str) -> None:
    anna = await house.person("Anna")
    await house.person("Berta")
    assert await found(house, anna, text) == []


@pytest.mark.parametrize("text", ["x" * (SEARCH_LENGTH + 1), "a\x00b", "a\nb", "\x7f", "\ud800"])
async def test_a_text_that_nobody_can_be_found_by_is_refused(house: House, text: str) -> None:
    anna = await house.person("Anna")
    with pytest.raises(InvalidRequest):
        await house.chat.people.search(anna.id, text, None, 20)


async def test_who_has_chosen_no_name_is_called_by_their_address_masked_for_strangers(house: House) -> None:
    anna, berta = await house.person("Anna", "anna@example.org"), await house.person(None, "berta@example.org")
    assert await found(house, anna, "berta@example.org") == [masked("berta@example.org")]
    await group(house, anna, berta)
    assert await found(house, anna, "berta@example.org") == ["berta@example.org"]
    [shown] = await house.chat.rosters.people_of(anna.id)
    assert (shown.email, shown.display_name) == ("berta@example.org", "berta@example.org")


async def test_no_part_of_an_address_that_stands_in_for_a_name_finds_its_owner(house: House) -> None:
    anna, berta = await house.person("Anna", "anna@example.org"), await house.person(None, "berta@example.org")
    await group(house, anna, berta)
    for part in ("b", "berta", "@", "berta@example.or", "erta@example.org", "example"):
        assert await found(house, anna, part) == []
    assert len(await found(house, anna, "")) == 1


async def test_after_a_change_of_address_the_old_one_is_shown_to_nobody(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person(None, "berta@example.org")
    moved = "UPDATE latchstring_accounts SET email = :email WHERE id = :id"
    await house.chat.auth.engine.write(Statement(moved, {"id": berta.id, "email": "new@example.org"}))
    assert await found(house, anna, "") == [masked("new@example.org")]
    assert await found(house, anna, "berta") == []


async def test_whoever_writes_their_own_address_where_a_name_goes_has_chosen_none(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta", "berta@example.org")
    async with house.client(berta) as client:
        answer = await client.patch("/api/profile", json={"display_name": " Berta@Example.org "})
    assert answer.json()["display_name"] == "berta@example.org"
    assert await found(house, anna, "") == [masked("berta@example.org")]
    assert await found(house, anna, "berta") == []


def test_names_from_before_the_migration_are_kept_and_addresses_in_their_place_are_none() -> None:
    names = {"1": "Anna", "2": "old@example.org", "3": "Anna @ example.org", "4": "@nna", "5": "ÄNNE"}
    database = sqlite3.connect(":memory:")
    database.executescript((MIGRATIONS / "001_profiles.sqlite.sql").read_text())
    database.executemany("INSERT INTO profiles (user_id, display_name) VALUES (?, ?)", names.items())
    database.executescript((MIGRATIONS / "002_conversations.sqlite.sql").read_text())
    rows = database.execute("SELECT display_name, name_key FROM profiles ORDER BY user_id").fetchall()
    assert rows[:2] == [("Anna", "anna"), (None, "")]
    assert rows[2:] == [("Anna @ example.org", "anna @ example.org"), ("@nna", "@nna"), ("ÄNNE", "Änne")]
    database.close()


async def test_a_whole_address_finds_its_owner_and_a_part_of_it_nobody(house: House) -> None:
    anna = await house.person("Anna", "anna@example.org")
    await house.person("Berta", "Berta.Brecht@example.org")
    assert await found(house, anna, " BERTA.brecht@EXAMPLE.org ") == ["Berta"]
    for part in ("berta.brecht", "brecht@example.org", "@example.org", "berta.brecht@example.or", "anna@example.org"):
        assert await found(house, anna, part) == []


async def test_nothing_finds_everybody_but_the_asker_in_one_order(house: House) -> None:
    people = [await house.person(f"Person {number}") for number in range(5)]
    asker, *others = people
    in_order = [person.id for person in sorted(others, key=lambda person: person.id)]
    all_found = await house.chat.people.search(asker.id, "", None, 100)
    assert [person.id for person in all_found] == in_order
    assert [person.id for person in await house.chat.people.search(asker.id, "PERSON", in_order[1], 1)] == in_order[2:3]


async def test_the_address_of_a_stranger_is_masked_and_still_looks_like_one(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta", "berta@example.org")

    async def shown() -> str:
        return (await house.chat.people.search(anna.id, "Berta", None, 20))[0].email

    assert await shown() == "b____@hidden.example"
    here = await group(house, anna, berta)
    assert await shown() == "berta@example.org"
    await house.chat.groups.leave(here, anna.id, 2000)
    assert await shown() == "b____@hidden.example"


def test_a_mask_tells_nothing_but_one_letter() -> None:
    assert masked("x@example.org") == masked("xavier.with.a.long.name@example.com") == "x____@hidden.example"


async def test_whoever_renames_themselves_is_found_by_the_new_name_alone(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    await house.chat.profiles.change(berta.id, ProfileChange(display_name=" Bärbel "))
    assert await found(house, anna, "BÄRB") == ["Bärbel"]
    assert await found(house, anna, "berta") == []
