"""Whose signature a token has: the examples of the RFC, and everything that is not quite one."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from monitor.server.jws import TokenError, UnknownKeyError, verified
from tests.server.provider import (
    EC_KEY,
    KEYS,
    RSA_KEY,
    STRANGER,
    by_ec,
    by_rsa,
    coded,
    ec_jwk,
    rsa_jwk,
    token,
)

# RFC 7515, appendix A.2 and A.3.
PAYLOAD = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
RS256 = (
    f"eyJhbGciOiJSUzI1NiJ9.{PAYLOAD}."
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdb"
    "F9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383"
    "LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWy"
    "wlVmtVrBp0igcN_IoypGlUPQGe77Rw"
)
RSA_OF_RFC = {
    "kty": "RSA",
    "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SF"
    "d2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo"
    "7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkM"
    "Ls91kzk2PAcDTW9gb54h4FRWyuXpoQ",
    "e": "AQAB",
}
ES256 = (
    f"eyJhbGciOiJFUzI1NiJ9.{PAYLOAD}."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
)
EC_OF_RFC = {
    "kty": "EC",
    "crv": "P-256",
    "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
}
CLAIMS = {"sub": "li"}
GOOD = token({"alg": "RS256", "kid": "r1"}, CLAIMS)


@pytest.mark.parametrize(("signed", "key"), [(RS256, RSA_OF_RFC), (ES256, EC_OF_RFC)])
def test_the_examples_of_the_rfc_hold(signed: str, key: dict[str, Any]) -> None:
    assert verified(signed, [key])["iss"] == "joe"


def test_a_key_is_found_by_its_name_and_signs_in_its_own_way() -> None:
    assert verified(GOOD, KEYS) == CLAIMS
    assert verified(token({"alg": "ES256", "kid": "e1"}, CLAIMS, by_ec), KEYS) == CLAIMS
    assert verified(token({"alg": "RS256"}, CLAIMS), [KEYS[0]]) == CLAIMS, "where there is no choice"


def shared_secret(public: bytes) -> str:
    """Sign as if the provider's public key, which everybody knows, were a secret shared with it."""
    return token(
        {"alg": "HS256", "kid": "r1"}, CLAIMS, lambda told: hmac.digest(public, told, hashlib.sha256)
    )


def by_stranger(signed: bytes) -> bytes:
    return by_rsa(signed, STRANGER)


@pytest.mark.parametrize(
    ("signed", "why"),
    [
        (token({"alg": "none", "kid": "r1"}, CLAIMS, lambda _: b""), "way of its key"),
        (token({"alg": "none"}, CLAIMS, lambda _: b""), "does not tell of"),
        (shared_secret(json.dumps(KEYS[0]).encode()), "way of its key"),
        (shared_secret(KEYS[0]["n"].encode()), "way of its key"),
        (token({"alg": "RS512", "kid": "r1"}, CLAIMS), "way of its key"),
        (token({"alg": "ES256", "kid": "r1"}, CLAIMS), "way of its key"),
        (token({"kid": "r1"}, CLAIMS), "way of its key"),
        (token({"alg": "RS256", "kid": "r1"}, CLAIMS, by_stranger), "signature is wrong"),
        (token({"alg": "RS256", "kid": "r1"}, CLAIMS, lambda _: b""), "signature is wrong"),
        (token({"alg": "ES256", "kid": "e1"}, CLAIMS, lambda told: by_ec(told)[:-1]), "signature is wrong"),
        (token({"alg": "ES256", "kid": "e1"}, CLAIMS, lambda _: bytes(64)), "signature is wrong"),
        (token({"alg": "RS256", "kid": "r2"}, CLAIMS), "does not tell of"),
        (token({"alg": "RS256", "kid": None}, CLAIMS), "does not tell of"),
        (token({"alg": "RS256"}, CLAIMS), "does not tell of"),
        (token({"alg": "RS256", "kid": "for encryption"}, CLAIMS), "does not tell of"),
        (token({"alg": "RS256", "kid": "r1", "crit": ["b64"], "b64": False}, CLAIMS), "not known here"),
        (token({"alg": "RS256", "jwk": rsa_jwk(STRANGER), "kid": "r1"}, CLAIMS, by_stranger), "signature is wrong"),
        (GOOD.rpartition(".")[0], "three parts"),
        (f"{GOOD}.", "three parts"),
        (f"{GOOD}=", "padded"),
        (f"é{GOOD}", "base64url"),
        (GOOD.replace(".", ".*", 1), "base64url"),
        (f"{coded(b'[]')}.{coded(b'{}')}.{coded(b'x')}", "no JSON object"),
        (f"{coded(b'[' * 9_000)}.{coded(b'{}')}.{coded(b'x')}", "no JSON"),
        (f"{coded(b'{' * 20_000)}..", "too long"),
    ],
)  # fmt: skip
def test_what_is_not_signed_by_the_provider_is_not_believed(signed: str, why: str) -> None:
    with pytest.raises(TokenError, match=why):
        verified(signed, KEYS)


@pytest.mark.parametrize(
    "key",
    [
        {**KEYS[0], "n": ""},
        {**KEYS[0], "n": 5},
        {**KEYS[0], "e": "AA"},
        {"kty": "RSA", "kid": "r1"},
        {"kty": ["RSA"], "kid": "r1"},
        {"kty": "oct", "kid": "r1", "k": KEYS[0]["n"]},
    ],
)
def test_a_key_that_is_none_proves_nothing(key: dict[str, Any]) -> None:
    with pytest.raises(TokenError):
        verified(GOOD, [key])


@pytest.mark.parametrize("change", [{"crv": "P-384"}, {"x": "AAAA"}, {"y": ""}, {"x": None}])
def test_a_point_beside_its_curve_proves_nothing(change: dict[str, Any]) -> None:
    signed = token({"alg": "ES256", "kid": "e1"}, CLAIMS, by_ec)
    assert verified(signed, [ec_jwk(EC_KEY, kid="e1")]) == CLAIMS
    with pytest.raises(TokenError):
        verified(signed, [ec_jwk(EC_KEY, kid="e1") | change])


def test_a_key_that_is_too_weak_proves_nothing() -> None:
    weak = rsa.generate_private_key(65537, 1024)
    with pytest.raises(TokenError, match="too weak"):
        verified(token({"alg": "RS256"}, CLAIMS, lambda told: by_rsa(told, weak)), [rsa_jwk(weak)])


def test_two_keys_of_one_name_are_none() -> None:
    with pytest.raises(UnknownKeyError):
        verified(GOOD, [rsa_jwk(RSA_KEY, kid="r1"), rsa_jwk(STRANGER, kid="r1")])


@given(st.data())
def test_no_bit_of_a_token_can_be_changed(data: st.DataObject) -> None:
    parts = GOOD.split(".")
    which = data.draw(st.integers(0, 2))
    told = bytearray(base64.urlsafe_b64decode(parts[which] + "=="))
    bit = data.draw(st.integers(0, 8 * len(told) - 1))
    told[bit // 8] ^= 1 << bit % 8
    parts[which] = coded(bytes(told))
    with pytest.raises(TokenError):
        verified(".".join(parts), KEYS)


@given(st.text() | st.lists(st.binary().map(coded), max_size=4).map(".".join))
def test_nonsense_is_refused_in_one_way_only(signed: str) -> None:
    with pytest.raises(TokenError):
        verified(signed, KEYS)
