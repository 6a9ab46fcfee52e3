"""What goes over the bus, as bytes.

Everything is heard by every node. So that a node can leave out what nobody on it listens to, news goes as bytes within
bytes: of each, the topics are read, and the rest only if one of them is wanted.
"""

from collections.abc import Container, Sequence

import msgspec

from chat.bus.address import Address
from chat.channels.fan_out import News, Telling, Turn, topics_of
from chat.channels.told import ANY
from chat.channels.words import Word

FORMAT = 1
"""Part of the channel's name: nodes that speak another one do not hear each other."""


def channel_of(address: Address) -> str:
    return f"latchstring-chat:{address.number}:{FORMAT}"


class Unreadable(Exception):
    """Not of our making, or of another version's."""


class Beat(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """A node hears its own within a moment, or hears nothing."""

    number: int


class _Piece(msgspec.Struct, frozen=True, array_like=True, gc=False):
    topics: tuple[str, ...]
    news: msgspec.Raw


class _Told(msgspec.Struct, frozen=True, array_like=True, tag=0):
    topic: str | None
    place: int
    again: int | None
    follows: bool
    pieces: tuple[_Piece, ...]
    mark: int = ANY
    unheard: tuple[str, ...] = ()


class _Said(msgspec.Struct, frozen=True, array_like=True, tag=1):
    word: Word | Beat


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """What one node had to say in one turn of its loop. `line` is the how manieth connection of the node's it came by,
    and `number` counts its parcels."""

    node: str
    line: int
    number: int
    letters: tuple[msgspec.Raw, ...]


_encoder = msgspec.msgpack.Encoder()
_parcels = msgspec.msgpack.Decoder(Parcel)
_letters = msgspec.msgpack.Decoder(_Told | _Said)
_news = msgspec.msgpack.Decoder(News)


def write_telling(telling: Telling) -> bytes:
    pieces = tuple(_Piece(topics_of(each), msgspec.Raw(_encoder.encode(each))) for each in telling.news)
    turn = telling.turn
    if turn is None:
        return _encoder.encode(_Told(None, 0, None, False, pieces))
    return _encoder.encode(_Told(turn.topic, turn.place, turn.again, turn.follows, pieces, turn.mark, telling.unheard))


def write_word(word: Word | Beat) -> bytes:
    return _encoder.encode(_Said(word))


def write_parcel(node: str, line: int, number: int, letters: Sequence[bytes]) -> bytes:
    return _encoder.encode(Parcel(node, line, number, tuple(map(msgspec.Raw, letters))))


def read_parcel(data: bytes) -> Parcel:
    """Raises Unreadable."""
    try:
        return _parcels.decode(data)
    except msgspec.DecodeError as trouble:
        raise Unreadable from trouble


def read_letter(letter: msgspec.Raw, wanted: Container[str]) -> Telling | Word | Beat:
    """Of what is told, the news that somebody wants. Raises Unreadable."""
    try:
        read = _letters.decode(letter)
        if isinstance(read, _Said):
            return read.word
        pieces = read.pieces
        news = tuple(_news.decode(piece.news) for piece in pieces if any(topic in wanted for topic in piece.topics))
    except msgspec.DecodeError as trouble:
        raise Unreadable from trouble
    if read.topic is None:
        return Telling(news)
    return Telling(news, Turn(read.topic, read.place, read.mark, read.again, read.follows), read.unheard)
