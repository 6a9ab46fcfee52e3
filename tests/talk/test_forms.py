"""What browsers encrypt and read, held against the Python of docs/encryption.md; and the log, without a server."""

import base64
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from playwright.async_api import Browser, Page

from tests.docs.pages import run_page
from tests.talk.tab import Site, Tab

pytestmark = pytest.mark.anyio

PAGE = run_page("docs/encryption.md")
MAGIC = PAGE["MAGIC"]
OAEP = PAGE["OAEP"]


@pytest.fixture(scope="module")
async def page(chromium: Browser, whole_site: Site) -> AsyncIterator[Page]:
    """One for all of these: nobody is signed in, and nothing is kept."""
    page = await chromium.new_page(base_url=whole_site.url)
    await page.goto("/talk-harness")
    await Tab(page).until("window.ready")
    yield page
    await page.close()


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def number(value: int) -> str:
    size = (value.bit_length() + 7) // 8
    return base64.urlsafe_b64encode(value.to_bytes(size, "big")).decode().rstrip("=")


def public(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), "type": "public", "d": None}


def private(key: rsa.RSAPrivateKey) -> dict[str, Any]:
    numbers = key.private_numbers()
    secret = {
        "d": numbers.d,
        "p": numbers.p,
        "q": numbers.q,
        "dp": numbers.dmp1,
        "dq": numbers.dmq1,
        "qi": numbers.iqmp,
    }
    return {**public(key), **{name: number(value) for name, value in secret.items()}}


ENCRYPTED = """async ([jwk, text]) => {
    const copies = await cipher.encryptFor(text, new Map([["ada", await keys.importPublic(jwk)]]));
    return copies.ada;
}"""
READ = "async ([jwk, content]) => new cipher.Reader(await keys.importPrivate(jwk)).read(content)"


TEXTS = ["a", "é" * 95, "x" * 190, "x" * 191, "é" * 96, "🚪" * 2048, "\u202e\u2028<script>\x00", "\ufeffbom"]


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_what_the_browser_encrypts_others_read_by_the_document(
    page: Page, key: rsa.RSAPrivateKey, text: str
) -> None:
    content = await page.evaluate(ENCRYPTED, [public(key), text])
    assert PAGE["opened"](content, key) == text
    assert (len(base64.b64decode(content)) == 256) is (len(text.encode()) <= 190)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
async def test_what_others_encrypt_by_the_document_the_browser_reads(
    page: Page, key: rsa.RSAPrivateKey, text: str
) -> None:
    aes, nonce = os.urandom(32), os.urandom(12)
    long = MAGIC + key.public_key().encrypt(aes, OAEP) + nonce + AESGCM(aes).encrypt(nonce, text.encode(), None)
    for content in (PAGE["sealed"](text, key.public_key()), base64.b64encode(long).decode()):
        assert await page.evaluate(READ, [private(key), content]) == text
        assert await page.evaluate(READ, [private(key), content.rstrip("=")]) == text


async def test_whatever_came_instead_of_a_copy_is_no_text_and_no_error(page: Page, key: rsa.RSAPrivateKey) -> None:
    aes, nonce = os.urandom(32), os.urandom(12)
    wrapped = key.public_key().encrypt(aes, OAEP)
    whole = MAGIC + wrapped + nonce + AESGCM(aes).encrypt(nonce, b"text", None)
    no_text = MAGIC + wrapped + nonce + AESGCM(aes).encrypt(nonce, b"\xff\xfe", None)
    short_key = MAGIC + key.public_key().encrypt(b"short", OAEP) + nonce + os.urandom(32)
    damaged = [whole[:-1] + b"\0", whole[:271], b"XYZ" + whole[3:], whole[:100], no_text, short_key]
    damaged.append(key.public_key().encrypt(b"\xc3\x28", OAEP))
    contents: list[Any] = [
        *(base64.b64encode(each).decode() for each in damaged),
        "",
        "LHY0",
        "no base64!",
        None,
        7,
        {},
        [],
    ]
    assert await page.evaluate(READ, [private(key), base64.b64encode(whole).decode()]) == "text"
    for content in contents:
        assert await page.evaluate(READ, [private(key), content]) is None
    assert await page.evaluate(READ, [None, base64.b64encode(whole).decode()]) is None
    assert await page.evaluate(READ, [private(rsa.generate_private_key(65537, 2048)), contents[0]]) is None


