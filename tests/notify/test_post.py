"""All that can become of a question over HTTP: whatever comes back, the answer is an Answer."""

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from alarms.calls import Outcome
from config.duty import WayKind
from monitor.notify.dingtalk import DingTalk
from monitor.notify.feishu import Feishu
from monitor.notify.post import Reply, Service
from monitor.notify.way import Answer
from monitor.notify.webhook import Webhook
from monitor.notify.wecom import WeCom
from tests.notify.rig import AT, sender
from tests.notify.standins import Handler, http, listening, saying, service, silent

KEY = "SECa1b2c3d4e5f6"
KINDS = [WayKind.DINGTALK, WayKind.WECOM, WayKind.FEISHU, WayKind.LARK, WayKind.WEBHOOK]
ROBOTS = KINDS[:4]
SERVICES: list[Service] = [DingTalk(), WeCom(), Feishu("Feishu"), Feishu("Lark"), Webhook()]


def is_consistent(answer: Answer) -> bool:
    """A retry is useful after a failure alone, and only then there is a time for it."""
    assert "fault of our own" not in answer.detail
    is_failure = answer.outcome is Outcome.FAILED
    may_wait = answer.retry_after_s is None or (is_failure and 0 <= answer.retry_after_s <= 86_400)
    return is_failure == answer.is_retry_useful and may_wait and answer.outcome is not Outcome.NOT_NEEDED


async def answer_to(kind: WayKind, handler: Handler, timeout_s: float = 10.0) -> Answer:
    async with service(handler) as base, sender(kind, f"{base}/send?key=b1946ac92492", KEY, timeout_s) as way:
        return await way.send()


@pytest.mark.parametrize("kind", KINDS)
async def test_slow_is_a_failure_that_may_have_arrived(kind: WayKind) -> None:
    answer = await answer_to(kind, silent, timeout_s=0.05)
    assert (answer.outcome, answer.is_retry_useful) == (Outcome.FAILED, True)
    assert answer.detail == "no answer within 0.05 s; it may have arrived all the same"


