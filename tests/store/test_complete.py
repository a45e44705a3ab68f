"""Completeness from a real database: what was due by the plant of that time, and why what is not stored is not."""

import math
from dataclasses import replace

import pytest

from alarms.events import Reason, Transition
from config.model import Kind, Quality, Sample
from config.plant import Plant
from config.rules import Network, Suppression
from monitor.collector.codec import Start, body_of, entry_of
from monitor.store.book import BookEntry
from monitor.store.catalog import UnknownDeviceError
from monitor.store.complete import completeness
from monitor.store.database import Connection, Pool
from tests.store.sealing import close_until
from tests.store.small import LABEL, NOON, alarm, plant, sample, second, store

GOOD, UNREACHABLE, DOWN = Quality.GOOD, Quality.UNREACHABLE, Quality.COLLECTOR_DOWN
FAR = second(3600)


def counting() -> Plant:
    """The small plant, whose device counts particles in records of 6 s."""
    one = plant()
    for channel in ("D/x", "D/y"):
        model = replace(one.channels[channel].model, kind=Kind.COUNT)
        one = replace(one, channels={**one.channels, channel: replace(one.channels[channel], model=model)})
    device = replace(one.devices["D"], settings={"sample_time_s": 6.0})
    return replace(one, devices={"D": device})


def bad(number: float, quality: Quality) -> Sample:
    return sample(number, *(math.nan,) * 3, quality=(quality,) * 3)


def started(at_s: float, of: Plant) -> BookEntry:
    return BookEntry(
        second(at_s), "start", "gradewatch", {"at": second(at_s).isoformat(), "plant": of.sha256}
    )


async def test_every_missing_second_has_its_cause(url: str, pool: Pool, sql: Connection) -> None:
    good = [sample(n) for n in [*range(55), *range(61, 100), *range(240, 290)]]
    unreachable = [bad(n, UNREACHABLE) for n in range(100, 110)]
    down = [bad(n, DOWN) for n in range(200, 240)]
    await store(url, [*good, *unreachable, *down], of=counting())
    await close_until(sql, second(240))
    (own, _) = await completeness(pool, counting(), "D", NOON, second(330))
    assert (own.series, own.records, own.bucket_s) == ("D", False, 60)
    assert own.at == [second(n).timestamp() for n in (0, 60, 120, 180, 240)]
    assert own.expected == [60] * 5
    assert own.received == [55, 49, 0, 40, 50]
    assert own.valid == [55, 39, 0, 0, 50]
    assert own.causes == {
        "collector_down": [0, 11, 60, 60, 0],
        "device": [0, 10, 0, 0, 0],
        "not_sealed": [0, 0, 0, 0, 10],
        "missing": [5, 0, 0, 0, 0],
    }


async def test_a_closed_minute_and_an_open_one_say_the_same(url: str, pool: Pool, sql: Connection) -> None:
    await store(
        url, [sample(n) for n in range(170)] + [bad(n, UNREACHABLE) for n in range(170, 180)], of=counting()
    )
    opened = await completeness(pool, counting(), "D", NOON, second(180))
    await close_until(sql, second(180))
    assert await completeness(pool, counting(), "D", NOON, second(180)) == opened
    (hour, _) = await completeness(pool, counting(), "D", NOON, FAR, bucket_s=3600)
    assert (hour.expected, hour.received, hour.valid) == ([3600], [180], [170])
    assert hour.causes == {"device": [10], "not_sealed": [3420]}


async def test_a_device_silent_with_its_network_is_the_networks(
    url: str, pool: Pool, sql: Connection
) -> None:
    with_network = replace(counting(), networks={"N": Network("N", LABEL, ("D",))})
    silent = alarm(60, 60, "N/communication")
    over = replace(silent, active=False, changed_at=second(130))
    told = [
        Transition(second(60), silent.id, None, silent, Reason.RAISED),
        Transition(second(130), silent.id, silent, over, Reason.CLEARED),
    ]
    entries = [BookEntry(one.at, "transition", "", body_of(entry_of(one, one.at))) for one in told]
    samples = [bad(n, UNREACHABLE) if n % 60 >= 50 else sample(n) for n in range(240)]
    await store(url, samples, *entries, of=with_network)
    (own, _) = await completeness(pool, with_network, "D", NOON, second(240))
    # The alarm came at 60, once the silence had lasted for 10 s.
    assert own.causes == {"network": [10, 10, 10, 0], "device": [0, 0, 0, 10]}
    (own, _) = await completeness(pool, with_network, "D", second(120), second(180))
    assert own.causes == {"network": [10]}
    never = replace(with_network, networks={"M": Network("M", LABEL, ("D",))})
    (own, _) = await completeness(pool, never, "D", second(120), second(180))
    assert own.causes == {"device": [10]}


