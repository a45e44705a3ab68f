"""Alarms as people see and acknowledge them."""

from datetime import timedelta
from typing import Any

from alarms.events import Fault, Shelve, Transition
from monitor.collector import codec
from monitor.server.gate import API
from monitor.server.rights import Role
from monitor.store.book import BookEntry
from tests.people import signed
from tests.server.collector import ALARM, PRESSURE, Collector
from tests.server.conftest import PASSWORD, Running, Screen
from tests.server.hands import Hands


async def raised(collector: Collector, screen: Screen) -> dict[str, str]:
    """Let the chamber's pressure fall, and give what names the occurrence."""
    await screen.until("link", collector=True)
    collector.measure(10.0)
    message = await screen.until("alarm", reason="raised")
    assert message["alarm"]["id"] == ALARM, "action has no delay, alert has one"
    return {"alarm": ALARM, "raised_at": message["alarm"]["raised_at"]}


async def test_an_alarm_is_acknowledged_under_the_name_of_who_is_signed_in(
    collector: Collector, server: Running
) -> None:
    token = server.sign_in(name="李明")
    async with server.screen(token) as screen, server.client(token) as client:
        seen = signed(await raised(collector, screen), PASSWORD)
        answer = await client.post(f"{API}/alarms/acknowledge", json={**seen, "who": "somebody else"})
        assert answer.status_code == 200
        alarm = answer.json()["alarm"]
        assert (alarm["state"], alarm["acknowledged_by"]) == ("ACKED", "李明")
        message = await screen.until("alarm", reason="acknowledged")
        assert message["alarm"] == alarm
        (listed,) = (await client.get(f"{API}/alarms")).json()["alarms"]
        assert listed == alarm
        again = await client.post(f"{API}/alarms/acknowledge", json=seen)
        assert again.status_code == 409


