"""The session dependency, with the security scheme that FastAPI writes into its document of the routes."""

from collections.abc import Awaitable, Callable

from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import HTTPConnection

from latchstring.authenticating import SignedIn

SessionDependency = Callable[[HTTPConnection], Awaitable[SignedIn]]


class DocumentedSession(SecurityBase):
    """RFC 6750 bearers, as OpenAPI 3.1 describes them. What it does is what the dependency does that it was given."""

    def __init__(self, session: SessionDependency) -> None:
        self.model = HTTPBearer(bearerFormat="JWT", description="The auth token of a sign-in or a refresh.")
        self.scheme_name = "auth_token"
        self._session = session

    async def __call__(self, connection: HTTPConnection) -> SignedIn:
        return await self._session(connection)


def documented(session: SessionDependency) -> DocumentedSession:
    """`session = documented(auth.session)`, once; then `Depends(session)`, in routes and in WebSockets."""
    return DocumentedSession(session)
