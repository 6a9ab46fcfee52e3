"""What nodes say to each other. None of it is for clients."""

import msgspec

from chat.channels.presence import Present


class Alive(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Said with each tick: that the node is there, and how many changes it has told of who is on it."""

    version: int


class Changed(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """One change of who is seen on the node, and the how manieth it is. `came` replaces an entry of the same
    `phx_ref`; `gone` are such."""

    version: int
    came: tuple[Present, ...]
    gone: tuple[str, ...]


class Everybody(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """All who are seen on the node, as of that change."""

    version: int
    present: tuple[Present, ...]


class Asking(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """For `Everybody`; of one node, or of all where none is named."""

    node: str | None


class Goodbye(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The node stops: whoever is on it goes."""


class ProfileChanged(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Which parts of it. What it is now is in the database: two changes on two nodes may be told in either order."""

    user_id: str
    hidden: bool
    display_name: bool


class SessionsEnded(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """The revocation feed has grown. A wake-up, and never the guarantee."""


Word = Alive | Changed | Everybody | Asking | Goodbye | ProfileChanged | SessionsEnded
