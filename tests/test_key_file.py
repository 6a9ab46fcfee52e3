"""The secrets file: made once, whole, and for its owner's eyes alone."""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from latchstring.core.keys import Key, KeyRing
from latchstring.errors import ConfigurationError
from latchstring.key_file import announce_key, load_or_create_key_ring, promote_key, retire_key, rotate_key_file

SECRET = b"canary-canary-canary-canary-cana"


def entropy(length: int) -> bytes:
    return SECRET[:length]


def written(path: Path, *keys: tuple[int, bytes]) -> Path:
    """A file as an operator would write it."""
    stored = [{"id": key_id, "secret": base64.urlsafe_b64encode(secret).decode()} for key_id, secret in keys]
    path.write_text(json.dumps({"keys": stored}))
    path.chmod(0o600)
    return path


def test_the_first_start_makes_the_file_and_the_next_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "secrets.json"
    made = load_or_create_key_ring(path, entropy)
    assert made.newest == Key(1, SECRET)
    assert load_or_create_key_ring(path, os.urandom).newest == made.newest
    assert [file.name for file in path.parent.iterdir()] == ["secrets.json"]


def test_nobody_but_its_owner_may_read_it_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        load_or_create_key_ring(tmp_path / "secrets.json")
        rotate_key_file(tmp_path / "secrets.json")
        load_or_create_key_ring(tmp_path / "folder" / "secrets.json")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o700


def test_two_files_never_hold_the_same_secret(tmp_path: Path) -> None:
    assert load_or_create_key_ring(tmp_path / "a").newest != load_or_create_key_ring(tmp_path / "b").newest


START = """
import hashlib, sys, pathlib
from latchstring.key_file import load_or_create_key_ring
print("ready", flush=True)
sys.stdin.readline()
print(hashlib.sha256(load_or_create_key_ring(pathlib.Path(sys.argv[1])).newest.secret).hexdigest())
"""


def test_processes_that_start_at_once_agree_on_one_file(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    command = [sys.executable, "-c", START, str(path)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    starting = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)
        for _ in range(6)
    ]
    for process in starting:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in starting:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    answers = {process.communicate()[0] for process in starting}
    assert [process.returncode for process in starting] == [0] * 6
    assert len(answers) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def test_who_comes_second_takes_the_first_ones_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, link = tmp_path / "secrets.json", os.link

    def overtaken(source: Path, target: Path) -> None:
        written(path, (9, b"f" * 32))
        link(source, target)

    monkeypatch.setattr(os, "link", overtaken)
    assert load_or_create_key_ring(path).newest == Key(9, b"f" * 32)
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660, 0o620, 0o601, 0o777])
def test_a_file_that_is_open_to_others_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path / "secrets.json", (1, SECRET))
    path.chmod(mode)
    for use in (load_or_create_key_ring, rotate_key_file):
        with pytest.raises(ConfigurationError, match=r"chmod 600 secrets\.json"):
            use(path)


@pytest.mark.parametrize("length", [0, 16, 31])
def test_a_short_secret_is_refused_and_not_named(tmp_path: Path, length: int) -> None:
    path = written(tmp_path / "secrets.json", (1, SECRET[:length]))
    with pytest.raises(ConfigurationError, match="key 1 is shorter than 32 bytes") as refusal:
        load_or_create_key_ring(path)
    assert "canary" not in repr(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{}", '{"keys":', '{"keys":[]}', "\xff", '{"keys":[{"id":1}]}'),
        '{"keys":[{"id":1,"secret":7}]}',
        '{"keys":[{"id":1,"secret":"canary canary!"}]}',
        '{"keys":[{"id":"1","secret":"canary"}]}',
        '{"keys":[{"id":1,"secret":"é\\ud83d\\ude00"}]}',
        '{"keys":[{"id":300,"secret":"' + "canary00" * 8 + '"}]}',
    ],
)
def test_a_damaged_file_is_refused_never_replaced_and_its_content_not_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "secrets.json"
    path.write_text(text, encoding="latin-1", errors="ignore")
    path.chmod(0o600)
    before = path.read_bytes()
    for use in (load_or_create_key_ring, rotate_key_file):
        with pytest.raises(ConfigurationError) as refusal:
            use(path)
        assert "canary" not in repr(refusal.value)
        assert refusal.value.__cause__ is None
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


def test_two_keys_with_one_id_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="id of its own"):
        load_or_create_key_ring(written(tmp_path / "secrets.json", (1, b"a" * 32), (1, b"b" * 32)))


