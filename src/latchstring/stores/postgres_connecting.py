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
_WRONG_ADDRESS = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.ClientConfigurationError,
)


async def connect(address: PostgresAddress, server_settings: Mapping[str, str]) -> asyncpg.Connection:
    """Each host has an equal share of the time that is left: one that says nothing, since its machine is gone, leaves
    the others theirs. Raises ConfigurationError where the operator has to act, else StoreUnavailable."""
    clock = asyncio.get_running_loop().time
    end = clock() + CONNECT_SECONDS
    hosts = address.hosts.in_order()
    troubles = []
    for left, host in zip(range(len(hosts), 0, -1), hosts, strict=True):
        try:
            connection = await _connect_with(host, address, (end - clock()) / left, server_settings)
        except _WRONG_ADDRESS as error:
            # The server's words may quote the address.
            raise ConfigurationError(
                f"PostgreSQL does not let us in ({type(error).__name__}). Check user, password and database of the "
                "address."
            ) from None
        except UnicodeError:
            raise ConfigurationError("The address of PostgreSQL has a host whose name is none.") from None
        except socket.gaierror:
            troubles.append(f"{host}: no such host is known")
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError) as error:
            troubles.append(f"{host}: {type(error).__name__}")
        else:
            address.hosts.served(host)
            return connection
    raise StoreUnavailable(f"PostgreSQL cannot be reached ({'; '.join(troubles)})")


async def _connect_with(
    host: Host, address: PostgresAddress, seconds: float, server_settings: Mapping[str, str]
) -> asyncpg.Connection:
    return await asyncpg.connect(
        address.dsn,
        host=host.name,
        port=host.port,
        timeout=max(seconds, 0.001),
        server_settings=server_settings,
        target_session_attrs="read-write",
    )