GARBAGE: list[Any] = [None, {}, {"kty": "RSA", "n": "AQAB"}, {"n": 1, "e": 2}, "text", {"n": "!!", "e": "AQAB"}]


@pytest.mark.parametrize("jwk", GARBAGE, ids=range(len(GARBAGE)))
async def test_a_garbage_key_is_none_and_its_copy_says_so(page: Page, jwk: Any) -> None:
    assert await page.evaluate("jwk => keys.importPublic(jwk).then((key) => key === null)", jwk)
    assert await page.evaluate("jwk => keys.importPrivate(jwk).then((key) => key === null)", jwk)
    assert await page.evaluate(ENCRYPTED, [jwk, "text"]) == "LHY0"


@pytest.mark.parametrize("members", [1, 2, 20, 100, 200, 600, 657])
async def test_the_longest_text_fits_the_frame_with_a_copy_for_everybody(page: Page, members: int) -> None:
    longest = await page.evaluate("members => cipher.longestText(members)", members)
    assert 190 <= longest <= 8192
    size = 256 if longest <= 190 else 3 + 256 + 12 + longest + 16
    copy = base64.b64encode(bytes(size)).decode()
    assert len(copy) <= 65_536
    ids = {f"c1c1c1c1-0000-4000-8000-{number:012}": copy for number in range(members)}
    payload = {"encrypted_messages": ids, "client_id": "c" * 36, "token": "t" * 1000}
    frame = ["1000", "1000", "conversation:" + "c" * 36, "send_message", payload]
    assert len(json.dumps(frame, separators=(",", ":"))) <= 250 * 1024


async def test_where_no_copy_for_everybody_fits_no_text_is_short_enough(page: Page) -> None:
    assert await page.evaluate("cipher.longestText(700)") == 0


async def test_a_pair_is_sent_with_twelve_members_and_those_of_its_other_half_are_null(page: Page) -> None:
    pair = await page.evaluate("keys.makeKeyPair()")
    names = ["alg", "d", "dp", "dq", "e", "ext", "key_ops", "kty", "n", "p", "q", "qi"]
    for half in pair.values():
        assert list(half) == names
        assert half["alg"] == "RSA-OAEP-256"
    secret = {"d", "dp", "dq", "p", "q", "qi"}
    assert {name for name, value in pair["public_key"].items() if value is None} == secret
    assert None not in pair["private_key"].values()


async def test_a_private_key_cannot_be_taken_out_again(page: Page, key: rsa.RSAPrivateKey) -> None:
    imported = "jwk => keys.importPrivate(jwk).then(({extractable, usages}) => [extractable, usages])"
    assert await page.evaluate(imported, private(key)) == [False, ["decrypt"]]


# The log

LOG = """() => {
    const readers = () => [], settled = [];
    const log = new Log({myId: "me", readers, onSettled: (unsent) => settled.push(unsent.clientId)});
    const at = (n) => new Date(1_700_000_000_000 + n * 1000).toISOString().replace("T", " ");
    const message = (n, more = {}) => ({id: `m${n}`, sender: "other", content: `c${n}`, message_group: `g${n}`,
        inserted_at: at(n), updated_at: at(n), ...more});
    const read = (n, more) => ({message: message(n, more), text: `${n}`});
    const range = (from, to) => Array.from({length: to - from}, (_, i) => read(from + i));
    const texts = () => log.entries.map((entry) => entry.isDeleted ? `-${entry.group}` : entry.text);
    Object.assign(window, {log, settled, at, message, read, range, logTexts: texts});
}"""


@pytest.fixture
async def log(page: Page) -> Page:
    await page.evaluate(LOG)
    return page


async def test_ten_thousand_entries_cost_a_new_one_nothing(log: Page) -> None:
    small, large = await log.evaluate(
        """() => {
            const cost = (held) => {
                log.replace(range(0, held), "", log.mark());
                const coming = range(held, held + 2000);
                const start = performance.now();
                for (const each of coming) log.add(each);
                return performance.now() - start;
            };
            const best = (held) => Math.min(...Array.from({length: 4}, () => cost(held)));
            return [best(100), best(10_000)];
        }"""
    )
    assert large < 2 * small + 20


