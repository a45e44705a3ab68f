"""The hash chain of the book: pure arithmetic, so that anyone can check it without this service.

    hash = SHA-256 over the ASCII of prev_hash, followed by the UTF-8 of the canonical JSON of
           {"at", "body", "chain", "kind", "seq", "who"}

as 64 lower-case hexadecimal digits. The first row's prev_hash is 64 zeros. `at` is ISO 8601 in UTC with six decimals
and `+00:00`. Canonical JSON: keys sorted by code point, no white space, no escapes but those that JSON demands, and a
whole number without point or exponent, because jsonb keeps 1e22 and -0.0 by their value, not by their spelling.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FIRST = "0" * 64
"""prev_hash of the first row of a chain."""


def _settle(value: Any) -> Any:  # noqa: ANN401 - JSON
    match value:
        case float() if value.is_integer():
            return int(value)
        case Mapping():
            return {str(key): _settle(inner) for key, inner in value.items()}
        case list() | tuple():
            return [_settle(inner) for inner in value]
        case _:
            return value


def canonical(value: Any) -> str:  # noqa: ANN401 - JSON
    """Write a JSON value in its one canonical way; what jsonb gives back is written the same.

    Raises:
        ValueError: NaN or an infinity, which JSON does not have.
        TypeError: not a JSON value.
    """
    return json.dumps(
        _settle(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def link(
    prev_hash: str, *, chain: str, seq: int, at: datetime, kind: str, who: str, body: Mapping[str, Any]
) -> str:
    """Compute the hash of one row of the book from its own facts and the hash before it."""
    time = at.astimezone(UTC).isoformat(timespec="microseconds")
    row = {"at": time, "body": body, "chain": chain, "kind": kind, "seq": seq, "who": who}
    return hashlib.sha256((prev_hash + canonical(row)).encode("utf-8")).hexdigest()
