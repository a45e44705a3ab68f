"""What people may not do: each deed, with the sentence in both languages, and nothing comes of it."""

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from alarms import batches, permit
from config.plant import Plant
from monitor.collector import duty, pipeline, plants
from monitor.collector.commands import NOTHING
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.server.why import CHINESE, in_chinese
from tests.people import signed
from tests.server.acting import CLOSE, FAN, acting
from tests.server.collector import ALARM, Collector
from tests.server.conftest import PASSWORD, Running
from tests.server.hands import Hands

WHO = {"name": "wang", "password": PASSWORD}
UNSEEN = {"alarm": ALARM, "raised_at": "2026-03-01T00:00:00Z"}
WHY = {"reason": "the sensor is changed"}
SHIFT = {"zone": "STM-L1-CORE", "occupancy": "at_rest", "reason": " "}
WORK = {"alarm": ALARM, **WHY, "work_order": "WO-1024", "second": WHO}
BOTH = {"protection": FAN, "role": "operator", "others": [{"role": "engineer", "person": WHO}]}
OVER_EN, OVER_ZH = "It may not be done, or is done already: ", "不允许该操作，或已执行："
ONE_EN, ONE_ZH = f"{ALARM} is critical: a second person has to agree", f"{ALARM}为关键报警，须第二人同意"


@dataclass(frozen=True)
class Deed:
    """One deed by one person, also as the second where it takes two, and why not; `until` is in so many hours."""

    path: str
    body: dict[str, Any]
    english: str
    chinese: str


DEEDS = [
    Deed(
        "alarms/acknowledge",
        signed(UNSEEN, PASSWORD),
        f"that occurrence of {ALARM} is over or was acknowledged before",
        f"{ALARM}的该次报警已结束或已确认",
    ),
    Deed(
        "alarms/reset",
        UNSEEN,
        f"that occurrence of {ALARM} is over, or its condition still holds",
        f"{ALARM}的该次报警已结束，或条件仍然存在",
    ),
    Deed("alarms/shelve", {"alarm": ALARM, **WHY, "second": WHO, "until": 1}, ONE_EN, ONE_ZH),
    Deed("alarms/unshelve", {"alarm": ALARM}, f"{ALARM} is not shelved", f"{ALARM}未搁置"),
    Deed("alarms/out-of-service", WORK, ONE_EN, ONE_ZH),
    Deed("alarms/in-service", {"alarm": ALARM}, f"{ALARM} is in service", f"{ALARM}在用"),
    Deed("zones/occupancy", SHIFT, "it needs a reason", "需要填写原因"),
    Deed(
        "protections/confirm",
        {"protection": FAN},
        f"{FAN} does not wait for a confirmation",
        f"{FAN}不在等待确认",
    ),
    Deed("protections/reset", BOTH, "each person signs once, in one role", "每人只能以一个角色签名一次"),
    Deed(
        "protections/inhibit",
        {"protection": CLOSE, **WHY, "second": WHO, "until": 1},
        "switching it off: a second person has to agree",
        "停用须第二人同意",
    ),
    Deed("protections/rearm", {"protection": FAN}, f"{FAN} is not switched off", f"{FAN}未停用"),
]
WITH_PASSWORD = [deed for deed in DEEDS if PASSWORD in str(deed.body)]


@pytest.fixture(scope="module")
def plant(plant: Plant) -> Plant:
    return acting(plant)


def asked(body: dict[str, Any], hands: Hands) -> dict[str, Any]:
    if "until" not in body:
        return body
    return {**body, "until": (hands.at + timedelta(hours=body["until"])).isoformat()}


def raised(collector: Collector) -> None:
    collector.measure(10.0)
    assert ALARM in collector.alarms


