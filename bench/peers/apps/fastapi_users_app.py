# mypy: ignore-errors
# ruff: noqa: B008 - dependencies are defaults there
"""fastapi-users as its documentation has it: JWT and database strategies on SQLAlchemy with asyncpg.

It has no call to refresh. `/database/refresh` is what its users write: the token is destroyed, and another is written.
Runs in .peers/fastapi-users, where mypy does not look.
"""

import asyncio
import os
import secrets
import sys
import uuid
from pathlib import Path

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport, JWTStrategy
from fastapi_users.authentication.strategy.db import DatabaseStrategy
from fastapi_users.password import PasswordHelper
from fastapi_users_db_sqlalchemy import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users_db_sqlalchemy.access_token import SQLAlchemyAccessTokenDatabase, SQLAlchemyBaseAccessTokenTableUUID
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

SECRET = os.environ["PEER_SECRET"]
LIFETIME = 86_400
# As many connections as its pool may grow to by default (5 and 10 more), all of them kept.
engine = create_async_engine(os.environ["PEER_DATABASE"], pool_size=15, max_overflow=0)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    pass


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    reset_password_token_secret = SECRET
    verification_token_secret = SECRET


async def get_session():
    async with new_session() as session:
        yield session


async def get_users(session=Depends(get_session)):
    yield SQLAlchemyUserDatabase(session, User)


async def get_access_tokens(session=Depends(get_session)):
    yield SQLAlchemyAccessTokenDatabase(session, AccessToken)


passwords = PasswordHelper(PasswordHash((Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1),)))


async def get_manager(users=Depends(get_users)):
    yield UserManager(users, passwords)


def jwt_strategy():
    return JWTStrategy(secret=SECRET, lifetime_seconds=LIFETIME)


def database_strategy(tokens=Depends(get_access_tokens)):
    return DatabaseStrategy(tokens, lifetime_seconds=LIFETIME)


by_jwt = AuthenticationBackend("jwt", BearerTransport("jwt/login"), jwt_strategy)
by_database = AuthenticationBackend("database", BearerTransport("database/login"), database_strategy)
with_jwt = FastAPIUsers[User, uuid.UUID](get_manager, [by_jwt])
with_database = FastAPIUsers[User, uuid.UUID](get_manager, [by_database])
app = FastAPI()


@app.get("/jwt/me")
async def jwt_me(user: User = Depends(with_jwt.current_user(active=True))) -> dict[str, str]:
    return {"id": str(user.id)}


@app.get("/database/me")
async def database_me(user: User = Depends(with_database.current_user(active=True))) -> dict[str, str]:
    return {"id": str(user.id)}


@app.post("/database/refresh")
async def refresh(
    user_and_token=Depends(with_database.authenticator.current_user_token(active=True)),
    strategy: DatabaseStrategy = Depends(database_strategy),
) -> dict[str, str]:
    user, token = user_and_token
    await strategy.destroy_token(token, user)
    return {"access_token": await strategy.write_token(user), "token_type": "bearer"}


app.include_router(with_jwt.get_auth_router(by_jwt), prefix="/jwt")
app.include_router(with_database.get_auth_router(by_database), prefix="/database")


async def seed(folder: Path, password: str, people: int, sessions: int) -> None:
    hashed = passwords.hash(password)
    users = [User(id=uuid.uuid4(), email=f"person{n}@example.org", hashed_password=hashed) for n in range(people)]
    each = [users[n % people].id for n in range(sessions)]
    tokens = [{"token": secrets.token_urlsafe(), "user_id": user_id} for user_id in each]
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with new_session() as session:
        session.add_all(users)
        await session.flush()
        await session.execute(insert(AccessToken), tokens)
        await session.commit()
    jwts = [await jwt_strategy().write_token(user) for user in users]
    await engine.dispose()
    (folder / "bearers").write_text("".join(f"{token}\n" for token in jwts))
    (folder / "refresh").write_text("".join(f"{token['token']}\n" for token in tokens))


if __name__ == "__main__":
    _, _, where, word, count, of_sessions = sys.argv
    asyncio.run(seed(Path(where), word, int(count), int(of_sessions)))
