"""Notices in words: whole letters as a person gets them, both languages held against one another, and nonsense."""

import math
import string
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.calls import Call, Calls, Notice, NoticeKind
from alarms.events import Alarm, Asked, AskState, Inhibited, ProtectionState, Running, RunningBatch
from alarms.state import State
from config.duty import Contact, Person, Way, WayKind
from config.model import Kind, Occupancy, Sample, Text
from config.plant import Plant
from config.rules import Bounds, Level, Priority
from monitor.notify import figures
from monitor.notify.message import LISTED, SUBJECT_MAX, letter_of
from monitor.notify.words import EN, ZH
from tests.loaded import loaded

AT = datetime(2026, 11, 21, 8, 3, 42, tzinfo=UTC)
PRESSURE = "ISO-STM-L1/chamber_pressure/action"
P01 = "ISO-STM-L1/P-01"
PEOPLE = {
    "li": Person("li", "en", (Contact("robot", "li"),)),
    "cao": Person("cao", "zh", (Contact("robot", "cao"),)),
}


@pytest.fixture(scope="module")
def plant() -> Plant:
    """The demo plant, with an address and one person of each language."""
    one = loaded(Path(__file__).parents[2] / "config" / "plants" / "demo")
    ways = {"robot": Way("robot", WayKind.WEBHOOK, Text("Robot of the shift", "班组机器人"), "robot")}
    return replace(one, duty=replace(one.duty, people=PEOPLE, ways=ways, address="https://monitor.example/"))


def alarm(key: str = PRESSURE, **facts: object) -> Alarm:
    """The chamber pressure at 12.4 Pa, unless told otherwise."""
    known = {"worst": 12.4, "priority": Priority.CRITICAL, "first_out": True, "level": Level.ACTION}
    given_facts = {"active": True, "acknowledged": False, "raised_at": AT, "changed_at": AT, **known, **facts}
    return Alarm(id=key, **given_facts)  # type: ignore[arg-type]  # test shorthand


def standing(*alarms: Alarm, **other: object) -> State:
    """A State in which people are called for some alarms."""
    calls = {one.id: Call(one.id, one.raised_at, "all", one.raised_at) for one in alarms}
    return State(alarms={one.id: one for one in alarms}, calls=Calls(open=calls), **other)  # type: ignore[arg-type]  # test shorthand


def notice(
    *alarms: Alarm, kind: NoticeKind = NoticeKind.ALARM, person: str = "li", **other: object
) -> Notice:
    """A Notice of some alarms."""
    told = tuple((one.id, one.raised_at) for one in alarms)
    facts = {"at": AT, "way": "robot", "to": person, "alarms": told, **other}
    return Notice(key="key", kind=kind, person=person, **facts)  # type: ignore[arg-type]  # test shorthand


OTHERS = (
    ("ISO-STM-L1/rh/alert", 71.0),
    ("PC-A-STM-L1/communication", None),
    ("ISO-STM-L1/temp/blind", None),
    ("service/database", None),
    ("service/lockout-of-wang", None),
    ("ISO-STM-L1/P-01/failed", None),
)
"""What comes after it, a second each."""


def others() -> list[Alarm]:
    """One alarm of each sort, none of them the first."""
    facts = {"level": Level.ALERT, "priority": Priority.MEDIUM, "first_out": False}
    return [
        alarm(key, raised_at=AT + timedelta(seconds=place), worst=worst, **facts)
        for place, (key, worst) in enumerate(OTHERS, 1)
    ]


def running(state: ProtectionState = ProtectionState.ACKED, *, failed: bool = False) -> dict[str, Running]:
    """P-01 as the lost pressure has triggered it."""
    asked = (Asked(AskState.ACKED, 1, AT, AT),)
    return {P01: Running(P01, state, AT, AT, (PRESSURE,), asked, failed=failed)}


def whole(plant: Plant, state: State, one: Notice) -> str:
    """Subject and text, as they are read one below the other."""
    letter = letter_of(plant, state, one)
    return f"{letter.subject}\n{letter.text}\n"


