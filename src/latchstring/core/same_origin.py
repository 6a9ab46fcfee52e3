"""Whether a request comes from our own pages: Fetch Metadata first, then Origin (W3C Fetch Metadata; RFC 6454)."""

from collections.abc import Sequence
from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": 80, "https": 443}


def decide_same_origin(fetch_sites: Sequence[str], origins: Sequence[str], ours: str) -> bool:
    """True for a request that our own pages have made. Each header is given as all the values that came.

    | Sec-Fetch-Site            | Origin        | answer |                                                  |
    |---------------------------|---------------|--------|--------------------------------------------------|
    | same-origin               | any           | True   | the browser itself says so, no script can        |
    | same-site                 | any           | False  | a sibling subdomain sends Strict cookies, too    |
    | cross-site                | any           | False  |                                                  |
    | none                      | any           | False  | typed or bookmarked: no page of ours asked       |
    | anything else, or several | any           | False  |                                                  |
    | absent                    | ours          | True   | an older browser, or http on another host        |
    | absent                    | another       | False  |                                                  |
    | absent                    | null          | False  | a sandboxed frame, or a redirect from elsewhere  |
    | absent                    | absent        | False  | no browser that can be trusted to hold a cookie  |
    | absent                    | several       | False  |                                                  |
    """
    if fetch_sites:
        return len(fetch_sites) == 1 and fetch_sites[0] == "same-origin"
    return len(origins) == 1 and is_same_origin(origins[0], ours)


def is_same_origin(origin: str, ours: str) -> bool:
    """Compares scheme, host and port, as RFC 6454 section 5 does; what is no origin equals none."""
    parts = _origin_parts(origin)
    return parts is not None and parts == _origin_parts(ours)


def _origin_parts(origin: str) -> tuple[str, str, int] | None:
    try:
        parts = urlsplit(origin)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return None
    # An Origin header is scheme, host and port alone: a path, a query or a user name in it was never a browser's.
    exact = f"{parts.scheme}://{parts.netloc}".lower() == origin.lower() and "@" not in parts.netloc
    if not exact or not parts.hostname or port is None:
        return None
    return parts.scheme, parts.hostname, port
