"""The signed webhook against a gateway that believes nobody without a signature."""

import base64
from datetime import timedelta

from alarms.calls import Outcome
from config.duty import WayKind
from monitor.notify.secrets import Secret
from monitor.notify.webhook import Webhook, signature
from tests.notify.rig import AT, Clock, letter, sender
from tests.notify.standins import Gateway, service
from tests.notify.test_robots import openssl


def test_signed_over_time_and_body() -> None:
    request = Webhook().request(Secret("hook", "https://gateway.example/hook", "9b1f6c2a"), letter(), AT)
    assert request.headers["Gradewatch-Timestamp"] == "1795249815"
    worked_out = base64.b64decode(openssl(b"9b1f6c2a", b"1795249815." + request.body)).hex()
    assert request.headers["Gradewatch-Signature"] == f"sha256={worked_out}"
    assert (
        signature(Secret("hook", "https://gateway.example/hook", "9b1f6c2b"), "1795249815", request.body)
        != worked_out
    )


async def test_delivered_once_however_often_it_is_sent() -> None:
    gateway = Gateway(Clock())
    it = letter("+8613800001111", "舱压 17.8 Pa", "zh")
    async with service(gateway) as base, sender(WayKind.WEBHOOK, f"{base}/hook", gateway.key) as way:
        answers = [await way.send(it) for _ in range(3)]
    assert [answer.outcome for answer in answers] == [Outcome.ACCEPTED] * 3
    assert gateway.heard == 3
    (taken,) = gateway.taken.values()
    assert taken["to"] == "+8613800001111"
    assert taken["text"] == "舱压 17.8 Pa"
    assert taken["urgency"] == "critical"


async def test_a_wrong_key_and_an_old_letter_are_refused() -> None:
    late = Clock()
    late.at = AT + timedelta(minutes=10)
    wrong, old = Gateway(Clock()), Gateway(late)
    async with service(wrong) as base, sender(WayKind.WEBHOOK, base, "another key".replace(" ", "")) as way:
        answer = await way.send()
    assert (answer.outcome, answer.detail) == (Outcome.REFUSED, "HTTP 401: wrong signature")
    async with service(old) as base, sender(WayKind.WEBHOOK, base, old.key) as way:
        assert (await way.send()).detail == "HTTP 401: too old"
    assert not wrong.taken
    assert not old.taken


async def test_without_a_key_nothing_is_sent() -> None:
    gateway = Gateway(Clock())
    async with service(gateway) as base, sender(WayKind.WEBHOOK, base) as way:
        answer = await way.send()
    assert (answer.outcome, answer.detail) == (
        Outcome.REFUSED,
        "secret 'robot' has no key: a webhook is signed",
    )
    assert gateway.heard == 0