def seen(plant: Plant, pressure: float) -> dict[str, Sample]:
    """The isolator's last Sample, of which only the chamber pressure is told."""
    channel = plant.channels["ISO-STM-L1/chamber_pressure"]
    values = [math.nan] * len(plant.series[channel.series].channels)
    values[channel.place] = pressure
    return {channel.series: Sample(channel.series, AT, tuple(values), None, AT)}


# --- whole letters -------------------------------------------------------------------------------------

LOST_PRESSURE_EN = """\
CRITICAL · STM-L1 Isolator · Chamber pressure 12.4 Pa (≥ 20 Pa)
CRITICAL · action level · the first of its line: what follows may follow from it
Where: Isolator (STM-L1-A-ISO), grade A, MSC line 1
What: Chamber pressure 12.4 Pa, action limit ≥ 20 Pa (now 14.0 Pa)
Since: 2026-11-21 16:03:42 UTC+08:00
Done by itself: P-01 Isolator pressure lost: taken by the machine, not verified yet
Instruction: Close open containers. Look at gloves and seals. Do not open a port.
If nobody acts: Room air may reach the open product within seconds.
What to do: Close open containers; look at gloves, seals and ports.
Respond within: 30 s
Procedure: SOP-ISO-003 v2
"""
LOST_PRESSURE_ZH = """\
紧急 · STM-L1 隔离器 · 舱室压力 12.4 Pa (≥ 20 Pa)
紧急 · 纠偏级 · 本生产线首发报警，后续报警可能由其引起
位置：隔离器 (STM-L1-A-ISO)，A级，MSC一号线
内容：舱室压力 12.4 Pa，纠偏限 ≥ 20 Pa (当前 14.0 Pa)
开始时间：2026-11-21 16:03:42 UTC+08:00
自动执行：P-01 隔离器压力丧失：设备已接受，尚未验证
操作指示：盖好敞口容器，检查手套与密封，不得打开任何端口。
不处理的后果：房间空气可能在数秒内接触暴露产品。
处置：盖好敞口容器；检查手套、密封与端口。
响应时限：30 s
规程：SOP-ISO-003 v2
"""
GROUP_EN = """\
CRITICAL · 7 alarms · first: STM-L1 Isolator Chamber pressure 12.4 Pa
7 alarms. This came first:
CRITICAL · action level · the first of its line: what follows may follow from it
Where: Isolator (STM-L1-A-ISO), grade A, MSC line 1
What: Chamber pressure 12.4 Pa, action limit ≥ 20 Pa
Since: 2026-11-21 16:03:42 UTC+08:00
Done by itself: nothing
If nobody acts: Room air may reach the open product within seconds.
What to do: Close open containers; look at gloves, seals and ports.
Respond within: 30 s
Procedure: SOP-ISO-003 v2
Also: Medium · STM-L1 Isolator · Chamber humidity 71.0 % RH (≤ 65 % RH) · 16:03:43
Also: Medium · STM-L1 Isolator · Particle counter in the isolator · communication lost · 16:03:44
Also: Medium · STM-L1 Isolator · Chamber temperature · no usable value · 16:03:45
Also: Medium · The database cannot be reached · 16:03:46
Also: Medium · Account locked: wang · 16:03:47
and 1 more
Left out, for they were acknowledged or are over: 1
Step 2: nobody has acknowledged it so far
Sent this way because “Robot of the shift” did not take it
"""
GROUP_ZH = """\
紧急 · 7个报警 · 首个：STM-L1 隔离器 舱室压力 12.4 Pa
共7个报警，首个如下：
紧急 · 纠偏级 · 本生产线首发报警，后续报警可能由其引起
位置：隔离器 (STM-L1-A-ISO)，A级，MSC一号线
内容：舱室压力 12.4 Pa，纠偏限 ≥ 20 Pa
开始时间：2026-11-21 16:03:42 UTC+08:00
自动执行：无
不处理的后果：房间空气可能在数秒内接触暴露产品。
处置：盖好敞口容器；检查手套、密封与端口。
响应时限：30 s
规程：SOP-ISO-003 v2
其他：中 · STM-L1 隔离器 · 舱室湿度 71.0 % RH (≤ 65 % RH) · 16:03:43
其他：中 · STM-L1 隔离器 · 隔离器粒子计数器 · 通信中断 · 16:03:44
其他：中 · STM-L1 隔离器 · 舱室温度 · 无可用值 · 16:03:45
其他：中 · 数据库无法访问 · 16:03:46
其他：中 · 账户已锁定：wang · 16:03:47
另有1个
期间已确认或已恢复的1个未列出
第2步升级：至今无人确认
因“班组机器人”未送达，改用本方式
"""
CLEAR_EN = """\
OVER · STM-L1 Isolator · Chamber pressure
Over since: 2026-11-21 16:05:10 UTC+08:00
What: STM-L1 Isolator · Chamber pressure
Since: 2026-11-21 16:03:42 UTC+08:00
Lasted: 88 s
Nobody has acknowledged it yet
"""
CLEAR_ZH = """\
已恢复 · STM-L1 隔离器 · 舱室压力
恢复时间：2026-11-21 16:05:10 UTC+08:00
内容：STM-L1 隔离器 · 舱室压力
开始时间：2026-11-21 16:03:42 UTC+08:00
持续：88 s
尚无人确认
"""
TEST_EN = """\
TEST, nothing is wrong
This is the weekly test page. Please confirm that it came.
Open the link, sign in, and press “It came”. Without a link: Gradewatch, page “On call”.
Sent: 2026-11-21 16:03:42 UTC+08:00
"""
TEST_ZH = """\
【测试】一切正常
这是每周测试通知，请确认已收到。
打开链接并登录，点击“已收到”。无链接时：Gradewatch 的“值班”页面。
发送时间：2026-11-21 16:03:42 UTC+08:00
"""


