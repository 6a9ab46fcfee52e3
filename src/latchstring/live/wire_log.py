"""Keeps what travels on the wire out of the logs."""

import logging
from pathlib import PurePath

SERVER_LOG = "uvicorn.error"


class WireFilter(logging.Filter):
    """Drops what the `websockets` package writes at DEBUG under the server's name: whole request lines, headers and
    frames, and so every token. uvicorn uses that package where it is installed, unless it is told `--ws wsproto`."""

    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno > logging.DEBUG or PurePath(record.pathname).parent.name != "websockets"


_filter = WireFilter()


def keep_wire_out_of_logs() -> None:
    """Once for a process; adding a filter that is there already does nothing."""
    logging.getLogger(SERVER_LOG).addFilter(_filter)
