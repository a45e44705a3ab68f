"""A second factor at the door: six digits from a person's own device, a new one every half minute (RFC 6238)."""

import base64
import binascii
import hashlib
import hmac
import secrets
from datetime import datetime
from urllib.parse import quote

STEP_S = 30
DIGITS = 6
DRIFT_STEPS = 1
"""How far a device's clock may be off (RFC 6238, 5.2)."""
SECRET_BYTES = 20
"""As long as the hash is (RFC 4226, 4)."""


class Codes:
    """Checks codes, and takes none twice (RFC 6238, 5.2)."""

    def __init__(self) -> None:
        self._used: dict[str, int] = {}

    def fits(self, name: str, secret: str, code: str, at: datetime) -> bool:
        """Say whether a code is the secret's now, and was not used before; from then on it was.

        Args:
            name: whose.
            secret: base32.
            code: as typed.
            at: now.
        """
        now = int(at.timestamp()) // STEP_S
        for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
            same = hmac.compare_digest(code_of(secret, step).encode(), code.encode())
            if same and step > self._used.get(name, 0):
                self._used[name] = step
                return True
        return False


def code_of(secret: str, step: int) -> str:
    """Give the code of a secret for one half minute since 1970 (RFC 4226, 5.3).

    Raises:
        ValueError: the secret is not base32.
    """
    try:
        key = base64.b32decode(secret)
    except binascii.Error as error:
        raise ValueError("a secret is written in base32") from error
    digest = hmac.digest(key, step.to_bytes(8, "big"), hashlib.sha1)
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**DIGITS:0{DIGITS}}"


def make_secret() -> str:
    """Make up a secret, in base32."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def uri_of(name: str, secret: str) -> str:
    """Write a secret as the address that a device reads from a picture."""
    return f"otpauth://totp/Gradewatch:{quote(name)}?secret={secret}&issuer=Gradewatch"
