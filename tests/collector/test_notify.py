"""What the journal holds goes out: once it is on the disk, while somebody has to be told, as often as it helps."""

import asyncio
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest
from structlog.testing import capture_logs

from alarms import engine
from alarms.calls import NoticeKind, Outcome
from alarms.events import Fault, Tick
from config.plant import Plant
from monitor.collector import codec, notify
from monitor.collector.journal import JournalReader
from monitor.collector.notify import WAITING_LIMIT, Notifier
from monitor.collector.pipeline import Turn
from monitor.collector.portion import portion_of
from monitor.notify.message import letter_of
from monitor.notify.open import Ways
from monitor.notify.way import failed
from monitor.versions import APPROVED, PlantChange
from tests.alarms.building import ACTION, after, sample
from tests.collector.clock import HandClock, settle
from tests.collector.telling import BUSY, KEY, Answers, called, keys_of, telling
from tests.notify.standins import Asked, Gateway, http, silent
from tests.patience import PATIENCE_S

FIRST = f"{ACTION}|2026-11-21T08:00:00.000000Z|1|ann|robot"
NEXT_WAY = FIRST.replace("robot", "mail")


@pytest.fixture(autouse=True)
def _hardly_a_pause_between_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notify, "TRY_AGAIN_S", 0.01)


@pytest.fixture
def gateway() -> Gateway:
    return Gateway(HandClock().now, KEY)


async def test_a_notice_goes_out_once_it_is_on_the_disk_and_its_answer_is_kept(
    tmp_path: Path, gateway: Gateway
) -> None:
    written: list[str] = []

    async def reads_the_journal(asked: Asked) -> bytes:
        with closing(JournalReader(tmp_path / "journal.sqlite")) as reader:
            written.extend(entry.kind for entry in reader.after(0, 100))
        return await gateway(asked)

    async with telling(tmp_path, called(), {"robot": reads_the_journal}) as one:
        await one.breach()
        await settle(200)
        assert gateway.heard == 0
        assert one.notifier.waiting == 1
        one.line.journal.start()
        result = await one.result()
        await one.line.take(sample(1, 10.0))
        assert one.pending() == []
        assert one.line.pipeline.state.calls.open[ACTION].reached == 1
    assert written == ["sample", "transition", "command", "notice"]
    assert keys_of(gateway) == [FIRST]
    assert (result.key, result.outcome, result.detail) == (FIRST, Outcome.ACCEPTED, "")
    (only,) = result.tries
    assert (only.outcome, only.detail) == (Outcome.ACCEPTED, "HTTP 202")
    assert "notice_result" in one.line.kinds()
    assert one.notifier.waiting == 0


async def test_people_are_called_although_the_disk_does_not_answer(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify, "DISK_WAIT_S", 0.01)
    async with telling(tmp_path, called(), {"robot": gateway}) as one:
        await one.breach()
        assert (await one.result()).outcome is Outcome.ACCEPTED


async def test_what_is_busy_is_tried_again_under_the_same_key(tmp_path: Path, gateway: Gateway) -> None:
    robot = Answers(gateway, BUSY, http(429, b"", Retry_After="0"))
    async with telling(tmp_path, called(), {"robot": robot}) as one:
        one.line.journal.start()
        await one.breach()
        result = await one.result()
    assert [one.outcome for one in result.tries] == [Outcome.FAILED, Outcome.FAILED, Outcome.ACCEPTED]
    assert result.tries[0].detail.startswith("HTTP 503")
    assert keys_of(gateway) == [FIRST]


def test_pauses_grow_up_to_a_limit_and_a_service_that_names_one_is_left_alone_for_it() -> None:
    def no_ways(_: Plant) -> Ways:
        raise AssertionError

    one = Notifier(lambda: None, no_ways, HandClock(), lambda _: None, Random(1))  # type: ignore[arg-type,return-value]  # not asked
    pauses = [one._pause_s(failed("busy"), tries) for tries in range(1, 20)]
    assert pauses[0] < 0.013
    assert 6.4 <= pauses[-1] <= 9.6
    assert len(set(pauses[-5:])) == 5
    assert one._pause_s(failed("busy", 30.0), 1) == 30.0


async def test_it_gives_up_when_the_time_is_over_and_says_why(tmp_path: Path, gateway: Gateway) -> None:
    robot = Answers(gateway, *[BUSY] * 1000)
    async with telling(
        tmp_path, called(undelivered_s=0.1), {"robot": robot, "mail": Gateway(HandClock().now, KEY)}
    ) as one:
        one.line.journal.start()
        await one.breach()
        first, second = await one.result(), await one.result()
    assert (first.key, first.outcome, first.detail) == (FIRST, Outcome.FAILED, first.tries[-1].detail)
    assert len(first.tries) > 1
    assert (second.key, second.outcome) == (NEXT_WAY, Outcome.ACCEPTED)


