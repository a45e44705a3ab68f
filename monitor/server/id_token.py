"""What a provider says of who has just signed in there, and whether it is said to us, now, in answer to our question.

OpenID Connect Core 1.0, 3.1.3.7: the ID token's claims, once its signature holds (`jws`).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from monitor.server.jws import Json, TokenError

DRIFT = timedelta(seconds=60)
"""How far the provider's clock may be off."""
AGE_MAX = timedelta(minutes=10)
SUBJECT_CHARS_MAX = 255
"""OpenID Connect Core 1.0, 2."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must say.

    Attributes:
        nonce: what was asked with.
        begun_at: when it was asked: whoever was signed in at the provider before may be another person.
    """

    issuer: str
    client_id: str
    nonce: str
    begun_at: datetime


def subject_of(claims: Json, expected: Expected, now: datetime) -> str:
    """Give who has signed in: what the provider calls that person, and nobody else, ever.

    Raises:
        TokenError: a claim is missing or is not what it must be.
    """
    if claims.get("iss") != expected.issuer:
        raise TokenError("the token is of another provider")
    _check_audience(claims, expected.client_id)
    _check_times(claims, expected.begun_at, now)
    if claims.get("nonce") != expected.nonce:
        raise TokenError("the token answers another question")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= SUBJECT_CHARS_MAX or not subject.isprintable():
        raise TokenError("the token names nobody")
    return subject


def _check_audience(claims: Json, client_id: str) -> None:
    told = claims.get("aud")
    audience = told if isinstance(told, list) else [told]
    party = claims.get("azp")
    if client_id not in audience or (len(audience) > 1 and party is None):
        raise TokenError("the token is for somebody else")
    if party is not None and party != client_id:
        raise TokenError("the token was given to somebody else")


def _check_times(claims: Json, begun_at: datetime, now: datetime) -> None:
    if now - DRIFT >= _time(claims, "exp"):
        raise TokenError("the token is over")
    issued_at = _time(claims, "iat")
    if not now - AGE_MAX <= issued_at <= now + DRIFT:
        raise TokenError("the token is not of now")
    if "nbf" in claims and _time(claims, "nbf") > now + DRIFT:
        raise TokenError("the token is not good yet")
    # A station is shared: whom the provider remembers there is not who sits there.
    if _time(claims, "auth_time") < begun_at - DRIFT:
        raise TokenError("the provider did not ask who it is")


def _time(claims: Json, name: str) -> datetime:
    told: Any = claims.get(name)
    if isinstance(told, bool) or not isinstance(told, int | float):
        raise TokenError(f"the token does not say its {name}")
    try:
        return datetime.fromtimestamp(told, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise TokenError(f"the token's {name} is no time") from error
