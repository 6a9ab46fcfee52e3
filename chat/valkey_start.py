"""Whether Valkey takes what CHAT_REDIS_URL says, asked once at the start."""

from chat.bus.address import read_address
from latchstring import ConfigurationError


async def check_valkey(redis_url: str | None) -> None:
    """Raises ConfigurationError where it answers and refuses: no waiting mends a wrong password, and a node that served
    all the same would have no conversations. One that does not answer is waited for, by the fan-out."""
    if redis_url is None:
        return
    # Here, so that a single node need not load it.
    from redis.exceptions import AuthenticationError, NoPermissionError

    from chat.bus.line import Line, Troubles
    from chat.bus.wire import channel_of

    address = read_address(redis_url)
    channel = channel_of(address)
    line = Line(address, channel)
    try:
        await line.open()
    except AuthenticationError:
        raise ConfigurationError(
            "Valkey refuses the user or the password of CHAT_REDIS_URL, or asks for one and none is there. "
            "(In the address, signs such as @ : / % are written as %40 %3A %2F %25.)"
        ) from None
    except NoPermissionError:
        raise ConfigurationError(
            "Valkey lets the user of CHAT_REDIS_URL in, and does not let it listen: it needs +subscribe, +publish, "
            f"+client and the channel {channel}."
        ) from None
    except Troubles:
        return
    finally:
        await line.close()
