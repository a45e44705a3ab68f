"""Alarms about what only the server knows: it tells the whole of it, as often as it likes.

What stands already is no news, what is not told any more is over.
"""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from alarms.events import Fault
from alarms.service import OF
from monitor.collector.commands import Judge


async def keep(
    judge: Judge, now: Callable[[], datetime], sorts: Collection[str], told: Mapping[str, str]
) -> None:
    """Let exactly these alarms of some sorts be active.

    Args:
        judge: where they are judged.
        now: the service's clock.
        sorts: of parts; whatever is active of them and is not told is over.
        told: part -> what a person reads with its alarm.
    """
    standing = _standing(judge, sorts)
    # What comes next is told before what it follows is over.
    for part, detail in told.items():
        if standing.get(part) != detail:
            await judge.ask(Fault(now(), part, detail))
    for part in standing.keys() - told.keys():
        await judge.ask(Fault(now(), part, ""))


def _standing(judge: Judge, sorts: Collection[str]) -> dict[str, str]:
    """Give the parts whose alarm is active, with what is said of each."""
    active = {
        key.removeprefix("service/"): alarm.detail
        for key, alarm in judge.state.alarms.items()
        if alarm.active and key.startswith("service/")
    }
    return {part: detail for part, detail in active.items() if part.partition(OF)[0] in sorts}
