"""What verifying an auth token costs beside the HMAC in it.

Each figure is the best of many short runs, which take turns so that a busy machine is busy for all of them. This is
done several times over: the spread is that of the bests.
"""

import hmac
import timeit
from collections.abc import Callable, Mapping

import jwt
from jwt.types import Options

from bench.report import Bench, Figure, Goal, Report, ratios
from latchstring.core import refresh_token
from latchstring.core.auth_token import AuthClaims, AuthTokens
from latchstring.core.keys import Key, KeyRing

NOW = 1_800_000_000_000
SESSION = "6f1c1f1e-0000-4000-8000-00000000abcd"
RING = KeyRing([Key(1, bytes(32))])
GOAL = 2.5
UNCLOCKED: Options = {"verify_exp": False, "verify_iat": False}
ROUNDS, RUNS, CALLS = 5, 150, 200
SLOW = 20
"""Of what takes much longer, so many times fewer calls are made."""
RAW, VERIFY = "raw HMAC-SHA256 of the signed text", "verify, HS256"


def measure(bench: Bench) -> Report:
    rounds, runs, calls = (2, 2, SLOW) if bench.quick else (ROUNDS, RUNS, CALLS)
    verifiers = _verifiers()
    taken = [_bests(verifiers, runs, calls) for _ in range(rounds)]
    figures = {name: Figure(name, "µs", [each[name] for each in taken]) for name in verifiers}
    ratio = Figure("ratio, verify ÷ raw HMAC", "×", ratios(figures[VERIFY].values, figures[RAW].values))
    goal = Goal("verify ÷ raw HMAC", GOAL, ratio.median, at_most=True)
    return Report("Verifying an auth token", [*figures.values(), ratio], goal)


def _bests(verifiers: Mapping[str, Callable[[], object]], runs: int, calls: int) -> dict[str, float]:
    """Microseconds a call."""
    best = dict.fromkeys(verifiers, float("inf"))
    for _ in range(runs):
        for name, call in verifiers.items():
            number = calls // SLOW if "EdDSA" in name or "PyJWT" in name else calls
            best[name] = min(best[name], 1e6 * timeit.timeit(call, number=number) / number)
    return best


def _verifiers() -> dict[str, Callable[[], object]]:
    claims = AuthClaims("5b46c3ec-81ed-47b0-9e54-eecb92f7bdab", SESSION, 3, NOW // 1000, NOW // 1000 + 1800)
    tokens, eddsa = (AuthTokens(RING, "latchstring", "latchstring", name) for name in ("HS256", "EdDSA"))
    token, by_key_pair = tokens.sign(claims), eddsa.sign(claims)
    refresh = refresh_token.encode(RING, SESSION, 3, bytes(32))
    body, key = token.rpartition(".")[0].encode(), RING.derive(1, "auth-token-HS256")
    if tokens.verify(token, NOW) is None or eddsa.verify(by_key_pair, NOW) is None:
        raise RuntimeError("what is measured here does not verify")
    return {
        RAW: lambda: hmac.digest(key, body, "sha256"),
        VERIFY: lambda: tokens.verify(token, NOW),
        "sign, HS256": lambda: tokens.sign(claims),
        "beside: PyJWT, HS256": lambda: jwt.decode(token, key, ["HS256"], audience="latchstring", options=UNCLOCKED),
        "verify, EdDSA": lambda: eddsa.verify(by_key_pair, NOW),
        "refresh token, decode": lambda: refresh_token.decode(RING, refresh),
        "refresh token, encode": lambda: refresh_token.encode(RING, SESSION, 3, bytes(32)),
    }
