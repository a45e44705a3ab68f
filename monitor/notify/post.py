"""Sending over HTTP, for every way that does: one question, one bounded answer, judged by what the way knows of it."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any, Protocol

import httpx

from config import duty
from monitor.notify.secrets import Secret, SecretError, Secrets, web_address
from monitor.notify.way import Answer, Letter, clean, cut, failed, refused

JSON = {"Content-Type": "application/json; charset=utf-8"}
_ANSWER_BYTES = 65_536
_DETAIL_BYTES = 300
_RETRY_AFTER_LIMIT_S = 86_400.0
_PASSING = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
"""Refusals that another try may change (RFC 9110, 8470, 6585)."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. Its repr shows nothing: keys stand in it."""

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back.

    Attributes:
        retry_after_s: of the header Retry-After, where it is a number of seconds.
    """

    status: int
    body: bytes
    retry_after_s: float | None = None

    def fields(self) -> Mapping[str, Any]:
        """The body as a JSON object; empty where it is none."""
        try:
            read = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return read if isinstance(read, dict) else {}


class Service(Protocol):
    """What one kind of way knows: how to ask, and what an answer means. Both are pure."""

    def request(self, secret: Secret, letter: Letter, at: datetime) -> Request:
        """What to send at this time.

        Raises:
            SecretError: the secret lacks what the service needs.
        """

    def judge(self, reply: Reply) -> Answer:
        """What the answer means, whatever it is."""


@dataclass(frozen=True, slots=True)
class HttpWay:
    """A way that is one POST."""

    way: duty.Way
    service: Service
    secrets: Secrets
    client: httpx.AsyncClient
    now: Callable[[], datetime]

    async def send(self, letter: Letter) -> Answer:
        """Try once, within the way's time."""
        try:
            secret = self.secrets.read(self.way.secret)
            web_address(secret)
            request = self.service.request(secret, letter, self.now())
        except SecretError as error:
            return refused(str(error))
        reply = await _post(self.client, request, self.way.timeout_s)
        answer = reply if isinstance(reply, Answer) else self.service.judge(reply)
        return told(answer, secret)


def open_client() -> httpx.AsyncClient:
    """A client for all ways: certificates are verified, redirects are not followed."""
    hush("httpx", "httpcore")
    headers = {"Accept-Encoding": "identity"}  # nothing that grows when it is unpacked
    at_each_call = httpx.Timeout(None)
    return httpx.AsyncClient(
        verify=_certificates(), follow_redirects=False, timeout=at_each_call, headers=headers
    )


@cache
def _certificates() -> ssl.SSLContext:
    """Read once: it takes a while, in which the event loop does nothing else."""
    return httpx.create_ssl_context()


def hush(*loggers: str) -> None:
    """Libraries that tell their logs whole addresses, with the keys in them, tell them no more."""
    for name in loggers:
        logging.getLogger(name).setLevel(logging.CRITICAL)


def told(answer: Answer, secret: Secret) -> Answer:
    """The answer with a detail of a length, and nothing of the secret in it."""
    return replace(
        answer, detail=cut(secret.hide(" ".join(clean(answer.detail).split())), _DETAIL_BYTES, "en")
    )


def by_status(reply: Reply, words: str = "") -> Answer:
    """What the HTTP status alone says of an answer that is no acceptance.

    Args:
        reply: with any status.
        words: what the service says of it.
    """
    code = f"HTTP {reply.status}" + (f": {words}" if words else "")
    if HTTPStatus.MULTIPLE_CHOICES <= reply.status < HTTPStatus.BAD_REQUEST:
        return refused(f"{code}: sent elsewhere, which is not followed; is the address right?")
    if (
        HTTPStatus.BAD_REQUEST <= reply.status < HTTPStatus.INTERNAL_SERVER_ERROR
        and reply.status not in _PASSING
    ):
        return refused(code)
    return failed(code, reply.retry_after_s)


def is_taken(reply: Reply) -> bool:
    """Whether the status is one of success."""
    return HTTPStatus.OK <= reply.status < HTTPStatus.MULTIPLE_CHOICES


def number(fields: Mapping[str, Any], name: str) -> int | None:
    """A code of the service in its answer; None where there is none."""
    value = fields.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def words(fields: Mapping[str, Any], name: str) -> str:
    """A message of the service in its answer; "" where there is none."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


async def _post(client: httpx.AsyncClient, request: Request, timeout_s: float) -> Reply | Answer:
    try:
        async with asyncio.timeout(timeout_s):
            return await _exchange(client, request)
    except TimeoutError:
        return failed(f"no answer within {timeout_s:g} s; it may have arrived all the same")
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return refused("the address is no URL")
    except httpx.HTTPError as error:
        return failed(f"no connection ({type(error).__name__}): {error}")


async def _exchange(client: httpx.AsyncClient, request: Request) -> Reply | Answer:
    body = bytearray()
    asked = client.stream("POST", request.url, content=request.body, headers=dict(request.headers))
    async with asked as response:
        async for piece in response.aiter_raw():
            body += piece[
                : _ANSWER_BYTES + 1 - len(body)
            ]  # the rest is read and forgotten: time is bounded too
        if len(body) > _ANSWER_BYTES:
            return failed(f"HTTP {response.status_code}: the answer is longer than {_ANSWER_BYTES} bytes")
        return Reply(response.status_code, bytes(body), _seconds(response.headers.get("Retry-After", "")))


def _seconds(written: str) -> float | None:
    if not (written.isascii() and written.isdigit() and len(written) < len("1000000")):
        return None
    return min(float(written), _RETRY_AFTER_LIMIT_S)
