"""Half an hour with a batch in it, judged by the real engine and stored as a collector stores it."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from alarms.engine import handle, rules
from alarms.events import (
    Acknowledge,
    Alarm,
    ChangeStage,
    EndBatch,
    Event,
    Shelve,
    StartBatch,
    Tick,
)
from alarms.state import State
from config.batches import Product, Stage
from config.model import ChannelModel, Kind, Quality, Sample, Text
from config.plant import Plant
from config.rules import Derived, Formula, Level, Limit, Network, Suppression
from monitor.calibration import Category, Facts
from monitor.collector.codec import Start, entry_of, sample_entry, told_entry
from monitor.collector.journal import Entry
from monitor.collector.portion import portion_of
from monitor.store.database import Connection
from monitor.store.instruments import confirm_entry, note_entry
from monitor.store.people import By
from monitor.store.write import Writer
from tests.store.small import LABEL, NOON, plant, sample, second

BATCH = "MSC-1"
BEGAN_S, ENDED_S, OVER_S = 120.5, 1500.25, 1800
VOLUME_L = 2.83
DAY = date(2026, 1, 1)
GOOD, GONE, DOUBTED = Quality.GOOD, Quality.UNREACHABLE, Quality.SENSOR_FAULT


def played_plant() -> Plant:
    """The small plant with limits, a counter, a mode that explains, and a product to make."""
    one = plant(("a", "b", "c"), ("x", "y"), "°C")
    kinds = {"D/c": ("", Kind.STATE), "D/x": ("count", Kind.COUNT), "D/y": ("L", Kind.ANALOG)}
    for channel, (unit, kind) in kinds.items():
        model = replace(one.channels[channel].model, unit=unit, kind=kind)
        one = _with_model(one, channel, model)
    conc = Derived(
        "D/conc",
        "D",
        "Z",
        "D#records",
        "1/m3",
        LABEL,
        Formula.CONCENTRATION,
        ("D/x", "D/y"),
        {"size_um": 0.5},
    )
    rolling = replace(
        conc,
        id="D/rolling",
        formula=Formula.ROLLING_VOLUME,
        parameters={"sample_time_s": 6.0, "size_um": 0.5},
    )
    vhp = Suppression(
        "D/vhp", frozenset({"D/b/action"}), Text("VHP", "灭菌"), "none", "D/c", frozenset({4.0})
    )
    stages = (Stage("set_up", Text("Set-up", "准备"), is_set_up=True), Stage("fill", Text("Fill", "灌装")))
    return replace(
        one,
        devices={"D": replace(one.devices["D"], settings={"sample_time_s": 6.0})},
        derived={one.id: one for one in (conc, rolling)},
        limits=tuple(_limits()),
        networks={"N": Network("N", LABEL, ("D",))},
        suppressions={"D/vhp": vhp},
        products={"MSC": Product("MSC", Text("Stem cells", "干细胞"), ("L",), stages)},
    )


def _with_model(one: Plant, channel: str, model: ChannelModel) -> Plant:
    changed = replace(one.channels[channel], model=model)
    series = {
        key: replace(row, channels=tuple(changed if each.id == channel else each for each in row.channels))
        for key, row in one.series.items()
    }
    device = replace(one.devices["D"], series=tuple(series.values()))
    return replace(one, channels={**one.channels, channel: changed}, series=series, devices={"D": device})


def _limits() -> Iterator[Limit]:
    for channel, level, high in (
        ("D/a", Level.ALERT, 30.0),
        ("D/a", Level.ACTION, 40.0),
        ("D/b", Level.ACTION, 50.0),
        ("D/conc", Level.ALERT, 1760.0),
    ):
        yield Limit(f"{channel}/{level}", channel, level, None, high, 0, 0, 0, "worked example")


def values_of(number: int) -> tuple[float, float, float]:
    """Say what is measured in a second."""
    a = 20 + math.sin(number / 50)
    if 700 <= number < 720:
        a = 35.0
    return a, 60.0 if 1000 <= number < 1020 else 10.0, 4.0 if 990 <= number < 1040 else 2.0


def samples() -> list[Sample]:
    """Measure for half an hour: the network is away for 40 s, the counter doubts and loses records."""
    rows = [sample(n, *values_of(n)) for n in range(1, OVER_S)]
    rows = [
        replace(one, values=(math.nan,) * 3, quality=(GONE,) * 3) if 1300 <= n < 1340 else one
        for n, one in enumerate(rows, 1)
    ]
    records = [
        replace(sample(n, 6 if n == 906 else 0, VOLUME_L, series="D#records"), quality=_doubt(n))
        for n in range(6, OVER_S, 6)
        if not (1200 <= n < 1230 or 1300 <= n < 1340)
    ]
    return sorted([*rows, *records], key=lambda one: (one.at, one.series))


def _doubt(number: int) -> tuple[Quality, Quality] | None:
    return (DOUBTED, DOUBTED) if 600 <= number < 618 else None


def people(alarms: Sequence[Alarm]) -> Iterator[Event]:
    """Say what people do once they see alarms."""
    for one in alarms:
        if one.id == "D/a/alert" and not one.acknowledged:
            yield Acknowledge(
                second(741), one.id, one.raised_at, "li", "the heater was high", "s-1", "a" * 64
            )


def events() -> list[Event]:
    """Give everything but Samples and what follows from alarms."""
    return [
        StartBatch(second(BEGAN_S), BATCH, "L", "MSC", "set_up", ("Z",), "wang"),
        ChangeStage(second(600), BATCH, "fill", ("Z",), "wang"),
        Shelve(second(800), "D/a/alert", second(860), "li", "the heater is looked at"),
        EndBatch(second(ENDED_S), BATCH, "wang", "done"),
        *(Tick(second(n + 0.5)) for n in range(OVER_S)),
    ]


def calm() -> list[Sample]:
    """Measure for half an hour in which nothing happens."""
    rows = [sample(n, 20.0, 10.0, 2.0) for n in range(1, OVER_S)]
    records = [sample(n, 0, VOLUME_L, series="D#records") for n in range(6, OVER_S, 6)]
    return [*rows, *records]


def _row(one: Event) -> tuple[bool, str]:
    """Of one second, rows come first, by their series."""
    return (False, one.series) if isinstance(one, Sample) else (True, "")


async def play(url: str, of: Plant, measured: Sequence[Sample] | None = None) -> None:
    """Judge it all, and store it as a collector does."""
    book, state = rules(of), State()
    entries: list[Entry] = [entry_of(Start(second(0), of.sha256), second(0))]
    waiting: list[Event] = sorted([*(measured or samples()), *events()], key=lambda one: (one.at, *_row(one)))
    seen = False
    for event in waiting:
        due = [event]
        if not seen and event.at >= second(741):
            due, seen = [*people(list(state.alarms.values())), event], True
        for one in due:
            state, told = handle(book, state, one)
            entries.append(sample_entry(one) if isinstance(one, Sample) else entry_of(one, one.at))
            entries += [told_entry(each, None, each.at) for each in told]
    portion = portion_of([replace(one, seq=number) for number, one in enumerate(entries, 1)])
    writer = await Writer.open(url, of, "c", NOON)
    await writer.write(len(entries), portion.samples, portion.book, portion.alarms, portion.passed)
    await writer.close()


async def register(sql: Connection, due_on: date = date(2027, 1, 1)) -> None:
    """Note an instrument, and have it confirmed by another person."""
    facts = Facts("D", DAY, Category.A, "SN-1", "C-1", DAY, due_on, DAY, DAY, DAY)
    number = await note_entry(sql, By(second(-60), "li", "engineer", "new"), facts)
    await confirm_entry(sql, By(second(-50), "qian", "qa", ""), number, DAY)