async def test_a_service_that_wants_to_be_left_alone_for_longer_than_there_is_time_is_given_up_at_once(
    tmp_path: Path, gateway: Gateway
) -> None:
    robot = Answers(gateway, http(429, b"", Retry_After="60"))
    async with telling(tmp_path, called(), {"robot": robot, "mail": Gateway(HandClock().now, KEY)}) as one:
        one.line.journal.start()
        await one.breach()
        assert len((await one.result()).tries) == 1
        assert (await one.result()).key == NEXT_WAY


async def test_a_refusal_that_would_come_again_is_not_asked_for_twice(
    tmp_path: Path, gateway: Gateway
) -> None:
    robot = Answers(gateway, http(401, {"detail": "wrong signature"}))
    async with telling(tmp_path, called(), {"robot": robot, "mail": Gateway(HandClock().now, KEY)}) as one:
        one.line.journal.start()
        await one.breach()
        refused, other = await one.result(), await one.result()
        assert (refused.outcome, len(refused.tries)) == (Outcome.REFUSED, 1)
        assert "HTTP 401" in refused.detail
        assert (other.key, other.outcome) == (NEXT_WAY, Outcome.ACCEPTED)
    assert gateway.heard == 1


@pytest.mark.parametrize("answer", ["taken", "busy"])
async def test_h13_acknowledged_while_it_is_on_the_wire_nothing_more_goes_out(
    tmp_path: Path, gateway: Gateway, answer: str
) -> None:
    """The worst moment: what is on the wire cannot be called back, and nothing may follow it."""
    robot = Answers(gateway, *([BUSY] if answer == "busy" else []))
    async with telling(tmp_path, called(), {"robot": robot, "mail": robot}) as one:
        robot.meanwhile = one.acknowledge
        one.line.journal.start()
        await one.breach()
        result = await one.result()
        await one.line.take(*(Tick(after(second)) for second in range(0, 1000, 10)))
        assert one.pending() == []
        assert one.results.empty()
    assert result.outcome is (Outcome.NOT_NEEDED if answer == "busy" else Outcome.ACCEPTED)
    assert len(result.tries) == 1
    assert gateway.heard == 1


async def test_h13_acknowledged_before_it_goes_out_it_does_not(tmp_path: Path, gateway: Gateway) -> None:
    async with telling(tmp_path, called(), {"robot": gateway}) as one:
        await one.breach()
        await one.acknowledge()
        one.line.journal.start()
        result = await one.result()
    assert (result.outcome, result.tries) == (Outcome.NOT_NEEDED, ())
    assert gateway.heard == 0


async def test_a_way_that_hangs_holds_no_other(tmp_path: Path, gateway: Gateway) -> None:
    asked_for = asyncio.Event()

    async def hangs(asked: Asked) -> bytes:
        asked_for.set()
        return await silent(asked)

    async with telling(tmp_path, called(), {"robot": hangs, "mail": gateway}) as one:
        one.line.journal.start()
        await one.breach()
        one.also_tell(50)
        await asyncio.wait_for(asked_for.wait(), PATIENCE_S)
        await one.line.take(Tick(after(16)))  # its time is over: the next way, while the first still hangs
        result = await one.result()
        assert (result.key, result.outcome) == (NEXT_WAY, Outcome.ACCEPTED)
        assert one.notifier.waiting >= 51


async def test_what_judging_has_given_up_while_it_waited_does_not_go_out_late(
    tmp_path: Path, gateway: Gateway
) -> None:
    async with telling(tmp_path, called(), {"robot": gateway, "mail": Gateway(HandClock().now, KEY)}) as one:
        await one.breach()
        await one.line.take(Tick(after(16)))
        one.line.journal.start()
        ends = {result.key: result for result in (await one.result(), await one.result())}
    assert (ends[FIRST].outcome, ends[FIRST].tries) == (Outcome.FAILED, ())
    assert ends[NEXT_WAY].outcome is Outcome.ACCEPTED
    assert gateway.heard == 0


