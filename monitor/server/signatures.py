"""Signatures: the password again, a meaning, and the content they are bound to.

A signature is a line of the book; it holds as long as the content hashes to what was signed (21 CFR 11.50, 11.70,
11.200). The password is asked for; at an acknowledgement the PIN is enough, within the session that name and password
have opened (11.200(a)(1)(i)).
"""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from pydantic import BaseModel, model_validator

from config.model import Text
from monitor.server.asked import Password
from monitor.server.identify import Credentials, check_pin, tried
from monitor.server.messages import shown
from monitor.server.pins import Pin
from monitor.server.refusal import Refusal
from monitor.server.service import Service
from monitor.server.sessions import Person
from monitor.store.chain import canonical

IN_BOOK_WITHIN_S = 10.0
_ON_ITS_WAY = Text(
    "The signature is on its way into the book, and nothing else was done; try again in a moment.",
    "签名正在写入审计记录，尚未执行其他操作，请稍后再试。",
)


class Meaning(StrEnum):
    """What a signature says (21 CFR 11.50(a)(3))."""

    REVIEW = "review"
    APPROVAL = "approval"
    RESPONSIBILITY = "responsibility"
    AUTHORSHIP = "authorship"


_SAID = {
    Meaning.REVIEW: Text("reviewed", "已审核"),
    Meaning.APPROVAL: Text("approved", "批准"),
    Meaning.RESPONSIBILITY: Text("responsibility", "负责"),
    Meaning.AUTHORSHIP: Text("authorship", "编写"),
}


class Signing(BaseModel):
    """The password of who is signed in, once more, and what the signature means."""

    model_config = shown({"password": "correct horse battery staple", "meaning": "responsibility"})

    password: Password
    meaning: Meaning


class SigningShort(BaseModel):
    """The password of who is signed in, or the PIN; and what the signature means."""

    model_config = shown({"pin": "480913", "meaning": "responsibility"})

    password: Password | None = None
    pin: Pin | None = None
    meaning: Meaning

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.password is None) == (self.pin is None):
            raise ValueError("give either the password or the PIN")
        return self


@dataclass(frozen=True, slots=True)
class Subject:
    """What is signed.

    Attributes:
        what: kind of thing, for example "acknowledgement".
        of: which one.
        version: which version of it.
        content: all that is signed; JSON.
    """

    what: str
    of: str
    version: str
    content: Any


@dataclass(frozen=True, slots=True)
class Signature:
    """Who signed what, when, and what it meant.

    Attributes:
        who: the name that the records say.
        name: the printed name at that time.
        sha256: of the canonical content.
    """

    id: str
    at: datetime
    who: str
    name: str
    role: str
    meaning: str
    what: str
    of: str
    version: str
    sha256: str


def sha256_of(content: Any) -> str:  # noqa: ANN401 - JSON
    """Hash a content in its one canonical way.

    Raises:
        TypeError: it is not JSON.
        ValueError: it holds NaN or an infinity.
    """
    return hashlib.sha256(canonical(content).encode("utf-8")).hexdigest()


def holds(signature: Signature, content: Any) -> bool:  # noqa: ANN401 - JSON
    """Say whether a signature is one for this content; after any change of it, it is not."""
    return signature.sha256 == sha256_of(content)


async def _prove(here: Service, person: Person, signing: Signing | SigningShort, address: str) -> str:
    """See that it is the person who signs; say by what."""
    if isinstance(signing, SigningShort) and signing.pin is not None:
        await check_pin(here, person, signing.pin.get_secret_value(), address)
        return "pin"
    assert signing.password is not None  # noqa: S101 - one of both is there
    await tried(here, Credentials(name=person.name, password=signing.password), address)
    return "password"


async def sign(
    here: Service, person: Person, signing: Signing | SigningShort, subject: Subject, address: str
) -> Signature:
    """Let who is signed in sign; the signature is safe when this returns, whether the database is there or not.

    Args:
        here: the server.
        person: who is signed in.
        signing: the password, or the PIN where one is enough, and the meaning.
        subject: what is signed.
        address: from where.

    Raises:
        Refusal: 401 the password or PIN is wrong, 403 too many PINs were, 429 too many were, 503 it cannot be recorded.
    """
    proof = await _prove(here, person, signing, address)
    signature = Signature(
        id=secrets.token_hex(8),
        at=here.settings.now(),
        who=person.name,
        name=person.display or person.name,
        role=person.role,
        meaning=signing.meaning,
        what=subject.what,
        of=subject.of,
        version=subject.version,
        sha256=sha256_of(subject.content),
    )
    told = ("id", "name", "role", "meaning", "what", "of", "version", "sha256")
    body = {key: getattr(signature, key) for key in told} | {"proof": proof}
    await here.ledger.say(signature.at, "signature", person.name, body)
    return signature


def check_meaning(said: Meaning, wanted: Meaning) -> None:
    """See that a signature means what it is for.

    Raises:
        Refusal: 422, it means something else.
    """
    if said is not wanted:
        text = _SAID[wanted]
        raise Refusal(422, Text(f"The signature has to mean: {text.en}.", f"签名含义必须为“{text.zh}”。"))


async def sign_into_book(
    here: Service, person: Person, signing: Signing, subject: Subject, address: str
) -> Signature:
    """Let who is signed in sign, and wait for the book: for a row that is nothing without its signature.

    Raises:
        Refusal: as `sign` does; 503, the database does not take the signature now.
    """
    signature = await sign(here, person, signing, subject, address)
    try:
        async with asyncio.timeout(IN_BOOK_WITHIN_S):
            await here.ledger.settled()
    except TimeoutError:
        raise Refusal(503, _ON_ITS_WAY) from None
    return signature
