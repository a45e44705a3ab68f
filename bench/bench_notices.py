"""How soon a Sample that breaches is a message that somebody's service has taken, and what a storm of alarms comes to.

    python -m bench.bench_notices [--times 100]

The collector itself, in this process, with the whole demo plant going on around it as in bench_response, and
telephones that are a process of their own at the other end of a signed webhook. Told are: from the second of the poll,
and from the Sample's arrival, until the message was accepted; and the service's own share, from judging until the last
byte of the request is on its socket (the Notice's way over the disk is in it). Then 500 alarms in 10 s: how many
messages each person gets, which alarm they name first, and how many of the alarms are in the journal and in the book.
"""

import argparse
import asyncio
import json
import logging
import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import asyncpg
import httpx
import structlog

from alarms.calls import Notice, NoticeKind, NoticeResult, Outcome
from alarms.events import Event, Fault
from bench.bench_response import LOOK_EVERY_S, PATIENCE_S, Lane, Trial, lanes, without_delays
from bench.ports import free_port
from bench.running import DEMO, database, percentile, plant_on_free_ports, say, simulating
from config.duty import Escalation, Step, Target, Who
from config.load import load
from config.plant import Plant
from config.rules import Priority
from monitor.collector import codec
from monitor.collector.collect import JOURNAL
from monitor.collector.journal import JournalReader
from monitor.notify.secrets import variable
from monitor.store import embedded

ON_THE_WIRE = "http11.send_request_body.complete"
STORM, STORM_S = 500, 9.8
"""Within 10 s, also on a machine that has no time."""
GROUPED_WITHIN_S = 60.0


@dataclass
class Letter:
    """One Notice on its way, in nanoseconds."""

    judged_ns: int
    sent_ns: int = 0
    accepted_ns: int = 0


def hear_requests(letters: Mapping[str, Letter]) -> None:
    """Note from now on when the last byte of each request with a known key is on its socket."""
    stream: Any = httpx.AsyncClient.stream

    def heard(client: httpx.AsyncClient, *what: Any, **more: Any) -> Any:  # noqa: ANN401 - httpx's
        letter = letters.get(unquote(more.get("headers", {}).get("Idempotency-Key", "")))

        async def trace(name: str, _: object) -> None:
            if letter is not None and name == ON_THE_WIRE:
                letter.sent_ns = time.perf_counter_ns()

        return stream(client, *what, **more, extensions={"trace": trace})

    httpx.AsyncClient.stream = heard  # type: ignore[method-assign,assignment]  # the ear


class Telling(Trial):
    """The collector, with an ear also at what people are told."""

    def __init__(self, plant: Plant, data: Path, database_url: str) -> None:
        super().__init__(plant, data, database_url)
        self._letters: dict[str, Letter] = {}
        self._ended_of: dict[str, asyncio.Queue[tuple[NoticeResult, Letter]]] = {}
        self._offer_notice = self.collector.notifier.offer
        self.collector.notifier.offer = self._judged  # type: ignore[method-assign]  # the ear
        hear_requests(self._letters)

    def _judged(self, notice: Notice, written: "asyncio.Future[None] | None") -> None:
        self._letters[notice.key] = Letter(time.perf_counter_ns())
        self._offer_notice(notice, written)

    def _hear(self, event: Event) -> None:
        if isinstance(event, NoticeResult) and event.key in self._letters:
            letter = self._letters.pop(event.key)
            letter.accepted_ns = time.perf_counter_ns()
            about = event.key.split("|")[0]
            self._ended_of.setdefault(about, asyncio.Queue()).put_nowait((event, letter))
        super()._hear(event)

    async def tell(self, lane: Lane) -> dict[str, float]:
        """Breach one isolator once all is calm; return what it took, in milliseconds."""
        await self._calm(lane)
        self._ended_of[lane.alarm] = asyncio.Queue()
        self._armed[lane.isolator] = lane
        async with asyncio.timeout(PATIENCE_S):
            result, letter = await self._ended_of[lane.alarm].get()
        assert result.outcome is Outcome.ACCEPTED, result
        raised_at = self.collector.pipeline.state.alarms[lane.alarm].raised_at
        arrived_ns = self._arrived_ns[lane.isolator]
        return {
            "poll_second_to_accepted": 1000 * (result.tries[-1].answered_at - raised_at).total_seconds(),
            "arrived_to_accepted": (letter.accepted_ns - arrived_ns) / 1e6,
            "judged_to_socket": (letter.sent_ns - letter.judged_ns) / 1e6,
        }

    async def tell_again(self, lane: Lane, times: int) -> list[dict[str, float]]:
        """Breach it so often."""
        return [await self.tell(lane) for _ in range(times)]


def one_person(plant: Plant) -> Plant:
    """Have one person told of each alarm at once, never in a group."""
    person = next(iter(plant.duty.people))
    steps = (Step(0.0, (Target(Who.PERSON, person),)),)
    escalation = Escalation("bench", frozenset(Priority), steps)
    return replace(
        plant, duty=replace(plant.duty, escalations=(escalation,), group_s=0.0, canary=None, test_page=None)
    )


