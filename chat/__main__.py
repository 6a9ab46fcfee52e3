"""python -m chat serve | serve-api | serve-web --api URL"""

import argparse
import logging
import sys
from dataclasses import replace

from chat.app import api_app, serve_app, web_app
from chat.logs import configure_logs
from chat.serve import serve
from chat.settings import ChatSettings, read_settings
from latchstring import ConfigurationError

APPS = {"serve": serve_app, "serve-api": api_app, "serve-web": web_app}

log = logging.getLogger("chat")


def main(arguments: list[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    configure_logs("console")
    try:
        settings = read_settings()
        configure_logs(settings.log_format)
        if getattr(chosen, "api", None):
            settings = replace(settings, api_url=chosen.api.rstrip("/"))
        _warn(settings)
        app = APPS[chosen.command](settings)
    except ConfigurationError as trouble:
        log.error("%s", trouble)  # noqa: TRY400 - the sentence says what to change; a traceback would hide it
        return 2
    return serve(app, host=settings.host, port=settings.port, base_url=settings.library.base_url)


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
