"""Where log lines go, and in which form. Every line of output is one of these, tracebacks and start-up included."""

import logging
import sys
import threading
from types import TracebackType
from typing import Any

import structlog


def configure_logs(form: str, node: int | None = None) -> None:
    """`console` for people, `json` for machines (then every line is one JSON object); `node` numbers one of several."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        *([] if node is None else [_numbered(node)]),
    ]
    # Neither form shows local variables: a traceback must never hold a token or a password.
    render: list[structlog.types.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
        if form == "json"
        else [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers[:] = []
        logger.propagate = True
    # The server's own lines name whole addresses of requests, and a socket's address may carry a token.
    server = logging.getLogger("uvicorn.error")
    server.setLevel(logging.WARNING)
    server.filters[:] = [_says_more_than_that_it_failed]
    logging.getLogger("uvicorn.access").disabled = True
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    logging.captureWarnings(True)
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda told: _log_uncaught(told.exc_type, told.exc_value, told.exc_traceback)
    sys.unraisablehook = lambda told: _log_uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _says_more_than_that_it_failed(record: logging.LogRecord) -> bool:
    """Why the start failed is said by chat/serve.py, in a sentence that must not come behind one that says nothing."""
    return record.getMessage() != "Application startup failed. Exiting."


def _numbered(node: int) -> structlog.types.Processor:
    def number(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
        event["node"] = node
        return event

    return number


def _log_uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger("chat").critical("an error that nobody caught", exc_info=(kind, error or kind(), trace))
