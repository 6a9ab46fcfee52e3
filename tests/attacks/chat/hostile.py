"""Texts that some program takes for something else than text."""

SHOWN: dict[str, str] = {
    "script": "<script>alert(1)</script>",
    "image": "<img src=x onerror=alert(1)>",
    "frame": '"><iframe srcdoc="<script>alert(1)</script>">',
    "drawing": "<svg/onload=alert(1)>",
    "link": "javascript:alert(1)",
    "link in words": "[x](javascript:alert(1)) data:text/html,<b>1",
    "address": "https://evil.example/?next=//evil.example",
    "entities": "&lt;b&gt; &#60;b&#62; &amp;amp;",
    "templates": "{{7*7}} ${7*7} #{7*7} <%= 7*7 %> {% raw %} {0}",
    "format": "%s%n%x %(name)s {0.__class__}",
    "SQL": "'; DROP TABLE members; --",
    "wildcards": "%_%\\",
    "shell": "$(id) `id` | id && id",
    "path": "../../../etc/passwd",
    "prototype": "__proto__ constructor",
    "JSON": '"}],["3","4","phoenix","heartbeat",{}]',
    "right to left": "אבג مرحبا",
    "joined emoji": "👩\u200d👩\u200d👧 می\u200cخواهم",
    "marks": "Z\u0351\u036b\u0343 a\u0301\u0302",
}
"""As they are, wherever people write."""

UNFIT: dict[str, str] = {
    "line separator": "a\u2028b",
    "paragraph separator": "a\u2029b",
    "override": "\u202egnp.exe",
    "embedding": "a\u202bb",
    "isolate": "a\u2067b",
    "left open isolate": "\u2068a",
    "mark of direction": "a\u200fb",
    "zero width": "a\u200bb",
    "byte order mark": "\ufeffa",
    "invisible tags": "a\U000e0041\U000e0042",
    "soft hyphen": "a\u00adb",
    "NUL": "a\0b",
    "escape": "\x1b[31mred",
    "line": "a\r\nSet-Cookie: x=y",
    "private use": "a\ue000",
    "noncharacter": "a\uffff",
    "only joiners": "\u200d\u200d",
    "only fillers": "\u3164\u3164",
    "64 KiB": "A" * 65_536,
    "flood of marks": "Z" + "\u0351" * 80,
}
"""For a name: others read it in the middle of their own lines. Messages have lines of their own, and take all of it."""
