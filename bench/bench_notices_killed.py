"""Kill the collector between commit and send, and between send and result, again and again: who was told how often.

    python -m bench.bench_notices_killed [--kills 10]

The full figures: --kills 100, about 15 minutes. A collector of its own process, whose devices are all silent: each of
their alarms calls three persons every ten seconds, by a signed webhook that counts. It kills itself, with SIGKILL, in
turn before a message is sent and when it was taken and that is not yet written down; the next goes on from its journal.
In the end one is let live until nothing is on its way. Told are: how many steps there were, whether any was missed, how
many came more than once, and whether the same key ever came with another content.
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from alarms.calls import Outcome
from bench.running import LINE, ROOT, plant_on_free_ports, say
from monitor.collector import codec
from monitor.collector.collect import JOURNAL
from monitor.collector.journal import JournalReader
from monitor.notify.secrets import variable
from tests.notify.standins import Asked, http, service

RUN_WITHIN_S = 90.0
SETTLES_S = 20.0
LAST_RUNS = 5
DUTY = """
ways: [{id: robot, kind: webhook, label: {en: Robot, zh: 机器人}, secret: bench}]
people:
  - {id: li, language: en, contacts: [{way: robot, to: li}]}
  - {id: wang, language: en, contacts: [{way: robot, to: wang}]}
  - {id: cao, language: zh, contacts: [{way: robot, to: cao}]}
rotations: [{id: all, label: {en: All, zh: 全部}, people: [li, wang, cao], begins: 2024-01-01, hand_over: 08:00}]
escalations:
  - id: every
    priorities: [critical, high, medium, low]
    steps: [{after_s: 0, call: [{team: all}]}]
    repeat_s: 10
    repeats: 1000
duty: {group_s: 0, undelivered_s: 15}
"""


@dataclass
class Receiver:
    """The other end of the webhook: counts each key."""

    heard: Counter[str] = field(default_factory=Counter)
    subjects: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    async def __call__(self, asked: Asked) -> bytes:
        """Take it."""
        key = unquote(asked.headers["idempotency-key"])
        self.heard[key] += 1
        self.subjects[key].add(asked.json["to"])
        return http(202, b"")


async def run(plant: Path, data: Path, moment: str) -> None:
    """Let a collector run until it has killed itself, or for a while."""
    args = ["-m", "bench.doomed", str(plant), str(data), moment]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *args, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    if moment == "never":
        await asyncio.sleep(SETTLES_S)
        process.send_signal(signal.SIGINT)
        await process.wait()
        return
    async with asyncio.timeout(RUN_WITHIN_S):
        code = await process.wait()
    assert code == -signal.SIGKILL, code


async def measure(kills: int, folder: Path) -> None:
    """Kill so often, half of it at each moment."""
    plant, data, receiver = plant_on_free_ports(folder / "plant", LINE), folder / "data", Receiver()
    (plant / "duty.yaml").write_text(DUTY)
    async with service(receiver) as url:
        os.environ[variable("bench")] = json.dumps({"url": url, "key": "bench"})
        for number in range(kills):
            await run(plant, data, ("before", "after")[number % 2])
        await run(plant, data, "never")
        for _ in range(LAST_RUNS):
            if _owed(data):  # it was ended in the midst of a step
                await run(plant, data, "never")
    steps, ended = _noted(data)
    again = [key for key, times in receiver.heard.items() if times > 1]
    say(
        "killed",
        kills={"before_send": kills - kills // 2, "before_result": kills // 2},
        steps=len(steps),
        never_heard=len(steps - receiver.heard.keys()),
        without_end=len(steps - ended.keys()),
        still_owed=len(_owed(data)),
        heard=receiver.heard.total(),
        delivered_by_key=len(receiver.heard),
        heard_again=len(again),
        most_often=max(receiver.heard.values()),
        to_another=sum(len(people) > 1 for people in receiver.subjects.values()),
        outcomes={str(one): list(ended.values()).count(one) for one in Outcome},
    )


def _owed(data: Path) -> set[str]:
    """Read what the next run would send again."""
    with closing(JournalReader(data / JOURNAL)) as reader:
        last = reader.state()
        return set() if last is None else set(codec.state_of(last[1]).calls.pending)


def _noted(data: Path) -> tuple[set[str], dict[str, Outcome]]:
    """Read from the journal every step's key, and how each ended."""
    steps: set[str] = set()
    ended: dict[str, Outcome] = {}
    with closing(JournalReader(data / JOURNAL)) as reader:
        seq = 0
        while some := reader.after(seq, 5_000):
            seq = some[-1].seq
            for entry in some:
                if entry.kind == "notice":
                    steps.add(codec.body_of(entry)["key"])
                if entry.kind == "notice_result":
                    body = codec.body_of(entry)
                    ended[body["key"]] = Outcome(body["outcome"])
    return steps, ended


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=10)
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        asyncio.run(measure(chosen.kills, folder))
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
