"""That we are alive, told outside every minute; and the canary, through the whole chain."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from alarms.calls import CanaryDue, Outcome
from alarms.events import Event, Fault
from config.duty import Canary
from config.plant import Plant
from monitor.collector import alive
from monitor.collector.alive import Alive
from monitor.notify.secrets import Secrets, variable
from tests.alarms.building import after
from tests.collector.clock import HandClock
from tests.collector.telling import KEY, called, keys_of, telling
from tests.notify.standins import Asked, Gateway, http, service, silent
from tests.patience import PATIENCE_S

NAME = "outside"


class Outside:
    """The dead man's switch: counts who asks, and answers as the test says."""

    def __init__(self) -> None:
        self.targets: list[str] = []
        self.answer = http(200, b"OK")

    async def __call__(self, asked: Asked) -> bytes:
        self.targets.append(asked.target)
        return self.answer

    @asynccontextmanager
    async def listened_to(self) -> AsyncIterator[dict[str, str]]:
        """Be reached; give the secret."""
        async with service(self) as url:
            yield {variable(NAME): f"{url}/ping/4711secret4711"}


class Beating:
    """An Alive, and what it offers."""

    def __init__(self, plant: Plant, environ: dict[str, str]) -> None:
        self.plant, self.well = plant, True
        self.clock = HandClock()
        self.offered: asyncio.Queue[Event] = asyncio.Queue()
        secrets = Secrets(environ, Path("/nonexistent"))
        self.alive = Alive(
            lambda: self.plant, secrets, self.clock, self.offered.put_nowait, lambda: self.well
        )

    async def minutes(self, many: int) -> None:
        """Let minutes pass, each with its beat."""
        for _ in range(many):
            before = self.alive.beats
            await self.clock.advance(60)
            await self.beaten(before + 1)

    async def beaten(self, times: int) -> None:
        """Wait until so many beats have had their answer."""
        async with asyncio.timeout(PATIENCE_S):
            while self.alive.beats < times:  # noqa: ASYNC110 - the answers
                await asyncio.sleep(0.001)

    def faults(self) -> list[Fault]:
        """Return the Faults that were told."""
        events = [self.offered.get_nowait() for _ in range(self.offered.qsize())]
        return [one for one in events if isinstance(one, Fault)]


@asynccontextmanager
async def beating(plant: Plant, environ: dict[str, str]) -> AsyncIterator[Beating]:
    one = Beating(plant, environ)
    task = asyncio.create_task(one.alive.run())
    try:
        yield one
    finally:
        task.cancel()
        await asyncio.wait({task})
    assert task.cancelled()


def heard_outside() -> Plant:
    return called(heartbeat=NAME)


async def test_somebody_outside_is_asked_every_minute_while_we_judge() -> None:
    outside = Outside()
    async with outside.listened_to() as environ, beating(heard_outside(), environ) as one:
        await one.beaten(1)
        await one.minutes(3)
        assert outside.targets == ["/ping/4711secret4711"] * 4
        assert one.alive.up
        one.well = False
        await one.clock.advance(600)
        assert len(outside.targets) == 4
        assert one.faults() == []


async def test_not_being_heard_is_one_alarm_after_five_minutes_and_over_at_the_first_answer() -> None:
    outside = Outside()
    outside.answer = http(302, b"", Location="http://127.0.0.1:1/")
    async with outside.listened_to() as environ, beating(heard_outside(), environ) as one:
        await one.beaten(1)
        await one.minutes(4)
        assert one.faults() == []
        await one.minutes(20)
        heard = [one.alive.up]
        outside.answer = http(200, b"OK")
        await one.minutes(1)
        assert [*heard, one.alive.up] == [False, True]
        told, over = one.faults()
    assert (told.part, told.message, over.message) == ("heartbeat", "HTTP 302", "")
    assert over.at - told.at == timedelta(minutes=20)


async def test_a_secret_that_is_missing_and_a_switch_that_hangs_are_told_likewise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(alive, "MISSED_FOR", timedelta(0))
    async with service(silent) as url:
        for environ, within_s, words in (
            ({}, 5.0, "secret 'outside' is missing"),
            ({variable(NAME): url}, 0.01, "no answer within"),
            ({variable(NAME): "http://127.0.0.1:1/"}, 5.0, "no connection"),
            ({variable(NAME): "ftp://x"}, 5.0, "must begin with https"),
        ):
            monkeypatch.setattr(alive, "BEAT_WITHIN_S", within_s)
            async with beating(heard_outside(), environ) as one:
                fault = await asyncio.wait_for(one.offered.get(), PATIENCE_S)
                assert isinstance(fault, Fault)
                assert words in fault.message


async def test_a_plant_without_a_heartbeat_asks_nobody() -> None:
    async with beating(called(), {}) as one:
        await one.clock.advance(3600)
        assert one.alive.up is None
        assert one.faults() == []


async def test_the_canary_flies_soon_after_the_start_and_then_as_often_as_the_plant_says() -> None:
    plant = called(canary=Canary("canary", 600.0, 30.0))
    async with beating(plant, {}) as one:
        await one.clock.advance(59)
        assert one.offered.empty()
        await one.clock.advance(1800)
        due = [one.offered.get_nowait() for _ in range(one.offered.qsize())]
        assert [event for event in due if not isinstance(event, CanaryDue)] == []
        assert [event.at for event in due] == [after(60), after(660), after(1260)]
        one.plant = called()
        await one.clock.advance(3600)
        assert one.offered.empty()


async def test_the_canary_goes_through_the_whole_chain_and_its_failure_is_an_alarm(tmp_path: Path) -> None:
    plant = called(canary=Canary("canary", 600.0, 30.0))
    way = replace(plant.duty.ways["robot"], id="canary", secret="canary")
    plant = replace(plant, duty=replace(plant.duty, ways={**plant.duty.ways, "canary": way}))
    gateway, robot = Gateway(HandClock().now, KEY), Gateway(HandClock().now, KEY)
    async with telling(tmp_path, plant, {"canary": gateway, "robot": robot, "mail": robot}) as one:
        one.line.journal.start()
        await one.line.take(CanaryDue(after(0)))
        result = await one.result()
        await one.line.take()
        assert (result.outcome, keys_of(gateway)) == (Outcome.ACCEPTED, [result.key])
        assert one.notifier.tally.canary_s == 0.0
        assert one.pending() == []
        one.environ[variable("canary")] = "http://127.0.0.1:1/"
        await one.line.take(CanaryDue(after(600)))
        assert (await one.result()).outcome is Outcome.REFUSED  # its secret has no key any more
        assert (await one.result()).outcome is Outcome.ACCEPTED  # of which somebody is told
        assert [key.split("|")[0] for key in keys_of(robot)] == ["service/canary"]