def test_a_place_where_no_file_can_be_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere" / "secrets.json")
    for path in (tmp_path, tmp_path / "file" / "secrets.json", tmp_path / "dangling"):
        with pytest.raises(ConfigurationError, match="cannot be"):
            load_or_create_key_ring(path)


def test_a_disk_that_is_full_leaves_no_file_and_no_half_of_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = written(tmp_path / "kept.json", (1, SECRET))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for use, path in ((load_or_create_key_ring, tmp_path / "secrets.json"), (rotate_key_file, kept)):
        with pytest.raises(ConfigurationError, match="No space left"):
            use(path)
    assert [file.name for file in tmp_path.iterdir()] == ["kept.json"]
    assert load_or_create_key_ring(kept).ids == (1,)


def test_a_rotated_file_signs_with_the_new_key_and_verifies_with_both(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    first = load_or_create_key_ring(path).newest
    assert rotate_key_file(path) == 2
    ring = load_or_create_key_ring(path)
    assert ring.ids == (2, 1)
    assert ring.get(1) == first
    assert ring.newest.secret != first.secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secrets.json"]


@pytest.mark.parametrize(("ids", "fresh"), [((1,), 2), ((0,), 1), ((254, 1), 255), ((255, 1, 2), 3), ((5, 6, 7), 8)])
def test_a_new_id_follows_the_newest_and_is_not_in_use(tmp_path: Path, ids: tuple[int, ...], fresh: int) -> None:
    assert rotate_key_file(written(tmp_path / "s", *((key_id, b"s" * 32) for key_id in ids))) == fresh


def test_a_full_ring_takes_no_more(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="255 keys"):
        rotate_key_file(written(tmp_path / "s", *((key_id, b"s" * 32) for key_id in range(1, 256))))


def test_a_retired_key_is_gone_and_the_newest_cannot_be_retired(tmp_path: Path) -> None:
    path = written(tmp_path / "secrets.json", (2, b"n" * 32), (1, b"o" * 32))
    for key_id in (2, 3):
        with pytest.raises(ConfigurationError, match="no older key"):
            retire_key(path, key_id)
    retire_key(path, 1)
    assert load_or_create_key_ring(path).ids == (2,)


def test_a_retired_key_leaves_its_fingerprint(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    fingerprint = load_or_create_key_ring(path).fingerprint(1)
    rotate_key_file(path)
    assert "retired" not in path.read_text()
    retire_key(path, 1)
    rotate_key_file(path)
    assert load_or_create_key_ring(path).retired == {fingerprint}


def test_a_key_that_is_announced_signs_when_it_is_promoted(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    load_or_create_key_ring(path)
    assert announce_key(path) == 2
    assert load_or_create_key_ring(path).ids == (1, 2)
    assert rotate_key_file(path) == 3
    promote_key(path, 2)
    assert load_or_create_key_ring(path).ids == (2, 3, 1)
    with pytest.raises(ConfigurationError, match="has no key 9"):
        promote_key(path, 9)


@pytest.mark.parametrize(
    "change", [rotate_key_file, announce_key, lambda path: retire_key(path, 1), lambda path: promote_key(path, 1)]
)
def test_two_changes_at_once_lose_no_key(tmp_path: Path, change: Callable[[Path], object]) -> None:
    path = written(tmp_path / "secrets.json", (2, b"n" * 32), (1, b"o" * 32))

    def while_another_changes(length: int) -> bytes:
        with pytest.raises(ConfigurationError, match="being changed"):
            change(path)
        return os.urandom(length)

    assert rotate_key_file(path, while_another_changes) == 3
    assert load_or_create_key_ring(path).ids == (3, 2, 1)


def test_a_change_keeps_the_link_through_which_the_file_is_found(tmp_path: Path) -> None:
    written(tmp_path / "real.json", (1, SECRET))
    (tmp_path / "link.json").symlink_to(tmp_path / "real.json")
    rotate_key_file(tmp_path / "link.json")
    assert (tmp_path / "link.json").is_symlink()
    assert load_or_create_key_ring(tmp_path / "real.json").ids == (2, 1)


def test_a_file_that_is_not_there_is_not_rotated(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be"):
        rotate_key_file(tmp_path / "secrets.json")
    assert list(tmp_path.iterdir()) == []


def test_what_is_read_is_a_key_ring(tmp_path: Path) -> None:
    assert isinstance(load_or_create_key_ring(tmp_path / "secrets.json"), KeyRing)
