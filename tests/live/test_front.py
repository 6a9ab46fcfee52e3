"""The front door as a stranger uses it: a FastAPI app on a SQLite file, a real server, and one sign-out."""

import socket
from pathlib import Path
from typing import Annotated

import httpx2
import pytest
import uvicorn
from fastapi import Depends, FastAPI, WebSocket
from websockets.exceptions import InvalidStatus

from latchstring import Latchstring, SignedIn
from tests.live.node import PROTOCOLS, Protocol, closing, dial

pytestmark = pytest.mark.anyio


def make_app(folder: Path) -> FastAPI:
    auth = Latchstring(f"sqlite:///{folder}/app.db")
    app = FastAPI()
    auth.install(app)

    @app.get("/whoami")
    async def whoami(session: Annotated[SignedIn, Depends(auth.session)]) -> str:
        return session.subject

    @app.websocket("/live")
    async def live(websocket: WebSocket, session: Annotated[SignedIn, Depends(auth.session)]) -> None:
        await websocket.accept()
        async for text in websocket.iter_text():
            await websocket.send_text(f"{session.subject}: {text}")

    return app


@pytest.mark.parametrize("protocol", PROTOCOLS)
async def test_signing_out_over_http_closes_the_websocket_of_that_session(tmp_path: Path, protocol: Protocol) -> None:
    config = uvicorn.Config(make_app(tmp_path), ws=protocol, log_config=None, log_level="warning")
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        await server.startup(sockets=[listening])
        try:
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
                account = {"email": "anna@example.org", "password": "a long pass phrase of hers"}
                signed_in = (await client.post("/backend/auth/register", json=account)).json()
                bearer = {"Authorization": f"Bearer {signed_in['auth_token']}"}
                subject = (await client.get("/whoami", headers=bearer)).json()
                assert subject == signed_in["user"]["id"]
                with pytest.raises(InvalidStatus):
                    await dial(port, path="/live")
                async with dial(port, path="/live", token=signed_in["auth_token"]) as live:
                    await live.send("hello")
                    assert await live.recv() == f"{subject}: hello"
                    gone = await client.post("/backend/api/signout", json={"token": signed_in["refresh_token"]})
                    assert gone.status_code == 204
                    assert await closing(live) == (4401, "signed_out")
                refused = await client.get("/whoami", headers=bearer)
                assert (refused.status_code, refused.json()["error"]["code"]) == (401, "invalid_token")
        finally:
            await server.shutdown(sockets=[listening])
