# mypy: ignore-errors
"""`python -m bench.peers.apps.django_site.seed seed FOLDER PASSWORD PEOPLE SESSIONS`, for either site."""

import copy
import sys
from datetime import timedelta
from pathlib import Path

import django
from django.conf import settings

django.setup()

from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.utils import timezone  # noqa: E402


def main() -> None:
    _, _, folder, password, people, sessions = sys.argv
    call_command("migrate", verbosity=0)
    encoded, names = make_password(password), [f"person{n}@example.org" for n in range(int(people))]
    users = User.objects.bulk_create([User(username=name, email=name, password=encoded) for name in names])
    each = [users[n % len(users)] for n in range(int(sessions))]
    signed_in = _with_allauth(users, each) if "allauth" in settings.INSTALLED_APPS else _with_simplejwt(each)
    for name, tokens in zip(("bearers", "refresh"), signed_in, strict=True):
        (Path(folder) / name).write_text("".join(f"{token}\n" for token in tokens))


def _with_simplejwt(each: list[User]) -> tuple[list[str], list[str]]:
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
    from rest_framework_simplejwt.tokens import RefreshToken, Token

    # As for_user does it, but for the row, of which there are many at once here.
    tokens = [Token.for_user.__func__(RefreshToken, user) for user in each]
    life = {"created_at": timezone.now(), "expires_at": timezone.now() + timedelta(days=14)}
    rows = (
        OutstandingToken(user=user, jti=token["jti"], token=str(token), **life)
        for user, token in zip(each, tokens, strict=True)
    )
    OutstandingToken.objects.bulk_create(rows, batch_size=2000)
    return [str(token.access_token) for token in tokens], [str(token) for token in tokens]


def _with_allauth(users: list[User], each: list[User]) -> tuple[list[str], list[str]]:
    from allauth.account.models import EmailAddress
    from allauth.headless.tokens.strategies.jwt.internal import create_access_token, create_refresh_token
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.base import VALID_KEY_CHARS
    from django.contrib.sessions.backends.db import SessionStore
    from django.contrib.sessions.models import Session
    from django.utils.crypto import get_random_string

    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    [backend] = settings.AUTHENTICATION_BACKENDS
    hashes = {user.pk: user.get_session_auth_hash() for user in users}
    rows, access, refresh = [], [], []
    for user in each:
        store = SessionStore()
        store.update(
            {
                SESSION_KEY: str(user.pk),
                BACKEND_SESSION_KEY: backend,
                HASH_SESSION_KEY: hashes[user.pk],
                "account_authentication_methods": [{"method": "password", "at": 1.8e9, "email": user.email}],
            }
        )
        # As a new session has it, without asking whether it is taken; from now on it would be looked for.
        store._session_key = get_random_string(32, VALID_KEY_CHARS)
        access.append(create_access_token(user, store, {}))
        refresh.append(create_refresh_token(user, store))
        rows.append(
            Session(
                session_key=store.session_key,
                session_data=store.encode(copy.copy(store._session)),
                expire_date=store.get_expiry_date(),
            )
        )
    Session.objects.bulk_create(rows, batch_size=2000)
    return access, refresh


if __name__ == "__main__":
    main()
