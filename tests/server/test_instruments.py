"""The register of instruments through the server: noted by one, confirmed by another, told to the collector."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Any

import asyncpg
import httpx
import pytest
from pydantic import TypeAdapter

from monitor.server.gate import API
from monitor.server.instruments import day_of
from monitor.server.rights import Role
from monitor.server.routes import instruments
from monitor.server.settings import Settings
from tests.server.collector import PRESSURE, Collector, sample_but_for
from tests.server.conftest import Running
from tests.server.hands import Hands
from tests.service import until

COUNTER = "PC-A-STM-L1"
ENTRY: dict[str, Any] = {
    "instrument": COUNTER,
    "since": "2026-03-01",
    "category": "A",
    "serial": "2104-0117",
    "certificate": "JL-2026-0317",
    "calibrated_on": "2026-02-27",
    "due_on": "2027-02-26",
    "iq_on": "2025-01-10",
    "oq_on": "2025-01-20",
    "pq_on": "2025-02-03",
    "qualified_until": "2028-02-02",
    "reason": "yearly calibration",
}


@asynccontextmanager
async def as_person(
    server: Running, name: str, role: Role = Role.ENGINEER
) -> AsyncIterator[httpx.AsyncClient]:
    async with server.client(server.sign_in(role, name)) as client:
        yield client


async def note(server: Running, **facts: Any) -> dict[str, Any]:
    async with as_person(server, "li") as client:
        answer = await client.post(f"{API}/instruments/entries", json=ENTRY | facts)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def confirm(server: Running, number: int) -> dict[str, Any]:
    async with as_person(server, "wang") as client:
        answer = await client.post(f"{API}/instruments/confirm", json={"number": number})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_an_entry_counts_once_another_person_has_confirmed_it(keeping: Running) -> None:
    noted = await note(keeping)
    assert (noted["state"], noted["entry"], noted["waiting"]["noted_by"]) == ("unknown", None, "li")
    number = noted["waiting"]["number"]
    async with as_person(keeping, "li") as client:
        for language, words in (("en", "Another person"), ("zh", "须由登记人以外")):
            own = await client.post(
                f"{API}/instruments/confirm", json={"number": number}, headers={"Accept-Language": language}
            )
            assert (own.status_code, words in own.json()["detail"]) == (409, True)
    confirmed = await confirm(keeping, number)
    assert (confirmed["state"], confirmed["days_left"], confirmed["waiting"]) == ("in_order", 361, None)
    assert confirmed["entry"] | ENTRY == confirmed["entry"] | {"instrument": COUNTER}
    assert (confirmed["entry"]["confirmed_by"], confirmed["label"]["zh"]) == ("wang", "隔离器粒子计数器")
    async with as_person(keeping, "wang") as client:
        again = await client.post(f"{API}/instruments/confirm", json={"number": number})
    assert again.status_code == 409


async def test_the_list_has_what_measures_and_the_channels_with_a_certificate_of_their_own(
    keeping: Running,
) -> None:
    await note(keeping, instrument=f"{COUNTER}/cnt_0_5")
    async with as_person(keeping, "kan", Role.VIEWER) as client:
        told = (await client.get(f"{API}/instruments")).json()
        history = (
            await client.get(f"{API}/instruments/history", params={"instrument": f"{COUNTER}/cnt_0_5"})
        ).json()
        unknown = await client.get(f"{API}/instruments/history", params={"instrument": "NO-SUCH"})
    assert told["on"] == "2026-03-02"
    assert [one["id"] for one in told["instruments"]] == [
        "HCI-STM-L1",
        "ISO-STM-L1",
        COUNTER,
        f"{COUNTER}/cnt_0_5",
        "RM-STM-L1",
    ], "a tower measures nothing"
    assert "·" in told["instruments"][3]["label"]["en"]
    assert [one["certificate"] for one in history["entries"]] == ["JL-2026-0317"]
    assert history["instrument"]["waiting"] == history["entries"][0]
    assert unknown.status_code == 404


async def test_what_a_counter_says_of_itself_stands_beside_the_register(
    collector: Collector, keeping: Running, settings: Settings, hands: Hands
) -> None:
    due = datetime(2026, 9, 30, 20, tzinfo=UTC).timestamp()  # the first of October in Shanghai
    async with as_person(keeping, "kan", Role.VIEWER) as client:
        for said, day in ((due, "2026-10-01"), (1e18, None), (due, "2026-10-01"), (0, None)):

            async def told(said: float = said, day: str | None = day) -> bool:
                hands.pass_s(1)
                sample = sample_but_for(settings.plant, COUNTER, hands.at, {f"{COUNTER}/cal_due": said})
                collector.judge(sample)
                listed = (await client.get(f"{API}/instruments")).json()["instruments"]
                days = {one["id"]: one["told_due_on"] for one in listed}
                return days == dict.fromkeys(days) | {COUNTER: day}

            await until(told, "the counter's own date")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"since": "2026-03-03"}, "when it has come"),
        ({"pq_on": "2026-03-03"}, "when it has come"),
        ({"qualified_until": "2025-02-03"}, "ends after its PQ"),
        ({"pq_on": None}, "ends after its PQ"),
        ({"calibrated_on": "2026-03-02"}, "not before"),
        ({"due_on": None}, "Only class C"),
        ({"due_on": "2026-02-27"}, "after the calibration"),
        ({"iq_on": None}, "IQ comes before OQ"),
        ({"oq_on": "2025-01-09"}, "IQ comes before OQ"),
        ({"serial": " "}, "serial"),
        ({"reason": "  x "}, "reason"),
        ({"category": "D"}, "category"),
        ({"due_on": "9999-12-31"}, "due_on"),
    ],
)
async def test_what_cannot_be_is_refused_in_words(
    keeping: Running, wrong: dict[str, Any], words: str
) -> None:
    async with as_person(keeping, "li") as client:
        answer = await client.post(f"{API}/instruments/entries", json=ENTRY | wrong)
    assert answer.status_code == 422
    assert words in answer.json()["detail"]


async def test_who_may_not_is_refused_and_what_is_not_there_is_unknown(keeping: Running) -> None:
    for role in Role:
        async with as_person(keeping, "", role) as client:
            answer = await client.post(f"{API}/instruments/entries", json=ENTRY | {"instrument": "NO-SUCH"})
            read = await client.get(f"{API}/instruments")
        assert answer.status_code == (404 if role is Role.ENGINEER else 403), role
        assert read.status_code == (403 if role is Role.ADMIN else 200), role


async def test_what_is_read_of_the_past_says_how_the_instruments_stood(
    keeping: Running, settings: Settings, hands: Hands
) -> None:
    """The device is calibrated until the first of March; its temperature has a certificate of its own, and no PQ."""
    await confirm(
        keeping, (await note(keeping, instrument="ISO-STM-L1", due_on="2026-03-01"))["waiting"]["number"]
    )
    temperature = await note(keeping, instrument="ISO-STM-L1/temp", pq_on=None, qualified_until=None)
    await confirm(keeping, temperature["waiting"]["number"])
    sample = Collector(settings.plant, settings.data, hands).measure(50.0)
    await keeping.store([sample])
    period = {"start": "2026-03-01T15:59:00Z", "end": "2026-03-02T08:20:00Z"}
    asked = {"channel": [PRESSURE, "ISO-STM-L1/temp"], **period}
    async with as_person(keeping, "kan", Role.VIEWER) as client:
        readings = (await client.get(f"{API}/readings", params=asked)).json()
        told = (await client.get(f"{API}/completeness", params={"device": "ISO-STM-L1", **period})).json()
    begin, midnight, end = (
        f"2026-03-0{at}.000000+00:00" for at in ("1T15:59:00", "1T16:00:00", "2T08:20:00")
    )
    device = [
        {"since": begin, "until": midnight, "state": "in_order"},
        {"since": midnight, "until": end, "state": "overdue"},
    ]
    assert readings["instrument"] == device
    assert [one["state"] for one in readings["more"][0]["instrument"]] == ["unqualified"]
    assert [one["instrument"] for one in told["instruments"]] == ["ISO-STM-L1", "ISO-STM-L1/temp"]
    states = [[one["state"] for one in each["stood"]] for each in told["instruments"]]
    assert states == [["in_order", "overdue"], ["unqualified"]]


async def test_the_book_has_who_noted_and_who_confirmed(keeping: Running, database_url: str) -> None:
    await confirm(keeping, (await note(keeping))["waiting"]["number"])
    connection = await asyncpg.connect(database_url)
    lines = await connection.fetch(
        "SELECT chain, kind, who, body FROM book WHERE kind LIKE 'instrument%' ORDER BY at, seq"
    )
    await connection.close()
    assert [(line["kind"], line["who"]) for line in lines] == [
        ("instrument_noted", "li"),
        ("instrument_confirmed", "wang"),
    ]
    assert {line["chain"] for line in lines} == {keeping.service.ledger.chain}
    body = json.loads(lines[0]["body"])
    assert (body["role"], body["what"], body["reason"]) == ("engineer", COUNTER, "yearly calibration")


async def test_what_is_due_is_an_alarm_of_the_collector_until_it_is_renewed(
    collector: Collector, keeping: Running, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.server.instruments.RETRY_S", 0.01)

    async def active(*stages: str, subject: str = "calibration") -> None:
        wanted = {f"service/{subject}-{stage}-of-{COUNTER}" for stage in stages}

        async def so() -> bool:
            return {key for key, alarm in collector.alarms.items() if alarm.active} == wanted

        await until(so, f"active: {sorted(wanted)}")

    async def noted(**facts: Any) -> None:
        await confirm(keeping, (await note(keeping, **facts))["waiting"]["number"])

    await noted(due_on="2026-05-01")
    await active("in-3-months")
    assert (
        collector.alarms[f"service/calibration-in-3-months-of-{COUNTER}"].detail == "2026-05-01 · 2104-0117"
    )
    hands.at = hands.at.replace(month=4, day=1, hour=16)  # the second of April in Shanghai
    keeping.service.instruments.change()
    await active("in-1-month")
    hands.at = hands.at.replace(month=5)
    keeping.service.instruments.change()
    await active("overdue")
    await noted(since="2026-05-02", calibrated_on="2026-05-02", certificate="JL-2026-0544")
    await active()
    assert [alarm.active for alarm in collector.alarms.values()] == [False, False, False], (
        "each was for a person"
    )
    await noted(since="2026-05-02", calibrated_on="2026-05-02", qualified_until="2026-05-20")
    await active("in-1-month", subject="requalification")
    alarm = collector.alarms[f"service/requalification-in-1-month-of-{COUNTER}"]
    assert alarm.detail == "2026-05-20 · 2104-0117"


async def test_a_collector_that_comes_late_is_told(
    keeping: Running, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("monitor.server.instruments.RETRY_S", 0.01)
    await confirm(keeping, (await note(keeping, due_on="2026-03-01"))["waiting"]["number"])
    settings = keeping.service.settings
    late = Collector(settings.plant, settings.data, hands)
    async with late.serving():

        async def told() -> bool:
            return bool(late.alarms)

        await until(told, "told")
    assert list(late.alarms) == [f"service/calibration-overdue-of-{COUNTER}"]


@pytest.mark.parametrize(
    "model",
    [
        instruments.NewEntry,
        instruments.Confirmation,
        instruments.Instrument,
        instruments.InstrumentList,
        instruments.InstrumentHistory,
    ],
)
def test_every_example_is_one(model: type[Any]) -> None:
    for example in model.model_json_schema()["examples"]:
        TypeAdapter(model).validate_python(example)


def test_the_day_is_the_plants(hands: Hands) -> None:
    assert day_of(hands.at.replace(hour=15, minute=59), "Asia/Shanghai") == date(2026, 3, 2)
    assert day_of(hands.at.replace(hour=16, minute=0), "Asia/Shanghai") == date(2026, 3, 3)