async def test_an_answer_that_comes_in_drops_ends_with_the_way_s_time() -> None:
    async def drops(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n")
        while True:
            writer.write(b"X: y\r\n")
            await writer.drain()
            await asyncio.sleep(0.01)

    async with listening(drops) as port, sender(WayKind.WECOM, f"http://127.0.0.1:{port}", "", 0.1) as way:
        assert (await way.send()).detail.startswith("no answer within 0.1 s")


@pytest.mark.parametrize("kind", KINDS)
async def test_nobody_there_is_a_failure(kind: WayKind) -> None:
    async with service(silent) as base:
        pass
    async with sender(kind, base, KEY) as way:
        answer = await way.send()
    assert (answer.outcome, answer.is_retry_useful) == (Outcome.FAILED, True)
    assert answer.detail.startswith("no connection (ConnectError)")


@pytest.mark.parametrize("kind", KINDS)
async def test_a_redirect_is_not_followed(kind: WayKind) -> None:
    async with service(saying(http(200, {"errcode": 0, "code": 0}))) as elsewhere:
        answer = await answer_to(kind, saying(http(302, {"errcode": 0, "code": 0}, Location=elsewhere)))
    assert answer.outcome is Outcome.REFUSED
    assert "sent elsewhere, which is not followed" in answer.detail


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize(
    "body", [b"", b"<html>sign in to the hotel</html>", b"{}", b"[0]", b'{"errcode": true}']
)
async def test_success_without_the_service_s_word_is_no_acceptance(kind: WayKind, body: bytes) -> None:
    answer = await answer_to(kind, saying(http(200, body)))
    assert answer.outcome is Outcome.FAILED
    assert "is something in between?" in answer.detail


@pytest.mark.parametrize("kind", KINDS)
async def test_a_huge_answer_is_not_kept(kind: WayKind) -> None:
    answer = await answer_to(kind, saying(http(200, b'{"errcode":0,"code":0,"x":"' + b"x" * 500_000 + b'"}')))
    assert (answer.outcome, answer.detail) == (
        Outcome.FAILED,
        "HTTP 200: the answer is longer than 65536 bytes",
    )


@pytest.mark.parametrize("kind", KINDS)
async def test_what_is_not_http_is_a_failure(kind: WayKind) -> None:
    answer = await answer_to(kind, saying(b"220 mail.example ESMTP\r\n"))
    assert (answer.outcome, answer.is_retry_useful) == (Outcome.FAILED, True)
    assert answer.detail.startswith("no connection (RemoteProtocolError)")


@pytest.mark.parametrize(
    ("status", "headers", "outcome", "wait_s"),
    [
        (429, {"Retry_After": "30"}, Outcome.FAILED, 30.0),
        (503, {"Retry_After": "Wed, 21 Oct 2026 07:28:00 GMT"}, Outcome.FAILED, None),
        (500, {"Retry_After": "-1"}, Outcome.FAILED, None),
        (408, {}, Outcome.FAILED, None),
        (401, {"Retry_After": "30"}, Outcome.REFUSED, None),
        (404, {}, Outcome.REFUSED, None),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_a_status_without_more_is_judged_alone(
    kind: WayKind, status: int, headers: dict[str, str], outcome: Outcome, wait_s: float | None
) -> None:
    answer = await answer_to(kind, saying(http(status, b"", **headers)))
    assert (answer.outcome, answer.retry_after_s, answer.detail) == (outcome, wait_s, f"HTTP {status}")


@pytest.mark.parametrize(
    ("service_", "body", "outcome", "words"),
    [
        (
            Feishu("Feishu"),
            b'{"StatusCode":0,"code":9499,"msg":"too many request"}',
            Outcome.FAILED,
            "code 9499",
        ),
        (Feishu("Feishu"), b'{"StatusCode":0,"code":9499,"msg":"Bad Request"}', Outcome.REFUSED, "code 9499"),
        (Feishu("Feishu"), b'{"StatusCode":0,"StatusMessage":"success"}', Outcome.ACCEPTED, "StatusCode 0"),
        (
            Feishu("Lark"),
            b'{"StatusCode":0,"code":19007,"msg":"Bot Not Enabled"}',
            Outcome.REFUSED,
            "switched off",
        ),
        (DingTalk(), b'{"errcode":-1,"errmsg":"busy"}', Outcome.FAILED, "errcode -1: busy"),
        (DingTalk(), b'{"errcode":987654,"errmsg":"new"}', Outcome.REFUSED, "errcode 987654: new"),
        (WeCom(), b'{"errcode":40058}', Outcome.REFUSED, "no reason given"),
        (Webhook(), b"", Outcome.ACCEPTED, "HTTP 200"),
        (Webhook(), b'{"accepted":false,"detail":"no line"}', Outcome.REFUSED, "no line"),
        (Webhook(), b'{"accepted":false,"retry":true}', Outcome.FAILED, "no reason given"),
    ],
)
def test_answers_worked_out(service_: Service, body: bytes, outcome: Outcome, words: str) -> None:
    answer = service_.judge(Reply(200, body))
    assert answer.outcome is outcome
    assert words in answer.detail


def test_an_unknown_code_under_a_passing_status_may_pass() -> None:
    assert DingTalk().judge(Reply(500, b'{"errcode":987654}')).outcome is Outcome.FAILED
    assert DingTalk().judge(Reply(400, b'{"errcode":987654}')).outcome is Outcome.REFUSED
    assert DingTalk().judge(Reply(500, b'{"errcode":0}')).outcome is Outcome.FAILED


NUMBERS = st.sampled_from([0, -1, 310000, 130101, 93000, 45009, 19021, 9499, 11232]) | st.integers()
VALUES = st.none() | st.booleans() | NUMBERS | st.floats() | st.text() | st.lists(st.integers())
NAMES = st.sampled_from(
    ["errcode", "errmsg", "code", "msg", "StatusCode", "StatusMessage", "accepted", "retry", "detail"]
)
OBJECTS = st.dictionaries(NAMES, VALUES)


def _written(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields).encode()


HOSTILE = st.sampled_from(
    [b"[" * 100_000, b'{"errcode":' + b"9" * 5000 + b"}", b'{"errcode":NaN}', b"\xff{}"]
)
BODIES = st.binary(max_size=200) | OBJECTS.map(_written) | HOSTILE


@given(st.sampled_from(SERVICES), st.integers(100, 999), BODIES, st.none() | st.floats(0, 86_400))
def test_whatever_is_answered_is_judged(it: Service, status: int, body: bytes, wait_s: float | None) -> None:
    answer = it.judge(Reply(status, body, wait_s))
    assert is_consistent(answer)
    assert answer.detail
    if answer.outcome is Outcome.ACCEPTED:
        assert 200 <= status < 300


@settings(max_examples=40)
@given(st.binary(max_size=300), st.integers(0, 9999), st.binary(max_size=80), st.sampled_from(KINDS))
async def test_whatever_bytes_come_over_the_wire_are_judged(
    raw: bytes, status: int, header: bytes, kind: WayKind
) -> None:
    framed = b"HTTP/1.1 %d \r\n%s\r\nContent-Length: %d\r\n\r\n%s" % (status, header, len(raw), raw)
    async with service(saying(raw)) as bare, service(saying(framed)) as other, sender(kind, bare, KEY) as way:
        assert is_consistent(await way.send())
        way.keep(other, KEY)
        assert is_consistent(await way.send())


def _not_vouched_for(folder: Path) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = (
        made.serial_number(1)
        .not_valid_before(AT - timedelta(days=900))
        .not_valid_after(AT + timedelta(days=9000))
    )
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    signed = made.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "both.pem").write_bytes(secret + signed.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context


async def test_a_certificate_nobody_vouches_for_ends_it(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def hears(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read())

    async with listening(hears, _not_vouched_for(tmp_path)) as port, sender(WayKind.WECOM, "") as way:
        way.keep(f"https://127.0.0.1:{port}/send?key=b1946ac92492")
        answer = await way.send()
    assert answer.outcome is Outcome.FAILED
    assert "CERTIFICATE_VERIFY_FAILED" in answer.detail
    assert not any(heard)


NOT_TO_BE_USED = [
    "http://robot.example/x",
    "ftp://robot.example",
    "https://",
    "nothing",
    "https://[::1",
    "http://127.0.0.1:99999",
]


@pytest.mark.parametrize("url", NOT_TO_BE_USED)
async def test_only_https_or_this_machine(url: str) -> None:
    async with sender(WayKind.WECOM, url) as way:
        answer = await way.send()
    assert answer.outcome is Outcome.REFUSED
    assert "secret 'robot'" in answer.detail


async def test_a_fault_of_ours_does_not_leave_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> Callable[[], None]:
        raise ZeroDivisionError("with the secret in it")

    monkeypatch.setattr(WeCom, "request", broken)
    async with sender(WayKind.WECOM, "https://robot.example/x") as way:
        answer = await way.send()
    assert answer.outcome is Outcome.FAILED
    assert answer.detail.startswith("a fault of our own: ZeroDivisionError in broken")
