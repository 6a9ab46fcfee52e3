"""HTTP: both tiers' calls, and what apps need to add calls of their own.

from latchstring.http import Call, read_body, signed_in

class NoteBody(Body, kw_only=True):
    text: str

async def add_note(request: Request) -> Answer:
    caller = await signed_in(request)
    note = await read_body(request, NoteBody)
    ...
    return Answer({"id": ...}, 201)
"""

from latchstring.http.answers import Answer, nothing
from latchstring.http.api_bodies import RegisterBody
from latchstring.http.api_client import ApiAnswer, ApiClient
from latchstring.http.api_tier import build_api_tier
from latchstring.http.bearer import authenticate, bearer_token, signed_in
from latchstring.http.bodies import Body, read_body, read_optional_body
from latchstring.http.calls import Call
from latchstring.http.cookies import RefreshCookie
from latchstring.http.in_process import InProcess
from latchstring.http.over_http import OverHttp
from latchstring.http.payloads import AppPart, NoAppPart, user_members
from latchstring.http.plain_paths import PlainPaths
from latchstring.http.problems import ErrorPage, answer_problem, problem_handlers, refusal_handlers
from latchstring.http.queries import read_query
from latchstring.http.times import iso_time, wire_time
from latchstring.http.web_tier import build_web_tier

__all__ = [
    "Answer",
    "ApiAnswer",
    "ApiClient",
    "AppPart",
    "Body",
    "Call",
    "ErrorPage",
    "InProcess",
    "NoAppPart",
    "OverHttp",
    "PlainPaths",
    "RefreshCookie",
    "RegisterBody",
    "answer_problem",
    "authenticate",
    "bearer_token",
    "build_api_tier",
    "build_web_tier",
    "iso_time",
    "nothing",
    "problem_handlers",
    "read_body",
    "read_optional_body",
    "read_query",
    "refusal_handlers",
    "signed_in",
    "user_members",
    "wire_time",
]
