"""A Feishu (飞书) or Lark group's custom robot.

Source: Feishu Open Platform, "Custom bot usage guide" and "General error codes".
"""

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any

from config.rules import Priority
from monitor.notify.post import JSON, Reply, Request, number, words
from monitor.notify.robot import Codes
from monitor.notify.secrets import Secret
from monitor.notify.way import Answer, Letter, cut, failed, fit, link_label, mobile, user_id

_TEXT_BYTES = 17_000
"""A whole request may have 20 KB; the rest is for the card around the text."""
_TITLE_BYTES = 200
_COLOURS = {
    Priority.CRITICAL: "red",
    Priority.HIGH: "red",
    Priority.MEDIUM: "orange",
    Priority.LOW: "blue",
}
_BAD_REQUEST = 9499
_TOO_MANY = re.compile("too many|frequency", re.IGNORECASE)
"""The same code is given for a request that is wrong and for one too many."""
_CODES = {
    11232: None,  # a robot takes 5 messages a second and 100 a minute, fewer at busy hours
    99991400: None,
    2200: None,
}
_MEANING = {
    19001: "there is no such robot: the address is wrong",
    19007: "the robot is switched off",
    19021: "the key is wrong, or the clock is an hour off",
    19022: "the robot does not take messages from our address",
    19024: "the robot asks for a keyword",
}


class Feishu:
    """Its secret is the webhook's address; with the security setting "signature", also the key.

    Args:
        service: Feishu, or Lark, which is the same under another address.
    """

    def __init__(self, service: str) -> None:
        self._codes = Codes(service, "code", "msg", _CODES, _MEANING)
        self._old = Codes(service, "StatusCode", "StatusMessage", _CODES, _MEANING)

    def request(self, secret: Secret, letter: Letter, at: datetime) -> Request:
        """A card that mentions the person by user id or open id; by mobile number such a robot cannot."""
        message: dict[str, Any] = {"msg_type": "interactive", "card": _card(letter)}
        if secret.key:
            message = {"timestamp": str(int(at.timestamp())), "sign": signature(secret, at), **message}
        return Request(secret.url, json.dumps(message, ensure_ascii=False).encode(), JSON)

    def judge(self, reply: Reply) -> Answer:
        """Accepted is `code` 0; `StatusCode` is 0 beside a refusal, and counts only where there is no `code`."""
        fields = reply.fields()
        codes = self._codes if number(fields, "code") is not None else self._old
        answer = codes.judge(reply)
        if number(fields, "code") == _BAD_REQUEST and _TOO_MANY.search(words(fields, "msg")):
            return failed(answer.detail, reply.retry_after_s)
        return answer


def signature(secret: Secret, at: datetime) -> str:
    """HMAC-SHA256 over nothing, whose key is the seconds, a line end and the robot's key."""
    key = f"{int(at.timestamp())}\n{secret.key}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


def _card(letter: Letter) -> dict[str, Any]:
    called = "" if mobile(letter.to) else user_id(letter.to)
    text = fit(
        f"<at id={called}></at>\n" if called else "", letter.markdown, "", _TEXT_BYTES, letter.language
    )
    elements: list[dict[str, Any]] = [{"tag": "markdown", "content": text}]
    if letter.url:
        words_on_it = {"tag": "plain_text", "content": link_label(letter)}
        button = {"tag": "button", "type": "primary", "text": words_on_it, "url": letter.url}
        elements.append({"tag": "action", "actions": [button]})
    title = {"tag": "plain_text", "content": cut(letter.subject, _TITLE_BYTES, letter.language)}
    header = {"title": title, "template": _COLOURS[letter.urgency]}
    return {"config": {"wide_screen_mode": True}, "header": header, "elements": elements}