@pytest.mark.parametrize(("person", "letter"), [("li", LOST_PRESSURE_EN), ("cao", LOST_PRESSURE_ZH)])
def test_a_lost_pressure_is_told_whole(plant: Plant, person: str, letter: str) -> None:
    state = standing(alarm(), running=running(), seen=seen(plant, 14.0))
    assert whole(plant, state, notice(alarm(), person=person)) == letter


@pytest.mark.parametrize(
    ("person", "told"),
    [
        ("li", "Batch: B-1 (Mesenchymal stem cells), Harvest since 2026-11-21 15:03:42 UTC+08:00"),
        ("cao", "批次：B-1（间充质干细胞），收获，始于 2026-11-21 15:03:42 UTC+08:00"),
    ],
)
def test_the_batch_that_runs_there_is_told(plant: Plant, person: str, told: str) -> None:
    since = AT - timedelta(hours=1)
    one = RunningBatch("B-1", "MSC", "harvest", ("STM-L1-CORE",), AT - timedelta(hours=3), since, "wu")
    other = replace(one, id="B-2", product="wine", stage="press")
    lines = {"STM-L1": one, "STM-L2": other, "IMM-L1": replace(other, id="B-3")}

    def batches_of(key: str) -> list[str]:
        letter = letter_of(plant, standing(alarm(key), batches=lines), notice(alarm(key), person=person))
        return [line for line in letter.text.splitlines() if line.startswith(("Batch", "批次"))]

    assert batches_of(PRESSURE) == [told]
    assert batches_of("service/database") == []
    first, second = batches_of("VHP-STM/communication")
    assert first == told
    assert all(word in second for word in ("B-2", "wine", "press"))


