"""The headers of every page and file: what a page may load, whom it may speak to, who may frame or read it."""

from chat.pages.settings import PageSettings

_FEATURES = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "serial",
    "usb",
)

# Files are read by our own pages alone. `no-cache` means: keep it, ask before each use. The answer is a 304 of a few
# bytes, and after an upgrade no page ever runs half old and half new modules.
FILE_HEADERS = {
    "Cache-Control": "no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def content_security_policy(settings: PageSettings) -> str:
    """No inline script or style, no text turned into HTML (Trusted Types, and no policy that could make some)."""
    connect = " ".join(("'self'", *settings.socket_source()))
    return "; ".join(
        (
            "default-src 'self'",
            f"connect-src {connect}",
            "object-src 'none'",
            "frame-src 'none'",
            "worker-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        )
    )


def page_headers(settings: PageSettings) -> dict[str, str]:
    """Pages are `no-cache`, not `no-store`: a shell holds nothing of anybody, the same bytes go to everyone, and
    `no-store` would protect nothing while it switches off the browser's back-forward cache."""
    # Where the public address is https, whoever has been here does not try http again for a year (RFC 6797).
    transport = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"} if settings.secure else {}
    return {
        **FILE_HEADERS,
        **transport,
        "Content-Security-Policy": content_security_policy(settings),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{feature}=()" for feature in _FEATURES),
        # Not no-referrer: with that, some browsers send `Origin: null` on our own POSTs.
        "Referrer-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }
