"""How things of a package are written, hashed and signed."""

import base64
import hashlib
import json
from datetime import datetime
from typing import Any, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json: TypeAlias = dict[str, Any]


class Fault(Exception):  # noqa: N818 - it is what is found, and no error of the program
    """Something is not as it was made: where, and what, in both languages."""

    def __init__(self, where: str, en: str, zh: str) -> None:
        super().__init__(f"{where}: {en}\n{where}：{zh}")


def settled(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Write whole numbers without a point."""
    if isinstance(value, dict):
        return {key: settled(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [settled(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def canonical(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write JSON in its one way: sorted keys, no white space."""
    form = settled(value)
    return json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def exactly(text: str, where: str) -> Any:  # noqa: ANN401 - JSON
    """Read JSON that is written in its one way."""
    try:
        if canonical(value := json.loads(text)) == text:
            return value
    except (ValueError, RecursionError):
        pass
    raise Fault(where, "not written as Gradewatch writes it", "不是 Gradewatch 的写法")


def raw_of(text: object, size: int) -> bytes:
    """Read base64 of so many bytes in its one spelling; nothing else is any."""
    try:
        raw = base64.b64decode(str(text), validate=True)
    except ValueError:
        return b""
    return raw if len(raw) == size and base64.b64encode(raw).decode() == text else b""


def is_signed(by: Json, signature: object, said: bytes) -> bool:
    """Whether a signature is this key's over what is said (Ed25519, RFC 8032)."""
    try:
        public = Ed25519PublicKey.from_public_bytes(raw_of(by.get("public_key"), 32))
        public.verify(raw_of(signature, 64), said)
    except (InvalidSignature, ValueError):
        return False
    return True


def check_key(key: Json, by: Json | None, where: str) -> None:
    """See that a key is what it says, and was introduced by the one before it; the first by nobody."""
    said = canonical({name: key.get(name) for name in ("fingerprint", "former", "public_key")}).encode()
    fingerprint = hashlib.sha256(raw_of(key.get("public_key"), 32)).hexdigest()
    former = by["fingerprint"] if by else ""
    is_introduced = is_signed(by, key.get("signature"), said) if by else key.get("signature") == ""
    if (fingerprint, former) != (key.get("fingerprint"), key.get("former")) or not is_introduced:
        raise Fault(where, "the key was not introduced by the one before it", "该密钥未经前一密钥认可")


def instant(text: str) -> datetime:
    """Read a time with its zone."""
    return datetime.fromisoformat(text)