async def test_of_too_many_on_their_way_a_further_one_has_failed(tmp_path: Path) -> None:
    async with telling(tmp_path, called(), {"robot": silent, "mail": silent}) as one:
        await one.breach()
        one.also_tell(WAITING_LIMIT)
        result = await one.result()
        assert (result.key, result.outcome) == (f"{FIRST} {WAITING_LIMIT - 1}", Outcome.FAILED)
        assert str(WAITING_LIMIT) in result.detail
        assert one.notifier.waiting == WAITING_LIMIT


async def test_another_plant_brings_its_own_ways(tmp_path: Path, gateway: Gateway) -> None:
    plant = called()
    ways = {**plant.duty.ways, "robot": replace(plant.duty.ways["robot"], secret="spare")}
    other = replace(plant, sha256="b" * 64, duty=replace(plant.duty, ways=ways))
    spare = Gateway(HandClock().now, KEY)
    async with telling(tmp_path, plant, {"robot": gateway, "spare": spare}) as one:
        one.line.journal.start()
        await one.breach()
        assert (await one.result()).outcome is Outcome.ACCEPTED
        change = PlantChange(one.line.clock.now(), other.sha256, plant.sha256, APPROVED)
        await one.line.pipeline.turn(
            Turn(change, engine.rules(other), codec.plant_json(other), lambda _: "", lambda _: None)
        )
        await one.line.take(Tick(after(120)))  # the next step calls `bo`
        assert (await one.result()).outcome is Outcome.ACCEPTED
        assert [keys_of(some) for some in (gateway, spare)] == [
            [FIRST],
            [FIRST.replace("|1|ann", "|2|bo")],
        ]
        with pytest.raises(RuntimeError, match="closed"):
            await one.opened[0]._client.get("http://127.0.0.1:1")


async def test_a_fault_of_our_own_is_seen_and_the_next_way_is_taken(
    tmp_path: Path, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs():  # its place in the code is written at length
        async with telling(tmp_path, called(), {"robot": gateway, "mail": gateway}) as one:
            name = "monitor.collector.notify.letter_of"

            def fails_once(*arguments: Any) -> Any:
                monkeypatch.setattr(name, letter_of)
                raise ArithmeticError("of the test")

            monkeypatch.setattr(name, fails_once)
            one.line.journal.start()
            await one.breach()
            failed_one = await one.result()
            ends = {result.key: result.outcome for result in (await one.result(), await one.result())}
            assert (failed_one.key, failed_one.outcome) == (FIRST, Outcome.FAILED)
            assert ends[NEXT_WAY] is Outcome.ACCEPTED
            assert [fault.message for fault in one.faults] == ["ArithmeticError: of the test", ""]
            assert not one.line.pipeline.state.alarms["service/notify"].acknowledged


async def test_that_it_is_over_is_told_although_nobody_is_called_any_more(
    tmp_path: Path, gateway: Gateway
) -> None:
    plant = called()
    (only,) = plant.duty.escalations
    plant = replace(plant, duty=replace(plant.duty, escalations=(replace(only, tells_clear=True),)))
    async with telling(tmp_path, plant, {"robot": gateway}) as one:
        one.line.journal.start()
        await one.breach()
        assert (await one.result()).outcome is Outcome.ACCEPTED
        await one.acknowledge()
        await one.line.take(sample(5, 45.0))
        (clear,) = one.pending()
        assert clear.kind is NoticeKind.CLEAR
        assert (await one.result()).outcome is Outcome.ACCEPTED


async def test_h14_a_storm_is_one_message_and_one_more_for_the_rest_and_all_of_it_is_kept(
    tmp_path: Path, gateway: Gateway
) -> None:
    async with telling(tmp_path, called(), {"robot": gateway}) as one:
        one.line.journal.start()
        for number in range(500):
            await one.line.take(Fault(after(number / 50), f"part-{number}", "it has failed"))
        await one.line.take(Tick(after(10)))
        first, group = await one.result(), await one.result()
        assert one.pending() == []
        assert one.results.empty()
    assert [first.outcome, group.outcome] == [Outcome.ACCEPTED] * 2
    assert len(gateway.taken) == gateway.heard == 2
    with closing(JournalReader(tmp_path / "journal.sqlite")) as reader:
        book = portion_of(reader.after(0, 10_000)).book
    told = [line.body for line in book if line.kind == "notice"]
    raised = [line.body["alarm"] for line in book if line.kind == "transition"]
    assert [len(body["alarms"]) for body in told] == [1, 501]  # the flood is an alarm itself
    assert {body["alarms"][0][0] for body in told} == {"service/part-0"}
    assert {f"service/part-{number}" for number in range(500)} <= set(raised)
    assert {alarm for alarm, _ in told[1]["alarms"]} == set(raised)
