"""Query parameters: whatever was asked, it becomes the struct or a clear refusal."""

import contextlib
from typing import Annotated

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from latchstring.errors import InvalidRequest
from latchstring.http.queries import read_query


class Query(msgspec.Struct, kw_only=True):
    of: str
    size: Annotated[int, msgspec.Meta(ge=1, le=100)] = 20
    old: bool = False


def read(query: bytes) -> Query:
    return read_query(Request({"type": "http", "query_string": query, "headers": []}), Query)


def refused(query: bytes) -> list[tuple[str, str]]:
    with pytest.raises(InvalidRequest) as caught:
        read(query)
    return [(field.path, field.message) for field in caught.value.fields]


def test_texts_become_what_the_struct_says() -> None:
    assert read(b"of=a%20b&size=7&old=true&unknown=x") == Query(of="a b", size=7, old=True)


def test_an_empty_parameter_is_an_absent_one() -> None:
    assert read(b"of=a&size=&old=") == read(b"of=a") == Query(of="a")
    assert refused(b"of=") == refused(b"") == [("of", "of is needed.")]


def test_everything_that_is_wrong_is_told_at_once_in_words() -> None:
    assert refused(b"size=a&old=7") == [
        ("of", "of is needed."),
        ("size", "size has to be a whole number."),
        ("old", "old has to be true or false."),
    ]
    assert refused(b"of=a&size=0") == [("size", "size has to be a whole number, at least 1.")]
    assert refused(b"of=a&size=101") == [("size", "size has to be a whole number, at most 100.")]


def test_a_parameter_that_is_there_twice_means_two_things() -> None:
    assert refused(b"of=a&of=b&size=1&size=1") == [
        ("of", "of is there more than once."),
        ("size", "size is there more than once."),
    ]
    assert read(b"of=&of=b&x=1&x=2") == Query(of="b")


@given(st.binary(max_size=60))
def test_no_bytes_break_it(query: bytes) -> None:
    with contextlib.suppress(InvalidRequest):
        assert isinstance(read(query), Query)
