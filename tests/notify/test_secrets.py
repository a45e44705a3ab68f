"""Secrets are found, and never told: not by a detail, a log or a repr, however the other end gives them back."""

import html
import json
import logging
import string
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.duty import WayKind
from monitor.notify.dingtalk import DingTalk
from monitor.notify.feishu import Feishu
from monitor.notify.post import Reply, Service, told
from monitor.notify.secrets import Secret, SecretError, Secrets, variable
from monitor.notify.way import Answer, failed
from monitor.notify.webhook import Webhook
from monitor.notify.wecom import WeCom
from tests.notify.mail import MailServer
from tests.notify.rig import AT, letter, sender
from tests.notify.standins import Asked, Handler, http, service

SERVICES: list[Service] = [DingTalk(), WeCom(), Feishu("Feishu"), Feishu("Lark"), Webhook()]
TOKENS = st.text(string.ascii_letters + string.digits + "-_+=/!$*~'\"\\<>&;|é中", min_size=8, max_size=40)
ECHOES: list[Callable[[str], str]] = [
    lambda text: text,
    quote,
    quote_plus,
    lambda text: quote(text, safe=""),
    lambda text: quote(text, safe="").lower() if text.isascii() and text == text.lower() else text,
    html.escape,
    lambda text: json.dumps(text)[1:-1],
    lambda text: repr(text.encode())[2:-1],
    lambda text: text[:3] + "\x00" + text[3:],
]


STATUSES = st.tuples(st.integers(100, 599), st.sampled_from([0, -1, 310000, 45009, 9499, 777]))


@given(
    st.sampled_from(SERVICES),
    st.tuples(TOKENS, TOKENS),
    st.sampled_from(ECHOES),
    STATUSES,
    st.text(max_size=320),
)
def test_what_the_other_end_says_back_is_hidden(
    it: Service, keys: tuple[str, str], echo: Callable[[str], str], said: tuple[int, int], around: str
) -> None:
    (token, key), (status, code) = keys, said
    url = f"https://robot.example/hook/send?access_token={quote(token, safe='')}"
    message = around + echo(token) + echo(url) + " " + echo(key) + around
    fields = {
        "errcode": code,
        "errmsg": message,
        "code": code,
        "msg": message,
        "accepted": False,
        "detail": message,
    }
    answer = told(it.judge(Reply(status, json.dumps(fields).encode())), Secret("robot", url, key))
    for secret in (token, quote(token, safe=""), key, url):
        assert secret not in answer.detail
        assert secret not in repr(answer)


@given(st.text(max_size=400), TOKENS, st.text(max_size=400))
def test_it_is_hidden_before_it_is_cut(before: str, key: str, after: str) -> None:
    detail = told(failed(before + key + after), Secret("robot", "https://robot.example", key)).detail
    assert key not in detail
    assert len(detail.encode()) <= 400


def test_no_part_of_it_is_left_at_the_cut() -> None:
    secret = Secret("robot", "https://robot.example", "SECa1b2c3d4e5f60718293a4b5c6d7e8f90")
    for before in range(200, 320):
        assert "SECa1" not in told(failed("x" * before + secret.key + "y" * 200), secret).detail


def test_a_key_that_begins_like_another_is_hidden_to_its_end() -> None:
    secret = Secret("robot", "https://robot.example/?token=SECa1b2c3", "SECa1b2c3d4e5f607")
    assert secret.hide("SECa1b2c3d4e5f607 and SECa1b2c3") == "*** and ***"


def test_a_repr_shows_a_name_alone() -> None:
    secret = Secret("robot", "https://robot.example/?key=b1946ac92492", "SECa1b2c3d4")
    request = DingTalk().request(secret, letter(), AT)
    secrets = Secrets({"GRADEWATCH_WAY_ROBOT": secret.url}, Path("/data/ways"))
    shown = f"{secret!r} {secret} {request!r} {secrets!r} {[secret]}"
    assert "b1946ac92492" not in shown
    assert "SECa1b2c3d4" not in shown
    assert "'robot'" in shown


def _says_all_back(status: int) -> Handler:
    """It gives back all that it was asked with: address, signature, body."""

    async def handler(asked: Asked) -> bytes:
        told_back = f"{asked.target} {asked.headers} {asked.body.decode()}"
        return http(
            status, {"errcode": 1, "errmsg": told_back, "code": 1, "msg": told_back, "detail": told_back}
        )

    return handler


