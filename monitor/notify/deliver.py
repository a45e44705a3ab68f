"""The only place that loads Apprise, and that hears what it says. All of it blocks."""

import logging
import re
import threading
import warnings

import apprise
from apprise import NotifyFormat, NotifyType

from config.rules import Priority
from monitor.notify.post import hush
from monitor.notify.way import Answer, Letter, accepted, cut, failed, fit, refused

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
    """Apprise loads all services with its first address: now, rather than when the first alarm waits for it."""
    # Its pgp.py imports imghdr, which Python 3.13 has no more and earlier ones warn of.
    warnings.filterwarnings("ignore", "'imghdr' is deprecated", DeprecationWarning)
    apprise.Apprise.instantiate("json://localhost")


_LISTENER = _listen()
_load_all()
hush("urllib3", "requests", "requests_oauthlib", "oauthlib")


def deliver(url: str, letter: Letter) -> Answer:
    """Have Apprise send it. Blocks; what is said in this thread meanwhile is taken for what it says of this letter.

    Args:
        url: Apprise's, for this letter.
        letter: what to send.
    """
    heard = _LISTENER.begin()
    service = apprise.Apprise.instantiate(url)
    if not isinstance(service, apprise.NotifyBase):
        return refused(f"Apprise does not understand the secret: {_said(heard)}")
    title, body = _fitted(letter, service.title_maxlen, service.body_maxlen)
    kind = _KIND[letter.urgency]
    if service.notify(body=body, title=title, notify_type=kind, body_format=NotifyFormat.TEXT):
        return accepted(f"taken by {service.service_name}")
    detail = f"{service.service_name}: {_said(heard)}"
    return refused(detail) if _is_final(heard) else failed(detail)


def _fitted(letter: Letter, title_limit: int, body_limit: int) -> tuple[str, str]:
    """Title and body, in characters as the service takes them. One without titles gets the subject in its body."""
    tail = f"\n{letter.url}" if letter.url else ""
    if title_limit <= 0:
        return "", fit(f"{letter.subject}\n", letter.text, tail, body_limit, letter.language, size=len)
    title = cut(letter.subject, title_limit, letter.language, size=len)
    return title, fit("", letter.text, tail, body_limit, letter.language, size=len)


def _said(heard: list[str]) -> str:
    return "; ".join(heard) or "no reason given"


def _is_final(heard: list[str]) -> bool:
    """Whether another try would be answered alike: 3xx and 4xx of HTTP, 5xx of SMTP (RFC 5321 4.2.1)."""
    http = [int(found[1]) for line in heard for found in _CODE.finditer(line) if found[1]]
    smtp = [int(found[2] or found[3]) for line in heard for found in _CODE.finditer(line) if not found[1]]
    http_says = any(300 <= code < 500 and code not in _PASSING_HTTP for code in http)
    return http_says or any(500 <= code < 600 for code in smtp)
