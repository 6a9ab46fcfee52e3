"""Keys: announced once, waited for, taken over from another device, and worked around where they are garbage."""

import base64
import json
import os

import pytest

from tests.talk.conversation import Meeting
from tests.talk.tab import OpenTab, Site

pytestmark = pytest.mark.anyio


async def test_messages_wait_for_a_member_without_keys_and_go_when_they_have_come(
    site: Site, open_tab: OpenTab
) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    hers = await open_tab(ada)
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    await hers.enter(here)
    await hers.send("Are you there?")
    await hers.shows("Are you there? (waiting)")
    assert await hers.js("room.withoutKeys") == ["Grace"]
    assert (await hers.shown())[0]["trouble"] == "It waits here for Grace."
    # Grace signs in, and opens no conversation: her key is announced in the background.
    graces = await open_tab(grace)
    await hers.shows("Are you there?")
    await graces.enter(here)
    await graces.shows("Are you there?")


async def test_two_devices_that_announce_keys_at_once_end_up_with_the_same(site: Site, open_tab: OpenTab) -> None:
    ada, grace = await site.person("Ada"), await site.person("Grace")
    desk, phone = await open_tab(grace), await open_tab(grace)
    hers = await open_tab(ada)
    here = await hers.js("id => conversations.startPrivate(id)", grace.id)
    for tab in (hers, desk, phone):
        await tab.enter(here)
    for tab in (desk, phone):
        await tab.until("room.hasOwnKey")
    await hers.send("for both")
    for tab in (hers, desk, phone):
        await tab.shows("for both")
    await phone.send("from my phone")
    for tab in (hers, desk, phone):
        await tab.shows("for both", "from my phone")


async def test_a_key_announced_by_a_client_of_another_make_is_taken_over(met: Meeting) -> None:
    await met.said("before")
    # As clients in the field do: without asking whether there is one.
    await met.graces.js(
        """async (id) => {
            const pair = await keys.makeKeyPair();
            const channel = socket.channel(`conversation:${id}`);
            await channel.join();
            await channel.push("set_encryption_keys", pair);
            await channel.leave();
        }""",
        met.id,
    )
    await met.graces.reload()
    await met.graces.until("conversations.ready")
    await met.graces.enter(met.id)
    await met.hers.send("after")
    await met.graces.shows("(unreadable)", "after")


async def test_a_member_with_a_garbage_key_keeps_nobody_from_writing_and_that_is_shown(
    site: Site, open_tab: OpenTab
) -> None:
    ada, grace, mallory = [await site.person(name) for name in ("Ada", "Grace", "Mallory")]
    hers, graces = await open_tab(ada), await open_tab(grace)
    # A modulus that is even is none; the server, which cannot multiply primes, takes it.
    even = base64.urlsafe_b64encode(b"\xff" * 255 + b"\xfe").decode().rstrip("=")

    def spoil(frame: list[object]) -> None:
        for half in ("public_key", "private_key"):
            frame[4][half]["n"] = even  # type: ignore[index]

    malls = await open_tab(mallory)
    here = await hers.js("ids => conversations.startGroup(ids, 'Three')", [grace.id])
    await hers.enter(here)
    await graces.enter(here)
    await graces.until("room.hasOwnKey && room.withoutKeys.length === 0")
    site.line.changes["set_encryption_keys"] = [spoil]
    await hers.js("ids => room.invite(ids)", [mallory.id])
    await malls.enter(here)
    await hers.until("room.withUselessKeys.length === 1 && room.withoutKeys.length === 0")
    assert await hers.js("room.withUselessKeys") == ["Mallory"]
    await hers.send("nobody is held up")
    for tab in (hers, graces):
        await tab.shows("nobody is held up")
    await malls.shows("(unreadable)")


HOSTILE = [
    "LHY0",
    "LHY1",
    "AAAA",
    base64.b64encode(bytes(256)).decode(),
    base64.b64encode(os.urandom(256)).decode(),
    base64.b64encode(base64.b64decode("LHY1") + os.urandom(300)).decode(),
]


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_copy_that_nobody_can_read_is_an_entry_without_text(met: Meeting, content: str) -> None:
    def spoil(frame: list[object]) -> None:
        frame[4]["encrypted_messages"][met.grace.id] = content  # type: ignore[index]

    met.site.line.changes["send_message"] = [spoil]
    await met.hers.send("hidden")
    await met.hers.shows("hidden")
    await met.graces.shows("(unreadable)")
    met.site.line.changes.clear()
    await met.hers.send("and on")
    await met.graces.shows("(unreadable)", "and on")


async def test_what_decrypts_to_no_text_is_an_entry_without_text(met: Meeting) -> None:
    graces_key = await met.hers.js(
        """async (id) => {
            const channel = socket.channel(`conversation:${id}`);
            const {public_keys} = await channel.join();
            return JSON.stringify(public_keys);
        }""",
        met.id,
    )
    key = json.loads(graces_key)[met.grace.id]
    garbage = await met.hers.js(
        """async (jwk) => {
            const key = await keys.importPublic(jwk);
            const bytes = new Uint8Array([0xff, 0xfe, 0xc3, 0x28]);
            const sealed = await crypto.subtle.encrypt({name: "RSA-OAEP"}, key, bytes);
            return btoa(String.fromCharCode(...new Uint8Array(sealed)));
        }""",
        key,
    )

    def spoil(frame: list[object]) -> None:
        frame[4]["encrypted_messages"][met.grace.id] = garbage  # type: ignore[index]

    met.site.line.changes["send_message"] = [spoil]
    await met.hers.reload()
    await met.hers.until("conversations.ready")
    await met.hers.enter(met.id)
    await met.hers.send("looks fine here")
    await met.graces.shows("(unreadable)")
