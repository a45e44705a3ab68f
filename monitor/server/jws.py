"""Whether a provider has signed a token (RFC 7515, 7517, 7518): the signature and nothing else, by `cryptography`.

A key says how it signs, and the token's own word for it only has to agree. So no token can choose "none", or have a
public key taken for a shared secret (RFC 8725, 3.1 and 3.2).
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, SECP256R1, EllipticCurvePublicNumbers
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

Json: TypeAlias = Mapping[str, Any]

TOKEN_CHARS_MAX = 16_384
RSA_BITS_MIN = 2048
"""RFC 7518, 3.3."""
RSA_BITS_MAX = 8192
ES256_BYTES = 64
"""RFC 7518, 3.4: two numbers of 32 bytes."""
ALGORITHMS: Mapping[str, str] = {"RSA": "RS256", "EC": "ES256"}
"""Kind of key -> the one way in which it may have signed."""


class TokenError(Exception):
    """A token that is not believed. One line: why not."""


class UnknownKeyError(TokenError):
    """It names a key that the provider has not told of: perhaps it has a new one."""


def verified(token: str, keys: Iterable[Json]) -> Json:
    """Give what a token claims, once one of the provider's keys has proved to have signed it.

    Args:
        token: header, claims and signature, as they travel.
        keys: the provider's public keys, as JSON Web Keys.

    Raises:
        TokenError: it is none, or is not signed as it should be.
        UnknownKeyError: none of these keys is the one that it names.
    """
    if len(token) > TOKEN_CHARS_MAX:
        raise TokenError("the token is too long")
    parts = token.split(".")
    if len(parts) != 3:
        raise TokenError("the token has not three parts")
    header, claims = _object(parts[0]), _object(parts[1])
    if "crit" in header:
        raise TokenError("the token asks for what is not known here")
    key = _key_of(header, keys)
    if header.get("alg") != ALGORITHMS[key["kty"]]:
        raise TokenError("the token is not signed in the way of its key")
    _check(key, f"{parts[0]}.{parts[1]}".encode(), _bytes(parts[2]))
    return claims


def _key_of(header: Json, keys: Iterable[Json]) -> Json:
    """Find the key that a header names; where it names none, there must be no choice."""
    signing = [key for key in keys if str(key.get("kty")) in ALGORITHMS and key.get("use", "sig") == "sig"]
    named = [key for key in signing if "kid" not in header or key.get("kid") == header["kid"]]
    if len(named) != 1:
        raise UnknownKeyError("the token is signed by a key that the provider does not tell of")
    return named[0]


def _check(key: Json, signed: bytes, signature: bytes) -> None:
    try:
        if key["kty"] == "RSA":
            _check_rsa(key, signed, signature)
        else:
            _check_ec(key, signed, signature)
    except InvalidSignature:
        raise TokenError("the token's signature is wrong") from None
    except (KeyError, ValueError) as error:
        raise TokenError("the provider's key is none") from error


def _check_rsa(key: Json, signed: bytes, signature: bytes) -> None:
    public = RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
    if not RSA_BITS_MIN <= public.key_size <= RSA_BITS_MAX:
        raise TokenError("the provider's key is too weak, or too long")
    public.verify(signature, signed, PKCS1v15(), SHA256())


def _check_ec(key: Json, signed: bytes, signature: bytes) -> None:
    if key.get("crv") != "P-256":
        raise TokenError("the provider's key is of another curve than P-256")
    public = EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), SECP256R1()).public_key()
    if len(signature) != ES256_BYTES:
        raise TokenError("the token's signature is wrong")
    half = ES256_BYTES // 2
    r, s = int.from_bytes(signature[:half], "big"), int.from_bytes(signature[half:], "big")
    public.verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))


def _number(text: Any) -> int:  # noqa: ANN401 - what a provider sends
    return int.from_bytes(_bytes(text), "big")


def _object(part: str) -> dict[str, Any]:
    try:
        told = json.loads(_bytes(part))
    except (ValueError, RecursionError) as error:
        raise TokenError("a part of the token is no JSON") from error
    if not isinstance(told, dict):
        raise TokenError("a part of the token is no JSON object")
    return told


def _bytes(part: Any) -> bytes:  # noqa: ANN401 - what a provider sends
    """Decode base64url without padding (RFC 7515, 2); what is beside its alphabet is refused."""
    try:
        text = part.encode("ascii")
        if b"=" in text:
            raise TokenError("a part of the token is padded")
        return base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (AttributeError, UnicodeEncodeError, binascii.Error) as error:
        raise TokenError("a part of the token is no base64url") from error
