"""Bodies of requests: from bytes that anybody may have written to a struct that holds what it says it holds."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from latchstring.core.headers import values_of
from latchstring.errors import BodyTooLarge, FieldTrouble, InvalidRequest, UnsupportedMediaType

BODY_LIMIT = 64 * 1024
"""Bytes. Nothing that is sent over HTTP here comes near it."""


class Body(msgspec.Struct, kw_only=True):
    """The base of every request body. Unknown members are ignored; its repr shows none, since some are secrets."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}(…)"


T = TypeVar("T", bound=msgspec.Struct)

_JSON_TYPE = re.compile(rb"application/json[ \t]*(;[ \t]*charset=\"?utf-8\"?[ \t]*)?", re.IGNORECASE)


async def read_body(request: Request, body_type: type[T]) -> T:
    """The request's body as a struct. Raises UnsupportedMediaType, BodyTooLarge, or InvalidRequest with field paths."""
    return decode_body(await read_bytes(request), body_type)


async def read_optional_body(request: Request, body_type: type[T]) -> T | None:
    """The same, where no body at all is fine, too."""
    raw = await read_bytes(request, optional=True)
    return decode_body(raw, body_type) if raw else None


async def refuse_body(request: Request) -> None:
    """For calls that need no body: what comes is not looked at, but a form or a flood is refused all the same."""
    await read_bytes(request, optional=True)


async def read_bytes(request: Request, *, optional: bool = False) -> bytes:
    """The body's bytes, checked for type and size alone."""
    raw = await read_any_bytes(request)
    if (raw or not optional) and not _is_json(request):
        raise UnsupportedMediaType
    return raw


async def read_any_bytes(request: Request) -> bytes:
    """The body's bytes, checked for size alone, once. Raises ClientDisconnect where they end before it does."""
    # As they come, and not by Starlette's stream and headers: a refresh is read in half the time.
    length = next(iter(values_of(request.scope["headers"], b"content-length")), b"0")
    if not length.isdigit() or int(length) > BODY_LIMIT:
        raise BodyTooLarge
    raw, receive, more = b"", request.receive, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        raw += message.get("body", b"")
        more = message.get("more_body", False)
        if len(raw) > BODY_LIMIT:
            raise BodyTooLarge
    return raw


def _is_json(request: Request) -> bool:
    headers = request.scope["headers"]
    types, encodings = values_of(headers, b"content-type"), values_of(headers, b"content-encoding")
    is_plain = not encodings or encodings[0].lower() == b"identity"
    return len(types) == 1 and _JSON_TYPE.fullmatch(types[0]) is not None and is_plain


def decode_body(raw: bytes, body_type: type[T]) -> T:
    """Raises InvalidRequest, and nothing else, whatever the bytes are."""
    text, members = read_members(raw)
    if issubclass(body_type, RememberingBody):
        refuse_near_misses(members)
    try:
        return msgspec.json.decode(text, type=body_type)
    except msgspec.ValidationError as error:
        raise InvalidRequest(fields=troubles_of(members, body_type) or [_trouble("", str(error))]) from None
    except (ValueError, RecursionError):
        _refuse_json()


def read_object(raw: bytes) -> dict[str, Any]:
    """Any JSON object, to be completed and passed on: what it holds can be written as JSON again."""
    text, _ = read_members(raw)
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (ValueError, RecursionError):
        _refuse_json()


def read_members(raw: bytes) -> tuple[str, dict[str, Any]]:
    """The text and its top-level members. JSON in which a name stands twice means two things: it is refused."""
    try:
        text = raw.decode()
        value = _names.decode(text)
    except (ValueError, RecursionError):
        _refuse_json()
    if not isinstance(value, dict):
        raise InvalidRequest("The body has to be a JSON object.")
    return text, value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


_names = json.JSONDecoder(object_pairs_hook=_once)


def _refuse_json() -> NoReturn:
    raise InvalidRequest("The body is not valid JSON in UTF-8, or has a member twice.") from None


def troubles_of(
    members: Mapping[str, Any], body_type: type[msgspec.Struct], *, strict: bool = True
) -> Sequence[FieldTrouble]:
    """Everything that is wrong, member by member, in the order of the struct: a form can show it all at once."""
    found = []
    for field in msgspec.structs.fields(body_type):
        path = field.encode_name
        if path not in members:
            if field.required:
                found.append(FieldTrouble(path, f"{path} is needed."))
            continue
        try:
            msgspec.convert(members[path], field.type, strict=strict)
        except msgspec.ValidationError as error:
            found.append(_trouble(path, str(error)))
    return found


_KINDS = {
    "str": "a text",
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "array": "a list",
    "object": "an object",
}
_BOUNDS = {">=": "at least", "<=": "at most"}


def _trouble(path: str, said: str) -> FieldTrouble:
    """msgspec's own sentence ("Expected `str`, got `int` - at `$[0]`") in words for people, without the value."""
    where = re.search(r" - at `\$(.*)`$", said)
    path = (path + (where[1] if where else "")).lstrip(".")
    expected = re.match(r"Expected `([^`]*)`", said)
    kinds = [_KINDS[kind] for kind in expected[1].split(" | ") if kind in _KINDS] if expected else []
    bound = re.match(r"Expected `\w+` (>=|<=) ([0-9]+)", said)
    limit = f", {_BOUNDS[bound[1]]} {bound[2]}" if bound else ""
    return FieldTrouble(path, f"{path} has to be {' or '.join(kinds)}{limit}." if kinds else f"{path} is not valid.")


class RememberingBody(Body, kw_only=True):
    """A body that says whether the session is to be remembered, in either spelling that clients in the field use."""

    rememberMe: bool | msgspec.UnsetType = msgspec.UNSET  # noqa: N815 - the wire's spelling
    remember_me: bool | msgspec.UnsetType = msgspec.UNSET

    def remembered(self, *, default: bool = True) -> bool:
        """Raises InvalidRequest where the two spellings say different things."""
        said = {said for said in (self.rememberMe, self.remember_me) if said is not msgspec.UNSET}
        if len(said) > 1:
            raise InvalidRequest(fields=[FieldTrouble("remember_me", "remember_me and rememberMe differ.")])
        return bool(said.pop()) if said else default


SPELLINGS = frozenset({"rememberMe", "remember_me"})


def refuse_near_misses(members: dict[str, Any]) -> None:
    """Ignoring `rememberme` would leave a session on a shared machine that its user believes is forgotten."""
    for name in members:
        if name not in SPELLINGS and _is_near_miss(name):
            raise InvalidRequest(fields=[FieldTrouble(name, f"{name} is not known. Did you mean rememberMe?")])


def _is_near_miss(name: str) -> bool:
    letters = "".join(filter(str.isalnum, name)).casefold()
    return letters.startswith("remember") or (4 <= len(letters) <= 14 and _distance(letters, "rememberme") <= 2)


def _distance(one: str, other: str) -> int:
    """Levenshtein's: how many letters to add, drop or change."""
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        above, row[0] = row[0], i
        for j, wanted in enumerate(other, 1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (letter != wanted))
    return row[-1]
