"""To whichever host of an address takes writes."""

import asyncio
import socket
from collections.abc import Mapping

import asyncpg

from latchstring.errors import ConfigurationError, StoreUnavailable
from latchstring.stores.postgres_address import PostgresAddress
from latchstring.stores.postgres_hosts import Host

CONNECT_SECONDS = 5.0
"""For all hosts of the address together."""
_KEEP_ALIVE = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3}
"""In seconds, and times. A connection on which nothing is said is found dead within 30 s, and closed, before somebody
needs it; and whatever is on the way to the server does not forget it for being idle."""
_WRONG_ADDRESS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)


async def connect(address: PostgresAddress, server_settings: Mapping[str, str]) -> asyncpg.Connection:
    """Each host has an equal share of the time that is left: one that says nothing, since its machine is gone, leaves
    the others theirs, and so does one that does not let us in. Raises ConfigurationError where the operator has to act,
    which is where none lets us in, else StoreUnavailable."""
    clock = asyncio.get_running_loop().time
    end = clock() + CONNECT_SECONDS
    hosts = address.hosts.in_order()
    troubles, wrong = [], []
    for left, host in zip(range(len(hosts), 0, -1), hosts, strict=True):
        try:
            connection = await _connect_with(host, address, (end - clock()) / left, server_settings)
        except _WRONG_ADDRESS as error:
            # The server's words may quote the address.
            wrong.append(type(error).__name__)
            troubles.append(f"{host}: {type(error).__name__}")
        except UnicodeError:
            raise ConfigurationError("The address of PostgreSQL has a host whose name is none.") from None
        except socket.gaierror:
            troubles.append(f"{host}: no such host is known")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            troubles.append(f"{host}: {type(error).__name__}")
        else:
            address.hosts.served(host)
            return connection
    if len(wrong) == len(hosts):
        # Else one that is away, or takes no writes yet, may be the one.
        raise ConfigurationError(
            f"PostgreSQL does not let us in ({wrong[0]}). Check user, password and database of the address."
        )
    raise StoreUnavailable(f"PostgreSQL cannot be reached ({'; '.join(troubles)})")


async def _connect_with(
    host: Host, address: PostgresAddress, seconds: float, server_settings: Mapping[str, str]
) -> asyncpg.Connection:
    connection = await asyncpg.connect(
        address.dsn,
        host=host.name,
        port=host.port,
        timeout=max(seconds, 0.001),
        server_settings=server_settings,
        target_session_attrs="read-write",
    )
    _keep_alive(connection)
    return connection


def _keep_alive(connection: asyncpg.Connection) -> None:
    """Raises OSError where the connection is gone already."""
    # asyncpg has no setting for it. A copy is used since uvloop's own object can set nothing.
    with connection._transport.get_extra_info("socket").dup() as held:
        if held.family in (socket.AF_INET, socket.AF_INET6):
            held.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            for name, value in _KEEP_ALIVE.items():
                # Not every system has them all.
                if (option := getattr(socket, name, None)) is not None:
                    held.setsockopt(socket.IPPROTO_TCP, option, value)
