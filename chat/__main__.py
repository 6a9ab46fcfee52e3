"""python -m chat serve | serve-api | serve-web --api URL, and --nodes N; python -m chat move | forget-keys"""

import argparse
import logging
import socket
import sys
from contextlib import ExitStack

from chat.app import api_app, serve_app, web_app
from chat.listening import listen
from chat.logs import configure_logs
from chat.moving import check_not_moved, forget, move
from chat.nodes import Line, check_several, supervise
from chat.serve import serve
from chat.settings import ChatSettings, find_unknown_variables, read_log_format, read_settings
from latchstring import ConfigurationError, StoreUnavailable

APPS = {"serve": serve_app, "serve-api": api_app, "serve-web": web_app}
COMMANDS = {"move": move, "forget-keys": forget}

MOST_NODES = 128

log = logging.getLogger("chat")


def main(arguments: list[str] | None = None) -> int:
    """0 when it was told to stop, 2 where the operator has to change something, 3 where it could not start."""
    chosen = _parser().parse_args(arguments)
    configure_logs(read_log_format(), chosen.node)
    if chosen.node is None:
        _warn_of_names()
    try:
        return _run(chosen) if chosen.node is None else _run_as_node(chosen)
    except ConfigurationError as trouble:
        sentence = str(trouble).replace("latchstring.forget_keys(address)", "`python -m chat forget-keys`")
        log.error("%s", sentence)  # noqa: TRY400 - it says what to change; a traceback would hide it
        return 2


def _run(chosen: argparse.Namespace) -> int:
    if chosen.command in COMMANDS:
        try:
            return COMMANDS[chosen.command](read_settings())
        except StoreUnavailable as trouble:
            log.error("the database could not be used (%s): try again", trouble)  # noqa: TRY400 - as above
            return 3
    wanted = read_settings(api_url=chosen.api)
    if chosen.command != "serve-web":
        check_not_moved(wanted)
    if chosen.nodes > 1:
        check_several(chosen.command, wanted)
    with ExitStack() as held:
        # Before a database or a file of secrets is touched: they may be those of the server that runs here already.
        sockets = [held.enter_context(each) for each in listen(wanted.host, wanted.port)]
        settings = _settings(chosen, sockets)
        _warn(settings)
        if chosen.nodes > 1:
            return supervise(_own(chosen), sockets, count=chosen.nodes, base_url=_address(chosen, settings))
        return serve(
            APPS[chosen.command](settings),
            host=settings.host,
            port=settings.port,
            base_url=_address(chosen, settings),
            sockets=sockets,
        )


def _run_as_node(chosen: argparse.Namespace) -> int:
    """One of several, on sockets that were bound by whoever started them."""
    descriptor, *others = chosen.inherits
    line = Line(descriptor)
    line.end_with_it()
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket(fileno=each)) for each in others]
        for each in sockets:
            each.set_inheritable(False)
        settings = _settings(chosen, sockets)
        return serve(
            APPS[chosen.command](settings),
            host=settings.host,
            port=settings.port,
            base_url=_address(chosen, settings),
            sockets=sockets,
            ready=line.say_that_it_serves,
        )


def _settings(chosen: argparse.Namespace, sockets: list[socket.socket]) -> ChatSettings:
    return read_settings(api_url=chosen.api, port=sockets[0].getsockname()[1])


def _address(chosen: argparse.Namespace, settings: ChatSettings) -> str:
    # What serve-api answers is no page: its own address is all there is to tell.
    own = f"http://{settings.host}:{settings.port}"
    return own if chosen.command == "serve-api" else settings.library.base_url


def _own(chosen: argparse.Namespace) -> list[str]:
    """The command that this process was started with, without the number of nodes."""
    api = ["--api", chosen.api] if chosen.api else []
    return [sys.executable, "-m", "chat", chosen.command, *api]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chat", description="The chat, on nothing but Latchstring.")
    commands = parser.add_subparsers(dest="command", required=True)
    serve_both = commands.add_parser("serve", help="both tiers on one port: pages at /, the API tier at /backend")
    api = commands.add_parser("serve-api", help="the API tier alone")
    web = commands.add_parser("serve-web", help="the web tier alone")
    web.add_argument("--api", metavar="URL", help="where the API tier is; else CHAT_API_URL")
    moving = commands.add_parser("move", help="from the SQLite file to the PostgreSQL database of CHAT_MOVE_TO")
    forgetting = commands.add_parser("forget-keys", help="signs everybody out: where the key ring is lost for good")
    for each in (moving, forgetting):
        each.set_defaults(node=None)
    for each in (serve_both, api, web):
        each.set_defaults(api=None)
        each.add_argument("--nodes", metavar="N", type=_count, default=1, help="so many processes behind the port")
        # What the process that starts the nodes says to each of them.
        each.add_argument("--node", type=int, help=argparse.SUPPRESS)
        each.add_argument("--inherits", type=_descriptors, help=argparse.SUPPRESS)
    return parser


def _count(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= MOST_NODES:
        raise argparse.ArgumentTypeError(f"a whole number from 1 to {MOST_NODES}")
    return int(text)


def _descriptors(text: str) -> list[int]:
    return [int(part) for part in text.split(",")]


def _warn_of_names() -> None:
    for name, meant in find_unknown_variables():
        # Before anything else is said: what it was to say is read as its default.
        log.warning("%s is no variable of the chat, and counts for nothing%s", name, f": {meant}?" if meant else "")


def _warn(settings: ChatSettings) -> None:
    if not settings.library.throttle:
        log.warning("CHAT_THROTTLE=off: passwords can be guessed as fast as they are hashed. For load tests only.")


if __name__ == "__main__":
    sys.exit(main())