@pytest.mark.parametrize("kind", [one for one in WayKind if one is not WayKind.APPRISE])
@pytest.mark.parametrize("status", [200, 302, 401, 503])
async def test_nothing_secret_reaches_a_log(
    kind: WayKind, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with sender(kind, "") as way:
        async with service(_says_all_back(status)) as base:
            way.keep(f"{base}/hook/b1946ac92492?token=c0ffee254729", "SECa1b2c3d4e5f6")
            answers = [await way.send()]
        answers.append(await way.send())
    _holds_nothing(answers, caplog, "b1946ac92492", "c0ffee254729", "SECa1b2c3d4e5f6")


@pytest.mark.parametrize(
    "form", ["json://{}/b1946ac92492/?-X-Key=c0ffee254729", "ntfy://user:c0ffee254729@{}/b1946ac92492"]
)
async def test_nor_what_apprise_says(form: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with service(_says_all_back(401)) as base, sender(WayKind.APPRISE, form.format(base[7:])) as way:
        answers = [await way.send()]
        way.keep(form.format("127.0.0.1:9"))
        answers.append(await way.send())
        way.keep(form.format(base[7:]).replace("://", "-unknown://"))
        answers.append(await way.send())
    _holds_nothing(answers, caplog, "b1946ac92492", "c0ffee254729")


async def test_nor_a_password_that_a_mail_server_says_back(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with MailServer(password="another").open() as server, sender(WayKind.APPRISE, "") as way:
        way.keep(server.url().replace("another", "p%2F-8Hq2wX"))
        answer = await way.send(letter("ops@plant.example"))
    assert "(535" in answer.detail
    _holds_nothing([answer], caplog, "p/-8Hq2wX", "p%2F-8Hq2wX", "8Hq2wX")


def _holds_nothing(answers: list[Answer], caplog: pytest.LogCaptureFixture, *secrets: str) -> None:
    shown = repr(answers) + caplog.text
    for secret in secrets:
        assert secret not in shown


def test_the_environment_comes_before_the_file(tmp_path: Path) -> None:
    _write(tmp_path / "night-robot", "https://file.example/")
    assert variable("night-robot") == "GRADEWATCH_WAY_NIGHT_ROBOT"
    assert Secrets({}, tmp_path).read("night-robot").url == "https://file.example/"
    environ = {"GRADEWATCH_WAY_NIGHT_ROBOT": ' {"url": "https://environment.example/", "key": "SECa1b2"}\n'}
    both = Secrets(environ, tmp_path).read("night-robot")
    assert (both.url, both.key) == ("https://environment.example/", "SECa1b2")


def test_a_secret_that_was_changed_counts_at_once(tmp_path: Path) -> None:
    secrets = Secrets({}, tmp_path)
    _write(tmp_path / "robot", "https://old.example/")
    assert secrets.read("robot").url == "https://old.example/"
    _write(tmp_path / "robot", "https://new.example/")
    assert secrets.read("robot").url == "https://new.example/"


def test_a_file_that_others_can_read_is_not_taken(tmp_path: Path) -> None:
    _write(tmp_path / "robot", "https://file.example/?key=b1946ac92492", mode=0o640)
    with pytest.raises(SecretError, match="open to others: chmod 600"):
        Secrets({}, tmp_path).read("robot")


@pytest.mark.parametrize("name", ["../robot", "a/b", "", ".", "robot\n", "-x"])
def test_a_name_does_not_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(SecretError, match="is no name of a secret"):
        Secrets({}, tmp_path / "ways").read(name)


def test_a_missing_one_says_where_it_is_looked_for(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=f"set GRADEWATCH_WAY_ROBOT or write {tmp_path}/robot"):
        Secrets({}, tmp_path).read("robot")


FAULTY = [
    "",
    "{",
    "{" * 9000,
    '{"key": "b1946ac92492"}',
    '{"url": 1, "key": "b1946ac92492"}',
    '{"url": "b1946ac92492", "more": ""}',
    "https://robot.example/ b1946ac92492",
    "b1946ac92492\x07",
    "b1946ac92492" * 2000,
]


@pytest.mark.parametrize("written", FAULTY)
def test_a_faulty_one_is_named_and_not_shown(written: str) -> None:
    with pytest.raises(SecretError, match="secret 'robot'") as caught:
        Secrets({"GRADEWATCH_WAY_ROBOT": written}, Path("/nonexistent")).read("robot")
    assert "b1946ac92492" not in str(caught.value)


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "robot").write_bytes(b"\xff\xfe")
    (tmp_path / "robot").chmod(0o600)
    with pytest.raises(SecretError, match="cannot be read: UnicodeDecodeError"):
        Secrets({}, tmp_path).read("robot")


def _write(path: Path, text: str, mode: int = 0o600) -> None:
    path.write_text(text)
    path.chmod(mode)
