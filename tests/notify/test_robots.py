"""Robots of DingTalk, WeCom, Feishu and Lark against stand-ins that judge as the services do."""

import base64
import subprocess
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.calls import Outcome
from config.duty import WayKind
from monitor.notify import dingtalk, feishu
from monitor.notify.dingtalk import DingTalk
from monitor.notify.feishu import Feishu
from monitor.notify.secrets import Secret
from monitor.notify.way import Letter
from monitor.notify.wecom import WeCom
from tests.notify.rig import AT, Clock, letter, sender
from tests.notify.standins import DingTalkRobot, FeishuRobot, WeComRobot, service

ROBOT = "https://robot.example/send?access_token=5f0e1d2c3b4a5968"


def openssl(key: bytes, content: bytes) -> str:
    """HMAC-SHA256 by another program than the one under test."""
    command = ["openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary"]
    return base64.b64encode(
        subprocess.run(command, input=content, capture_output=True, check=True).stdout
    ).decode()


def test_dingtalk_signs_its_milliseconds_with_the_key() -> None:
    url = dingtalk.signed_url(Secret("robot", ROBOT, "SECa1b2c3d4"), AT)
    query = parse_qs(urlsplit(url).query)
    assert query["access_token"] == ["5f0e1d2c3b4a5968"]
    assert query["timestamp"] == ["1795249815250"]
    assert query["sign"] == [openssl(b"SECa1b2c3d4", b"1795249815250\nSECa1b2c3d4")]


def test_feishu_signs_nothing_with_seconds_and_key() -> None:
    assert feishu.signature(Secret("robot", ROBOT, "Kq3vT8sX"), AT) == openssl(b"1795249815\nKq3vT8sX", b"")


async def test_dingtalk_delivers_and_mentions() -> None:
    robot = DingTalkRobot(Clock(), keyword="Grade A")
    async with service(robot) as base, sender(WayKind.DINGTALK, base + robot.path, robot.key) as way:
        assert (await way.send(letter("13800001111"))).outcome is Outcome.ACCEPTED
        assert (await way.send(letter("user:0123456789"))).outcome is Outcome.ACCEPTED
        assert (await way.send(letter())).detail == "DingTalk errcode 0"
    by_mobile, by_id, nobody = robot.taken
    assert by_mobile["at"] == {"atMobiles": ["13800001111"], "atUserIds": [], "isAtAll": False}
    assert by_mobile["markdown"]["text"].startswith("@13800001111 **Grade A action")
    assert by_id["at"]["atUserIds"] == ["0123456789"]
    assert "(https://gradewatch.example/#/call/7)" in nobody["markdown"]["text"]


async def test_dingtalk_refuses_under_http_200() -> None:
    robot = DingTalkRobot(Clock(), keyword="瓶")
    async with service(robot) as base, sender(WayKind.DINGTALK, base + robot.path, "SECwrong") as way:
        wrong_key = await way.send()
        way.keep(base + robot.path, robot.key)
        no_keyword = await way.send()
        way.keep(base + "/robot/send?access_token=of-nobody", robot.key)
        no_robot = await way.send()
    assert robot.taken == []
    for answer, words in (
        (wrong_key, "DingTalk errcode 310000: sign not match"),
        (no_keyword, "DingTalk errcode 310000: keywords not in content"),
        (no_robot, "DingTalk errcode 300005: token is not exist"),
    ):
        assert answer.outcome is Outcome.REFUSED
        assert not answer.is_retry_useful
        assert answer.detail.startswith(words)


async def test_dingtalk_says_how_long_it_wants_to_be_left_alone() -> None:
    robot = DingTalkRobot(Clock())
    robot.minute = [AT] * 20
    async with service(robot) as base, sender(WayKind.DINGTALK, base + robot.path, robot.key) as way:
        answer = await way.send()
    assert (answer.outcome, answer.is_retry_useful, answer.retry_after_s) == (Outcome.FAILED, True, 600.0)
    assert "130101" in answer.detail


async def test_a_clock_that_is_off_is_named() -> None:
    late = Clock()
    late.at = AT + timedelta(hours=2)
    ding, fei = DingTalkRobot(late), FeishuRobot(late)
    async with service(ding) as base, sender(WayKind.DINGTALK, base + ding.path, ding.key) as way:
        assert "invalid timestamp" in (await way.send()).detail
    async with service(fei) as base, sender(WayKind.LARK, base + fei.path, fei.key) as way:
        assert (await way.send()).detail.startswith("Lark code 19021: sign match fail")


async def test_wecom_delivers_and_mentions() -> None:
    robot = WeComRobot()
    async with service(robot) as base, sender(WayKind.WECOM, base + robot.path) as way:
        assert (await way.send(letter("13800001111"))).outcome is Outcome.ACCEPTED
        assert (await way.send(letter("zhang.wei"))).outcome is Outcome.ACCEPTED
    by_mobile, by_id = robot.taken
    assert by_mobile["text"]["mentioned_mobile_list"] == ["13800001111"]
    assert by_mobile["text"]["content"].endswith("\nhttps://gradewatch.example/#/call/7")
    assert by_id["markdown"]["content"].startswith("<@zhang.wei> **Grade A action")


