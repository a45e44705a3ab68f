"""Every other way, by the library Apprise: mail, ntfy, PagerDuty, Opsgenie, Twilio and some 170 more.

It blocks, so each such way has threads of its own.
"""

import threading
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import quote, urlencode

from config import duty
from monitor.notify.post import told
from monitor.notify.secrets import Secret, SecretError, Secrets
from monitor.notify.threads import AllHeldError, Threads
from monitor.notify.way import Answer, Letter, failed, refused

_THREADS = 3
"""For each way: one that hangs leaves two."""
_PERSON = "{to}"
_OWN = frozenset({"dingtalk", "wecombot", "feishu", "lark"})
"""Apprise would count these services' refusals as delivered."""
_KEY_OF_ITS_OWN = {"pagerduty": "dedup", "opsgenie": "alias"}
_SET_BY_US = frozenset({"cto", "rto", "redirect", "retry", "verify", "format", "overflow"})


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


def load() -> None:
    """Begin to load Apprise in a thread: it takes more than a second, for which no reading may wait."""
    threading.Thread(target=_load, name="apprise", daemon=True).start()


def _load() -> None:
    import monitor.notify.deliver  # noqa: F401, PLC0415


def _deliver(url: str, letter: Letter) -> Answer:
    from monitor.notify.deliver import deliver  # noqa: PLC0415

    return deliver(url, letter)
