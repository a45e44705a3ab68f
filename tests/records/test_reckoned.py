"""What is reckoned again is what the engine reckoned when it judged: to the bit, whatever the cuts."""

import math
import os
from array import array
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from alarms.engine import handle, rules
from alarms.events import SetOccupancy
from alarms.state import Memory, State
from config.model import Occupancy, Quality
from config.plant import Plant
from config.rules import Derived, Formula, Level, Limit
from monitor.records.dossier.formulas import how
from monitor.records.dossier.reckoned import Restart, last_seen, reckon
from monitor.records.dossier.remembered import Piece, Remembered
from monitor.records.dossier.tally import tally
from monitor.store.columns import Times
from tests.store.small import LABEL, plant, sample, second

ROWS = st.lists(
    st.tuples(st.sampled_from([1.0, 1.5, 2.0, 9.0]), st.sampled_from([0.0, 4.0, 4.25]), st.integers(0, 9)),
    min_size=1,
    max_size=80,
)


def made(key: str, formula: Formula, *inputs: str, **parameters: float) -> Derived:
    return Derived(f"D/{key}", "D", "Z", "D", "", LABEL, formula, inputs, parameters)


RECKONED = (
    made("difference", Formula.DIFFERENCE, "D/a", "D/b"),
    made("deviation", Formula.DEVIATION, "D/a", "D/b"),
    made("most", Formula.MAXIMUM, "D/difference", "D/b"),
    made("rate", Formula.RATE, "D/a"),
    made("slope", Formula.SLOPE, "D/a", "D/b", over_s=60.0),
    made("mean", Formula.MEAN, "D/a", over_s=120.0),
    made("mkt", Formula.KINETIC_MEAN, "D/a", over_s=60.0),
    made("frozen", Formula.FROZEN, "D/a", "D/b", moved=4.0),
    made("hits", Formula.OCCURRENCES, "D/b", of=5.0, at_least=4.0, sample_time_s=1.0),
)


def reckoning() -> Plant:
    limits = tuple(Limit(f"{one.id}/alert", one.id, Level.ALERT, None, 1e9, 0, 0, 0, "") for one in RECKONED)
    return replace(plant(), derived={one.id: one for one in RECKONED}, limits=limits)


PLANT = reckoning()


def of_engine(rows: Sequence[tuple[float, float, int]], restart: int) -> list[tuple[float, ...]]:
    """Give what the engine reckons at each row; before one of them the zone is said to be at rest."""
    book, state, told = rules(PLANT), State(), []
    for n, (a, b, doubted) in enumerate(rows):
        if n == restart:
            rests = SetOccupancy(second(n), "Z", Occupancy.AT_REST, "li", "cleaning")
            state, _ = handle(book, state, rests)
        quality = (Quality.STALE if doubted == 0 else Quality.GOOD, Quality.GOOD, Quality.GOOD)
        state, _ = handle(book, state, replace(sample(n, a, b, 0.0), quality=quality))
        told.append(tuple(state.derived["D"]))
    return told


@given(ROWS, st.integers(0, 80), st.integers(0, 80))
@example([(1.0, 0.0, 1), (9.0, 0.0, 1), (2.0, 0.0, 1)], 2, 1)
def test_what_is_reckoned_again_is_what_was_judged(
    rows: list[tuple[float, float, int]], cut: int, restart: int
) -> None:
    at_s = array("d", (second(n).timestamp() for n in range(len(rows))))
    measured = {
        "D/a": array("d", (math.nan if doubted == 0 else a for a, _, doubted in rows)),
        "D/b": array("d", (b for _, b, _ in rows)),
    }
    begins_anew = [Restart(second(restart).timestamp(), second(restart).timestamp())]
    found: dict[str, array[float]] = {one.id: array("d") for one in RECKONED}
    memory: Mapping[str, Memory] = {}
    at_cut = second(cut).timestamp()
    for part, piece_s in ((slice(0, cut), (-math.inf, at_cut)), (slice(cut, None), (at_cut, math.inf))):
        values, remembers = {key: column[part] for key, column in measured.items()}, {}
        for one in RECKONED:
            inputs = [values[name] for name in one.inputs]
            values[one.id], remembers[one.id] = reckon(
                one, inputs, at_s[part], memory.get(one.id, ()), begins_anew, piece_s=piece_s
            )
            found[one.id].extend(values[one.id])
        memory = remembers
    told = of_engine(rows, restart)
    for place, one in enumerate(PLANT.derived.values()):
        assert list(map(repr, found[one.id])) == [repr(row[place]) for row in told], one.id


