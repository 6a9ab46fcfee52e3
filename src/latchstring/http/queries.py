"""Query parameters: from texts that anybody may have written to a struct that holds what it says it holds."""

from typing import TypeVar

import msgspec
from starlette.requests import Request

from latchstring.errors import FieldTrouble, InvalidRequest
from latchstring.http.bodies import troubles_of

T = TypeVar("T", bound=msgspec.Struct)


def read_query(request: Request, query_type: type[T]) -> T:
    """The query as a struct; an empty parameter equals an absent one, and unknown ones are ignored.

    Raises InvalidRequest with the parameters' names, also for one that stands twice: it means two things.
    """
    given = [(name, text) for name, text in request.query_params.multi_items() if text]
    params = dict(given)
    names = [name for name, _ in given]
    twice = [name for name in query_type.__struct_fields__ if names.count(name) > 1]
    if twice:
        raise InvalidRequest(fields=[FieldTrouble(name, f"{name} is there more than once.") for name in twice])
    try:
        return msgspec.convert(params, query_type, strict=False)
    except msgspec.ValidationError:
        raise InvalidRequest(fields=troubles_of(params, query_type, strict=False)) from None