@pytest.mark.parametrize("deed", DEEDS, ids=[deed.path for deed in DEEDS])
async def test_what_may_not_be_done_now_is_refused_in_both_languages(
    collector: Collector,
    keeping: Running,
    hands: Hands,
    deed: Deed,
) -> None:
    if deed.path == "protections/inhibit":
        collector.measure(52.5)
    else:
        raised(collector)
    before = collector.state
    async with keeping.client(keeping.sign_in(name="wang")) as client:
        for language, sentence in (
            ("en", f"{OVER_EN}{deed.english}."),
            ("zh-CN", f"{OVER_ZH}{deed.chinese}。"),
        ):
            answer = await client.post(
                f"{API}/{deed.path}", json=asked(deed.body, hands), headers={"Accept-Language": language}
            )
            assert (answer.status_code, answer.json()["detail"]) == (409, sentence)
    assert collector.state == before


async def test_a_viewer_and_whoever_is_not_signed_in_do_none_of_it(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    raised(collector)
    before = collector.state
    for token, status in ((keeping.sign_in(Role.VIEWER), 403), ("", 401), ("no-such-token", 401)):
        async with keeping.client(token) as client:
            for deed in DEEDS:
                answer = await client.post(f"{API}/{deed.path}", json=asked(deed.body, hands))
                assert answer.status_code == status, deed.path
    assert collector.state == before


async def test_a_wrong_password_ends_every_deed_that_takes_one(
    collector: Collector, keeping: Running, hands: Hands
) -> None:
    raised(collector)
    before = collector.state
    assert len(WITH_PASSWORD) == 5
    async with keeping.client(keeping.sign_in(name="li")) as client:
        for deed in WITH_PASSWORD:
            wrong = ast.literal_eval(str(asked(deed.body, hands)).replace(PASSWORD, "wrong"))
            answer = await client.post(f"{API}/{deed.path}", json=wrong)
            assert (answer.status_code, "wrong" in answer.json()["detail"]) == (401, True), deed.path
    assert collector.state == before


def said_by_permit() -> Iterator[str]:
    """Give every sentence in the source of what may be done, also to batches; {} where something is filled in."""
    for module in (permit, batches):
        for function in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(function, ast.FunctionDef):
                documented = bool(ast.get_docstring(function))
                for statement in function.body[documented:]:
                    yield from _sentences(statement)


def said_of_another_plant() -> Iterator[str]:
    """Give every sentence by which the collector refuses another plant, or what its journal does not take."""
    for module in (pipeline, plants):
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in {"TurnError", "RefusedError"}:
                yield from (one for argument in node.args for one in _sentences(argument))
    (runs,) = ast.parse(inspect.getsource(plants.what_runs_otherwise)).body
    assert isinstance(runs, ast.FunctionDef)
    yield from (one for statement in runs.body[1:] for one in _sentences(statement))


def said_of_a_substitution() -> Iterator[str]:
    """Give every sentence by which the collector does not note that somebody has another one's turn."""
    for node in ast.walk(ast.parse(inspect.getsource(duty))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "HTTPException":
            status, why = node.args
            if isinstance(status, ast.Constant) and status.value == 409:
                yield from _sentences(why)


def _sentences(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
        yield node.value
    else:
        for child in ast.iter_child_nodes(node):
            yield from _sentences(child)


def test_every_sentence_of_the_collector_has_its_chinese_and_no_other_has() -> None:
    said, agreed = set(said_by_permit()), "{}: a second person has to agree"
    because = {"{} is critical", "switching it off"}
    assert because | {agreed, "it needs a reason"} < said
    said = said - because - {agreed} | {agreed.replace("{}", one) for one in because}
    others = {*NOTHING.values(), *said_of_another_plant(), *said_of_a_substitution()}
    assert said | others == set(CHINESE)


def test_what_is_filled_in_stands_in_the_chinese_too() -> None:
    for english, chinese in CHINESE.items():
        assert english.count("{}") == chinese.count("{}"), english
        told = in_chinese(english.replace("{}", "ISO/P-01"))
        assert told == chinese.replace("{}", "ISO/P-01")
        assert re.search(r"[\u4e00-\u9fff]", told), english
    assert in_chinese("something new") == "“something new”"
