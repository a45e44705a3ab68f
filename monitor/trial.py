"""A process of its own that judges the past under another plant: `python -m monitor.trial`, asked on its input.

It runs at the lowest priority, so that neither the server nor the collector waits for it. Its output is one JSON object
a line: `{"done": 0.42}` now and then, at the end `{"result": …}` or `{"error": "…"}`.
"""

import asyncio
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from config.faults import PlantFaults
from monitor.store.database import DatabaseError, close, connect, explained, place
from monitor.store.trial import Trial, trial_of
from monitor.versions import load_kept

NICE = 19
STEP = 0.01


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be judged: two folders of kept plants, and the time."""

    database_url: str = field(repr=False)
    old: str
    new: str
    begin: str
    end: str


def main() -> None:
    """Read what is asked, judge, and tell."""
    os.nice(NICE)
    asked = Asked(**json.loads(sys.stdin.readline()))
    try:
        trial = asyncio.run(_judge(asked))
    except (DatabaseError, PlantFaults) as error:
        _say({"error": str(error)})
    else:
        _say({"result": told(trial)})


def told(trial: Trial) -> dict[str, Any]:
    """Write a trial as JSON."""
    return {
        "begin": trial.begin.isoformat(),
        "end": trial.end.isoformat(),
        "samples": trial.samples,
        "alarms": [{"alarm": key, **asdict(one)} for key, one in trial.counts.items()],
        "occurrences": [
            {
                "alarm": one.alarm,
                "which": one.which,
                "since": one.since.isoformat(),
                "until": None if one.until is None else one.until.isoformat(),
            }
            for one in trial.occurrences
        ],
    }


async def _judge(asked: Asked) -> Trial:
    plants = (load_kept(Path(asked.old)), load_kept(Path(asked.new)))
    begin, end = (datetime.fromisoformat(at) for at in (asked.begin, asked.end))
    last = 0.0

    def progress(share: float) -> None:
        nonlocal last
        if share - last >= STEP:
            last = share
            _say({"done": round(share, 3)})

    connection = await connect(asked.database_url)
    try:
        with explained(place(asked.database_url)):
            return await trial_of(connection, plants, begin, end, progress)
    finally:
        await close(connection)


def _say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