def test_within_a_break_nothing_is_reckoned_and_a_window_begins_anew_behind_it() -> None:
    mean = made("mean", Formula.MEAN, "D/a", over_s=3600.0)
    column, memory = reckon(
        mean, [array("d", [1, 2, 30, 40, 5])], array("d", [0, 1, 2, 3, 4]), (), [Restart(2, 4)]
    )
    assert list(map(repr, column)) == ["1.0", "1.5", "nan", "nan", "5.0"]
    assert memory == ((), (0.0, 5.0, 1.0))


def test_of_another_series_what_had_come_last_counts_while_it_is_fresh() -> None:
    own = Times(array("d", [10, 11, 12, 20]), array("d", [10.1, 11.1, 12.1, 20.1]))
    other = Times(array("d", [7.5, 11, 12]), array("d", [7.7, 11.2, 12.05]))
    found = last_seen(own, other, array("d", [1.0, 0.0, 5.0]))
    assert list(map(repr, found)) == ["1.0", "nan", "5.0", "nan"]
    assert list(map(repr, last_seen(own, Times(array("d"), array("d")), array("d")))) == ["nan"] * 4


def test_a_piece_is_remembered_until_a_byte_of_it_changes(tmp_path: Path) -> None:
    known = Remembered(tmp_path / "figures")
    piece = Piece(
        {"D/a": tally(array("d", [1, 2, 2, math.nan])), "D/b": tally(array("d"))}, {"D/x": ((1.5, 2.0),)}
    )
    assert known.get("k") is None
    known.put("k", piece)
    assert known.get("k") == piece
    file = tmp_path / "figures" / "k"
    written = file.read_bytes()
    for place in (0, 70, len(written) - 1):
        file.write_bytes(written[:place] + bytes([written[place] ^ 1]) + written[place + 1 :])
        assert known.get("k") is None
    assert Remembered().get("k") is None


def test_batches_that_count_one_room_at_the_same_time_do_not_meet(tmp_path: Path) -> None:
    known = Remembered(tmp_path)
    piece = Piece({"D/a": tally(array("d", range(2_000)))})

    def count(_: int) -> bool:
        known.put("k", piece)
        known.tidy()
        return known.get("k") == piece

    with ThreadPoolExecutor(8) as batches:
        assert all(batches.map(count, range(200)))
    assert [one.name for one in tmp_path.iterdir()] == ["k"]


def test_what_nobody_has_asked_for_longest_is_forgotten_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Remembered(tmp_path)
    for number in range(4):
        known.put(str(number), Piece({"D/a": tally(array("d", [number]))}))
    kept = sum((tmp_path / name).stat().st_size for name in ("0", "3"))
    for number in range(4):
        os.utime(tmp_path / str(number), (1_000_000 + number,) * 2)
    assert known.get("0") is not None
    monkeypatch.setattr("monitor.records.dossier.remembered.MOST_BYTES", kept)
    known.tidy()
    assert sorted(one.name for one in tmp_path.iterdir()) == ["0", "3"]


@pytest.mark.parametrize("formula", Formula)
def test_every_formula_is_told_in_words(formula: Formula) -> None:
    told = how(made("x", formula, "D/a", over_s=21600.0, moved=3.0, of=30.0, per_m3=20.0))
    assert told.en
    assert told.zh
    assert "{" not in told.en + told.zh


def test_how_long_a_window_is_stands_in_the_words() -> None:
    told = how(made("x", Formula.SLOPE, "D/a", over_s=21600.0))
    assert (told.en, told.zh) == ("change per hour by least squares over 6 h", "6小时内最小二乘每小时变化")
