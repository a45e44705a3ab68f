"""Ways by Apprise: a mail server of our own, and other services' addresses turned to loopback."""

import asyncio
from typing import Any
from urllib.parse import parse_qs

import apprise
import pytest
from apprise.plugins import opsgenie, pagerduty
from apprise.plugins.twilio import NotifyTwilio

from alarms.calls import Outcome
from config import duty
from config.duty import WayKind
from config.model import Text
from monitor.notify.by_apprise import ByApprise, address
from monitor.notify.secrets import Secret, SecretError, Secrets
from tests.notify.mail import MailServer
from tests.notify.rig import NOWHERE, letter, sender, threads_held
from tests.notify.standins import Asked, http, saying, service


async def test_a_mail_arrives_as_it_was_written() -> None:
    it = letter("ops@plant.example", "舱压 <17.8 Pa> & falling\n\nlimit 30 Pa")
    async with MailServer().open() as server, sender(WayKind.APPRISE, server.url()) as way:
        answer = await way.send(it)
    assert (answer.outcome, answer.detail) == (Outcome.ACCEPTED, "taken by E-Mail")
    (mail,) = server.taken
    assert (mail["To"], mail["Subject"]) == ("ops@plant.example", it.subject)
    body = mail.get_content().replace("\r\n", "\n").strip()
    assert body == f"{it.text}\n{it.url}"


async def test_a_mail_server_s_reasons() -> None:
    async with MailServer().open() as server, sender(WayKind.APPRISE, server.url()) as way:
        nobody = await way.send(letter("nobody@plant.example"))
        server.busy = True
        busy = await way.send(letter("ops@plant.example"))
        server.password = "another"
        way.keep(server.url().replace("another", "wrong-4rT8"))
        wrong = await way.send(letter("ops@plant.example"))
    down = None
    async with sender(WayKind.APPRISE, server.url()) as way:
        down = await way.send(letter("ops@plant.example"))
    assert (nobody.outcome, busy.outcome, wrong.outcome) == (Outcome.REFUSED, Outcome.FAILED, Outcome.REFUSED)
    assert (down.outcome, down.is_retry_useful) == (Outcome.FAILED, True)
    for answer, words in ((nobody, "(550"), (busy, "(451"), (wrong, "(535"), (down, "Connection refused")):
        assert words in answer.detail


BY_STATUS = {
    200: Outcome.ACCEPTED,
    302: Outcome.REFUSED,
    401: Outcome.REFUSED,
    429: Outcome.FAILED,
    503: Outcome.FAILED,
}


@pytest.mark.parametrize(("status", "outcome"), BY_STATUS.items())
async def test_ntfy_by_its_status(status: int, outcome: Outcome) -> None:
    answers = saying(http(status, {}, Location="http://127.0.0.1:9/"))
    async with service(answers) as base, sender(WayKind.APPRISE, f"ntfy://{base[7:]}/gradewatch") as way:
        answer = await way.send()
    assert answer.outcome is outcome
    assert status == 200 or f"error={status}" in answer.detail


async def test_services_with_a_key_of_their_own_get_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[dict[str, Any]] = []

    async def hears(asked: Asked) -> bytes:
        heard.append(asked.json)
        return http(202, {"requestId": "7", "status": "success"})

    async with service(hears) as base, sender(WayKind.APPRISE, f"pagerduty://{'a' * 32}@{'b' * 20}") as way:
        monkeypatch.setitem(pagerduty.PAGERDUTY_API_LOOKUP, pagerduty.PagerDutyRegion.US, base)
        monkeypatch.setitem(opsgenie.OPSGENIE_API_LOOKUP, opsgenie.OpsgenieRegion.US, base)
        assert (await way.send()).outcome is Outcome.ACCEPTED
        way.keep("opsgenie://2e5f7a90-1b2c-4d3e-8f90-a1b2c3d4e5f6")
        assert (await way.send()).outcome is Outcome.ACCEPTED
    assert heard[0]["dedup_key"] == heard[1]["alias"] == letter().key
    assert heard[0]["payload"]["severity"] == "critical"