async def test_records_are_due_in_the_counters_own_time(url: str, pool: Pool, sql: Connection) -> None:
    records = [sample(n + 0.7, 3, 1, series="D#records") for n in range(0, 300, 6) if n not in {66, 72, 294}]
    doubted = (Quality.SENSOR_FAULT, Quality.SENSOR_FAULT)
    records[5] = replace(records[5], quality=doubted)
    down = range(66, 80)
    await store(
        url, [*records, *(bad(n, DOWN) if n in down else sample(n) for n in range(300))], of=counting()
    )
    await close_until(sql, second(240))
    (_, found) = await completeness(pool, counting(), "D", NOON, second(300))
    assert (found.series, found.records) == ("D#records", True)
    assert found.expected == [10] * 5
    assert found.received == [10, 8, 10, 10, 9]
    assert found.valid == [9, 8, 10, 10, 9]
    assert found.causes == {
        "collector_down": [0, 2, 0, 0, 0],
        "counter": [1, 0, 0, 0, 0],
        "not_sealed": [0, 0, 0, 0, 1],
    }
    # Asked for by itself, the last minute's hole is seen from the record before it.
    (_, last) = await completeness(pool, counting(), "D", second(240), second(300))
    assert last.causes == {"not_sealed": [1]}


async def test_what_a_mode_hides_by_design_is_no_fault(url: str, pool: Pool, sql: Connection) -> None:
    hidden = Suppression("D/vhp", frozenset({"D/x/action"}), LABEL, "none", "D/c", frozenset({3.0, 4.0}))
    one = replace(counting(), suppressions={"D/vhp": hidden})
    row = [sample(n, 0, 0, 4.0 if 60 <= n < 119 else 2.0) for n in range(180)]
    records = [sample(n, 1, 1, series="D#records") for n in (*range(0, 60, 6), *range(126, 180, 6))]
    await store(url, [*row, *records], of=one)
    await close_until(sql, second(180))
    (_, found) = await completeness(pool, one, "D", NOON, second(180))
    assert found.causes == {"suppressed_by_mode": [0, 10, 0], "counter": [0, 0, 1]}


async def test_what_was_due_is_told_by_the_plant_of_that_time(url: str, pool: Pool, sql: Connection) -> None:
    first = counting()
    slower = replace(first, devices={"D": replace(first.devices["D"], period_s=5.0)}, sha256="2" * 64)
    await store(url, [sample(n) for n in range(31, 120)], started(30, first), of=first)
    await store(url, [sample(n) for n in range(120, 240, 5)], started(119, slower), of=slower)
    (own, _) = await completeness(pool, slower, "D", second(-60), second(240))
    assert own.expected == [0, 29, 60, 12, 12]
    assert own.received == [0, 29, 60, 12, 12]


async def test_an_unknown_device_is_not_an_incomplete_one(pool: Pool) -> None:
    with pytest.raises(UnknownDeviceError, match="no device X is stored"):
        await completeness(pool, counting(), "X", NOON, FAR)


async def test_a_device_that_never_gave_a_record_lacks_all_of_them(
    url: str, pool: Pool, sql: Connection
) -> None:
    await store(url, [sample(n) for n in range(120)], started(-60, counting()), of=counting())
    await close_until(sql, second(120))
    (own, records) = await completeness(pool, counting(), "D", NOON, second(120))
    assert own.causes == {}
    assert (records.expected, records.causes) == ([10, 10], {"counter": [10, 10]})


def test_the_book_names_a_start_as_the_collector_writes_it() -> None:
    assert body_of(entry_of(Start(NOON, "1" * 64), NOON))["plant"] == "1" * 64
