"""Encryption keys: whose they are, who is sent which half, and what a stolen database holds."""

from pathlib import Path

import pytest

from chat.encryption_keys import EncryptionKeys
from chat.jwk import MEMBERS
from chat.refusals import NoConversation
from latchstring import NewerKey, Sealer, Statement, forget_keys
from latchstring.core.keys import Key, KeyRing
from latchstring.testing import SeededEntropy
from tests.chat.house import House, opened
from tests.chat.pairs import halves, pair
from tests.chat.test_conversations import group

pytestmark = pytest.mark.anyio

SECRET = ("d", "dp", "dq", "p", "q", "qi")
OLD, NEW = Key(1, b"o" * 32), Key(2, b"n" * 32)


def bytes_of(folder: Path) -> bytes:
    """Everything in it but the key ring."""
    return b"".join(path.read_bytes() for path in folder.iterdir() if "secrets" not in path.name)


def with_keys(house: House, *keys: Key) -> EncryptionKeys:
    """The same table under another key ring."""
    return EncryptionKeys(house.chat.auth.engine, Sealer(KeyRing(keys), "app private-key", SeededEntropy()))


async def test_everybody_is_sent_the_public_halves_and_the_owner_alone_the_private_one(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    keys = house.chat.encryption_keys
    public, private = halves()
    empty = dict.fromkeys(MEMBERS)
    assert await keys.public(here) == {anna.id: {**empty, **public, "type": "public", "user_id": anna.id}}
    assert await keys.private(here, anna.id) == {**empty, **private, "type": "private", "user_id": anna.id}
    assert await keys.private(here, berta.id) is None
    assert await keys.set(here, berta.id, pair(1), 2000)
    told = await keys.public(here)
    assert told[berta.id]["n"] == halves(1)[0]["n"]
    assert all(half[name] is None for half in told.values() for name in SECRET)


async def test_new_keys_take_the_place_of_old_ones_unless_those_are_to_stand(house: House) -> None:
    anna = await house.person()
    here = await group(house, anna)
    keys = house.chat.encryption_keys
    assert not await keys.set(here, anna.id, pair(1), 2000, if_none=True)
    assert (await keys.public(here))[anna.id]["n"] == halves(0)[0]["n"]
    assert await keys.set(here, anna.id, pair(1), 3000)
    own = await keys.private(here, anna.id)
    assert own is not None
    assert own["n"] == (await keys.public(here))[anna.id]["n"] == halves(1)[0]["n"]


async def test_keys_of_a_former_member_are_sent_to_nobody_and_are_there_when_they_come_back(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    keys = house.chat.encryption_keys
    await keys.set(here, berta.id, pair(1), 2000)
    await house.chat.groups.leave(here, berta.id, 3000)
    assert set(await keys.public(here)) == {anna.id}
    assert await keys.private(here, berta.id) is None
    with pytest.raises(NoConversation):
        await keys.set(here, berta.id, pair(1), 4000)
    await house.chat.groups.modify(here, anna.id, [berta.id], None, 5000)
    own = await keys.private(here, berta.id)
    assert own is not None
    assert own["d"] == halves(1)[1]["d"]


async def test_a_stolen_database_opens_no_private_key(tmp_path: Path) -> None:
    """Whoever has every byte of it, and every key but ours."""
    async with opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/chat.db") as house:
        anna = await house.person()
        here = await group(house, anna)
    stolen = bytes_of(tmp_path)
    private = halves()[1]
    assert private["n"].encode() in stolen
    for name in SECRET:
        assert private[name].encode() not in stolen
    (tmp_path / "chat.secrets").unlink()
    # Without this, no server starts with a ring of its own on somebody's database.
    await forget_keys(f"sqlite:///{tmp_path}/chat.db")
    async with opened(CHAT_DATABASE_URL=f"sqlite:///{tmp_path}/chat.db") as thief:
        assert await thief.chat.encryption_keys.private(here, anna.id) is None


async def test_a_sealed_key_that_is_moved_to_another_row_does_not_open_there(house: House) -> None:
    """Somebody who can write to the database gives themselves another's row, to be sent it as their own."""
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here, there = await group(house, anna, berta), await group(house, anna, berta)
    keys = house.chat.encryption_keys
    await keys.set(here, berta.id, pair(1), 2000)
    annas = "SELECT private_key FROM encryption_keys WHERE user_id = :anna AND conversation_id = :here"
    move = f"UPDATE encryption_keys SET private_key = ({annas})"
    await house.chat.auth.engine.write(Statement(move, {"anna": anna.id, "here": here}))
    assert await keys.private(here, berta.id) is None
    assert await keys.private(there, anna.id) is None
    assert await keys.private(here, anna.id) is not None


async def test_older_keys_of_the_ring_still_open_and_the_newest_seals(house: House) -> None:
    anna, berta = await house.person("Anna"), await house.person("Berta")
    here = await group(house, anna, berta)
    before, during, after = with_keys(house, OLD), with_keys(house, NEW, OLD), with_keys(house, NEW)
    await before.set(here, anna.id, pair(0), 2000)
    await during.set(here, berta.id, pair(1), 2000)
    for person in (anna, berta):
        assert await during.private(here, person.id) is not None
    # A key that was taken out of the ring opens nothing: the member makes new ones.
    assert await after.private(here, anna.id) is None
    assert await after.private(here, berta.id) is not None
    # One that is not here yet is another matter: new ones would be made, and what the old ones opened be lost.
    with pytest.raises(NewerKey):
        await before.private(here, berta.id)