async def test_a_returned_alarm_stays_listed_until_it_was_seen(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        occurrence = await raised(collector, screen)
        for _ in range(20):
            collector.measure(52.5)
        cleared = await screen.until("alarm", reason="cleared")
        assert cleared["alarm"]["state"] == "RTNUN"
        (listed,) = [
            one for one in (await client.get(f"{API}/alarms")).json()["alarms"] if one["id"] == ALARM
        ]
        assert listed["state"] == "RTNUN"
        seen = signed(occurrence, PASSWORD)
        assert (await client.post(f"{API}/alarms/acknowledge", json=seen)).status_code == 200
        await screen.until("alarm", reason="acknowledged")
        assert ALARM not in [one["id"] for one in (await client.get(f"{API}/alarms")).json()["alarms"]]


async def test_what_cannot_be_acknowledged(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        occurrence = await raised(collector, screen)
        other = {**occurrence, "raised_at": "2026-03-02T00:00:00Z"}
        unknown = {**occurrence, "alarm": "NO/such/action"}
        for body, status in (
            (signed(other, PASSWORD), 409),
            (unknown, 404),
            ({**occurrence, "comment": "\x00"}, 422),
            ({}, 422),
        ):
            answer = await client.post(f"{API}/alarms/acknowledge", json=body)
            assert answer.status_code == status, body
            assert isinstance(answer.json()["detail"], str)
    async with server.client(server.sign_in(Role.VIEWER)) as client:
        assert (await client.post(f"{API}/alarms/acknowledge", json=occurrence)).status_code == 403


async def test_without_a_collector_nothing_is_acknowledged(server: Running) -> None:
    async with server.client(server.sign_in()) as client:
        body = signed({"alarm": ALARM, "raised_at": "2026-03-02T00:00:00Z"}, PASSWORD)
        answer = await client.post(f"{API}/alarms/acknowledge", json=body)
        assert answer.status_code == 503
        assert "may not be done" in answer.json()["detail"]
        (server.service.settings.data / "collector.token").write_text("of a collector that is gone")
        assert (await client.post(f"{API}/alarms/acknowledge", json=body)).status_code == 503


async def test_a_wrong_token_is_no_acknowledgement(collector: Collector, server: Running) -> None:
    token = server.sign_in()
    async with server.screen(token) as screen, server.client(token) as client:
        occurrence = signed(await raised(collector, screen), PASSWORD)
        (server.service.settings.data / "collector.token").write_text("a guess")
        answer = await client.post(f"{API}/alarms/acknowledge", json=occurrence)
        assert answer.status_code == 503


async def test_the_history_comes_from_the_database(keeping: Running, collector: Collector) -> None:
    sample = collector.measure(10.0)
    alarms = [alarm for alarm in collector.alarms.values() if alarm.id == ALARM]
    await keeping.store([sample], alarms=alarms)
    period = {"start": "2026-03-02T08:00:00+00:00", "end": "2026-03-02T17:00:00+08:00"}
    async with keeping.client(keeping.sign_in()) as client:
        (told,) = (await client.get(f"{API}/alarms/history", params=period)).json()["alarms"]
        before = {"start": "2026-03-01T08:00:00Z", "end": "2026-03-02T08:00:00Z"}
        assert (await client.get(f"{API}/alarms/history", params=before)).json() == {
            "alarms": [],
            "next": None,
        }
    assert told["id"] == ALARM
    assert (told["state"], told["worst"], told["priority"]) == ("UNACK", 10.0, "critical")
    assert (told["channel"], told["zone"], told["line"]) == (
        ALARM.rpartition("/")[0],
        "STM-L1-A-ISO",
        "STM-L1",
    )


async def test_the_history_is_searched_and_turned_page_by_page(
    keeping: Running, hands: Hands, collector: Collector
) -> None:
    sample = collector.measure(10.0)
    lost = collector.judge(Fault(hands.at, "database", "gone"))[0]
    assert isinstance(lost, Transition)
    await keeping.store([sample], alarms=[collector.alarms[ALARM], lost.after])
    period = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T09:00:00Z"}
    async with keeping.client(keeping.sign_in()) as client:

        async def found(**looked: Any) -> list[str]:
            answer = await client.get(f"{API}/alarms/history", params={**period, **looked})
            assert answer.status_code == 200, answer.text
            return [one["id"] for one in answer.json()["alarms"]]

        both = await found()
        assert both == [ALARM, "service/database"]
        for some in (
            {"text": "舱室 STM-L1"},
            {"zone": "STM-L1-A-ISO"},
            {"channel": PRESSURE},
            {"level": "action"},
        ):
            assert await found(**some) == [ALARM], some
        for none in ({"text": "nothing such"}, {"zone": "NO"}, {"channel": "NO", "zone": "STM-L1-A-ISO"}):
            assert await found(**none) == [], none
        first = (await client.get(f"{API}/alarms/history", params={**period, "limit": 1})).json()
        assert await found(limit=1, after=first["next"]) == both[1:]
        for after in ("yesterday x", "2026-03-02T08:15:01 x"):
            answer = await client.get(f"{API}/alarms/history", params={**period, "after": after})
            assert answer.status_code == 422, after


async def test_the_history_has_a_limit(server: Running) -> None:
    period = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-02T01:00:00Z"}
    async with server.client(server.sign_in()) as client:
        for limit in ("0", "5001", "x"):
            answer = await client.get(f"{API}/alarms/history", params={**period, "limit": limit})
            assert answer.status_code == 422, limit


async def test_what_was_done_with_an_alarm_is_told_from_the_book(
    keeping: Running, hands: Hands, collector: Collector
) -> None:
    shelving = Shelve(hands.at, ALARM, hands.at + timedelta(hours=1), "li", "sensor", "wang")
    told = [one for one in collector.judge(shelving) if isinstance(one, Transition)]
    book = [
        BookEntry(one.at, "transition", one.who, codec.body_of(codec.entry_of(one, one.at))) for one in told
    ]
    await keeping.store(book=book)
    path = f"{API}/alarms/transitions"
    async with keeping.client(keeping.sign_in(Role.VIEWER)) as client:
        (shelved,) = (await client.get(path, params={"alarm": ALARM})).json()["transitions"]
        assert shelved == {
            "at": hands.at.isoformat(timespec="microseconds"),
            "alarm": ALARM,
            "state": "SHLVD",
            "reason": "shelved",
            "who": "li",
            "second": "wang",
            "comment": "sensor",
        }
        raised_at = told[0].after.raised_at
        for at, times in ((raised_at, 1), (raised_at + timedelta(seconds=1), 0)):
            one = await client.get(path, params={"alarm": ALARM, "raised_at": at.isoformat()})
            assert len(one.json()["transitions"]) == times
        period = {"start": "2026-03-02T08:00:00Z", "end": "2026-03-02T17:00:00Z"}
        for channel, times in ((PRESSURE, 1), ("ISO-STM-L1/rh", 0)):
            deeds = await client.get(f"{API}/alarms/deeds", params={**period, "channel": channel})
            assert [one["who"] for one in deeds.json()["transitions"]] == ["li"] * times
        other = await client.get(path, params={"alarm": "no/such/alarm"})
        assert other.json() == {"transitions": []}
        every_bad: tuple[dict[str, str], ...] = ({}, {"alarm": "\x00"}, {"alarm": ALARM, "limit": "0"})
        for bad in every_bad:
            assert (await client.get(path, params=bad)).status_code == 422, bad