async def latency(plant: Plant, data: Path, url: str, times: int) -> None:
    """Tell of so many breaches, on every lane by turns of its own."""
    every = lanes(plant)
    trial = Telling(one_person(without_delays(plant, every)), data, url)
    running = asyncio.create_task(trial.collector.run())
    try:
        await trial.live()
        each = -(-times // len(every))
        some = await asyncio.gather(*(trial.tell_again(lane, each) for lane in every))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    took = [one for lane in some for one in lane]
    for what in took[0]:
        values_ms = [one[what] for one in took]
        figures = {f"p{share}_ms": round(percentile(values_ms, share / 100), 1) for share in (50, 99)}
        say(
            "sample_to_message",
            what=what,
            n=len(values_ms),
            **figures,
            max_ms=round(max(values_ms), 1),
            channels=len(plant.channels),
        )


async def storm(plant: Plant, data: Path, url: str, phones: str) -> None:
    """Raise many alarms; say what people got, and what was kept."""
    trial = Trial(plant, data, url)
    collector = trial.collector
    running = asyncio.create_task(collector.run())
    try:
        await trial.live()
        before = len(await _rung(phones))
        loop = asyncio.get_running_loop()
        begun_s = loop.time()
        for number in range(STORM):
            collector.pipeline.offer(Fault(trial.clock.now(), f"bench-{number}", "it has failed"))
            await asyncio.sleep(begun_s + (number + 1) * STORM_S / STORM - loop.time())
        grouped = await _grouped(data)
        assert collector.forward is not None
        async with asyncio.timeout(GROUPED_WITHIN_S):
            while collector.forward.position < collector.health()["journal"]["written"] - 10:  # noqa: ASYNC110 - of others
                await asyncio.sleep(LOOK_EVERY_S)
        rung = (await _rung(phones))[before:]
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    say(
        "storm",
        alarms=STORM,
        seconds=STORM_S,
        messages=dict(Counter(one["to"] for one in rung)),
        told_in_groups={one.person: len(one.alarms) for one in grouped},
        named_first=sorted({one.alarms[0][0] for one in grouped}),
        in_journal=_raised(data),
        in_book=await _in_book(url),
    )


async def _grouped(data: Path) -> list[Notice]:
    """Wait for the groups; return them."""
    async with asyncio.timeout(GROUPED_WITHIN_S):
        while True:
            notices = [codec.body_of(one) for one in _entries(data, "notice")]
            found = [one for one in notices if one["kind"] == NoticeKind.GROUP]
            if found and len({one["person"] for one in found}) == len({one["person"] for one in notices}):
                await asyncio.sleep(1.0)  # what was sent last is heard
                return [_notice(one) for one in found]
            await asyncio.sleep(LOOK_EVERY_S)


def _notice(body: dict[str, Any]) -> Notice:
    return Notice(**{**body, "alarms": tuple((alarm, at) for alarm, at in body["alarms"])})


def _entries(data: Path, kind: str) -> list[Any]:
    with closing(JournalReader(data / JOURNAL)) as reader:
        found, seq = [], 0
        while some := reader.after(seq, 5_000):
            found += [one for one in some if one.kind == kind]
            seq = some[-1].seq
        return found


def _raised(data: Path) -> int:
    alarms = (codec.transition_of(one) for one in _entries(data, "transition"))
    return len({one.alarm for one in alarms if one.alarm.startswith("service/bench-")})


async def _in_book(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        raised = (
            "SELECT count(DISTINCT body ->> 'alarm') FROM book WHERE body ->> 'alarm' LIKE 'service/bench-%'"
        )
        return int(await connection.fetchval(raised))
    finally:
        await connection.close()


async def _rung(phones: str) -> list[dict[str, str]]:
    async with httpx.AsyncClient() as client:
        rung: list[dict[str, str]] = (await client.get(f"{phones}/rung")).json()["rung"]
        return rung


@contextmanager
def _around(folder: Path) -> Iterator[tuple[Plant, str, str]]:
    """Have the plant simulated, and a database; give the plant, the database and the telephones."""
    source, control = plant_on_free_ports(folder / "plant", DEMO), f"127.0.0.1:{free_port()}"
    url = asyncio.run(database(folder))
    plant, phones = load(source), f"http://{control}/phone"
    for way in plant.duty.ways.values():
        os.environ[variable(way.secret)] = json.dumps({"url": phones, "key": "bench"})
    try:
        with simulating(source, control):
            yield plant, url, phones
    finally:
        asyncio.run(embedded.stop(folder))


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=100)
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # of libraries
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        with _around(folder) as (plant, url, phones), (folder / "log").open("w") as log:
            structlog.configure(logger_factory=structlog.WriteLoggerFactory(log))
            asyncio.run(latency(plant, folder / "told", url, chosen.times))
            asyncio.run(storm(plant, folder / "storm", url, phones))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