@pytest.mark.parametrize(("person", "letter"), [("li", GROUP_EN), ("cao", GROUP_ZH)])
def test_a_group_says_how_many_which_was_first_and_what_is_left_out(
    plant: Plant, person: str, letter: str
) -> None:
    called = [alarm(), *others()]
    gone = alarm("ISO-STM-L1/hepa_dp_a/action")
    one = notice(
        *called,
        gone,
        kind=NoticeKind.GROUP,
        person=person,
        step=2,
        because="robot: HTTP 500 of https://secret",
    )
    assert whole(plant, standing(*called), one) == letter


@pytest.mark.parametrize(("person", "letter"), [("li", CLEAR_EN), ("cao", CLEAR_ZH)])
def test_what_is_over_says_since_when_and_how_long_it_lasted(plant: Plant, person: str, letter: str) -> None:
    over = notice(alarm(), kind=NoticeKind.CLEAR, person=person, at=AT + timedelta(seconds=88))
    assert whole(plant, standing(alarm(active=False)), over) == letter
    seen_by_somebody = whole(plant, State(), over)
    assert seen_by_somebody == letter[: letter.rstrip().rindex("\n") + 1]


@pytest.mark.parametrize(("person", "letter"), [("li", TEST_EN), ("cao", TEST_ZH)])
def test_a_test_page_asks_for_its_receipt(plant: Plant, person: str, letter: str) -> None:
    one = notice(kind=NoticeKind.TEST, person=person)
    assert whole(plant, State(), one) == letter
    assert letter_of(plant, State(), one).url == "https://monitor.example/#/on-call/key"


def test_a_canary_goes_to_nobody_and_says_that_nothing_is_wrong(plant: Plant) -> None:
    letter = letter_of(plant, State(), notice(kind=NoticeKind.CANARY, person=""))
    assert letter.subject == "Canary, nothing is wrong"
    assert (letter.url, letter.urgency) == ("", Priority.LOW)


# --- what it says -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "failed", "said"),
    [
        (ProtectionState.REQUESTED, False, "asked for, not verified yet"),
        (ProtectionState.VERIFIED, False, "verified"),
        (ProtectionState.LATCHED, True, "verified, held until persons end it, it has failed meanwhile"),
        (ProtectionState.FAILED, True, "FAILED, do it by hand"),
    ],
)
def test_what_was_done_says_whether_it_was_verified(
    plant: Plant, state: ProtectionState, failed: bool, said: str
) -> None:
    letter = letter_of(plant, standing(alarm(), running=running(state, failed=failed)), notice(alarm()))
    assert f"Done by itself: P-01 Isolator pressure lost: {said}\n" in letter.text


def test_what_waits_for_a_person_or_is_only_a_dry_run_or_switched_off_says_so(plant: Plant) -> None:
    triggered = standing(alarm(), running=running(ProtectionState.TRIGGERED))

    def told(**changed: object) -> str:
        other = replace(plant.protections[P01], **changed)  # type: ignore[arg-type]  # test shorthand
        return letter_of(replace(plant, protections={P01: other}), triggered, notice(alarm())).text

    assert "waits for a person's confirmation" in told(needs_confirmation=True)
    assert "only a dry run, nothing asked" in told(dry_run=True)
    off = standing(alarm(), inhibited={P01: Inhibited(AT, AT + timedelta(hours=1), "li", "cao", "")})
    text = letter_of(plant, off, notice(alarm())).text
    assert "P-01 Isolator pressure lost: switched off until 2026-11-21 17:03:42 UTC+08:00" in text
    assert "nothing\n" not in text


def test_a_protective_action_that_failed_is_told_by_its_name(plant: Plant) -> None:
    failed = alarm(f"{P01}/failed", worst=None)
    letter = letter_of(plant, standing(failed), notice(failed))
    assert (
        letter.subject
        == "CRITICAL · STM-L1 Isolator · P-01 Isolator pressure lost · protective action failed"
    )


