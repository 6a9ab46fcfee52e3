"""python -m chat serve | serve-api | serve-web --api URL"""

import argparse
import logging
import sys
from contextlib import ExitStack

from chat.app import api_app, serve_app, web_app
from chat.logs import configure_logs
from chat.serve import listen, serve
from chat.settings import ChatSettings, read_log_format, read_settings
from latchstring import ConfigurationError

APPS = {"serve": serve_app, "serve-api": api_app, "serve-web": web_app}

log = logging.getLogger("chat")


def main(arguments: list[str] | None = None) -> int:
    """0 when it was told to stop, 2 where the operator has to change something, 3 where it could not start."""
    chosen = _parser().parse_args(arguments)
    configure_logs(read_log_format())
    try:
        return _run(chosen.command, getattr(chosen, "api", None))
    except ConfigurationError as trouble:
        log.error("%s", trouble)  # noqa: TRY400 - the sentence says what to change; a traceback would hide it
        return 2


def _run(command: str, api_url: str | None) -> int:
    wanted = read_settings(api_url=api_url)
    with ExitStack() as held:
        # Before a database or a file of secrets is touched: they may be those of the server that runs here already.
        sockets = [held.enter_context(each) for each in listen(wanted.host, wanted.port)]
        settings = read_settings(api_url=api_url, port=sockets[0].getsockname()[1])
        _warn(settings)
        # What serve-api answers is no page: its own address is all there is to tell.
        own = f"http://{settings.host}:{settings.port}"
        base_url = own if command == "serve-api" else settings.library.base_url
        return serve(
            APPS[command](settings), host=settings.host, port=settings.port, base_url=base_url, sockets=sockets
        )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chat", description="The chat, on nothing but Latchstring.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="both tiers on one port: pages at /, the API tier at /backend")
    commands.add_parser("serve-api", help="the API tier alone")
    web = commands.add_parser("serve-web", help="the web tier alone")
    web.add_argument("--api", metavar="URL", help="where the API tier is; else CHAT_API_URL")
    return parser


def _warn(settings: ChatSettings) -> None:
    if not settings.library.throttle:
        log.warning("CHAT_THROTTLE=off: passwords can be guessed as fast as they are hashed. For load tests only.")


if __name__ == "__main__":
    sys.exit(main())
