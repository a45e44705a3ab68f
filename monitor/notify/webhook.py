"""A signed webhook: a place of the plant's own, such as a gateway to its telephone exchange.

The body is the Letter as JSON. `Gradewatch-Signature` is `sha256=` and, in hex, HMAC-SHA256 with the key over the value
of `Gradewatch-Timestamp` (seconds since 1970), a dot and the body. `Idempotency-Key` is the same whenever the same is
sent again.
"""

import hashlib
import hmac
import json
from dataclasses import asdict
from datetime import datetime
from urllib.parse import quote

from monitor.notify.post import JSON, Reply, Request, by_status, is_taken, words
from monitor.notify.secrets import Secret, SecretError
from monitor.notify.way import Answer, Letter, accepted, failed, refused


class Webhook:
    """Its secret is an address and a key."""

    def request(self, secret: Secret, letter: Letter, at: datetime) -> Request:
        """The whole letter, signed with its time, so that it cannot be said again later by somebody else."""
        if not secret.key:
            raise SecretError(f"secret '{secret.name}' has no key: a webhook is signed")
        body = json.dumps(asdict(letter)).encode()
        seconds = str(int(at.timestamp()))
        headers = {
            **JSON,
            "Gradewatch-Timestamp": seconds,
            "Gradewatch-Signature": f"sha256={signature(secret, seconds, body)}",
            "Idempotency-Key": quote(letter.key, safe="/:@+,= ", errors="replace"),
        }
        return Request(secret.url, body, headers)

    def judge(self, reply: Reply) -> Answer:
        """Accepted is any success, unless the body says `"accepted": false`; `detail` and `retry` may follow."""
        fields = reply.fields()
        said = words(fields, "detail")
        if not is_taken(reply):
            return by_status(reply, said)
        if fields.get("accepted", True) is True:
            return accepted(f"HTTP {reply.status}")
        detail = f"HTTP {reply.status}, not accepted: {said or 'no reason given'}"
        return failed(detail, reply.retry_after_s) if fields.get("retry") is True else refused(detail)


def signature(secret: Secret, seconds: str, body: bytes) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.digest(secret.key.encode(), seconds.encode() + b"." + body, hashlib.sha256).hex()