def test_the_limit_is_the_one_by_which_it_was_raised(plant: Plant) -> None:
    limit = next(one for one in plant.limits if one.id == PRESSURE)
    former = standing(alarm(), raised_under={PRESSURE: replace(limit, low=25.0, high=None)})
    assert "action limit ≥ 25 Pa" in letter_of(plant, former, notice(alarm())).text
    resting = replace(limit, at_rest=Bounds(18.0, None))
    one = replace(plant, limits=(resting,))
    at_rest = standing(alarm(), occupancy={"STM-L1-A-ISO": Occupancy.AT_REST})
    assert "action limit ≥ 18 Pa" in letter_of(one, at_rest, notice(alarm())).text
    assert "action limit ≥ 20 Pa" in letter_of(one, standing(alarm()), notice(alarm())).text


def test_a_value_now_is_told_only_where_it_can_be_used_and_differs(plant: Plant) -> None:
    for now, is_told in ((14.0, True), (12.4, False), (math.nan, False)):
        text = letter_of(plant, standing(alarm(), seen=seen(plant, now)), notice(alarm())).text
        assert ("now" in text) is is_told


def test_a_state_is_told_by_its_name(plant: Plant) -> None:
    limit = next(
        one
        for one in plant.limits
        if one.channel in plant.channels and plant.channels[one.channel].model.states
    )
    states = plant.channels[limit.channel].model.states
    outside = next(value for value in states if not (limit.low or 0) <= value <= (limit.high or math.inf))
    one = alarm(limit.id, worst=float(outside), level=limit.level)
    for person, language in (("li", "en"), ("cao", "zh")):
        subject = letter_of(plant, standing(one), notice(one, person=person)).subject
        assert figures.said(states[outside], language) in subject


def test_bits_are_told_by_what_they_say_and_their_limit_in_words(plant: Plant) -> None:
    word = plant.channels[PRESSURE.rpartition("/")[0]]
    says = {1: Text("low airflow", "风量低")}
    word = replace(word, model=replace(word.model, kind=Kind.BITS, unit="", bits=says))
    limit = replace(plant.limits[0], id=f"{word.id}/alert", channel=word.id, low=None, high=0.5, at_rest=None)
    plant = replace(plant, channels={**plant.channels, word.id: word}, limits=(limit,))
    one = alarm(limit.id, worst=130.0, level=limit.level)
    for person, told in (("li", "low airflow, #7 (must be clear)"), ("cao", "风量低, #7 (须无置位)")):
        assert told in letter_of(plant, standing(one), notice(one, person=person)).subject
    assert [figures.bits(value, word.model, "en") for value in (0.0, math.nan)] == ["none", ""]
    assert figures.bits(18.0, replace(word.model, bits={}), "en") == "0x12"


def test_500_alarms_are_one_letter_of_few_lines(plant: Plant) -> None:
    storm = [alarm(), *(alarm(f"service/part{n}", priority=Priority.HIGH, worst=None) for n in range(499))]
    letter = letter_of(plant, standing(*storm), notice(*storm, kind=NoticeKind.GROUP))
    assert letter.subject.startswith("CRITICAL · 500 alarms · first: STM-L1 Isolator Chamber pressure")
    assert f"and {499 - LISTED} more" in letter.text
    assert len(letter.text.splitlines()) < 25
    assert letter.urgency is Priority.CRITICAL


def test_who_was_first_and_has_been_seen_makes_room_for_the_next(plant: Plant) -> None:
    state = standing(*others())
    letter = letter_of(plant, state, notice(alarm(), *others(), kind=NoticeKind.GROUP))
    assert letter.subject == "Medium · 6 alarms · first: STM-L1 Isolator Chamber humidity 71.0 % RH"
    assert "Left out, for they were acknowledged or are over: 1" in letter.text
    assert letter.urgency is Priority.MEDIUM


def test_the_link_leads_to_the_occurrence_and_is_not_there_without_an_address(plant: Plant) -> None:
    letter = letter_of(plant, standing(alarm()), notice(alarm()))
    place = f"{quote(PRESSURE, safe='')}/{quote(AT.isoformat(), safe='')}"
    assert letter.url == f"https://monitor.example/#/call/{place}"
    without = replace(plant, duty=replace(plant.duty, address=""))
    assert letter_of(without, standing(alarm()), notice(alarm())).url == ""


