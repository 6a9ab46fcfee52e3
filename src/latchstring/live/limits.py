"""What one socket may do, and for how long it is waited for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The contract's values. Sizes in bytes, times in seconds."""

    frame_bytes: int = 256 * 1024
    """A larger message closes with 1009. Give the server the same bound, so that it never holds a larger one."""
    frames_per_second: float = 50
    """Sustained; more than this beyond the burst closes with 1008. One fast typist makes 24 a second."""
    burst: int = 200
    send_seconds: float = 30
    """A client that lets one message wait for this long does not read: 1013."""
    close_seconds: float = 5
    """A closing frame that cannot be written for this long is given up, and the connection aborted."""
    linger_seconds: float = 15
    """A connection is aborted when it is still there this long after its closing frame was written; longer than a
    server's own wait for the client's answer, since an abort may destroy what was not read yet."""


def frame_size(text: str | None, data: bytes | None) -> int:
    """Bytes on the wire, of UTF-8 where it is text."""
    if data is not None:
        return len(data)
    if text is None:
        return 0
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
