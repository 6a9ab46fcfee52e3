"""For FastAPI: `Depends(auth.session)` works as it is; `documented` also shows it in the OpenAPI document."""

from latchstring.fastapi.documented import DocumentedSession, documented

__all__ = ["DocumentedSession", "documented"]
