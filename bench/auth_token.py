"""What verifying an auth token costs beside the HMAC in it: `python bench/auth_token.py` (goal: at most 2.5 times).

Each figure is the best of many short runs, which take turns so that a busy machine is busy for all of them.
"""

import hmac
import timeit
from collections.abc import Callable

import jwt
from jwt.types import Options

from latchstring.core import refresh_token
from latchstring.core.auth_token import AuthClaims, AuthTokens
from latchstring.core.keys import Key, KeyRing

NOW = 1_800_000_000_000
SESSION = "6f1c1f1e-0000-4000-8000-00000000abcd"
RING = KeyRing([Key(1, bytes(32))])
GOAL = 2.5
UNCLOCKED: Options = {"verify_exp": False, "verify_iat": False}
RUNS, CALLS = 1000, 200


def main() -> None:
    subjects = verifiers()
    best = dict.fromkeys(subjects, float("inf"))
    for _ in range(RUNS):
        for name, call in subjects.items():
            calls = CALLS // 20 if "EdDSA" in name or "PyJWT" in name else CALLS
            best[name] = min(best[name], timeit.timeit(call, number=calls) / calls)
    raw = best["raw HMAC"]
    for name, seconds in best.items():
        print(f"{name:<22}{seconds * 1e6:8.2f} µs  {seconds / raw:6.2f} × raw HMAC")
    print(f"goal: verify at most {GOAL} × raw HMAC: {'met' if best['verify HS256'] <= GOAL * raw else 'MISSED'}")


def verifiers() -> dict[str, Callable[[], object]]:
    claims = AuthClaims("5b46c3ec-81ed-47b0-9e54-eecb92f7bdab", SESSION, 3, NOW // 1000, NOW // 1000 + 1800)
    tokens, eddsa = (AuthTokens(RING, "latchstring", "latchstring", name) for name in ("HS256", "EdDSA"))
    token, by_key_pair = tokens.sign(claims), eddsa.sign(claims)
    refresh = refresh_token.encode(RING, SESSION, 3, bytes(32))
    body, key = token.rpartition(".")[0].encode(), RING.derive(1, "auth-token-HS256")
    if tokens.verify(token, NOW) is None or eddsa.verify(by_key_pair, NOW) is None:
        raise SystemExit("what is measured here does not verify")
    return {
        "raw HMAC": lambda: hmac.digest(key, body, "sha256"),
        "verify HS256": lambda: tokens.verify(token, NOW),
        "sign HS256": lambda: tokens.sign(claims),
        "PyJWT, HS256": lambda: jwt.decode(token, key, ["HS256"], audience="latchstring", options=UNCLOCKED),
        "verify EdDSA": lambda: eddsa.verify(by_key_pair, NOW),
        "refresh token, decode": lambda: refresh_token.decode(RING, refresh),
        "refresh token, encode": lambda: refresh_token.encode(RING, SESSION, 3, bytes(32)),
    }


if __name__ == "__main__":
    main()