async def test_when_all_threads_of_a_way_hang_it_says_so_at_once() -> None:
    server = MailServer(hangs=asyncio.Event())
    environ = {"GRADEWATCH_WAY_MAIL": "", "GRADEWATCH_WAY_NTFY": ""}
    secrets = Secrets(environ, NOWHERE)
    mail = ByApprise(duty.Way("mail", WayKind.APPRISE, Text("Mail", "邮件"), "mail", 0.3), secrets)
    other = ByApprise(duty.Way("ntfy", WayKind.APPRISE, Text("ntfy", "ntfy"), "ntfy", 10.0), secrets)
    it = letter("ops@plant.example")
    async with server.open(), service(saying(http(200, {}))) as base:
        environ.update(GRADEWATCH_WAY_MAIL=server.url(), GRADEWATCH_WAY_NTFY=f"ntfy://{base[7:]}/gradewatch")
        tries = [asyncio.create_task(mail.send(it)) for _ in range(3)]
        await threads_held(mail.threads, 3)
        fourth = await mail.send(it)
        elsewhere = await other.send(it)
        held = await asyncio.gather(*tries)
        assert server.hangs
        server.hangs.set()
        await threads_held(mail.threads, 0)
    assert fourth.outcome is Outcome.FAILED
    assert fourth.detail == "not tried: all 3 threads of this way still hang in earlier tries"
    assert elsewhere.outcome is Outcome.ACCEPTED
    assert {one.outcome for one in held} == {Outcome.FAILED}


async def test_a_long_message_fits_its_service_and_keeps_its_link(monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[str] = []

    async def hears(asked: Asked) -> bytes:
        heard.append(parse_qs(asked.body.decode())["Body"][0])
        return http(201, {"sid": "7"})

    secret = f"twilio://AC{'a' * 32}:{'b' * 32}@+15551234567/{{to}}"
    async with service(hears) as base, sender(WayKind.APPRISE, secret) as way:
        monkeypatch.setattr(NotifyTwilio, "notify_sms_url", base + "/{sid}")
        assert (await way.send(letter("+8613800001111", "压差低" * 500, "zh"))).outcome is Outcome.ACCEPTED
        assert (await way.send(letter(""))).outcome is Outcome.REFUSED
    (body,) = heard
    assert body.startswith("Grade A action: isolator ISO-STM-L1\n压差低")
    assert body.endswith("……（已截断）\nhttps://gradewatch.example/#/call/7")
    assert len(body) <= NotifyTwilio.body_sms_maxlen


def test_an_address_carries_our_limits_and_none_of_theirs() -> None:
    secret = Secret("mail", "mailtos://u:p@mail.example?to={to}&verify=no&redirect=yes&retry=9&rto=900", "")
    made = address(secret, letter("a&b+c@plant.example"), 4.0)
    assert made.startswith("mailtos://u:p@mail.example?to=a%26b%2Bc%40plant.example&")
    for words in ("verify=yes", "redirect=no", "rto=4.0", "cto=4.0"):
        assert words in made
    for words in ("verify=no", "redirect=yes", "retry=9", "rto=900"):
        assert words not in made


@pytest.mark.parametrize("scheme", ["dingtalk", "feishu", "lark", "wecombot"])
def test_what_apprise_would_call_delivered_is_not_left_to_it(scheme: str) -> None:
    with pytest.raises(SecretError, match="which has a kind of way of its own"):
        address(Secret("robot", f"{scheme}://c0ffee254729", ""), letter(), 4.0)


def test_a_place_for_the_person_needs_a_person() -> None:
    with pytest.raises(SecretError, match="does not say whom"):
        address(Secret("mail", "mailtos://u:p@mail.example?to={to}", ""), letter(""), 4.0)


async def test_what_apprise_does_not_know_is_refused() -> None:
    async with sender(WayKind.APPRISE, "carrier-pigeon://loft") as way:
        answer = await way.send()
    assert answer.outcome is Outcome.REFUSED
    assert answer.detail.startswith("Apprise does not understand the secret")


async def test_a_plug_in_that_breaks_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise KeyError("c0ffee254729")

    async with sender(WayKind.APPRISE, "ntfy://127.0.0.1:9/c0ffee254729") as way:
        monkeypatch.setattr(apprise.NotifyBase, "notify", broken)
        answer = await way.send()
    assert answer.outcome is Outcome.FAILED
    assert answer.detail.startswith("a fault of our own: KeyError in broken")
