"""The document of the API tier: complete, valid, and kept to by the tier itself."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode, checks
from schemathesis.specs.openapi import checks as openapi_checks
from starlette.routing import Route
from starlette.types import ASGIApp

from latchstring.http.api_bodies import LoginBody
from tests.http.house import House, bearer, housed, log_in, register

pytestmark = pytest.mark.anyio


async def test_every_route_of_the_tier_is_documented(house: House, api: httpx2.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()
    served = {
        (route.path, method)
        for route in house.api.routes
        if isinstance(route, Route) and route.path.startswith(("/auth", "/api"))
        for method in (route.methods or set()) - {"HEAD"}
    }
    written = {(path, method.upper()) for path, methods in document["paths"].items() for method in methods}
    assert written == served
    assert document["openapi"].startswith("3.1")


async def test_the_bodies_are_the_very_structs(api: httpx2.AsyncClient) -> None:
    schemas = (await api.get("/openapi.json")).json()["components"]["schemas"]
    assert set(schemas["LoginBody"]["properties"]) == set(LoginBody.__struct_fields__)
    assert schemas["LoginBody"]["required"] == ["email", "password"]


CHECKS = (
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_headers_conformance,
    openapi_checks.response_schema_conformance,
    openapi_checks.negative_data_rejection,
)
EXAMPLES = 10
"""Of each kind, good and bad, for each call: the whole takes some seconds."""


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
async def test_whatever_the_document_allows_is_answered_as_it_says(where: Path | str, mode: GenerationMode) -> None:
    """Schemathesis writes requests from the document, and sends them over a real connection, signed in and not."""
    async with (
        housed(where, settings={"throttle": False}) as house,
        served(house.api) as address,
        house.client(house.api) as api,
    ):
        await register(api)
        document = (await api.get("/openapi.json")).json()
        for result in schemathesis.openapi.from_dict(document).get_all_operations():
            headers = bearer((await log_in(api)).json()["auth_token"])
            await asyncio.to_thread(hold, cast(Any, result).ok(), mode, address, headers)


def hold(operation: Any, mode: GenerationMode, address: str, headers: dict[str, str]) -> None:
    strategy = operation.as_strategy(generation_mode=mode)

    @settings(
        max_examples=EXAMPLES,
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy, st.booleans())
    def hold_each(case: schemathesis.Case[Any], is_signed_in: bool) -> None:
        response = case.call(base_url=address, headers=headers if is_signed_in else None, timeout=10)
        case.validate_response(response, checks=list(CHECKS))

    try:
        hold_each()
    except (Unsatisfiable, schemathesis.errors.InvalidSchema):
        # A call without anything to send cannot be sent wrongly.
        assert mode is GenerationMode.NEGATIVE
        assert operation.body is None or not operation.body.items


@contextlib.asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None, timeout_graceful_shutdown=1))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started:  # noqa: ASYNC110 - uvicorn tells in no other way
            await asyncio.sleep(0.01)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        await serving
