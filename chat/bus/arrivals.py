"""What has come by the bus, handed to those parts of this node that it is for."""

import logging
from collections.abc import Callable

from chat.bus.wire import Beat, Parcel, Unreadable, read_letter
from chat.channels.fan_out import Listener, Recipient, Telling
from chat.channels.noting import note

log = logging.getLogger("chat.bus")


class Arrivals:
    """Whatever a part makes of it, the next has its turn, and so has what comes next."""

    def __init__(self) -> None:
        self._recipient: Recipient | None = None
        self._listeners: list[Listener] = []
        self._is_unreadable_noted = False

    def deliver_to(self, recipient: Recipient) -> None:
        self._recipient = recipient

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def take(self, parcel: Parcel) -> None:
        """Another node's."""
        wanted = self._recipient.topics if self._recipient is not None else ()
        for letter in parcel.letters:
            try:
                what = read_letter(letter, wanted)
            except Unreadable:
                self.cannot_read()
                continue
            if isinstance(what, Telling):
                self.deliver(what)
            elif not isinstance(what, Beat):
                for listener in self._listeners:
                    _try(listener.hear, parcel.node, what)

    def deliver(self, telling: Telling) -> None:
        if self._recipient is not None:
            _try(self._recipient.deliver, telling)

    def tick(self) -> None:
        for listener in self._listeners:
            _try(listener.tick)

    def lost(self) -> None:
        for listener in self._listeners:
            _try(listener.lost)

    def found(self) -> None:
        for listener in self._listeners:
            _try(listener.found)

    def cannot_read(self) -> None:
        if not self._is_unreadable_noted:
            log.warning("something that came by Valkey cannot be read: does another version run beside this one?")
        self._is_unreadable_noted = True


def _try(act: Callable[..., None], *arguments: object) -> None:
    try:
        act(*arguments)
    except Exception as error:  # noqa: BLE001 - it fails alone
        note(error, "the bus")
