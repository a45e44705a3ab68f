"""The site's own sign-in, over the wire: what it tells of itself, its keys, and the ID token for a code."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any, TypeVar
from urllib.parse import quote, urlencode

import httpx
from pydantic import AfterValidator, BaseModel, Field, ValidationError

from monitor.server.id_token import Expected, subject_of
from monitor.server.jws import UnknownKeyError, verified
from monitor.server.oidc import OidcSettings, Question, Questions, is_safe

DISCOVERY = "/.well-known/openid-configuration"
PATIENCE_S = 5.0
ANSWER_BYTES_MAX = 256 * 1024
KNOWN_FOR = timedelta(hours=1)
"""So long what it tells of itself is believed to be so still."""
KEYS_AGAIN = timedelta(seconds=30)
"""No earlier are its keys asked for anew because of one that is not among them."""
SIGN_IN_AGAIN_S = 60
AT_ONCE = 4

T = TypeVar("T", bound=BaseModel)


class ProviderError(Exception):
    """It does not answer, or not as it should. One line: how not."""


def _safe(address: str) -> str:
    if not is_safe(address):
        raise ValueError("an address has to begin with https://")
    return address


Address = Annotated[str, Field(max_length=2000), AfterValidator(_safe)]


class _Discovered(BaseModel):
    issuer: str
    authorization_endpoint: Address
    token_endpoint: Address
    jwks_uri: Address
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


class _Keys(BaseModel):
    keys: Annotated[list[dict[str, Any]], Field(max_length=100)]


class _Granted(BaseModel):
    id_token: str


class Provider:
    """One provider. It is asked when somebody signs in by it, and never otherwise.

    Attributes:
        questions: those that wait for its answer.
    """

    def __init__(self, settings: OidcSettings, now: Callable[[], datetime]) -> None:
        self.settings = settings
        self.questions = Questions(now)
        self._now = now
        self._discovered: tuple[_Discovered, datetime] | None = None
        self._keys: tuple[_Keys, datetime] | None = None
        self._trusted: ssl.SSLContext | None = None
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def address_for(self, question: Question) -> str:
        """Give where a browser is to go with a question.

        Raises:
            ProviderError: the provider does not answer, or answers nonsense.
        """
        async with self._asking() as client:
            told = await self._discover(client)
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.settings.redirect,
            "scope": "openid",
            "state": question.state,
            "nonce": question.nonce,
            "code_challenge": question.challenge,
            "code_challenge_method": "S256",
            # A station is shared: the provider is to ask who sits there now, and to say when it did.
            "prompt": "login",
            "max_age": str(SIGN_IN_AGAIN_S),
        }
        mark = "&" if "?" in told.authorization_endpoint else "?"
        return f"{told.authorization_endpoint}{mark}{urlencode(asked)}"

    async def subject_for(self, code: str, question: Question) -> str:
        """Give who has signed in there, for the code that came back with the browser.

        Raises:
            ProviderError: the provider does not answer, or answers nonsense.
            TokenError: what it gives is not believed.
        """
        async with self._asking() as client:
            told = await self._discover(client)
            granted = await self._redeem(client, told, code, question)
            try:
                claims = verified(granted.id_token, (await self._keys_of(client, told)).keys)
            except UnknownKeyError:
                if not self._may_ask_keys_again():
                    raise
                self._keys = None
                claims = verified(granted.id_token, (await self._keys_of(client, told)).keys)
        expected = Expected(told.issuer, self.settings.client_id, question.nonce, question.begun_at)
        return subject_of(claims, expected, self._now())

    async def _discover(self, client: httpx.AsyncClient) -> _Discovered:
        if self._discovered and self._now() - self._discovered[1] < KNOWN_FOR:
            return self._discovered[0]
        issuer = self.settings.issuer
        told = _read(
            await _answer(client, client.build_request("GET", issuer.rstrip("/") + DISCOVERY)), _Discovered
        )
        if told.issuer != issuer:
            raise ProviderError(f"the provider calls itself {told.issuer!r}, not {issuer!r}")
        self._discovered, self._keys = (told, self._now()), None
        return told

    async def _keys_of(self, client: httpx.AsyncClient, told: _Discovered) -> _Keys:
        if self._keys is None or self._now() - self._keys[1] >= KNOWN_FOR:
            keys = _read(await _answer(client, client.build_request("GET", told.jwks_uri)), _Keys)
            self._keys = keys, self._now()
        return self._keys[0]

    def _may_ask_keys_again(self) -> bool:
        return self._keys is None or self._now() - self._keys[1] >= KEYS_AGAIN

    async def _redeem(
        self, client: httpx.AsyncClient, told: _Discovered, code: str, question: Question
    ) -> _Granted:
        ours = self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": ours.redirect,
            "code_verifier": question.verifier,
        }
        if "client_secret_basic" in told.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: encoded as in a form first.
            auth = httpx.BasicAuth(quote(ours.client_id, safe=""), quote(ours.client_secret, safe=""))
            request = next(auth.auth_flow(client.build_request("POST", told.token_endpoint, data=form)))
        else:
            form |= {"client_id": ours.client_id, "client_secret": ours.client_secret}
            request = client.build_request("POST", told.token_endpoint, data=form)
        return _read(await _answer(client, request), _Granted)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[httpx.AsyncClient]:
        """A client for one sign-in; however slow the provider is, nobody waits for it for long."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._turn:
                if self._trusted is None:  # it takes a tenth of a second to make
                    ca_file = self.settings.ca_file
                    self._trusted = await asyncio.to_thread(ssl.create_default_context, cafile=ca_file)
                async with httpx.AsyncClient(
                    verify=self._trusted, timeout=PATIENCE_S, trust_env=False
                ) as client:
                    yield client
        except TimeoutError as error:
            raise ProviderError(f"the provider does not answer within {PATIENCE_S:.0f} s") from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise ProviderError(
                f"the provider does not answer: {str(error) or type(error).__name__}"
            ) from error


async def _answer(client: httpx.AsyncClient, request: httpx.Request) -> bytes:
    """Read an answer of 200, as far as one may be long; it is led nowhere else."""
    reply = await client.send(request, stream=True)
    try:
        if reply.status_code != httpx.codes.OK:
            raise ProviderError(f"the provider answers {reply.status_code} at {request.url.path}")
        body = b""
        async for part in reply.aiter_bytes():
            body += part
            if len(body) > ANSWER_BYTES_MAX:
                raise ProviderError(f"the provider's answer at {request.url.path} is too long")
        return body
    finally:
        await reply.aclose()


def _read(body: bytes, model: type[T]) -> T:
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, fault["loc"])) or fault["type"] for fault in error.errors()[:3])
        raise ProviderError(f"the provider's answer is not what it should be: {where}") from error
