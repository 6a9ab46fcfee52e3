"""Base64url without padding (RFC 7515 section 2), where each value has one spelling and any other is refused.

msgspec's base64 is the fastest at hand, and it reads JSON: hence the quotation marks.
"""

import msgspec

_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_+/=", b"+/!!!")
"""The other alphabet's two characters, and padding, become one that is in neither."""
_PADDING = (b'"', b'"', b'=="', b'="')

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(bytes).decode


def encode(raw: bytes) -> bytes:
    return _encode(raw).translate(_TO_URL, b'"=')


def decode(text: bytes) -> bytes | None:
    """None for whatever `encode` would not have written: padding, white space, stray bits in the last character."""
    quoted = b'"' + text.translate(_FROM_URL) + _PADDING[len(text) % 4]
    try:
        raw = _decode(quoted)
    except ValueError:
        return None
    return raw if _encode(raw) == quoted else None