async def test_a_page_of_ten_thousand_is_put_before_them_at_once(log: Page) -> None:
    took = await log.evaluate(
        """() => {
            log.replace(range(5000, 15_000), "older", log.mark());
            const start = performance.now();
            log.addOlder(range(4950, 5000).reverse(), "");
            return [performance.now() - start, log.entries.length, log.entries[0].text];
        }"""
    )
    assert took[1:] == [10_050, "4950"]
    assert took[0] < 50


async def test_what_came_while_a_join_was_asked_is_not_taken_for_deleted(log: Page) -> None:
    assert await log.evaluate(
        """() => {
            log.replace(range(0, 3), "", log.mark());
            const asked = log.mark();
            log.add(read(3));
            log.replace(range(0, 3), "", asked);
            return logTexts();
        }"""
    ) == ["0", "1", "2", "3"]


async def test_what_is_missing_has_been_deleted_and_what_is_older_is_let_go(log: Page) -> None:
    assert await log.evaluate(
        """() => {
            log.replace(range(0, 8), "", log.mark());
            log.replace([read(4), read(6), read(7), read(8)], "older", log.mark());
            return logTexts();
        }"""
    ) == ["4", "-g5", "6", "7", "8"]


@pytest.mark.parametrize("seconds", [4, 9], ids=["the same moment", "a clock that was set back since"])
async def test_what_stands_before_the_page_that_came_is_not_taken_for_deleted_by_its_time(
    log: Page, seconds: int
) -> None:
    assert await log.evaluate(
        """(seconds) => {
            const early = read(3, {inserted_at: at(seconds), updated_at: at(seconds)});
            log.replace([early, ...range(4, 7)], "", log.mark());
            log.replace(range(4, 8), "older", log.mark());
            const let_go = logTexts();
            log.addOlder([early], "");
            return [let_go, logTexts()];
        }""",
        seconds,
    ) == [["4", "5", "6", "7"], ["3", "4", "5", "6", "7"]]


async def test_where_a_page_is_all_there_is_whatever_is_missing_has_been_deleted(log: Page) -> None:
    assert await log.evaluate(
        """() => {
            log.replace(range(0, 4), "", log.mark());
            log.replace([read(2)], "", log.mark());
            return logTexts();
        }"""
    ) == ["-g0", "-g1", "2", "-g3"]


async def test_a_message_deleted_before_its_page_came_is_not_shown(log: Page) -> None:
    assert await log.evaluate(
        "() => { log.replace(range(5, 7), 'x', log.mark()); log.remove('g3'); log.addOlder(range(3, 5).reverse(), '');"
        " return logTexts(); }"
    ) == ["-g3", "4", "5", "6"]


async def test_an_older_edit_does_not_undo_a_newer_one(log: Page) -> None:
    assert await log.evaluate(
        """() => {
            log.add(read(0));
            log.edit({message: message(0, {updated_at: at(9)}), text: "newer"});
            log.edit({message: message(0, {updated_at: at(5)}), text: "older"});
            return [log.entries[0].text, log.entries[0].isEdited];
        }"""
    ) == ["newer", True]


async def test_my_message_takes_the_place_of_what_i_sent_whichever_comes_first(log: Page) -> None:
    assert await log.evaluate(
        """() => {
            const unsent = (id, content) => ({clientId: id, text: id, at: 1, own: [{content, key: "n"}], isKept: true});
            const [one, two] = [log.addUnsent(unsent("one", "c1")), log.addUnsent(unsent("two", "c2"))];
            log.add(read(0));
            log.add({message: message(2, {sender: "me"}), text: "two"});
            const again = log.addUnsent(unsent("two", "c2"));
            log.replace([read(0), {message: message(1, {sender: "me"}), text: "one"},
                {message: message(2, {sender: "me"}), text: "two"}], "", log.mark());
            return [logTexts(), log.entries[1] === one, log.entries[2] === two, again, settled];
        }"""
    ) == [["0", "one", "two"], True, True, None, ["two", "one"]]


async def test_what_was_acknowledged_and_is_not_there_when_asked_later_has_been_deleted(log: Page) -> None:
    assert await log.evaluate(
        """() => {
            const [one, two] = ["one", "two"].map((id) => log.addUnsent({clientId: id, text: id, at: 1, own: []}));
            one.state = "sent";
            const asked = log.mark();
            two.state = "sent";
            log.replace(range(0, 2), "", asked);
            return logTexts();
        }"""
    ) == ["0", "1", "two"]
