"""A DingTalk group's custom robot.

Source: DingTalk Open Platform, "Custom robot access", "Custom robot security settings" and its table of error codes.
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from monitor.notify.post import JSON, Reply, Request
from monitor.notify.robot import Codes
from monitor.notify.secrets import Secret
from monitor.notify.way import Answer, Letter, cut, fit, link, mobile, user_id

_TEXT_BYTES = 18_000
"""A whole message may have 20 000 bytes; the rest is for what stands around the text."""
_TITLE_BYTES = 200
_LEFT_ALONE_S = 600.0
"""More than twenty messages a minute shut the robot up for ten minutes."""
_CODES = Codes(
    service="DingTalk",
    code="errcode",
    message="errmsg",
    passing={-1: None, 130101: _LEFT_ALONE_S, 410100: _LEFT_ALONE_S},
    meaning={
        310000: "the robot's security setting turns it away: key, clock, keyword or address",
        300001: "there is no such robot: the access token is wrong",
        300005: "there is no such robot: the access token is wrong",
        400101: "there is no such robot: the access token is wrong",
        400013: "the group is dissolved",
        400102: "the robot is switched off",
    },
)


class DingTalk:
    """Its secret is the webhook's address; with the security setting "sign", also the key that begins with SEC."""

    def request(self, secret: Secret, letter: Letter, at: datetime) -> Request:
        """A message in markdown that mentions the person by mobile number or user id."""
        body = json.dumps(_message(letter), ensure_ascii=False).encode()
        return Request(signed_url(secret, at), body, JSON)

    def judge(self, reply: Reply) -> Answer:
        """Accepted is `errcode` 0 alone."""
        return _CODES.judge(reply)


def signed_url(secret: Secret, at: datetime) -> str:
    """The address with time and signature, where the robot has a key.

    The signature is HMAC-SHA256 with the key, over the milliseconds, a line end and the key.
    """
    if not secret.key:
        return secret.url
    milliseconds = str(round(at.timestamp() * 1000))
    digest = hmac.digest(secret.key.encode(), f"{milliseconds}\n{secret.key}".encode(), hashlib.sha256)
    query = urlencode({"timestamp": milliseconds, "sign": base64.b64encode(digest).decode()})
    return f"{secret.url}{'&' if '?' in secret.url else '?'}{query}"


def _message(letter: Letter) -> dict[str, Any]:
    called = mobile(letter.to) or user_id(letter.to)
    mention = f"@{called} " if called else ""
    text = fit(
        f"{mention}**{letter.subject}**\n\n", letter.markdown, link(letter), _TEXT_BYTES, letter.language
    )
    return {
        "msgtype": "markdown",
        "markdown": {"title": cut(letter.subject, _TITLE_BYTES, letter.language), "text": text},
        "at": {
            "atMobiles": [called] if mobile(letter.to) else [],
            "atUserIds": [called] if user_id(letter.to) else [],
            "isAtAll": False,
        },
    }
