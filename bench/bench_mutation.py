"""Every figure of the demo plant's limits a little wrong, one by one: how many of these faults do the tests catch?

    python -m bench.bench_mutation [--plant DIR]

Each bound, deadband and delay of each limit is moved up and down by one (a deadband by a half of itself), and the limit
is put through the exam that `make test` gives it. Survivors are listed; fewer than 95 % caught ends it with status 1.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.running import DEMO, say
from config.load import load
from config.rules import Limit
from tests.alarms.exam import Figures, faults, read_sheet, sheet_says
from tests.alarms.test_exam import SHEET

CAUGHT_AT_LEAST = 0.95


def mutants(limit: Limit) -> Iterator[tuple[str, Limit]]:
    """Give every limit that differs in one figure."""
    for by in (-1.0, 1.0):
        if limit.low is not None:
            yield f"low {by:+g}", replace(limit, low=limit.low + by)
        if limit.high is not None:
            yield f"high {by:+g}", replace(limit, high=limit.high + by)
        yield f"on delay {by:+g} s", replace(limit, on_delay_s=limit.on_delay_s + by)
        yield f"off delay {by:+g} s", replace(limit, off_delay_s=limit.off_delay_s + by)
        if limit.deadband:
            yield f"deadband {by / 2:+g} of it", replace(limit, deadband=limit.deadband * (1 + by / 2))


def is_possible(limit: Limit) -> bool:
    """Whether a plant could be loaded with it: no negative delay, no bounds crossed."""
    crossed = limit.low is not None and limit.high is not None and limit.low >= limit.high
    return limit.on_delay_s >= 0 and limit.off_delay_s >= 0 and not crossed


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--plant", type=Path, default=DEMO)
    plant, sheet = load(arguments.parse_args().plant), read_sheet(SHEET)
    tried: dict[tuple[object, ...], bool] = {}
    survivors: list[str] = []
    caught = every = 0
    for limit in plant.limits:
        says = sheet_says(sheet, plant, limit)
        for what, mutant in mutants(limit):
            if says is None or not is_possible(mutant):
                continue
            every += 1
            is_caught = _is_caught(tried, mutant, says)
            caught += is_caught
            if not is_caught:
                survivors.append(f"{limit.id}: {what}")
    share = caught / every
    say("mutation", mutants=every, caught=caught, share=round(share, 4), survivors=survivors[:50])
    sys.exit(share < CAUGHT_AT_LEAST)


def _is_caught(tried: dict[tuple[object, ...], bool], mutant: Limit, says: Figures) -> bool:
    """Examine a mutant; limits with the same figures fare alike."""
    figures = replace(mutant, id="", channel="", rationale="", basis=())
    key = (figures, says)
    if key not in tried:
        tried[key] = any(True for _ in faults(mutant, says))
    return tried[key]


if __name__ == "__main__":
    main()
