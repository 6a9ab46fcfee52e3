"""How much of somebody others see: all of it for those they talk with, and for strangers no address."""

import msgspec


class Person(msgspec.Struct, frozen=True, gc=False):
    """As one viewer sees them: there is a name to show, whether they have chosen one or not."""

    id: str
    email: str
    display_name: str


def known(user_id: str, email: str, chosen_name: str | None) -> Person:
    """For whoever shares a conversation with them."""
    return Person(user_id, email, shown_name(chosen_name, email))


def stranger(user_id: str, email: str, chosen_name: str | None) -> Person:
    return known(user_id, masked(email), chosen_name)


def shown_name(chosen_name: str | None, email: str) -> str:
    """Who chose no name is called by their address, as far as the viewer may see that."""
    return email if chosen_name is None else chosen_name


def masked(email: str) -> str:
    """Still shaped like an address, since clients in the field expect one."""
    return f"{email[0]}____@hidden.example"
