"""Profiles: the rules and the SQL of what somebody shows of themselves, and how they like their pages."""

# ruff: noqa: S608 - what is put together here are the words of this file, never a value

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import msgspec

from chat.names import check_display_name, chosen_name, name_key
from chat.refusals import invalid
from latchstring import Engine, NotFound, Statement, Value

Theme = Literal["day", "night", "auto"]

RECENTS = 20
RECENT_LENGTH = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`display_name` is None for who has chosen none."""

    user_id: str
    email: str
    display_name: str | None
    hidden: bool = False
    theme: Theme = "day"
    magnification: float = 1.0
    recents: tuple[str, ...] = ()


class ProfileChange(msgspec.Struct, kw_only=True):
    """What may be changed; a member that is absent stays as it is. `magnification` lies in [0.7, 1.4]."""

    display_name: str | msgspec.UnsetType = msgspec.UNSET
    hidden: bool | msgspec.UnsetType = msgspec.UNSET
    theme: Theme | msgspec.UnsetType = msgspec.UNSET
    magnification: float | msgspec.UnsetType = msgspec.UNSET
    recents: list[str] | msgspec.UnsetType = msgspec.UNSET


Announce = Callable[[Profile, ProfileChange], Awaitable[None]]


class RecentsBody(msgspec.Struct, kw_only=True):
    """Page paths, newest first."""

    recents: list[str]


def check_recents(recents: Sequence[str]) -> tuple[str, ...]:
    """Paths of our own pages only: a list that can be written must not become a list of links elsewhere."""
    if len(recents) > RECENTS:
        raise invalid("recents", f"At most {RECENTS} recent pages are kept.")
    for path in recents:
        own = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
        if not own or len(path) > RECENT_LENGTH:
            raise invalid("recents", "A recent page is a path of this site, such as /chat.")
    return tuple(recents)


class Profiles:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._announce: list[Announce] = []

    def on_change(self, announce: Announce) -> None:
        """`announce` is told of each change, so that open sockets show it at once."""
        self._announce.append(announce)

    def new_row(self, user_id: str, display_name: str | None) -> Statement:
        """The row of a new account, to be written in the account's own transaction. None: no name was chosen."""
        return Statement(
            "INSERT INTO profiles (user_id, display_name, name_key) VALUES (:user_id, :display_name, :name_key)",
            {"user_id": user_id, "display_name": display_name, "name_key": name_key(display_name or "")},
        )

    async def of(self, user_id: str) -> Profile:
        """Raises NotFound."""
        rows = await self._engine.read(
            Statement(f"SELECT {_COLUMNS} FROM profiles WHERE user_id = :user_id", {"user_id": user_id})
        )
        if not rows:
            raise NotFound
        return _profile(rows[0])

    async def change(self, user_id: str, change: ProfileChange) -> Profile:
        """Checks everything first, then writes it at once: a refused change changes nothing."""
        written = self._checked(change)
        if change.display_name is not msgspec.UNSET:
            written.update(await self._name(user_id, change.display_name))
        if not written:
            return await self.of(user_id)
        assignments = ", ".join(f"{column} = :{column}" for column in written)
        [rows] = await self._engine.write(
            Statement(
                f"UPDATE profiles SET {assignments} WHERE user_id = :user_id RETURNING {_COLUMNS}",
                {**written, "user_id": user_id},
            )
        )
        if not rows:
            raise NotFound
        profile = _profile(rows[0])
        for announce in self._announce:
            await announce(profile, change)
        return profile

    async def _name(self, user_id: str, display_name: str) -> dict[str, str | None]:
        chosen = chosen_name(check_display_name(display_name), (await self.of(user_id)).email)
        return {"display_name": chosen, "name_key": name_key(chosen or "")}

    @staticmethod
    def _checked(change: ProfileChange) -> dict[str, Value]:
        """Column names come from here and `_name` alone, never from a client."""
        written: dict[str, Value] = {}
        if change.hidden is not msgspec.UNSET:
            written["hidden"] = int(change.hidden)
        if change.theme is not msgspec.UNSET:
            written["theme"] = change.theme
        if change.magnification is not msgspec.UNSET:
            if not math.isfinite(change.magnification) or not 0.7 <= change.magnification <= 1.4:
                raise invalid("magnification", "Magnification lies between 0.7 and 1.4.")
            written["magnification"] = change.magnification
        if change.recents is not msgspec.UNSET:
            written["recents"] = msgspec.json.encode(check_recents(change.recents)).decode()
        return written


_EMAIL = "(SELECT email FROM latchstring_accounts WHERE id = profiles.user_id)"
_COLUMNS = f"user_id, {_EMAIL}, display_name, hidden, theme, magnification, recents"


def _profile(row: tuple[object, ...]) -> Profile:
    user_id, email, display_name, hidden, theme, magnification, recents = row
    return msgspec.convert(
        {
            "user_id": user_id,
            "email": email,
            "display_name": display_name,
            "hidden": bool(hidden),
            "theme": theme,
            "magnification": magnification,
            "recents": msgspec.json.decode(str(recents)),
        },
        Profile,
    )