def test_nothing_that_a_device_says_becomes_a_mark_or_a_tag(plant: Plant) -> None:
    evil = alarm(
        "ISO-STM-L1/temp/blind", worst=None, detail="<at id=all></at> [here](http://x)\n**now**\u0007"
    )
    letter = letter_of(plant, standing(evil), notice(evil))
    line = next(one for one in letter.markdown.splitlines() if "Detail" in one)
    assert not set("<>[]`") & set(line)
    assert line.count("*") == 4
    assert "“<at id=all></at> [here](http://x) **now**”" in letter.text


# --- both languages ------------------------------------------------------------------------------------


def test_each_language_says_what_the_other_says() -> None:
    def holes(text: str) -> list[str]:
        return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)

    for one in fields(EN):
        en, zh = getattr(EN, one.name), getattr(ZH, one.name)
        pairs = [(en, zh)] if isinstance(en, str) else [(en[key], zh[key]) for key in en]
        assert isinstance(en, str) or set(en) == set(zh)
        for english, chinese in pairs:
            assert english, one.name
            assert chinese, one.name
            assert holes(english) == holes(chinese)
            assert one.name in {"colon", "comma", "quoted"} or any(letter > "\u2fff" for letter in chinese)
            assert not any("\u2fff" < letter < "\uff00" for letter in english)


def test_alarms_of_every_sort_have_a_letter_in_both_languages(plant: Plant) -> None:
    keys = [one.id for one in plant.limits]
    keys += [f"{one}/communication" for one in (*plant.devices, *plant.networks)]
    keys += [name for one in plant.protections for name in (one, f"{one}/failed")]
    for key in keys[::11]:
        one = alarm(key, worst=1.5)
        english = letter_of(plant, standing(one), notice(one))
        chinese = letter_of(plant, standing(one), notice(one, person="cao"))
        assert not any("\u2fff" < letter < "\uff00" for letter in english.subject + english.text), key
        assert len(english.text.splitlines()) == len(chinese.text.splitlines())
        assert key not in english.subject
        assert len(english.subject) <= SUBJECT_MAX
        assert english.subject.startswith("CRITICAL · ")


# --- nonsense -------------------------------------------------------------------------------------------

ANY_TEXT = st.text(max_size=40)
ANY_TIME = st.datetimes(datetime(1970, 1, 2), datetime(2190, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
ANY_ALARM = st.builds(
    alarm,
    st.one_of(
        st.sampled_from(
            [PRESSURE, P01, f"{P01}/failed", "service/x", "PC-A-STM-L1/communication", "a/b/blind"]
        ),
        ANY_TEXT.map(lambda text: text or "x"),
    ),
    worst=st.one_of(st.none(), st.floats()),
    detail=ANY_TEXT,
    raised_at=ANY_TIME,
    priority=st.sampled_from(Priority),
    level=st.sampled_from(Level),
    active=st.booleans(),
)


ANY_NOTICE = st.builds(
    notice,
    kind=st.sampled_from(NoticeKind),
    person=st.sampled_from(["li", "cao", "", "gone"]),
    at=ANY_TIME,
    because=ANY_TEXT,
)


def test_whatever_is_told_gives_a_letter(plant: Plant) -> None:
    @given(st.lists(ANY_ALARM, max_size=9), st.lists(ANY_ALARM, max_size=3), ANY_NOTICE)
    def holds(called: list[Alarm], gone: list[Alarm], one: Notice) -> None:
        told = notice(*called, *gone).alarms
        letter = letter_of(plant, standing(*called), replace(one, alarms=told))
        assert 0 < len(letter.subject) <= SUBJECT_MAX
        assert "\n" not in letter.subject
        assert len(letter.text.splitlines()) < 40
        assert letter.markdown.encode().decode() == letter.markdown

    holds()
