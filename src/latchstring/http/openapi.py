"""The OpenAPI 3.1 document, made from the very calls and structs that serve: it cannot fall out of step."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from latchstring.errors import (
    BodyTooLarge,
    EndReason,
    InvalidAuthToken,
    InvalidRequest,
    LatchstringError,
    Refused,
    Superseded,
    Unavailable,
    UnsupportedMediaType,
)
from latchstring.http.calls import Call
from latchstring.http.problems import problem_of

_SCHEMA = "#/components/schemas/{name}"

Json = dict[str, Any]


class Field(msgspec.Struct, kw_only=True):
    path: str
    message: str


class Error(msgspec.Struct, kw_only=True):
    """`code` is stable, `message` is for people. `fields` comes with invalid_request, `reason` with session_ended."""

    code: str
    message: str
    fields: list[Field] | msgspec.UnsetType = msgspec.UNSET
    reason: EndReason | msgspec.UnsetType = msgspec.UNSET


class ErrorShape(msgspec.Struct, kw_only=True):
    error: Error


def openapi_document(calls: Sequence[Call], *, title: str = "Latchstring", version: str = "1") -> Json:
    """`version` is that of the wire contract, not of the library."""
    schema, components = _schemas(calls)
    paths: dict[str, Json] = {}
    for call in calls:
        paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version},
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
    }


def _schemas(calls: Sequence[Call]) -> tuple[Mapping[Any, Json], Json]:
    types = [kind for call in calls for kind in (call.body, *call.answers.values()) if kind is not None]
    distinct = list(dict.fromkeys([*types, ErrorShape]))
    schemas, components = msgspec.json.schema_components(distinct, ref_template=_SCHEMA)
    return dict(zip(distinct, schemas, strict=True)), components


def _operation(call: Call, schema: Mapping[Any, Json]) -> Json:
    operation: Json = {
        "operationId": re.sub(r"\W+", "_", f"{call.method.lower()}{call.path}").strip("_"),
        "summary": call.summary,
        "responses": {**_successes(call, schema), **_refusals(_errors_of(call), schema[ErrorShape])},
    }
    parameters = [*_path_parameters(call.path), *_query_parameters(call.query)]
    if parameters:
        operation["parameters"] = parameters
    if call.body is not None:
        operation["requestBody"] = {"required": call.body_required, "content": _json(schema[call.body])}
    if call.signed_in:
        operation["security"] = [{"bearer": []}]
    return operation


def _path_parameters(path: str) -> list[Json]:
    names = re.findall(r"{(\w+)}", path)
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names]


def _query_parameters(query: type[msgspec.Struct] | None) -> list[Json]:
    if query is None:
        return []
    schema = msgspec.json.schema(query)["$defs"][query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": each}
        for name, each in schema["properties"].items()
    ]


def _successes(call: Call, schema: Mapping[Any, Json]) -> Json:
    return {
        str(status): {"description": call.summary}
        if kind is None
        else {"description": call.summary, "content": _json(schema[kind])}
        for status, kind in call.answers.items()
    }


def _errors_of(call: Call) -> list[type[LatchstringError]]:
    """What this call raises of its own, what bodies raise, what bearers raise, and what any call may."""
    errors: list[type[LatchstringError]] = [*call.refusals, Unavailable]
    if call.body is not None or call.query is not None:
        errors.append(InvalidRequest)
    if call.method != "GET":
        errors += [BodyTooLarge, UnsupportedMediaType]
    if call.signed_in:
        errors += [InvalidAuthToken, Superseded]
    return errors


def _refusals(errors: Iterable[type[LatchstringError]], shape: Json) -> Json:
    codes: dict[int, set[str]] = {}
    for error in errors:
        codes.setdefault(problem_of(error).status, set()).add(code_of(error))
    return {
        str(status): {"description": ", ".join(sorted(codes[status])), "content": _json(shape)}
        for status in sorted(codes)
    }


def code_of(error: type[LatchstringError]) -> str:
    if issubclass(error, Refused | Unavailable):
        return error.code
    raise TypeError(f"{error.__name__} is never answered")


def _json(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
