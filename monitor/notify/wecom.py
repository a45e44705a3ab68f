"""A WeCom (企业微信) group's robot.

Source: WeCom developer centre, "Group robot configuration" (document 91770) and "Global error codes".
"""

import json
from datetime import datetime
from typing import Any

from monitor.notify.post import JSON, Reply, Request
from monitor.notify.robot import Codes
from monitor.notify.secrets import Secret
from monitor.notify.way import Answer, Letter, fit, link, mobile, user_id

_MARKDOWN_BYTES = 4096
_TEXT_BYTES = 2048
_NEXT_MINUTE_S = 60.0
"""A robot takes twenty messages a minute."""
_CODES = Codes(
    service="WeCom",
    code="errcode",
    message="errmsg",
    passing={-1: None, 45009: _NEXT_MINUTE_S, 45033: None},
    meaning={
        93000: "there is no such robot: the key in the address is wrong",
        40058: "the message is too long",
    },
)


class WeCom:
    """Its secret is the webhook's address alone."""

    def request(self, secret: Secret, letter: Letter, at: datetime) -> Request:  # noqa: ARG002 - nothing is signed
        """A message in markdown, or in plain text, which alone can mention somebody by mobile number."""
        message = _text(letter) if mobile(letter.to) else _markdown(letter)
        return Request(secret.url, json.dumps(message, ensure_ascii=False).encode(), JSON)

    def judge(self, reply: Reply) -> Answer:
        """Accepted is `errcode` 0 alone."""
        return _CODES.judge(reply)


def _text(letter: Letter) -> dict[str, Any]:
    tail = f"\n{letter.url}" if letter.url else ""
    content = fit(f"{letter.subject}\n", letter.text, tail, _TEXT_BYTES, letter.language)
    return {"msgtype": "text", "text": {"content": content, "mentioned_mobile_list": [letter.to]}}


def _markdown(letter: Letter) -> dict[str, Any]:
    called = user_id(letter.to)
    head = (f"<@{called}> " if called else "") + f"**{letter.subject}**\n"
    content = fit(head, letter.markdown, link(letter), _MARKDOWN_BYTES, letter.language)
    return {"msgtype": "markdown", "markdown": {"content": content}}
