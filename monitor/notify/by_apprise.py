"""Every other way, by the library Apprise: mail, ntfy, PagerDuty, Opsgenie, Twilio and some 170 more.

It blocks, so it runs in threads of its own; what went wrong it says in its log alone, which is read here
and nowhere else.
"""

import logging
import re
import threading
import warnings
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, urlencode

import apprise
from apprise import NotifyFormat, NotifyType

from config import duty
from config.rules import Priority
from monitor.notify.post import hush, told
from monitor.notify.secrets import Secret, SecretError, Secrets
from monitor.notify.threads import AllHeldError, Threads
from monitor.notify.way import Answer, Letter, accepted, clean, failed, refused

_THREADS = 3
"""For each way: one that hangs leaves two."""
_PERSON = "{to}"
_OWN = frozenset({"dingtalk", "wecombot", "feishu", "lark"})
"""Apprise would count these services' refusals as delivered."""
_KEY_OF_ITS_OWN = {"pagerduty": "dedup", "opsgenie": "alias"}
_SET_BY_US = frozenset({"cto", "rto", "redirect", "retry", "verify", "format", "overflow"})
_KIND = {
    Priority.CRITICAL: NotifyType.FAILURE,
    Priority.HIGH: NotifyType.FAILURE,
    Priority.MEDIUM: NotifyType.WARNING,
    Priority.LOW: NotifyType.INFO,
}
_CODE = re.compile(r"error=(\d{3})\b|\((\d{3}), b['\"]|was refused: (\d{3}) ")
"""A status of HTTP as Apprise words it; a reply of SMTP as smtplib or Apprise does."""
_PASSING_HTTP = frozenset({408, 425, 429})


class _Listener(logging.Filter):
    """Hears what Apprise says in one thread, and lets nobody else hear it: addresses with keys may stand in it."""

    def __init__(self) -> None:
        super().__init__()
        self._heard = threading.local()

    def begin(self) -> list[str]:
        """A new list, which fills up with what is said in this thread from now on."""
        heard: list[str] = []
        self._heard.lines = heard
        return heard

    def filter(self, record: logging.LogRecord) -> bool:
        """Keep what tells a failure; the rest is how a message is made."""
        words = record.getMessage()
        if record.levelno >= logging.WARNING or words.startswith("Socket Exception"):
            getattr(self._heard, "lines", []).append(words)
        return False


def _listen() -> _Listener:
    listener = _Listener()
    logger = logging.getLogger("apprise")
    logger.addFilter(listener)
    logger.setLevel(logging.DEBUG)
    return listener


def _load_all() -> None:
    """Now, rather than when the first alarm waits for it: Apprise loads all services with its first address."""
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # its pgp.py imports imghdr, which 3.13 has no more
        apprise.Apprise.instantiate("json://localhost")


_LISTENER = _listen()
_load_all()
hush("urllib3", "requests", "requests_oauthlib", "oauthlib")


@dataclass(frozen=True, slots=True)
class ByApprise:
    """A way whose secret is an Apprise URL, in which `{to}` stands for what the way calls the person."""

    way: duty.Way
    secrets: Secrets
    threads: Threads[Answer] = field(default_factory=lambda: Threads(_THREADS))

    async def send(self, letter: Letter) -> Answer:
        """Try once, within the way's time."""
        try:
            secret = self.secrets.read(self.way.secret)
            url = address(secret, letter, self.way.timeout_s)
        except SecretError as error:
            return refused(str(error))
        try:
            answer = await self.threads.run(partial(_deliver, url, letter), self.way.timeout_s)
        except AllHeldError:
            answer = failed(
                f"not tried: all {self.threads.held} threads of this way still hang in earlier tries"
            )
        except TimeoutError:
            answer = failed(f"no answer within {self.way.timeout_s:g} s; it may have arrived all the same")
        return told(answer, secret)


def address(secret: Secret, letter: Letter, timeout_s: float) -> str:
    """The Apprise URL for this letter: with its person, our limits, and its key where the service takes one.

    Raises:
        SecretError: the secret cannot be used for it.
    """
    scheme, _, rest = secret.url.partition("://")
    if scheme in _OWN:
        raise SecretError(f"secret '{secret.name}' is for {scheme}, which has a kind of way of its own")
    if _PERSON in rest and not letter.to:
        raise SecretError(
            f"secret '{secret.name}' has a place for the person, and the contact does not say whom"
        )
    place, _, query = rest.replace(_PERSON, quote(letter.to, safe="")).partition("?")
    key = {_KEY_OF_ITS_OWN[scheme]: letter.key} if scheme in _KEY_OF_ITS_OWN else {}
    ours = urlencode(
        {"cto": timeout_s, "rto": timeout_s, "redirect": "no", "verify": "yes", "format": "text", **key}
    )
    theirs = [
        one for one in query.split("&") if one and one.partition("=")[0].lower() not in _SET_BY_US | set(key)
    ]
    return f"{scheme}://{place}?{'&'.join([*theirs, ours])}"


def _deliver(url: str, letter: Letter) -> Answer:
    """Blocks. Runs in a thread, in which nothing else is heard."""
    heard = _LISTENER.begin()
    service = apprise.Apprise.instantiate(url)
    if not isinstance(service, apprise.NotifyBase):
        return refused(f"Apprise does not understand the secret: {_said(heard)}")
    body = clean(f"{letter.text}\n{letter.url}".rstrip())
    subject = clean(letter.subject)
    kind = _KIND[letter.urgency]
    if service.notify(body=body, title=subject, notify_type=kind, body_format=NotifyFormat.TEXT):
        return accepted(f"taken by {service.service_name}")
    detail = f"{service.service_name}: {_said(heard)}"
    return refused(detail) if _is_final(heard) else failed(detail)


def _said(heard: list[str]) -> str:
    return "; ".join(heard) or "no reason given"


def _is_final(heard: list[str]) -> bool:
    """Whether another try would be answered alike: 3xx and 4xx of HTTP, 5xx of SMTP (RFC 5321 4.2.1)."""
    http = [int(found[1]) for line in heard for found in _CODE.finditer(line) if found[1]]
    smtp = [int(found[2] or found[3]) for line in heard for found in _CODE.finditer(line) if not found[1]]
    http_says = any(300 <= code < 500 and code not in _PASSING_HTTP for code in http)
    return http_says or any(500 <= code < 600 for code in smtp)
