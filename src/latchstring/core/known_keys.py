"""What a database remembers of the keys that it was used with: whether a node's key ring is the one of the others."""

from collections.abc import Sequence
from dataclasses import dataclass

from latchstring.core.keys import KeyRing
from latchstring.errors import ConfigurationError

_COPY = "Copy the secrets file of the other nodes, or of the server that was here before"
_FOREIGN = (
    "The secrets file of this node holds none of the keys that this database was used with: everybody would be signed "
    f"out. {_COPY}. Only where it is lost for good, latchstring.forget_keys(address) signs everybody out, and the next "
    "start begins with the file that is here."
)


@dataclass(frozen=True, slots=True)
class KnownKey:
    """`retired`: some node has started without it, because it was taken out of the ring."""

    fingerprint: str
    key_id: int
    retired: bool


@dataclass(frozen=True, slots=True)
class KeyNotes:
    """What is to be written: ids of keys that are new to the database, and fingerprints that are retired by now."""

    fresh: tuple[int, ...] = ()
    retired: tuple[str, ...] = ()


def decide_keys(ring: KeyRing, known: Sequence[KnownKey]) -> KeyNotes:
    """Raises ConfigurationError where this ring would sign people out who are signed in.

    | the database knows        | this ring                          | answer                                   |
    |---------------------------|------------------------------------|------------------------------------------|
    | none                      | any                                | its keys are noted                       |
    | some                      | has one of them                    | its others are noted                     |
    | some                      | has none, and took one of them out | its keys are noted, and that one retired |
    | some                      | has none                           | refused: another ring                    |
    | a key that is not retired | has another key under its id       | refused: changed on two nodes apart      |
    | a key as retired          | has it in front                    | refused: nobody else takes what it signs |
    | a key as retired          | has it further back                | an older ring in a change of keys: fine  |
    """
    own = {ring.fingerprint(key_id): key_id for key_id in ring.ids}
    if known and not any(each.fingerprint in own or each.fingerprint in ring.retired for each in known):
        raise ConfigurationError(_FOREIGN)
    retiring = tuple(each.fingerprint for each in known if not each.retired and each.fingerprint in ring.retired)
    for each in known:
        if each.retired and own.get(each.fingerprint) == ring.newest.id:
            raise ConfigurationError(f"Key {each.key_id} was retired by the other nodes, and signs here. {_COPY}.")
        in_use = not each.retired and each.fingerprint not in retiring
        if in_use and ring.get(each.key_id) is not None and each.fingerprint not in own:
            raise ConfigurationError(
                f"Key {each.key_id} of this node's secrets file is another than the other nodes' key of that number: a "
                f"file is changed once, and copied. {_COPY}."
            )
    there = {each.fingerprint for each in known}
    return KeyNotes(tuple(key_id for fingerprint, key_id in own.items() if fingerprint not in there), retiring)
