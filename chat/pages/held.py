"""Whether a browser holds something already (RFC 9110 section 13.1.2)."""

from starlette.requests import Request


def is_held(etag: str, request: Request) -> bool:
    """`etag` with its quotes. Compared weakly: a proxy that compresses marks them as weak."""
    named = request.headers.get("if-none-match", "")
    return etag in [tag.strip().removeprefix("W/") for tag in named.split(",")]
