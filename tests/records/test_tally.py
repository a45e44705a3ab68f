"""Figures by how often each value was measured, against Python's own library; and that cuts change no bit of them."""

import math
import statistics as library
from array import array
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alarms.derived import ACTIVATION_K, KELVIN
from config.rules import Level
from monitor.records.dossier.counted import PIECE, Tallies, pieces
from monitor.records.dossier.scope import Span
from monitor.records.dossier.tally import (
    CELSIUS,
    RANKS,
    Statistics,
    Tally,
    statistics,
    tally,
    together,
)
from monitor.store.readings import Permitted
from monitor.store.statistics import Sums
from tests.store.small import second

VALUES = st.lists(st.sampled_from([math.nan, -40.0, 0.0, 0.1, 0.2, 21.5, 1e9]), max_size=60)


def column(*values: float) -> "array[float]":
    return array("d", values)


def test_the_figures_are_those_of_the_usable_values() -> None:
    kept = [20 + math.sin(n / 9) + n / 1000 for n in range(259)]
    one = statistics(tally(column(*kept[:100], math.nan, *kept[100:])), CELSIUS)
    assert one.sums == Sums(260, 259, min(kept), max(kept), one.sums.sum)
    assert one.sums.sum == pytest.approx(math.fsum(kept), rel=1e-15)
    assert one.sd == pytest.approx(library.stdev(kept), rel=1e-12)
    ordered = sorted(kept)
    assert one.ranks == tuple(ordered[math.ceil(rank * len(kept)) - 1] for rank in RANKS)
    speed = library.fmean(math.exp(-ACTIVATION_K / (value + KELVIN)) for value in kept)
    assert one.mkt_c == pytest.approx(-ACTIVATION_K / math.log(speed) - KELVIN, rel=1e-12)
    assert one.mkt_c is not None
    assert min(kept) < library.fmean(kept) < one.mkt_c < max(kept)
    assert statistics(tally(column(*kept)), "Pa").mkt_c is None


def test_of_one_value_again_and_again_nothing_is_spread_and_of_none_nothing_is_told() -> None:
    assert statistics(tally(column(*[0.1] * 3)), "").sd == 0
    assert statistics(tally(column(0.1)), "").sd is None
    assert tally(column(-0.0, 0.0, -0.0)) == Tally(3, column(0.0), array("q", [3]))
    assert together([Tally(), tally(column(math.nan))]) == Tally(1)
    nothing = statistics(tally(column(math.nan, math.nan)), CELSIUS)
    assert nothing == Statistics(Sums(2, 0, None, None, None), None, (None,) * 4, None)


@given(VALUES, st.integers(0, 60), st.integers(0, 60))
def test_whatever_the_cuts_the_figures_are_the_same_to_the_bit(
    values: list[float], one: int, other: int
) -> None:
    first, last = sorted((one, other))
    parts = [tally(column(*some)) for some in (values[:first], values[first:last], values[last:])]
    whole = tally(column(*values))
    assert together(parts) == whole
    assert statistics(together(parts), CELSIUS) == statistics(whole, CELSIUS)
    usable = [value for value in values if not math.isnan(value)]
    assert whole.valid == len(usable)
    assert whole.beyond(0.1, 21.5) == sum(value < 0.1 or value > 21.5 for value in usable)
    assert Tally().beyond(0, 0) == 0


def test_only_what_was_outside_at_its_time_counts() -> None:
    first = Permitted("D/a/alert", Level.ALERT, 10, 40, second(0), second(50))
    behind = Permitted("D/a/alert", Level.ALERT, 10, 90, second(50), second(100))
    action = Permitted("D/a/action", Level.ACTION, None, 93, second(0), second(100))
    limits = [first, behind, action]
    cut = list(pieces(Span(second(0), second(100)), limits))
    assert cut == [Span(second(0), second(50)), Span(second(50), second(100))]
    tallies = Tallies({"D/a": limits})
    for piece in cut:
        values = [float(n) if n != 95 else math.nan for n in range(100)]
        start, end = (round((at - second(0)).total_seconds()) for at in (piece.since, piece.until))
        tallies.add("D/a", tally(column(*values[start:end])), piece.since)
    # 0 to 9 and 41 to 49, then 91 to 99 without 95; a value on the bound is inside.
    assert tallies.counted({"D/a": ""})["D/a"].outside == {"alert": 10 + 9 + 8, "action": 5}


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
def test_pieces_follow_on_one_another_and_are_no_longer_than_a_quarter_of_a_day(
    since_s: float, lasts_s: float
) -> None:
    span = Span(second(since_s), second(since_s) + timedelta(seconds=lasts_s))
    cut = list(pieces(span, ()))
    assert (cut[0].since, cut[-1].until) == (span.since, span.until)
    assert all(one.until == other.since for one, other in pairwise(cut))
    assert all(one.until - one.since <= PIECE for one in cut)
