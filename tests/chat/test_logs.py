"""With CHAT_LOG_FORMAT=json every line of output is one JSON object, whoever wrote it and whatever it says."""

import json
import subprocess
import sys
from typing import Any

WRITES = """
import logging, sys, threading, warnings
from chat.logs import configure_logs

configure_logs(sys.argv[1])
log = logging.getLogger("chat.test")
log.info("one %s", "two\\nthree")
log.info("lone \\ud800 surrogate")
log.info("%s", {"a": object()})
log.warning("mismatch %s")
logging.getLogger("uvicorn.error").error("theirs")
logging.getLogger("uvicorn.error").info("connection open")
logging.getLogger("uvicorn.access").info("GET /socket/websocket?token=canary")
logging.getLogger("httpx2").info("HTTP Request: POST http://api/auth/refresh")
logging.getLogger("asyncio").error("of the loop", exc_info=ValueError("x"))
warnings.warn("a warning")

def fails(password):
    raise ValueError("it failed\\nin two lines")

try:
    fails("canary")
except ValueError:
    log.exception("caught")
thread = threading.Thread(target=fails, args=("canary",))
thread.start()
thread.join()

class Late:
    def __del__(self):
        fails("canary")

Late()
fails("canary")
"""


def written(form: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", WRITES, form],
        env={"PYTHONPATH": ":".join(sys.path), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_line_is_one_json_object_tracebacks_and_warnings_included() -> None:
    ran = written("json")
    assert ran.stderr == ""
    assert ran.returncode == 1
    lines: list[dict[str, Any]] = [json.loads(line) for line in ran.stdout.splitlines()]
    assert all({"event", "level", "logger", "timestamp"} <= set(line) for line in lines)
    said = [line["event"] for line in lines]
    assert said[:4] == ["one two\nthree", "lone \ud800 surrogate", said[2], "mismatch %s"]
    assert "theirs" in said
    assert "of the loop" in said
    assert any("a warning" in each for each in said)
    assert said.count("an error that nobody caught") == 3
    assert sum("it failed\nin two lines" in line.get("exception", "") for line in lines) == 4


def test_no_address_of_a_request_and_no_local_variable_is_written_in_either_form() -> None:
    for form in ("json", "console"):
        ran = written(form)
        said = ran.stdout + ran.stderr
        assert "theirs" in said
        # The source's own lines, which a traceback quotes, name it where it is called with; nothing else does.
        assert "canary" not in said.replace('fails("canary")', "")
        assert "HTTP Request" not in said
        assert "connection open" not in said
