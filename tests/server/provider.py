"""A stand-in for a site's own sign-in, on a free port of loopback: it gives whatever ID token a test wants."""

import asyncio
import base64
import hashlib
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from fastapi import FastAPI, HTTPException, Request, Response

from tests.server.hands import Hands

CLIENT_ID = "gradewatch"
CLIENT_SECRET = "a secret: of the client"
SUBJECT = "8f1e0c52"

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(65537, 2048)


def coded(told: bytes) -> str:
    return base64.urlsafe_b64encode(told).rstrip(b"=").decode()


def number(told: int, length: int = 0) -> str:
    return coded(told.to_bytes(length or (told.bit_length() + 7) // 8, "big"))


def rsa_jwk(key: rsa.RSAPrivateKey, **more: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **more}


def ec_jwk(key: ec.EllipticCurvePrivateKey, **more: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    return {"kty": "EC", "crv": "P-256", "x": number(numbers.x, 32), "y": number(numbers.y, 32), **more}


KEYS = [
    rsa_jwk(RSA_KEY, kid="r1", use="sig", alg="RS256"),
    ec_jwk(EC_KEY, kid="e1", use="sig"),
    rsa_jwk(STRANGER, kid="for encryption", use="enc"),
]


def by_rsa(signed: bytes, key: rsa.RSAPrivateKey = RSA_KEY) -> bytes:
    return key.sign(signed, PKCS1v15(), SHA256())


def by_ec(signed: bytes) -> bytes:
    r, s = decode_dss_signature(EC_KEY.sign(signed, ec.ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def token(
    header: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes] = by_rsa
) -> str:
    signed = ".".join(coded(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{coded(sign(signed.encode()))}"


class Provider:
    """What it tells may be changed by a test, piece by piece.

    Attributes:
        discovered: changes of what it says of itself.
        header: of the ID token.
        claims: changes of the ID token's; None takes one away.
        sign: how the ID token is signed.
        asked: how often each of its addresses was asked.
        answer: instead of whatever the token endpoint would say.
    """

    def __init__(self, hands: Hands) -> None:
        self.issuer = ""
        self.keys: list[dict[str, Any]] = list(KEYS)
        self.discovered: dict[str, Any] = {}
        self.header: dict[str, Any] = {"alg": "RS256", "kid": "r1"}
        self.claims: dict[str, Any] = {}
        self.sign: Callable[[bytes], bytes] = by_rsa
        self.answer: Response | None = None
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self._hands = hands

    def sign_in(self, address: str) -> str:
        """Be the person who signs in there; give the code that the browser brings back."""
        query = {key: one[0] for key, one in parse_qs(address.partition("?")[2]).items()}
        assert address.startswith(f"{self.issuer}/authorize?")
        assert (query["response_type"], query["client_id"], query["scope"]) == ("code", CLIENT_ID, "openid")
        assert (query["code_challenge_method"], query["prompt"]) == ("S256", "login")
        code = f"code {len(self._codes)}"
        self._codes[code] = query
        return code

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/.well-known/openid-configuration")
        async def _discovery() -> dict[str, Any]:
            self.asked.append("discovery")
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                **self.discovered,
            }

        @app.get("/authorize")
        async def _authorize(request: Request) -> Response:
            code = self.sign_in(f"{self.issuer}/authorize?{request.url.query}")
            back = urlencode({"state": request.query_params["state"], "code": code})
            return Response(
                status_code=302, headers={"Location": f"{request.query_params['redirect_uri']}?{back}"}
            )

        @app.get("/keys")
        async def _keys() -> dict[str, Any]:
            self.asked.append("keys")
            return {"keys": self.keys}

        @app.post("/token")
        async def _token(request: Request) -> Response:
            self.asked.append("token")
            form = {key: one[0] for key, one in parse_qs((await request.body()).decode()).items()}
            self._check_client(request, form)
            return self.answer or self._grant(form)

        return app

    def _check_client(self, request: Request, form: Mapping[str, str]) -> None:
        given = f"{form.get('client_id')}:{form.get('client_secret')}"
        if "authorization" in request.headers:
            given = base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode()
            given = ":".join(unquote(part) for part in given.split(":"))
        if given != f"{CLIENT_ID}:{CLIENT_SECRET}":
            raise HTTPException(401, "invalid_client")

    def _grant(self, form: Mapping[str, str]) -> Response:
        asked = self._codes.pop(form["code"], None)
        challenge = coded(hashlib.sha256(form["code_verifier"].encode()).digest())
        if (
            asked is None
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            raise HTTPException(400, "invalid_grant")
        now = int(self._hands.at.timestamp())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": SUBJECT,
            "exp": now + 300,
            "iat": now,
            "auth_time": now,
            "nonce": asked["nonce"],
        } | self.claims
        told = {key: one for key, one in claims.items() if one is not None}
        body = {"access_token": "x", "token_type": "Bearer", "id_token": token(self.header, told, self.sign)}
        return Response(json.dumps(body), media_type="application/json")

    @asynccontextmanager
    async def serving(self, host: str = "127.0.0.1") -> AsyncIterator[None]:
        listener = socket.create_server(("127.0.0.1", 0))
        self.issuer = f"http://{host}:{listener.getsockname()[1]}"
        config = uvicorn.Config(self.app(), log_config=None, access_log=False, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield
        finally:
            server.should_exit = True
            await task
            listener.close()