async def test_wecom_refuses_and_fails_under_http_200() -> None:
    robot = WeComRobot(left=0)
    async with service(robot) as base, sender(WayKind.WECOM, base + robot.path) as way:
        too_often = await way.send()
        way.keep(base + "/cgi-bin/webhook/send?key=00000000-of-nobody")
        no_robot = await way.send()
    assert (too_often.outcome, too_often.retry_after_s) == (Outcome.FAILED, 60.0)
    assert too_often.detail.startswith("WeCom errcode 45009: api freq out of limit")
    assert (no_robot.outcome, no_robot.is_retry_useful) == (Outcome.REFUSED, False)
    assert no_robot.detail.startswith("WeCom errcode 93000: invalid webhook url")


async def test_feishu_delivers_a_card_and_mentions() -> None:
    robot = FeishuRobot(Clock(), keyword="Grade A")
    async with service(robot) as base, sender(WayKind.FEISHU, base + robot.path, robot.key) as way:
        assert (await way.send(letter("ou_8f7e6d"))).outcome is Outcome.ACCEPTED
        assert (await way.send(letter("13800001111"))).outcome is Outcome.ACCEPTED
    by_id, by_mobile = (taken["card"] for taken in robot.taken)
    assert by_id["elements"][0]["content"].startswith("<at id=ou_8f7e6d></at>\n")
    assert by_id["elements"][1]["actions"][0]["url"] == "https://gradewatch.example/#/call/7"
    assert by_id["header"]["template"] == "red"
    assert "<at" not in by_mobile["elements"][0]["content"]


async def test_feishu_refuses_and_fails_under_http_200() -> None:
    robot = FeishuRobot(Clock(), left=0)
    async with (
        service(robot) as base,
        sender(WayKind.FEISHU, base + robot.path, "a wrong key".replace(" ", "")) as way,
    ):
        wrong_key = await way.send()
        way.keep(base + robot.path, robot.key)
        too_often = await way.send()
        robot.keyword = "瓶"
        no_keyword = await way.send()
        way.keep(base + "/open-apis/bot/v2/hook/of-nobody-at-all", robot.key)
        no_robot = await way.send()
    assert wrong_key.outcome is no_keyword.outcome is no_robot.outcome is Outcome.REFUSED
    assert wrong_key.detail.startswith("Feishu code 19021")
    assert no_keyword.detail.startswith("Feishu code 19024: Key Words Not Found")
    assert no_robot.detail.startswith("Feishu code 19001")
    assert (too_often.outcome, too_often.is_retry_useful) == (Outcome.FAILED, True)
    assert too_often.detail.startswith("Feishu code 11232: frequency limited")


TEXTS = st.text(max_size=60) | st.sampled_from(
    ["中" * 40, '"', "\n" * 60, "\\", "\x00" * 40, "\ud800", "é", "🧫"]
)
LONG = st.builds(lambda text, times: text * times, TEXTS, st.integers(0, 600))


def _bytes(it: Letter) -> tuple[int, int, int]:
    secret = Secret("robot", ROBOT, "SECa1b2c3d4")
    bodies = [one.request(secret, it, AT).body for one in (DingTalk(), WeCom(), Feishu("Feishu"))]
    return len(bodies[0]), len(bodies[1]), len(bodies[2])


@given(LONG, st.sampled_from(["", "13800001111", "zhang.wei"]), st.sampled_from(["en", "zh"]))
def test_no_message_is_longer_than_its_service_takes(text: str, to: str, language: str) -> None:
    ding, wecom, fei = _bytes(letter(to, text, language))
    assert ding <= 20_000
    assert wecom <= 4096 + len('{"msgtype": "markdown", "markdown": {"content": ""}}')
    assert fei <= 20 * 1024


@pytest.mark.parametrize(("language", "note"), [("en", "\n… (shortened)"), ("zh", "\n……（已截断）")])
async def test_what_is_cut_says_so_and_keeps_its_link(language: str, note: str) -> None:
    robot = WeComRobot()
    async with service(robot) as base, sender(WayKind.WECOM, base + robot.path) as way:
        assert (await way.send(letter("", "压差低" * 2000, language))).outcome is Outcome.ACCEPTED
        assert (await way.send(letter("13800001111", "压差低" * 2000, language))).outcome is Outcome.ACCEPTED
    markdown, text = robot.taken[0]["markdown"]["content"], robot.taken[1]["text"]["content"]
    assert note in markdown
    assert markdown.endswith("(https://gradewatch.example/#/call/7)")
    assert note + "\nhttps://gradewatch.example/#/call/7" in text
