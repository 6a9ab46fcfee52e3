"""The calls that need sessions alone: refresh, sign out, list. An app with a user table of its own needs no others."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from starlette.requests import Request

from latchstring.core.auth_token import AuthTokens
from latchstring.errors import InvalidAuthToken, NewerKey, NotFound, Retry, SessionEnded, TooManyRequests
from latchstring.http.addresses import Addresses
from latchstring.http.answers import Answer, nothing
from latchstring.http.api_bodies import RefreshBody, SignOutBody
from latchstring.http.bearer import authenticate, bearer_token
from latchstring.http.bodies import read_body, read_optional_body
from latchstring.http.calls import Call
from latchstring.http.payloads import Devices, Me, RefreshPayload, devices, sign_in_payload, tokens
from latchstring.ports import Clock
from latchstring.sessions import Sessions

PayloadOf = Callable[[str], Awaitable[Mapping[str, object] | None]]
"""The sign-in payload of a subject, without tokens; None where there is no such subject any more."""


class SessionCalls:
    def __init__(
        self,
        *,
        sessions: Sessions,
        auth_tokens: AuthTokens,
        payload_of: PayloadOf,
        addresses: Addresses,
        clock: Clock,
    ) -> None:
        self._sessions = sessions
        self._auth_tokens = auth_tokens
        self._payload_of = payload_of
        self._addresses = addresses
        self._clock = clock

    def calls(self) -> list[Call]:
        return [
            Call(
                method="POST",
                path="/auth/refresh",
                endpoint=self.refresh,
                summary="The next pair of tokens for a refresh token",
                body=RefreshBody,
                answers={200: RefreshPayload},
                refusals=(SessionEnded, Retry, TooManyRequests),
                signed_in=False,
            ),
            Call(method="GET", path="/api/me", endpoint=self.me, summary="Who I am", answers={200: Me}),
            Call(
                method="POST",
                path="/api/signout",
                endpoint=self.sign_out,
                summary="Ends the session of a refresh token, or else of the bearer",
                body=SignOutBody,
                body_required=False,
                refusals=(InvalidAuthToken,),
                signed_in=False,
            ),
            Call(
                method="POST",
                path="/api/signout_all",
                endpoint=self.sign_out_everywhere,
                summary="Ends every session of the user",
            ),
            Call(
                method="GET",
                path="/api/sessions",
                endpoint=self.list_sessions,
                summary="Where the user is signed in",
                answers={200: Devices},
            ),
            Call(
                method="DELETE",
                path="/api/sessions/{id}",
                endpoint=self.end_session,
                summary="Ends one of the user's sessions",
                refusals=(NotFound,),
            ),
        ]

    async def refresh(self, request: Request) -> Answer:
        body = await read_body(request, RefreshBody)
        visitor = self._addresses.visitor(request.scope)
        if body.brief:
            return Answer(tokens(await self._sessions.refresh(body.token, visitor)))
        # Read before the token is spent: a store that fails here has cost nobody anything, in strict mode neither.
        session = await self._sessions.peek(body.token)
        payload = None if session is None else await self._payload_of(session.subject)
        pair = await self._sessions.refresh(body.token, visitor)
        payload = payload or await self._payload_of(pair.subject)
        if payload is None:
            raise SessionEnded("account_closed")
        return Answer(sign_in_payload(payload, pair))

    async def me(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        payload = await self._payload_of(signed_in.subject)
        if payload is None:
            raise InvalidAuthToken
        return Answer(payload)

    async def sign_out(self, request: Request) -> Answer:
        """A refresh token is authority enough. A bearer's session may have ended already: then all is as asked for."""
        body = await read_optional_body(request, SignOutBody)
        if body is not None and body.token is not msgspec.UNSET:
            await self._sessions.end_presented(body.token)
            return nothing()
        token = bearer_token(request.scope)
        claims = self._auth_tokens.verify(token, self._clock())
        if claims is None:
            raise NewerKey if self._auth_tokens.is_ahead(token) else InvalidAuthToken
        await self._sessions.end(claims.session_id)
        return nothing()

    async def sign_out_everywhere(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        await self._sessions.end_all(signed_in.subject, reason="signed_out_elsewhere")
        return nothing()

    async def list_sessions(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        return Answer(devices(await self._sessions.list(signed_in.subject), signed_in.session_id))

    async def end_session(self, request: Request) -> Answer:
        signed_in = await authenticate(self._sessions, request.scope)
        session_id = request.path_params["id"]
        current = session_id == signed_in.session_id
        await self._sessions.end_one(signed_in.subject, session_id, "signed_out" if current else "signed_out_elsewhere")
        return nothing()
