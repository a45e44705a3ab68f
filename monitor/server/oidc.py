"""Signing in by the site's own provider: what is set up for it, and the questions that wait for its answer."""

import base64
import hashlib
import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

ISSUER = "GRADEWATCH_OIDC_ISSUER"
CLIENT_ID = "GRADEWATCH_OIDC_CLIENT_ID"
SECRET_FILE = "GRADEWATCH_OIDC_CLIENT_SECRET_FILE"  # noqa: S105 - the variable's name
ADDRESS = "GRADEWATCH_OIDC_ADDRESS"
NAME = "GRADEWATCH_OIDC_NAME"
CA_FILE = "GRADEWATCH_OIDC_CA_FILE"
NEEDED = (ISSUER, CLIENT_ID, SECRET_FILE, ADDRESS)

CALLBACK = "/api/v1/session/oidc/callback"
LASTS = timedelta(minutes=5)
"""So long a person may take to sign in at the provider."""
WAITING_MAX = 2_000


class OidcError(Exception):
    """The provider is not set up as it should be. One line: which variable, and what it needs."""


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """What the server is told of the provider.

    Attributes:
        issuer: its address, exactly as it calls itself.
        client_secret: what it knows this server by.
        address: where browsers open Gradewatch; the provider sends them back there.
        name: as it stands on the button.
        ca_file: PEM file of the authority that its certificate is of; None: one that the machine trusts.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    address: str
    name: str
    ca_file: Path | None = None

    @property
    def redirect(self) -> str:
        """Where the provider sends a browser back to."""
        return self.address.rstrip("/") + CALLBACK


def oidc_in(environment: Mapping[str, str]) -> OidcSettings | None:
    """Read what is set up; None: nothing is, and people sign in by password only.

    Raises:
        OidcError: something is missing, or an address is not encrypted.
    """
    told = {key: environment.get(key, "").strip() for key in (*NEEDED, NAME, CA_FILE)}
    if not any(told[key] for key in NEEDED):
        return None
    for key in NEEDED:
        if not told[key]:
            raise OidcError(f"{key} is missing; signing in by a provider needs {', '.join(NEEDED)}")
    for key in (ISSUER, ADDRESS):
        if not is_safe(told[key]):
            raise OidcError(f"{key} is {told[key]!r}; it has to begin with https://")
    ca_file = Path(told[CA_FILE]) if told[CA_FILE] else None
    return OidcSettings(
        told[ISSUER],
        told[CLIENT_ID],
        _secret_in(Path(told[SECRET_FILE])),
        told[ADDRESS],
        told[NAME] or urlsplit(told[ISSUER]).netloc,
        ca_file,
    )


def _secret_in(path: Path) -> str:
    try:
        secret = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise OidcError(f"{SECRET_FILE}: {error}") from error
    if not secret:
        raise OidcError(f"{SECRET_FILE}: {path} is empty")
    return secret


def is_safe(address: str) -> bool:
    """Whether nobody on the way can read what goes to an address: it is encrypted, or stays on this machine."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or "" if parts.port != 0 else ""
    except ValueError:
        return False
    if parts.scheme == "https":
        return bool(host)
    return parts.scheme == "http" and (host == "localhost" or _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser went to the provider with.

    Attributes:
        state: comes back with the browser, once, and only with the one that has it in a cookie.
        nonce: comes back in the ID token.
        verifier: proves that the code is given to who has asked for it (RFC 7636).
        before: token of the session that this browser had; it ends when another begins.
    """

    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    begun_at: datetime
    before: str = field(default="", repr=False)

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier beforehand (RFC 7636, 4.2: S256)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


class Questions:
    """Those that wait; each is answered once, by the browser that has asked."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._waiting: OrderedDict[str, Question] = OrderedDict()

    def begin(self, before: str) -> Question:
        """Make one up; where too many wait, the oldest is forgotten."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        made = Question(state, nonce, verifier, self._now(), before)
        self._waiting[made.state] = made
        if len(self._waiting) > WAITING_MAX:
            self._waiting.popitem(last=False)
        return made

    def take(self, state: str, cookie: str) -> Question | None:
        """Give the question that an answer is for, for this one time; None: it is for none that this browser asked."""
        if not secrets.compare_digest(state.encode(), cookie.encode()):
            return None
        question = self._waiting.pop(state, None)
        return question if question and self._now() - question.begun_at < LASTS else None
