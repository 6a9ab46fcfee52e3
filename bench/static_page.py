"""Pages that are nothing but HTML: as many conversations in a list and a field to write in, and as many messages.
`python -m bench.static_page` serves them on the server that the chat runs on; the query says how many."""

import os
import sys

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from chat.serve import serve

_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chat</title></head>
<body><conversation-list><ul>{rows}</ul></conversation-list>
<message-composer><textarea aria-label="Message"></textarea></message-composer></body></html>"""
_ROW = '<li><a href="/{number}"><span>person {number}</span> <time>yesterday</time></a></li>'
_MESSAGES = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Chat</title></head>
<body><div class="messages" style="height: 80vh; overflow: auto">{rows}</div></body></html>"""
_MESSAGE = "<article><p>seven calm herons stood there, one behind the other, {number}</p><time>12:00</time></article>"


async def page(request: Request) -> HTMLResponse:
    count = int(request.query_params.get("conversations", "0"))
    return HTMLResponse(_PAGE.format(rows="".join(_ROW.format(number=number) for number in range(count))))


async def messages(request: Request) -> HTMLResponse:
    count = int(request.query_params["count"])
    return HTMLResponse(_MESSAGES.format(rows="".join(_MESSAGE.format(number=number) for number in range(count))))


if __name__ == "__main__":
    port = int(os.environ["CHAT_PORT"])
    routes = [Route("/healthz", lambda _: HTMLResponse("")), Route("/", page), Route("/messages", messages)]
    sys.exit(serve(Starlette(routes=routes), host="127.0.0.1", port=port, base_url=f"http://127.0.0.1:{port}"))
