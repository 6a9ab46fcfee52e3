"""What the tests of conversations share: key pairs, copies, and conversations that are there already."""

import functools
import time
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from chat.jwk import KeyPair
from tests.chat.house import House, Person

SENT = {"status": "ok", "response": "message_sent"}
NOWHERE = "00000000-0000-4000-8000-000000000000"


def refused(code: object) -> dict[str, object]:
    return {"status": "error", "response": code}


UNMATCHED = refused({"reason": "unmatched topic"})


@functools.cache
def _jwks(_: int) -> tuple[dict[str, Any], dict[str, Any]]:
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    both = (
        RSAAlgorithm.to_jwk(private.public_key(), as_dict=True),
        RSAAlgorithm.to_jwk(private, as_dict=True),
    )
    ours = ["alg", "d", "dp", "dq", "e", "ext", "key_ops", "kty", "n", "p", "q", "qi"]
    public, secret = ({name: each.get(name) for name in ours} for each in both)
    for half in (public, secret):
        half.update(alg="RSA-OAEP-256", ext=True)
    return {**public, "key_ops": ["encrypt"]}, {**secret, "key_ops": ["decrypt"]}


def keys(number: int = 1) -> dict[str, Any]:
    """A pair as it is pushed."""
    public, private = _jwks(number)
    return {"public_key": public, "private_key": private}


def sent_key(kind: str, person: Person, number: int = 1) -> dict[str, Any]:
    return {**keys(number)[f"{kind}_key"], "type": kind, "user_id": person.id}


def copies(*people: Person, text: str = "aGVsbG8=") -> dict[str, str]:
    return {person.id: text for person in people}


def conversation(conversation_id: str) -> str:
    return f"conversation:{conversation_id}"


async def group(house: House, *people: Person, alias: str | None = None) -> str:
    pair, user_ids = KeyPair.read(*_jwks(1)), [person.id for person in people]
    started = await house.chat.conversations.start_group(people[0].id, user_ids, alias, pair, now())
    return started.conversation.id


async def private(house: House, one: Person, other: Person) -> str:
    started = await house.chat.conversations.start_private(one.id, other.id, KeyPair.read(*_jwks(1)), now())
    return started.conversation.id


def now() -> int:
    return time.time_ns() // 1_000_000
